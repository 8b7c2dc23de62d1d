"""Rules between the fields of a type: what contradicts, what needs what, and what Tracardi can't do."""

import pytest

from tests.unit.services.cases import binding_cases, rule_cases
from tests.unit.services.support import as_raw, check_type, check_values, verdicts
from tracardi_operator.checks import check
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Value

HEX = "0123456789abcdef"
AWS_SECRET = "MadeUp/Secret+ForTheDocsOnly/NotARealKey"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjEJ3//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQDmadeup0123456789" * 2
ACCOUNT: dict[str, Value] = {"account_sid": f"AC{HEX * 2}"}
AUTH_TOKEN: dict[str, Value] = {"auth_token": HEX * 2}
KEY_SID: dict[str, Value] = {"api_key_sid": f"SK{HEX * 2}"}
KEY_SECRET: dict[str, Value] = {"api_key_secret": "MadeUpSecretForTheDocs0123456789"}
ENCODED = "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="

Values = dict[str, Value]
Verdicts = list[tuple[str, str, str]]


def aws(key: str, **more: Value) -> Values:
    return {"aws_access_key_id": key, "aws_secret_access_key": AWS_SECRET, **more}


def s3(key: str, **more: Value) -> Values:
    return {"access_key": key, "secret": AWS_SECRET, "bucket": "marketing-exports", **more}


