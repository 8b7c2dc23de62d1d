"""IMAP: a mail server that is read from."""

from tracardi_operator.api.problems import Severity
from tracardi_operator.services import bindings
from tracardi_operator.services.formats import BARE_HOST_NAME, NO_BARE_HOST, port_field
from tracardi_operator.services.mail_servers import password_rule
from tracardi_operator.services.model import AirflowConnection, Field, Mistake, ServiceType, Values


def _airflow(values: Values) -> AirflowConnection:
    """The hook speaks TLS from the start unless told otherwise: no password goes in the clear."""
    return AirflowConnection(
        "imap",
        host=str(values["host"]),
        port=int(str(values["port"])),
        login=str(values["username"]),
        password=str(values["password"]),
    )


SERVICE = ServiceType(
    name="imap-server",
    title="IMAP server",
    fields=(
        Field(name="host", title="Host", format=BARE_HOST_NAME, mistakes=NO_BARE_HOST),
        port_field(
            mistakes=(
                Mistake(r"25|465|587", "a port for sending mail; most servers have IMAP at 993", Severity.WARNING),
                Mistake(r"110|995", "a port for POP3; most servers have IMAP at 993", Severity.WARNING),
            ),
            how_to="Most servers have IMAP over TLS at 993.",
        ),
        Field(name="username", title="User name"),
        Field(name="password", title="Password", sensitive=True, password=True),
    ),
    example={
        "host": "imap.example.com",
        "port": 993,
        "username": "marketing@example.com",
        "password": "made-up-Passphrase-7",
    },
    how_to="Your mail provider names host, port and login under IMAP or incoming mail; many want an app password.",
    url="https://www.rfc-editor.org/rfc/rfc8314#section-3.2",
    tags=("mail", "imap"),
    binding=bindings.server,
    airflow=_airflow,
    rules=(password_rule("host"),),
)
