"""The format `tracardi`. Its reader is closed source: what is tested is the form that its documentation shows."""

import json
from typing import Any

from tests.unit.publish.entries import entry, examples, service
from tracardi_operator.api.resource import Environment, TracardiSettings
from tracardi_operator.publish.bundle import render
from tracardi_operator.publish.entry import Entry
from tracardi_operator.tracardi.models import parse_resource

BOTH: dict[str, Any] = {"credentials": {"production": {"token": "p"}, "test": {"token": "t"}}}


def rows(*entries: Entry, environment: Environment = "production") -> Any:
    return json.loads(render("tracardi", entries, environment).document)


def test_a_row_has_all_that_tracardi_knows_and_is_locked() -> None:
    settings = TracardiSettings(id="my-id", name="Ours", groups=["crm"], destination='{"package": "a.b"}')
    of = service("token", tags=("one", "two"), icon="cloud")
    assert rows(entry("main", of=of, settings=settings, description="Words")) == {
        "my-id": {
            "id": "my-id",
            "type": "made-up",
            "name": "Ours",
            "description": "Words",
            "credentials": {"production": {"token": "x"}, "test": {}},
            "tags": ["one", "two"],
            "groups": ["crm", "tracardi-operator:bundle"],
            "icon": "cloud",
            "destination": {"package": "a.b", "init": {}, "form": {}, "pro": False},
            "enabled": True,
            "locked": True,
        }
    }


def test_without_an_id_of_its_own_the_uid_is_the_id() -> None:
    assert list(rows(entry("main"))) == ["uid-ns-main"]


def test_each_environment_fills_its_own_place_and_leaves_the_other_empty() -> None:
    for environment, expected in (
        ("production", {"production": {"token": "p"}, "test": {}}),
        ("test", {"production": {}, "test": {"token": "t"}}),
    ):
        (row,) = rows(entry(**BOTH), environment=environment).values()  # type: ignore[arg-type]
        assert row["credentials"] == expected


def test_every_type_is_expressed_and_is_a_row_to_our_own_client() -> None:
    found = rows(*examples())
    parsed = {id_: parse_resource(row) for id_, row in found.items()}
    assert {row and row.type for row in parsed.values()} == {e.service.name for e in examples()}
    assert all(row and row.id == id_ for id_, row in parsed.items())