RULES: dict[str, tuple[str, Values, Verdicts]] = {
    "aws: a temporary key has its session token": ("aws", aws("ASIAMADEUPKEYFORDOCS", session_token=SESSION_TOKEN), []),
    "aws: a temporary key without its session token": (
        "aws",
        aws("ASIAMADEUPKEYFORDOCS"),
        [("aws_access_key_id", "Contradiction", "error")],
    ),
    "aws: a long-term key with a session token": (
        "aws",
        aws("AKIAMADEUPKEYFORDOCS", session_token=SESSION_TOKEN),
        [("session_token", "Contradiction", "error")],
    ),
    "aws-s3: a temporary key has its session token": (
        "aws-s3",
        s3("ASIAMADEUPKEYFORDOCS", session_token=SESSION_TOKEN),
        [],
    ),
    "aws-s3: a temporary key without its session token": (
        "aws-s3",
        s3("ASIAMADEUPKEYFORDOCS"),
        [("access_key", "Contradiction", "error")],
    ),
    "aws-s3: a wrong session token says nothing about the key": (
        "aws-s3",
        s3("ASIAMADEUPKEYFORDOCS", session_token="<session-token>"),
        [("session_token", "Placeholder", "error")],
    ),
    "twilio: an auth token alone": ("twilio", ACCOUNT | AUTH_TOKEN, []),
    "twilio: an API key alone": ("twilio", ACCOUNT | KEY_SID | KEY_SECRET, []),
    "twilio: both ways": (
        "twilio",
        ACCOUNT | AUTH_TOKEN | KEY_SID | KEY_SECRET,
        [("api_key_sid", "Contradiction", "error")],
    ),
    "twilio: an auth token and half an API key": (
        "twilio",
        ACCOUNT | AUTH_TOKEN | KEY_SECRET,
        [("api_key_secret", "Contradiction", "error")],
    ),
    "twilio: the SID of an API key without its secret": (
        "twilio",
        ACCOUNT | KEY_SID,
        [("api_key_secret", "MissingField", "error")],
    ),
    "twilio: the secret of an API key without its SID": (
        "twilio",
        ACCOUNT | KEY_SECRET,
        [("api_key_sid", "MissingField", "error")],
    ),
    "twilio: no way to log in": ("twilio", dict(ACCOUNT), [("auth_token", "MissingField", "error")]),
    "twilio: an API key as auth token": (
        "twilio",
        {**ACCOUNT, "auth_token": f"SK{HEX * 2}"},
        [("auth_token", "BadFormat", "error")],
    ),
    "elastic: a host": ("elastic-search", {"url": "es.search.svc"}, []),
    "elastic: a URL that agrees": (
        "elastic-search",
        {"url": "https://es.search.svc:9201", "scheme": "https", "port": 9201},
        [],
    ),
    "elastic: a URL of another scheme": (
        "elastic-search",
        {"url": "https://es.search.svc", "scheme": "http"},
        [("url", "Contradiction", "error")],
    ),
    "elastic: a URL of another scheme than the default": (
        "elastic-search",
        {"url": "https://es.search.svc"},
        [("url", "Contradiction", "error")],
    ),
    "elastic: a URL of another port": (
        "elastic-search",
        {"url": "es.search.svc:9201", "port": 9200},
        [("url", "Contradiction", "error")],
    ),
    "elastic: a URL of another scheme and port": (
        "elastic-search",
        {"url": "https://es.search.svc:9201", "scheme": "http", "port": 9200},
        [("url", "Contradiction", "error")] * 2,
    ),
    "elastic: a wrong port says nothing about the URL": (
        "elastic-search",
        {"url": "http://es.search.svc:9201", "port": "many"},
        [("port", "BadFormat", "error")],
    ),
    "elastic: a user without password": (
        "elastic-search",
        {"url": "es", "username": "tracardi"},
        [("password", "MissingField", "error")],
    ),
    "elastic: a password without user": (
        "elastic-search",
        {"url": "es", "password": "made-up-Passphrase-7"},
        [("username", "MissingField", "error")],
    ),
    "elastic: an API key": ("elastic-search", {"url": "es", "api_key": ENCODED}, []),
    "elastic: an API key and a login": (
        "elastic-search",
        {"url": "es", "api_key": ENCODED, "username": "tracardi", "password": "made-up-Passphrase-7"},
        [("api_key", "Contradiction", "error")],
    ),
    "redis: an address alone": ("redis", {"url": "redis:6379"}, []),
    "redis: a URL that agrees": ("redis", {"url": "redis://redis:6379"}, [("url", "PastedPrefix", "warning")]),
    "redis: a URL of another protocol": (
        "redis",
        {"url": "rediss://redis:6379", "protocol": "redis"},
        [("url", "Contradiction", "error")],
    ),
    "redis: a URL of another protocol than the default": (
        "redis",
        {"url": "rediss://redis:6379"},
        [("url", "Contradiction", "error")],
    ),
    "redis: a URL of another database": (
        "redis",
        {"url": "redis:6379/3", "database": "4"},
        [("url", "Contradiction", "error")],
    ),
    "redis: a URL of the same database": (
        "redis",
        {"url": "redis:6379/3", "database": "3"},
        [("url", "PastedPrefix", "warning")],
    ),
    "redis: a database that few servers have": (
        "redis",
        {"url": "redis", "database": "16"},
        [("database", "OutOfRange", "warning")],
    ),
    "redis: TLS without password": ("redis", {"url": "redis", "protocol": "rediss"}, []),
    "redis: TLS with password": (
        "redis",
        {"url": "redis", "protocol": "rediss", "password": "made-up-Passphrase-7"},
        [("protocol", "Contradiction", "warning")],
    ),
    "redis: a user without password": (
        "redis",
        {"url": "redis", "user": "ann"},
        [("user", "Contradiction", "warning")],
    ),
    "redis: a password without user": ("redis", {"url": "redis", "password": "made-up-Passphrase-7"}, []),
    "redis: a password that breaks Tracardi's URL": (
        "redis",
        {"url": "redis", "password": "made-up/Passphrase-7"},
        [("password", "BadFormat", "warning")],
    ),
}


RULES |= {title: (service, case.values, case.verdicts) for title, (service, case) in rule_cases().items()}


@pytest.mark.parametrize(("service", "values", "expected"), RULES.values(), ids=RULES.keys())
def test_rules_between_fields(service: str, values: Values, expected: Verdicts) -> None:
    assert verdicts(check_type(service, **values)) == expected


def test_all_rules_stay_silent_when_nothing_can_be_checked() -> None:
    settled = {s.name: frozenset(f.name for f in s.fields) for s in builtin().values()}
    assert [check(s, "test", {}, settled[s.name]).problems for s in builtin().values()] == [()] * len(builtin())


