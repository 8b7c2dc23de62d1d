"""Redis: an address with an optional user and password.

`url` is `host:port`. A whole URL is accepted if it says nothing else than `protocol` and `database`; it is published as
it is, with a warning. The warnings about Tracardi come from its `get_redis_uri` (tracardi/config.py, 0.9).
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services.addresses import HOST, PORT, Address, is_address, parse_address
from tracardi_operator.services.airflow import text
from tracardi_operator.services.bindings import login
from tracardi_operator.services.formats import URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import (
    AirflowConnection,
    Confidence,
    Field,
    Finding,
    Format,
    Rule,
    ServiceType,
    Values,
)

_DEFAULT_PORT: Final = 6379
_DEFAULT_DATABASES: Final = 16
_FIRST_DATABASE: Final = "0"
_BREAKS_A_URL: Final = frozenset("@/:#?%")


def _url_agrees(values: Values) -> Iterator[Finding]:
    address = parse_address(str(values["url"]))
    if address is None:
        return
    protocol, database = address.scheme, address.path.strip("/")
    if protocol and protocol != values["protocol"]:
        yield _contradiction("names another protocol than the field 'protocol' (redis unless given)")
    elif database and database != values["database"]:
        yield _contradiction("names another database than the field 'database' (0 unless given)")
    elif protocol or database:
        message = "is more than host:port; protocol and database have fields of their own"
        yield Finding("url", Reason.PASTED_PREFIX, message, Severity.WARNING)


def _contradiction(what: str) -> Finding:
    return Finding("url", Reason.CONTRADICTION, f"{what}; give host:port alone in 'url'")


def _usual_database(values: Values) -> Iterator[Finding]:
    if int(str(values["database"])) >= _DEFAULT_DATABASES:
        message = "is beyond the 16 databases (0 to 15) that Redis has unless its configuration says otherwise"
        yield Finding("database", Reason.OUT_OF_RANGE, message, Severity.WARNING)


def _tracardi_tls(values: Values) -> Iterator[Finding]:
    if values["protocol"] == "rediss" and "password" in values:
        message = "rediss with a password does not work inside Tracardi 0.9, which builds a broken URL of the two"
        yield Finding("protocol", Reason.CONTRADICTION, message, Severity.WARNING)


def _tracardi_login(values: Values) -> Iterator[Finding]:
    if "user" in values and "password" not in values:
        message = "is given without a password; Tracardi 0.9 then ignores the user"
        yield Finding("user", Reason.CONTRADICTION, message, Severity.WARNING)


def _tracardi_database(values: Values) -> Iterator[Finding]:
    address = parse_address(str(values["url"]))
    in_url = address and address.path.strip("/")
    if "password" not in values and values["database"] != _FIRST_DATABASE and not in_url:
        message = "is not what Tracardi 0.9 uses: without a password it always takes database 0"
        yield Finding("database", Reason.CONTRADICTION, message, Severity.WARNING)


def _tracardi_escaping(values: Values) -> Iterator[Finding]:
    for name in ("user", "password"):
        if _BREAKS_A_URL & set(str(values.get(name, ""))):
            message = "holds one of @ / : # ? %, which Tracardi 0.9 puts into its Redis URL without escaping them"
            yield Finding(name, Reason.BAD_FORMAT, message, Severity.WARNING)


def _binding(values: Values) -> dict[str, str]:
    address = parse_address(str(values["url"]))
    if address is None:
        return {}
    entries = {
        "host": address.host,
        "port": str(address.port or _DEFAULT_PORT),
        "uri": _uri(values, address),
        "ssl": str(values["protocol"] == "rediss").lower(),
    }
    return entries | login(values, "user", "password")


def _uri(values: Values, address: Address) -> str:
    user, password = (quote(str(values.get(name, "")), safe="") for name in ("user", "password"))
    userinfo = f"{user}:{password}@" if password else f"{user}@" if user else ""
    netloc = f"{userinfo}{address.netloc_host}:{address.port or _DEFAULT_PORT}"
    return f"{values['protocol']}://{netloc}/{values['database']}"


def _airflow(values: Values) -> AirflowConnection | None:
    address = parse_address(str(values["url"]))
    if address is None:
        return None
    return AirflowConnection(
        "redis",
        host=address.host,
        port=address.port or _DEFAULT_PORT,
        login=text(values, "user"),
        password=text(values, "password"),
        extra={"db": int(str(values["database"])), "ssl": values["protocol"] == "rediss"},
    )


SERVICE = ServiceType(
    name="redis",
    title="Redis",
    fields=(
        Field(
            name="url",
            title="Address",
            format=Format(
                words="host:port, or a redis:// or rediss:// URL without user and password",
                pattern=rf"(?:rediss?://)?{HOST}{PORT}(?:/[0-9]{{0,5}})?",
                confidence=Confidence.CONFIDENT,
                source="RFC 1123, section 2.1; Tracardi config.py, get_redis_uri",
                accepts=is_address,
            ),
            mistakes=(URL_WITH_LOGIN, URL_WITH_QUERY),
        ),
        Field(name="user", title="User", required=False),
        Field(name="password", title="Password", required=False, sensitive=True, password=True),
        Field(name="protocol", title="Protocol", required=False, default="redis", choices=("redis", "rediss")),
        Field(
            name="database",
            title="Database",
            required=False,
            default=_FIRST_DATABASE,
            format=Format(
                words="the number of a database, 0 or more",
                pattern=r"0|[1-9][0-9]{0,4}",
                confidence=Confidence.CONFIDENT,
                source="https://redis.io/docs/latest/commands/select/",
            ),
        ),
    ),
    example={
        "url": "redis.cache.svc:6379",
        "user": "tracardi",
        "password": "made-up-Passphrase-7",
        "protocol": "redis",
        "database": "0",
    },
    how_to="Ask whoever runs the server for its address and a user; on the server ACL LIST shows the users.",
    url="https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/",
    tags=("redis",),
    icon="redis",
    binding=_binding,
    airflow=_airflow,
    rules=(
        Rule(
            ("url", "protocol", "database"),
            _url_agrees,
            "A protocol or database within url is that of the field of this name; even so it draws a warning.",
        ),
        Rule(
            ("database",), _usual_database, "A database beyond 15 draws a warning: Redis has 16 unless told otherwise."
        ),
        Rule(
            ("protocol", "password"),
            _tracardi_tls,
            "The protocol rediss with a password draws a warning: Tracardi 0.9 builds a broken URL of the two.",
        ),
        Rule(
            ("user", "password"),
            _tracardi_login,
            "A user without a password draws a warning: Tracardi 0.9 then ignores the user.",
        ),
        Rule(
            ("url", "password", "database"),
            _tracardi_database,
            "A database other than 0 without a password draws a warning unless url names it: Tracardi 0.9 takes 0.",
        ),
        Rule(
            ("user", "password"),
            _tracardi_escaping,
            "One of @ / : # ? % in user or password draws a warning: Tracardi 0.9 puts them into its URL as they are.",
        ),
    ),
)
