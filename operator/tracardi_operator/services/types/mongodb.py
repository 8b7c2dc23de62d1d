"""MongoDB: a connection string with the login in it.

Options that name a file are refused, and so are ways to log in with what the machine holds: whoever writes the
Resource would send files and tokens of the consumer to a server of their choice. Options: the page in `url`.
"""

from collections.abc import Iterator
from typing import Final

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services.model import (
    AirflowConnection,
    Confidence,
    Field,
    Finding,
    Format,
    Kind,
    Mistake,
    Rule,
    ServiceType,
    Values,
)
from tracardi_operator.services.uris import FILE_OPTION, UNESCAPED_LOGIN, URI_AFTER_SCHEME, login_inside, parse_uri

_URL: Final = "https://www.mongodb.com/docs/manual/reference/connection-string/"
_SRV: Final = "mongodb+srv"
_WITH_PASSWORD: Final = frozenset({"DEFAULT", "SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN", "MONGODB-AWS"})
_UNSAFE: Final = ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")
_SHORTEST_TIMEOUT: Final = 100


def _is_connection_string(text: str) -> bool:
    uri = parse_uri(text)
    return uri is not None and (uri.scheme != _SRV or (len(uri.hosts) == 1 and uri.hosts[0].port is None))


def _login(values: Values) -> Iterator[Finding]:
    uri = parse_uri(str(values["uri"]))
    if uri is None:
        return
    mechanism = uri.options.get("authmechanism", "DEFAULT")
    if mechanism not in _WITH_PASSWORD:
        message = "names an authMechanism that takes no password from the URI, which is not allowed here"
        yield Finding("uri", Reason.BAD_FORMAT, f"{message}; leave it out, or name a SCRAM one")
    elif uri.user is not None and uri.password is None:
        yield Finding(
            "uri", Reason.CONTRADICTION, "names a user without a password; write user:password@ before the host"
        )
    elif uri.user is None and mechanism != "DEFAULT":
        yield Finding("uri", Reason.CONTRADICTION, "names an authMechanism, but neither user nor password")


def _certificates(values: Values) -> Iterator[Finding]:
    uri = parse_uri(str(values["uri"]))
    if uri and any(uri.options.get(name) == "true" for name in _UNSAFE):
        message = "switches off the check of the server's certificate, so that anybody between can read the password"
        yield Finding("uri", Reason.CONTRADICTION, message, Severity.WARNING)


def _plus(values: Values) -> Iterator[Finding]:
    """The driver pymongo decodes user and password as forms are, other drivers as URIs are."""
    userinfo, at, _ = str(values["uri"]).rpartition("@")
    if at and "+" in userinfo.partition("://")[2]:
        message = "has a + in user or password, which Python's driver reads as a space; write %2B for a plus"
        yield Finding("uri", Reason.BAD_FORMAT, message, Severity.WARNING)


def _timeout(values: Values) -> Iterator[Finding]:
    if int(str(values["timeout"])) < _SHORTEST_TIMEOUT:
        message = "is less than a tenth of a second: the unit is milliseconds (5000 are 5 seconds)"
        yield Finding("timeout", Reason.OUT_OF_RANGE, message, Severity.WARNING)


def _binding(values: Values) -> dict[str, str]:
    """The URI alone holds the login: beside it, Spring Boot refuses host, port and user of their own."""
    uri = parse_uri(str(values["uri"]))
    database = uri.path if uri else None
    return {"uri": str(values["uri"])} | ({"database": database} if database else {})


def _airflow(values: Values) -> AirflowConnection | None:
    """The hook makes a URI anew: the options go to the client by their names."""
    uri = parse_uri(str(values["uri"]))
    if uri is None:
        return None
    hosts = [f"{host.netloc_host}:{host.port}" if host.port else host.netloc_host for host in uri.hosts]
    options = {"srv": uri.scheme == _SRV, "serverselectiontimeoutms": values["timeout"]} | uri.options
    return AirflowConnection(
        "mongo", host=",".join(hosts), login=uri.user, password=uri.password, schema=uri.path or None, extra=options
    )


SERVICE = ServiceType(
    name="mongodb",
    title="MongoDB",
    fields=(
        Field(
            name="uri",
            title="Connection string",
            sensitive=True,
            format=Format(
                words="mongodb://user:password@host:port/database, with several hosts between commas, or "
                "mongodb+srv:// with one host and no port; special characters in user and password escaped",
                pattern=rf"mongodb(?:\+srv)?{URI_AFTER_SCHEME}",
                confidence=Confidence.CONFIDENT,
                source=_URL,
                accepts=_is_connection_string,
            ),
            mistakes=(
                *UNESCAPED_LOGIN,
                FILE_OPTION,
                Mistake(
                    r"mongodb\+srv://(?:[^@/?]*@)?[^@/?:,]*[:,][^@/?]*(?:[/?].*)?",
                    "a mongodb+srv URI with a port or several hosts, which the DNS names; give the one host alone",
                ),
            ),
            inside=login_inside,
        ),
        Field(
            name="timeout", title="Timeout in milliseconds", kind=Kind.INTEGER, default=5000, minimum=1, maximum=600_000
        ),
    ),
    example={
        "uri": "mongodb://tracardi:made-up-Passphrase-7@mongo-0.mongo.shop.svc:27017/customers?authSource=admin",
        "timeout": 5000,
    },
    how_to="In MongoDB Atlas open the cluster → Connect → Drivers; elsewhere ask whoever runs the server.",
    url=_URL,
    tags=("mongo", "database", "nosql"),
    icon="mongo",
    binding=_binding,
    airflow=_airflow,
    rules=(
        Rule(("uri",), _login, "A user in uri has a password; an authMechanism that takes none from there is refused."),
        Rule(("uri",), _certificates, "An option of uri that switches off the check of certificates draws a warning."),
        Rule(("uri",), _plus, "A + in the login of uri draws a warning: Python's driver reads it as a space."),
        Rule(("timeout",), _timeout, "A timeout of less than 100 milliseconds draws a warning."),
    ),
)
