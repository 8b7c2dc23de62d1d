"""The format `airflow`: which connection becomes of which values. Airflow itself reads them in tests/install."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.publish.entries import entry, examples
from tracardi_operator.api.problems import Reason
from tracardi_operator.publish.bundle import Rendered, render
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Field, ServiceType

KEYS = {"conn_type", "host", "port", "login", "password", "schema", "extra", "description"}
"""What Airflow lets a connection have; one key more, and it reads no connection of the file."""


def rendered(kind: str, values: Mapping[str, Any]) -> Rendered:
    return render("airflow", [entry("main", values, of=builtin()[kind])], "production")


def connection(kind: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(rendered(kind, values).document)["main"]
    return found


HTTP = {"conn_type": "http", "host": "https://x.example.com"}
MONGO = {"conn_type": "mongo"}
CASES: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "http: a login": (
        "api",
        {"url": "https://x.example.com", "username": "u", "password": "p"},
        {**HTTP, "login": "u", "password": "p"},
    ),
    "http: a login without a password, which Airflow would send as None": (
        "api",
        {"url": "https://x.example.com", "username": "u"},
        {**HTTP, "extra": {"Authorization": "Basic dTo="}},
    ),
    "http: no header is taken for an option of the hook": (
        "api",
        {"url": "https://x.example.com", "headers": {"verify": "false", "x-api-key": "k"}},
        {**HTTP, "extra": {"Verify": "false", "X-Api-Key": "k"}},
    ),
    "http: a proxy for both schemes": (
        "api",
        {"url": "https://x.example.com", "proxy": "http://p:1"},
        {**HTTP, "extra": {"proxies": {"http": "http://p:1", "https": "http://p:1"}}},
    ),
    "redis: TLS, a database and no port": (
        "redis",
        {"url": "rediss://r.svc/3", "protocol": "rediss", "database": "3"},
        {"conn_type": "redis", "host": "r.svc", "port": 6379, "extra": {"db": 3, "ssl": True}},
    ),
    "mongo: login decoded, options by name": (
        "mongodb",
        {"uri": "mongodb://u%40:p%2F@a:1,b/db?replicaSet=rs", "timeout": 9},
        {
            **MONGO,
            "host": "a:1,b",
            "login": "u@",
            "password": "p/",
            "schema": "db",
            "extra": {"srv": False, "serverselectiontimeoutms": 9, "replicaset": "rs"},
        },
    ),
    "mongo: the option of the URI wins over the field": (
        "mongodb",
        {"uri": "mongodb+srv://a.net/?serverSelectionTimeoutMS=7", "timeout": 9},
        {**MONGO, "host": "a.net", "extra": {"srv": True, "serverselectiontimeoutms": "7"}},
    ),
    "elasticsearch: an API key": (
        "elastic-search",
        {"url": "https://e.svc:9243", "port": 9243, "scheme": "https", "verify_certs": False, "api_key": "k"},
        {
            "conn_type": "elasticsearch",
            "host": "e.svc",
            "port": 9243,
            "schema": "https",
            "extra": {"api_key": "k", "verify_certs": False},
        },
    ),
    "kafka: no login outside SASL": (
        "kafka",
        {"broker": "a:1 , b:2", "security_protocol": "SSL", "sasl_mechanism": "PLAIN", "username": "u"},
        {"conn_type": "kafka", "extra": {"bootstrap.servers": "a:1,b:2", "security.protocol": "SSL"}},
    ),
    "smtp: TLS from the start at its port": (
        "smtp-server",
        {"smtp": "s", "port": 465, "username": "u", "password": "p", "timeout": 3},
        {
            "conn_type": "smtp",
            "host": "s",
            "port": 465,
            "login": "u",
            "password": "p",
            "extra": {"timeout": 3, "disable_ssl": False, "disable_tls": True},
        },
    ),
    "smtp: STARTTLS at any other": (
        "smtp-server",
        {"smtp": "s", "port": 25, "username": "u", "password": "p", "timeout": 3},
        {
            "conn_type": "smtp",
            "host": "s",
            "port": 25,
            "login": "u",
            "password": "p",
            "extra": {"timeout": 3, "disable_ssl": True, "disable_tls": False},
        },
    ),
    "imap": (
        "imap-server",
        {"host": "i", "port": 143, "username": "u", "password": "p"},
        {"conn_type": "imap", "host": "i", "port": 143, "login": "u", "password": "p"},
    ),
    "postgres": (
        "postgresql",
        {"host": "::1", "port": 5432, "user": "u", "password": "p", "database": "d"},
        {"conn_type": "postgres", "host": "::1", "port": 5432, "login": "u", "password": "p", "schema": "d"},
    ),
    "mysql: no password": (
        "mysql",
        {"host": "m", "port": 3306, "user": "u", "database": "d"},
        {"conn_type": "mysql", "host": "m", "port": 3306, "login": "u", "schema": "d"},
    ),
    "influxdb: the port of the scheme is said": (
        "influxdb",
        {"url": "http://[::1]/", "token": "t"},
        {"conn_type": "influxdb", "host": "[::1]", "port": 80, "schema": "http", "extra": {"token": "t"}},
    ),
    "weaviate: a login": (
        "weaviate",
        {"url": "http://w:8080", "username": "u", "password": "p", "scope": "s", "headers": {"x_openai_api_key": "k"}},
        {
            "conn_type": "weaviate",
            "host": "w",
            "port": 8080,
            "login": "u",
            "password": "p",
            "extra": {
                "http_secure": False,
                "grpc_secure": False,
                "scope": "s",
                "additional_headers": {"x_openai_api_key": "k"},
            },
        },
    ),
    "github: no / at the end": (
        "github",
        {"api_url": "https://g/api/v3/", "personal_access_token": "t"},
        {"conn_type": "github", "host": "https://g/api/v3", "password": "t"},
    ),
    "discord: any version of the API": (
        "discord",
        {"url": "https://canary.discord.com/api/v10/webhooks/1/t"},
        {
            "conn_type": "discord",
            "host": "https://canary.discord.com/api/v10/",
            "extra": {"webhook_endpoint": "webhooks/1/t"},
        },
    ),
    "slack": ("slack", {"token": "t"}, {"conn_type": "slack", "password": "t"}),
    "slack webhook": (
        "slack-webhook",
        {"url": "https://h/s"},
        {"conn_type": "slackwebhook", "password": "https://h/s"},
    ),
    "telegram": (
        "telegram",
        {"bot_token": "t", "chat_id": -5},
        {"conn_type": "telegram", "host": "-5", "password": "t"},
    ),
    "openai": ("openai", {"api_key": "k"}, {"conn_type": "openai", "password": "k"}),
    "facebook: the account has its prefix": (
        "facebook",
        {"app_id": "1", "app_secret": "s", "access_token": "t", "ad_account_id": "7"},
        {
            "conn_type": "facebook_social",
            "extra": {"app_id": "1", "app_secret": "s", "access_token": "t", "account_id": "act_7"},
        },
    ),
    "facebook: no account": (
        "facebook",
        {"app_id": "1", "app_secret": "s", "access_token": "t"},
        {"conn_type": "facebook_social", "extra": {"app_id": "1", "app_secret": "s", "access_token": "t"}},
    ),
    "aws: a temporary key": (
        "aws",
        {"aws_access_key_id": "a", "aws_secret_access_key": "s", "session_token": "t", "region": "r"},
        {"conn_type": "aws", "login": "a", "password": "s", "extra": {"aws_session_token": "t", "region_name": "r"}},
    ),
    "aws s3: bucket and endpoint of this service alone": (
        "aws-s3",
        {"access_key": "a", "secret": "s", "bucket": "b", "endpoint": "https://e"},
        {
            "conn_type": "aws",
            "login": "a",
            "password": "s",
            "extra": {"service_config": {"s3": {"bucket_name": "b", "endpoint_url": "https://e"}}},
        },
    ),
    "google: the key file": (
        "google-cloud-service-account",
        {"project_id": "p", "private_key": "k"},
        {
            "conn_type": "google_cloud_platform",
            "extra": {"project": "p", "keyfile_dict": {"project_id": "p", "private_key": "k"}},
        },
    ),
    "salesforce: the domain without what the client adds": (
        "salesforce-oauth",
        {"domain": "https://a--b.sandbox.my.salesforce.com/", "client_id": "i", "client_secret": "s"},
        {
            "conn_type": "salesforce",
            "extra": {"domain": "a--b.sandbox.my", "consumer_key": "i", "consumer_secret": "s"},
        },
    ),
    "no provider: all fields, and the one that is sensitive as the password": (
        "matomo",
        {"api_url": "https://m", "token": "t"},
        {"conn_type": "generic", "password": "t", "extra": {"api_url": "https://m", "token": "t"}},
    ),
    "no provider: of two that are sensitive none is the password": (
        "pushover",
        {"token": "t", "user": "u"},
        {"conn_type": "generic", "extra": {"token": "t", "user": "u"}},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_connection_is_what_the_hook_reads(case: str) -> None:
    kind, values, expected = CASES[case]
    assert connection(kind, values) == expected


def test_each_type_with_a_provider_has_a_case() -> None:
    with_provider = {name for name, kind in builtin().items() if kind.airflow}
    assert with_provider <= {kind for kind, _, _ in CASES.values()}


def test_every_type_is_expressed_with_no_other_keys_than_airflow_takes() -> None:
    document = render("airflow", examples(), "production")
    connections = json.loads(document.document)
    assert (len(connections), document.omitted) == (len(builtin()), ())
    assert all(found.keys() <= KEYS and "conn_type" in found for found in connections.values())


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("influxdb", {"url": "https://x/path", "token": "t"}),
        ("weaviate", {"url": "https://x/path"}),
        ("postgresql", {"host": "an earlier version of the type had no database"}),
        ("postgresql", {"host": "h", "port": "none", "user": "u", "database": "d"}),
    ],
)
def test_what_the_hook_has_no_place_for_is_left_out(kind: str, values: Mapping[str, Any]) -> None:
    found = rendered(kind, values)
    assert [omission.problem.reason for omission in found.omitted] == [Reason.NOT_EXPRESSIBLE]
    assert json.loads(found.document) == {}


def test_a_sensitive_object_is_no_password() -> None:
    kind = ServiceType("m", "M", (Field("headers", "H", sensitive=True),), {}, "", "")
    found = render("airflow", [entry("main", {"headers": {"a": "b"}}, of=kind)], "production")
    assert json.loads(found.document)["main"] == {"conn_type": "generic", "extra": {"headers": {"a": "b"}}}


def test_a_description_is_that_of_the_resource() -> None:
    found = render("airflow", [entry("main", description="Our own words")], "production")
    assert json.loads(found.document)["main"]["description"] == "Our own words"


@pytest.mark.parametrize(("length", "left_out"), [(250, 0), (251, 1)])
def test_a_name_that_is_too_long_for_a_connection_id_is_left_out(length: int, left_out: int) -> None:
    assert len(render("airflow", [entry("a" * length)], "production").omitted) == left_out


def test_a_mapping_shows_no_value() -> None:
    mapping = builtin()["aws"].airflow
    assert mapping is not None
    shown = repr(
        mapping({"aws_access_key_id": "SENTINEL", "aws_secret_access_key": "SENTINEL", "session_token": "SENTINEL"})
    )
    assert "SENTINEL" not in shown


def test_one_that_is_nested_deeply_holds_back_no_other() -> None:
    """Published before there was a limit, say."""
    nested: dict[str, Any] = {}
    for _ in range(700):
        nested = {"a": nested}
    document = render("airflow", [entry("deep", {"o": nested}), entry("plain")], "production").document
    assert json.loads(document).keys() == {"deep", "plain"}
