"""RabbitMQ: an AMQP URI with the login in it. Tracardi reads nothing but `uri` and `timeout`.

Scheme, ports and virtual host: https://www.rabbitmq.com/docs/uri-spec. `pyamqp` is how kombu, which Tracardi uses,
names the same; published bindings have the scheme that everybody knows.
"""

from collections.abc import Iterator
from typing import Final

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services.formats import port_field, timeout_field
from tracardi_operator.services.model import Confidence, Field, Finding, Format, Mistake, Rule, ServiceType, Values
from tracardi_operator.services.uris import (
    FILE_OPTION,
    UNESCAPED_LOGIN,
    URI_AFTER_SCHEME,
    Uri,
    login_inside,
    parse_uri,
)

_URL: Final = "https://www.rabbitmq.com/docs/uri-spec"
_PORTS: Final = {"amqp": 5672, "amqps": 5671}
_DEFAULT_VIRTUAL_HOST: Final = "/"
_DOUBLE_SLASH: Final = Mistake(
    r"(?:py)?amqps?://[^/?#]*//(?:\?.*)?",
    "a URI as Celery writes it, with // for the virtual host /; other clients read that differently: write /%2F",
)


def _is_amqp_uri(text: str) -> bool:
    uri = parse_uri(text)
    return uri is not None and len(uri.hosts) == 1


def _ignored_fields(values: Values) -> Iterator[Finding]:
    uri = parse_uri(str(values["uri"]))
    if uri is None:
        return
    given = {"port": _port(uri), "virtual_host": _virtual_host(uri)}
    for name, in_uri in given.items():
        if name in values and values[name] != in_uri:
            message = (
                "is another one than 'uri' names, and consumers read 'uri' alone; give it there, and leave this out"
            )
            yield Finding(name, Reason.CONTRADICTION, message)


def _login(values: Values) -> Iterator[Finding]:
    uri = parse_uri(str(values["uri"]))
    if uri and uri.user is not None and uri.password is None:
        yield Finding(
            "uri", Reason.CONTRADICTION, "names a user without a password; write user:password@ before the host"
        )
    elif uri and uri.user in (None, "guest") and uri.hosts[0].host not in ("localhost", "127.0.0.1", "::1"):
        message = "logs in as guest, whom RabbitMQ lets in from its own machine only; create a user for this"
        yield Finding("uri", Reason.CONTRADICTION, message, Severity.WARNING)


def _empty_virtual_host(values: Values) -> Iterator[Finding]:
    uri = parse_uri(str(values["uri"]))
    if uri and uri.path == "":
        message = (
            "ends with a /, which by RabbitMQ's own rule names the virtual host without a name; "
            "leave the / out, or write /%2F, for the usual one"
        )
        yield Finding("uri", Reason.BAD_FORMAT, message, Severity.WARNING)


def _port(uri: Uri) -> int:
    return uri.hosts[0].port or _PORTS[uri.scheme.removeprefix("py")]


def _virtual_host(uri: Uri) -> str:
    return uri.path or _DEFAULT_VIRTUAL_HOST


def _binding(values: Values) -> dict[str, str]:
    text = str(values["uri"]).removeprefix("py")
    uri = parse_uri(text)
    if uri is None:
        return {}
    host, port = uri.hosts[0], _port(uri)
    login = {"username": uri.user, "password": uri.password}
    return {
        "host": host.host,
        "port": str(port),
        "uri": text,
        "addresses": f"{uri.scheme}://{host.netloc_host}:{port}",
        "virtual-host": _virtual_host(uri),
    } | {name: value for name, value in login.items() if value}


SERVICE = ServiceType(
    name="rabbitmq",
    title="RabbitMQ",
    fields=(
        Field(
            name="uri",
            title="AMQP URI",
            sensitive=True,
            format=Format(
                words="amqp://user:password@host:port/virtual-host, or amqps:// for TLS; "
                "special characters in user, password and virtual host escaped",
                pattern=rf"(?:py)?amqps?{URI_AFTER_SCHEME}",
                confidence=Confidence.CONFIDENT,
                source=_URL,
                accepts=_is_amqp_uri,
            ),
            mistakes=(*UNESCAPED_LOGIN, FILE_OPTION, _DOUBLE_SLASH),
            inside=login_inside,
        ),
        port_field(required=False),
        timeout_field(5),
        Field(name="virtual_host", title="Virtual host", required=False),
    ),
    example={"uri": "amqp://tracardi:made-up-Passphrase-7@rabbitmq.queues.svc:5672/marketing", "timeout": 5},
    how_to="Ask whoever runs the broker for a user; rabbitmqctl list_users and list_vhosts show what there is.",
    url=_URL,
    tags=("rabbitmq", "pro", "queue", "destination"),
    binding=_binding,
    rules=(
        Rule(
            ("uri", "port", "virtual_host"),
            _ignored_fields,
            "port and virtual_host, if given, are those that uri names.",
        ),
        Rule(
            ("uri",),
            _login,
            "A user in uri has a password. No login, or that of guest, draws a warning unless the host is localhost.",
        ),
        Rule(
            ("uri",),
            _empty_virtual_host,
            "A / at the end of uri draws a warning: it names the virtual host without a name.",
        ),
    ),
)
