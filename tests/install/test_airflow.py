"""A bundle in the format `airflow`, read by Airflow: its own loader, and the hooks of its providers."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.readers import environment
from tests.unit.publish.entries import entry, examples
from tracardi_operator.publish.bundle import default_key, render
from tracardi_operator.services.catalogue import builtin

pytestmark = pytest.mark.timeout(1800)  # the environment is made when this is the first test to need it

SCRIPT = Path(__file__).parents[1] / "readers" / "connections.py"
BACKEND = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
ABSENT = {"host", "port", "login", "password", "schema", "description"}
LARGE = {"aws", "facebook_social", "google_cloud_platform", "influxdb", "kafka", "mysql", "salesforce", "weaviate"}
"""Types of providers that are not installed, as they bring hundreds of megabytes or need a compiler."""

_VARIANTS = (
    entry(
        "api-key-as-user",
        {"url": "https://x.example.com/v1", "username": "key", "headers": {"x-key": "k", "verify": "false"}},
        of=builtin()["api"],
    ),
    entry("proxied", {"url": "http://x.example.com", "proxy": "http://p.example.com:3128"}, of=builtin()["api"]),
    entry("tls", {"url": "r.svc:6380", "protocol": "rediss", "database": "3"}, of=builtin()["redis"]),
    entry(
        "replicas",
        {"uri": "mongodb://u%40:p%2F@a:27017,b:27018/?replicaSet=rs&authSource=admin&tls=true", "timeout": 700},
        of=builtin()["mongodb"],
    ),
    entry(
        "mail-465",
        {"smtp": "s.example.com", "port": 465, "username": "u", "password": "p", "timeout": 3},
        of=builtin()["smtp-server"],
    ),
    entry(
        "escaped",
        {"host": "::1", "port": 5432, "user": "u", "password": "p@:/'\" é", "database": "d"},
        of=builtin()["postgresql"],
    ),
)
"""Values whose place in a connection is not plain."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """One Resource of each type, some of them with a description, and the variants."""
    described = [replace(e, description="Zoë's") if e.name == "redis" else e for e in examples()]
    rendered = render("airflow", [*described, *_VARIANTS], "production")
    assert rendered.omitted == ()
    content: dict[str, Any] = json.loads(rendered.document)
    return content


@pytest.fixture(scope="module")
def read(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What Airflow made of the file."""
    folder = tmp_path_factory.mktemp("airflow")
    path = folder / default_key("airflow")
    path.write_text(json.dumps(document))
    settings = {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__SECRETS__BACKEND": BACKEND,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(path)}),
    }
    command = [str(environment.python()), str(SCRIPT), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | settings, check=False)
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_connection_is_resolved_with_the_fields_that_were_written(
    document: Mapping[str, Any], read: Mapping[str, Any]
) -> None:
    nothing = dict.fromkeys(ABSENT) | {"extra": {}}
    assert read["connections"] == {name: nothing | written for name, written in document.items()}
    assert {builtin()[e.service.name].name for e in examples()} == builtin().keys()


def test_every_connection_type_is_one_that_a_provider_has(document: Mapping[str, Any], read: Mapping[str, Any]) -> None:
    types = {written["conn_type"] for written in document.values()}
    assert types - set(read["known"]) - {"generic"} == LARGE


CLIENTS = {
    "api": ["https://crm.example.com/api/contacts", "Basic dHJhY2FyZGk6bWFkZS11cC1QYXNzcGhyYXNlLTc=", None, {}, True],
    "api-key-as-user": ["https://x.example.com/v1", "Basic a2V5Og==", "k", {}, True],
    "proxied": [
        "http://x.example.com/",
        None,
        None,
        {"http": "http://p.example.com:3128", "https": "http://p.example.com:3128"},
        True,
    ],
    "discord": builtin()["discord"].example["url"],
    "elastic-search": ["https", "elasticsearch.search.svc", 9200, True],
    "github": ["https://api.github.com", builtin()["github"].example["personal_access_token"]],
    "mongodb": [
        "mongodb://tracardi:made-up-Passphrase-7@mongo-0.mongo.shop.svc:27017/customers",
        "admin",
        5.0,
    ],
    "replicas": ["mongodb://u%40:p%2F@a:27017,b:27018", "admin", 0.7],
    "openai": builtin()["openai"].example["api_key"],
    "postgresql": "postgresql+psycopg://tracardi:made-up-Passphrase-7@postgres.shop.svc:5432/customers",
    "escaped": "postgresql+psycopg://u:p%40%3A%2F%27%22 %C3%A9@[::1]:5432/d",
    "redis": ["Connection", "redis.cache.svc", 6379, "tracardi", "made-up-Passphrase-7", 0],
    "tls": ["SSLConnection", "r.svc", 6380, None, None, 3],
    "slack": builtin()["slack"].example["token"],
    "slack-webhook": builtin()["slack-webhook"].example["url"],
    "smtp-server": ["smtp.example.com", 587, False, True, 15, "marketing@example.com", "made-up-Passphrase-7"],
    "mail-465": ["s.example.com", 465, True, False, 3, "u", "p"],
    "telegram": [builtin()["telegram"].example["bot_token"], str(builtin()["telegram"].example["chat_id"])],
}
"""What the client of each hook uses."""


@pytest.mark.parametrize("name", CLIENTS)
def test_the_hook_of_the_provider_gives_its_client_the_values(name: str, read: Mapping[str, Any]) -> None:
    assert read["clients"][name] == CLIENTS[name]


def test_every_hook_that_was_run_is_compared(read: Mapping[str, Any]) -> None:
    assert read["clients"].keys() == CLIENTS.keys()