@pytest.mark.parametrize("settled", ["auth_token", "api_key_sid", "api_key_secret"])
def test_a_settled_field_leaves_the_choice_between_alternatives_open(settled: str) -> None:
    raw = as_raw({**ACCOUNT, **KEY_SID})
    assert check(builtin()["twilio"], "production", raw, frozenset({settled})).problems == ()


BINDINGS: dict[str, tuple[str, Values, dict[str, str]]] = {
    "elastic: a host": (
        "elastic-search",
        {"url": "es.search.svc"},
        {
            "host": "es.search.svc",
            "port": "9200",
            "uri": "http://es.search.svc:9200",
            "uris": "http://es.search.svc:9200",
        },
    ),
    "elastic: a URL is no host": (
        "elastic-search",
        {"url": "https://[2001:db8::7]:9201/", "scheme": "https", "port": 9201, "username": "a", "password": "made-up"},
        {
            "host": "2001:db8::7",
            "port": "9201",
            "uri": "https://[2001:db8::7]:9201",
            "uris": "https://[2001:db8::7]:9201",
            "username": "a",
            "password": "made-up",
        },
    ),
    "redis: a port of its own": (
        "redis",
        {"url": "redis.cache.svc:7000", "database": "3"},
        {"host": "redis.cache.svc", "port": "7000", "uri": "redis://redis.cache.svc:7000/3"},
    ),
    "redis: the usual port, and what a URI must escape": (
        "redis",
        {"url": "redis", "user": "ann", "password": "a/b@c:d"},
        {
            "host": "redis",
            "port": "6379",
            "uri": "redis://ann:a%2Fb%40c%3Ad@redis:6379/0",
            "username": "ann",
            "password": "a/b@c:d",
        },
    ),
    "redis: the default user has no name": (
        "redis",
        {"url": "redis", "password": "made-up"},
        {"host": "redis", "port": "6379", "uri": "redis://:made-up@redis:6379/0", "password": "made-up"},
    ),
    "redis: a user without password": (
        "redis",
        {"url": "redis", "user": "ann"},
        {"host": "redis", "port": "6379", "uri": "redis://ann@redis:6379/0", "username": "ann"},
    ),
    "matomo: an address is a uri, no host": (
        "matomo",
        {"token": HEX * 2, "api_url": "https://matomo.example.com/analytics"},
        {"uri": "https://matomo.example.com/analytics"},
    ),
    "salesforce: the endpoint of the tenant": (
        "salesforce",
        {
            "client_id": "madeupclientid0123456789",
            "client_secret": "MadeUpSecret0123456789ab",
            "subdomain": "mcmade-up-subdomain-12345678",
        },
        {
            "host": "mcmade-up-subdomain-12345678.auth.marketingcloudapis.com",
            "uri": "https://mcmade-up-subdomain-12345678.auth.marketingcloudapis.com",
            "client-id": "madeupclientid0123456789",
            "client-secret": "MadeUpSecret0123456789ab",
            "authorization-grant-type": "client_credentials",
            "token-uri": "https://mcmade-up-subdomain-12345678.auth.marketingcloudapis.com/v2/token",
        },
    ),
    "salesforce-oauth: a domain with or without https": (
        "salesforce-oauth",
        {"domain": "https://mycompany.my.salesforce.com/", "client_id": "3MVG9" + "a1" * 45, "client_secret": HEX * 4},
        {
            "host": "mycompany.my.salesforce.com",
            "uri": "https://mycompany.my.salesforce.com",
            "client-id": "3MVG9" + "a1" * 45,
            "client-secret": HEX * 4,
            "authorization-grant-type": "client_credentials",
            "token-uri": "https://mycompany.my.salesforce.com/services/oauth2/token",
        },
    ),
}


BINDINGS |= {title: (service, case.values, case.entries) for title, (service, case) in binding_cases().items()}


@pytest.mark.parametrize(("service", "values", "expected"), BINDINGS.values(), ids=BINDINGS.keys())
def test_bindings(service: str, values: Values, expected: dict[str, str]) -> None:
    definition = builtin()[service]
    assert definition.binding
    assert dict(definition.binding(check_values(definition, values).values)) == expected
