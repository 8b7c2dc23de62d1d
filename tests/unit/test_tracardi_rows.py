"""A Resource as a row of Tracardi: what stands in it, what it can't hold, and whose it is."""

import json
from typing import Any

import pytest

from tests.sentinels import found, made_up, traces_of
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import TracardiSettings
from tracardi_operator.publish.entry import Entry, Values
from tracardi_operator.publish.tracardi_rows import TestFallback as Fallback
from tracardi_operator.publish.tracardi_rows import is_marked, mark, to_row, want
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Field, ServiceType
from tracardi_operator.tracardi.models import NO_DESCRIPTION, TracardiResource, to_body

UID = "0f6c1b9e-6d3a-4c58-9a5e-3c1f5a1f7b11"
MARK = mark("9b0c6a52-7d8e-4f60-8a3b-5e2d1c4f6a77")
DESTINATION = {"package": "a.b.C", "init": {"url": "x"}, "form": {}, "pro": False}


def entry(type_: str = "sendgrid", /, **changes: Any) -> Entry:
    settings = TracardiSettings.model_validate(changes.pop("settings", {}))
    given: dict[str, Any] = {
        "namespace": "n",
        "name": "mail",
        "uid": UID,
        "created": "2026-01-01T00:00:00Z",
        "service": builtin()[type_],
        "credentials": {"production": builtin()[type_].example},
    }
    return Entry(settings=settings, **given | changes)


def row(of: Entry, fallback: Fallback = "Nothing") -> TracardiResource:
    made = to_row(of, MARK, fallback)
    assert isinstance(made, TracardiResource)
    return made


def problem(of: Entry) -> Problem:
    made = to_row(of, MARK, "Nothing")
    assert isinstance(made, Problem)
    return made


def test_a_resource_without_settings_becomes_a_row_of_its_type() -> None:
    example = builtin()["sendgrid"].example
    assert to_body(row(entry())) == {
        "id": UID,
        "type": "sendgrid",
        "name": "mail",
        "description": NO_DESCRIPTION,
        "credentials": {"production": example, "test": {}},
        "tags": ["token", "sendgrid"],
        "groups": [MARK],
        "icon": "plugin",
        "destination": None,
        "enabled": True,
    }


def test_settings_take_the_place_of_what_the_type_says() -> None:
    settings = {
        "id": "own",
        "name": "Own",
        "enabled": False,
        "tags": ["a"],
        "groups": ["g"],
        "icon": "i",
        "destination": json.dumps(DESTINATION),
    }
    made = row(entry(settings=settings, description="d"))
    assert (made.id, made.name, made.enabled, made.tags, made.icon) == ("own", "Own", False, ("a",), "i")
    assert (made.groups, made.description, made.destination) == (("g", MARK), "d", DESTINATION)


def test_no_tags_can_be_asked_for() -> None:
    assert row(entry(settings={"tags": []})).tags == ()


@pytest.mark.parametrize(
    ("credentials", "fallback", "expected"),
    [
        ({"production": {"t": "p"}}, "Nothing", ({"t": "p"}, {})),
        ({"production": {"t": "p"}}, "Production", ({"t": "p"}, {"t": "p"})),
        ({"production": {"t": "p"}, "test": {"t": "q"}}, "Production", ({"t": "p"}, {"t": "q"})),
        ({"test": {"t": "q"}}, "Production", ({}, {"t": "q"})),
    ],
)
def test_tracardi_gets_production_as_test_credentials_only_if_it_was_said(
    credentials: dict[str, Values], fallback: Fallback, expected: tuple[Values, Values]
) -> None:
    made = row(entry(credentials=credentials), fallback)
    assert (made.production, made.test) == expected


@pytest.mark.parametrize("name", sorted(builtin()))
def test_the_credentials_are_the_document_of_the_output_and_nothing_else(name: str) -> None:
    """Tracardi passes them to some clients as they are, and one unknown key breaks these."""
    service = builtin()[name]
    assert row(entry(name)).production is service.example


def test_test_credentials_that_can_not_be_published_are_not_replaced_by_production_ones() -> None:
    made = row(entry(declared=("production", "test")), "Production")
    assert (made.production, made.test) == (builtin()["sendgrid"].example, {})


def test_tracardi_fills_in_what_a_destination_does_not_say_and_so_do_we() -> None:
    made = row(entry(settings={"destination": '{"package": "a.b.C"}'}))
    assert made.destination == {"package": "a.b.C", "init": {}, "form": {}, "pro": False}


@pytest.mark.parametrize(
    "destination",
    ["{}", '{"package": ""}', '{"package": 1}', '{"package": "a", "init": []}', '{"package": "a", "pro": "yes"}'],
)
def test_a_destination_that_tracardi_would_refuse_is_told(destination: str) -> None:
    found = problem(entry(settings={"destination": destination}))
    assert (found.reason, found.field) == (Reason.NOT_EXPRESSIBLE, "tracardi.destination")
    assert "package" in found.message


