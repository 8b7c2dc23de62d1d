"""SMTP: a mail server that sends. Tracardi's plugin always begins in the clear and then asks for STARTTLS."""

from typing import Final

from tracardi_operator.api.problems import Severity
from tracardi_operator.services import bindings
from tracardi_operator.services.formats import BARE_HOST_NAME, NO_BARE_HOST, port_field, timeout_field
from tracardi_operator.services.mail_servers import password_rule
from tracardi_operator.services.model import AirflowConnection, Field, Mistake, ServiceType, Values

_TLS_FROM_THE_START: Final = 465


def _binding(values: Values) -> dict[str, str]:
    return bindings.server(values, host="smtp")


def _airflow(values: Values) -> AirflowConnection:
    """TLS from the start at the port for that, STARTTLS at all others: unless told so, the hook wants both."""
    from_the_start = values["port"] == _TLS_FROM_THE_START
    return AirflowConnection(
        "smtp",
        host=str(values["smtp"]),
        port=int(str(values["port"])),
        login=str(values["username"]),
        password=str(values["password"]),
        extra={"timeout": values["timeout"], "disable_ssl": not from_the_start, "disable_tls": from_the_start},
    )


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
    airflow=_airflow,
    rules=(password_rule("smtp"),),
)
