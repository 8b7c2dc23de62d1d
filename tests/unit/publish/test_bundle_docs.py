"""docs/bundles.md shows what is really rendered, and names the connection type of each service."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.publish.entries import entry, examples
from tracardi_operator.api.consumer import BundleFormat
from tracardi_operator.publish.bundle import default_key, render
from tracardi_operator.services.catalogue import builtin

PAGE = (Path(__file__).parents[3] / "docs" / "bundles.md").read_text()
REDIS = entry(
    "redis-main",
    {"url": "redis.cache.svc:6379", "password": "made-up-Passphrase-7", "protocol": "redis", "database": "0"},
    namespace="marketing",
    of=builtin()["redis"],
    uid="0f6c27aa-5b1e-4c7d-9a51-3f0e8d0b6a11",
)


@pytest.mark.parametrize("bundle_format", ["json", "env", "airflow", "tracardi"])
def test_the_example_of_a_format_is_what_is_rendered(bundle_format: BundleFormat) -> None:
    section = PAGE.partition(f"\n## `{bundle_format}`\n")[2]
    example = section.split("```")[1].partition("\n")[2]
    assert example == render(bundle_format, [REDIS], "production").document


@pytest.mark.parametrize("bundle_format", ["json", "env", "airflow", "tracardi"])
def test_the_default_key_is_named(bundle_format: BundleFormat) -> None:
    assert re.search(rf"^\| `{bundle_format}` \|[^|]*\| `{default_key(bundle_format)}` \|", PAGE, re.MULTILINE)


def test_the_table_names_the_connection_type_of_each_service_with_a_provider() -> None:
    rows = re.findall(r"^\| (`[^|]*`) \| (`[^|]*`) \|", PAGE.partition("\n## `airflow`\n")[2], re.MULTILINE)
    named: dict[str, str] = {}
    for services, kinds in rows:
        names, types = (re.findall("`([^`]*)`", cell) for cell in (services, kinds))
        named |= dict(zip(names, types * len(names) if len(types) == 1 else types, strict=False))
    connections = json.loads(render("airflow", examples(), "production").document)
    made = {e.service.name: connections[e.name]["conn_type"] for e in examples()}
    assert named == {name: kind for name, kind in made.items() if kind != "generic"}
