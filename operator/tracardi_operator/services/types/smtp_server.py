"""SMTP: a mail server that sends. Tracardi's plugin always begins in the clear and then asks for STARTTLS."""

from tracardi_operator.api.problems import Severity
from tracardi_operator.services import bindings
from tracardi_operator.services.formats import BARE_HOST_NAME, NO_BARE_HOST, port_field, timeout_field
from tracardi_operator.services.mail_servers import password_rule
from tracardi_operator.services.model import Field, Mistake, ServiceType, Values


def _binding(values: Values) -> dict[str, str]:
    return bindings.server(values, host="smtp")


SERVICE = ServiceType(
    name="smtp-server",
    title="SMTP server",
    fields=(
        Field(name="smtp", title="Host", format=BARE_HOST_NAME, mistakes=NO_BARE_HOST),
        port_field(
            mistakes=(
                Mistake(
                    r"465",
                    "the port for TLS from the start, where Tracardi 0.9 waits in vain: it knows STARTTLS only (587)",
                    Severity.WARNING,
                ),
                Mistake(r"110|143|993|995", "a port for reading mail; most servers send at 587", Severity.WARNING),
            ),
            how_to="Most servers have STARTTLS at 587.",
        ),
        Field(name="username", title="User name"),
        Field(name="password", title="Password", sensitive=True, password=True),
        timeout_field(15),
    ),
    example={
        "smtp": "smtp.example.com",
        "port": 587,
        "username": "marketing@example.com",
        "password": "made-up-Passphrase-7",
        "timeout": 15,
    },
    how_to="Your mail provider names host, port and login under SMTP or outgoing mail; many want an app password.",
    url="https://www.rfc-editor.org/rfc/rfc6409#section-3",
    tags=("mail", "smtp"),
    binding=_binding,
    rules=(password_rule("smtp"),),
)
