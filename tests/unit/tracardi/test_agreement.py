"""When a row of Tracardi needs no write, and what a write gives back that is not ours."""

from dataclasses import replace
from typing import Any

import pytest

from tracardi_operator.tracardi.agreement import agrees, merged
from tracardi_operator.tracardi.models import Context, TracardiResource, parse_resource, to_body

ROW = TracardiResource(
    id="m",
    type="mautic",
    name="Mautic",
    description="d",
    production={"public_key": "p", "private_key": "q"},
    test={"public_key": "t", "private_key": "u"},
    tags=("mautic", "destination"),
    groups=("team", "mark"),
    icon="mautic",
    destination={"package": "a.b.C", "init": {"url": "x"}, "form": {}, "pro": False},
)
DIFFERENCES: dict[str, Any] = {
    "type": "salesforce",
    "name": "Other",
    "description": "other",
    "production": {"public_key": "p"},
    "test": {},
    "tags": ("mautic",),
    "groups": ("mark",),
    "icon": "",
    "destination": None,
    "enabled": False,
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_every_field_that_we_set_is_compared(name: str) -> None:
    assert agrees(ROW, ROW)
    assert not agrees(ROW, replace(ROW, **{name: DIFFERENCES[name]}))


def test_all_fields_that_we_set_have_a_case() -> None:
    ours = set(to_body(ROW)) - {"id", "credentials"} | {"production", "test"}
    assert ours == DIFFERENCES.keys()


@pytest.mark.parametrize(
    "found",
    [
        replace(ROW, context=Context.STAGING),
        replace(ROW, further={"locked": True}),
        replace(ROW, tags=ROW.tags[::-1], groups=ROW.groups[::-1]),
        replace(ROW, destination={**(ROW.destination or {}), "of another version": 1}),
    ],
    ids=["context", "what newer versions know", "order of tags", "more of the destination"],
)
def test_what_we_do_not_set_is_no_difference(found: TracardiResource) -> None:
    assert agrees(ROW, found)


@pytest.mark.parametrize("other", ["587", 587.0, True])
def test_a_value_of_another_kind_is_a_difference(other: object) -> None:
    """Tracardi's raw clients get what is stored, and in Python 587 == 587.0 and 1 == True."""
    wanted = replace(ROW, production={"port": 587 if other is not True else 1})
    assert not agrees(wanted, replace(ROW, production={"port": other}))


@pytest.mark.parametrize("kind", ["mautic", "salesforce"])
@pytest.mark.parametrize("environment", ["production", "test"])
def test_a_token_that_a_plugin_wrote_back_is_left_alone(kind: str, environment: str) -> None:
    wanted = replace(ROW, type=kind)
    changes: dict[str, Any] = {environment: {**getattr(wanted, environment), "token": {"access": "made up"}}}
    assert agrees(wanted, replace(wanted, **changes))


def test_another_type_has_no_token_to_leave_alone() -> None:
    wanted = replace(ROW, type="matomo")
    assert not agrees(wanted, replace(wanted, production={**wanted.production, "token": "x"}))


def test_a_write_for_another_reason_gives_the_token_back() -> None:
    with_token = {**ROW.production, "token": "x"}
    written = merged(replace(ROW, name="New"), replace(ROW, production=with_token))
    assert (written.name, written.production, written.test) == ("New", with_token, ROW.test)


@pytest.mark.parametrize("name", ["public_key", "private_key"])
def test_a_token_goes_with_the_credentials_that_it_was_got_with(name: str) -> None:
    wanted = replace(ROW, production={**ROW.production, name: "rotated"})
    found = replace(ROW, production={**ROW.production, "token": "x"})
    assert merged(wanted, found).production == wanted.production
    assert not agrees(wanted, found)


def test_a_token_alone_is_not_kept_where_nothing_is_wanted() -> None:
    wanted, found = replace(ROW, test={}), replace(ROW, test={"token": "x"})
    assert not agrees(wanted, found)
    assert merged(wanted, found).test == {}


def test_a_write_gives_back_what_newer_versions_know() -> None:
    found = parse_resource(to_body(ROW) | {"locked": True, "timestamp": "t", "production": True, "running": False})
    assert found
    body = to_body(merged(ROW, found))
    assert body["locked"] is True
    assert not body.keys() & {"timestamp", "production", "running"}


def test_a_new_row_is_what_is_wanted() -> None:
    assert merged(ROW, None) == ROW