def _long_destination(size: int) -> str:
    return json.dumps({"package": "a.b.C", "init": {"headers": {f"x-{n}": made_up(20) for n in range(size)}}})


TOO_LONG: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tracardi.name": ({"name": "n" * 64}, {"name": "n" * 65}),
    "description": ({"description": "ä" * 255}, {"description": "ä" * 256}),
    "tracardi.groups": (
        {"settings": {"groups": ["g" * 50] * 3}},
        {"settings": {"groups": ["g" * 60] * 4}},
    ),
    "tracardi.destination": (
        {"settings": {"destination": _long_destination(2)}},
        {"settings": {"destination": _long_destination(20)}},
    ),
    "credentials": (
        {"credentials": {"production": {"x": made_up(30_000)}}},
        {"credentials": {"production": {"x": made_up(50_000)}, "test": {"x": made_up(50_000)}}},
    ),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_what_tracardi_can_not_hold_is_told_by_name_and_limit(name: str) -> None:
    fits, too_long = TOO_LONG[name]
    row(entry(**fits))
    found = problem(entry(**too_long))
    assert (found.reason, found.field) == (Reason.NOT_EXPRESSIBLE, name)
    assert found.message.startswith(name)


@pytest.mark.parametrize(("name", "length"), [("id", 41), ("type", 49), ("icon", 256)])
def test_limits_that_our_own_schema_holds_are_held_here_too(name: str, length: int) -> None:
    service = ServiceType(
        name="t" * (length if name == "type" else 1),
        title="",
        fields=(Field("token", "Token"),),
        example={},
        how_to="",
        url="",
        icon="i" * (length if name == "icon" else 1),
    )
    found = problem(entry(service=service, uid="u" * (length if name == "id" else 1)))
    assert (found.field or "").endswith(name)


def test_a_problem_never_holds_a_value() -> None:
    secret = made_up(40)
    big = {"production": {"token": secret, "more": made_up(90_000)}}
    said = repr(problem(entry(credentials=big)))
    destination = json.dumps({"package": "a", "init": {"x": secret, "y": made_up(400)}})
    said += repr(problem(entry(settings={"destination": destination})))
    assert not found(said, traces_of([secret]))


class TestOneIdOfTwo:
    def test_the_older_keeps_it_and_the_other_says_so(self) -> None:
        older = entry(name="older", uid="b", settings={"id": "own"})
        younger = entry(name="younger", uid="a", settings={"id": "own"}, created="2026-01-01T00:00:01Z")
        wanted = want([younger, older], MARK, "Nothing")
        assert {id_: made.name for id_, made in wanted.rows.items()} == {"own": "older"}
        assert [(o.name, o.problem.reason) for o in wanted.omitted] == [("younger", Reason.NAME_TAKEN)]
        assert "'older' in namespace 'n'" in wanted.omitted[0].problem.message

    def test_of_the_same_age_the_uid_decides(self) -> None:
        both = [entry(name=uid, uid=uid, settings={"id": "own"}) for uid in ("b", "a")]
        assert want(both, MARK, "Nothing").rows["own"].name == "a"

    def test_the_younger_does_not_step_in_for_an_older_one_that_does_not_fit(self) -> None:
        older = entry(name="n" * 65, uid="a", settings={"id": "own"})
        younger = entry(name="younger", uid="b", settings={"id": "own"}, created="2026-01-01T00:00:01Z")
        wanted = want([older, younger], MARK, "Nothing")
        assert (dict(wanted.rows), wanted.entries["own"].uid, len(wanted.omitted)) == ({}, "a", 2)


def test_one_that_does_not_fit_holds_back_no_other() -> None:
    wanted = want([entry(name="n" * 65, uid="a"), entry(uid="b")], MARK, "Nothing")
    assert (list(wanted.rows), [o.name for o in wanted.omitted]) == (["b"], ["n" * 65])


def test_one_of_a_type_that_is_broken_or_gone_is_not_written_without_its_tags() -> None:
    wanted = want([entry(service=ServiceType("own", "own", (), {}, "", ""))], MARK, "Nothing")
    assert (dict(wanted.rows), list(wanted.entries)) == ({}, [UID])
    assert [omission.problem.reason for omission in wanted.omitted] == [Reason.UNKNOWN_TYPE]


def test_one_without_credentials_has_no_row_but_keeps_its_id() -> None:
    wanted = want([entry(credentials={})], MARK, "Nothing")
    assert (dict(wanted.rows), list(wanted.entries), wanted.omitted) == ({}, [UID], ())


def test_a_mark_is_known_as_one() -> None:
    assert is_marked(row(entry()))
    assert not is_marked(TracardiResource("a", "api", groups=("team",)))


def test_a_repr_shows_no_credentials() -> None:
    secret = made_up(40)
    wanted = want([entry(credentials={"production": {"token": secret}})], MARK, "Production")
    assert not found(repr(wanted), traces_of([secret]))
