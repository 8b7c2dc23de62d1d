"""What Tracardi stores without checking it is read all the same, or counts as absent."""

import pytest

from tracardi_operator.tracardi.models import (
    Context,
    TracardiResource,
    parse_listing,
    parse_resource,
    parse_templates,
    to_body,
)

LEAST = {"id": "a", "type": "api"}


@pytest.mark.parametrize(
    "entry", [None, [], "text", {}, {"id": "a"}, {"type": "api"}, {"id": 1, "type": "api"}, {"id": "", "type": "api"}]
)
def test_what_has_no_id_or_no_type_is_no_resource(entry: object) -> None:
    assert parse_resource(entry) is None
    assert parse_listing([entry, LEAST]).malformed == 1


@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"name": None, "description": None, "icon": None, "tags": None, "groups": None, "destination": None},
        {"name": 1, "description": {}, "icon": [], "tags": {}, "groups": 1, "destination": "", "credentials": []},
        {"credentials": {"production": "text", "test": None}},
    ],
)
def test_what_has_another_kind_than_expected_counts_as_absent(rest: dict[str, object]) -> None:
    assert parse_resource(LEAST | rest) == TracardiResource("a", "api")


@pytest.mark.parametrize(("enabled", "expected"), [(True, True), (None, True), (False, False)])
def test_a_resource_is_disabled_only_if_it_says_so(enabled: bool | None, expected: bool) -> None:
    found = parse_resource(LEAST | {"enabled": enabled})
    assert found
    assert found.enabled is expected


def test_one_group_as_text_is_a_list_of_one() -> None:
    found = parse_resource(LEAST | {"groups": "general"})
    assert found
    assert found.groups == ("general",)


def test_texts_can_be_written_to_a_file() -> None:
    found = parse_resource({"id": "a\ud800", "type": "b\ud800", "name": "c\ud800", "tags": ["d\ud800"]})
    assert found
    assert (found.id, found.type, found.name, found.tags) == ("a?", "b?", "c?", ("d?",))


def test_a_template_of_another_form_is_empty() -> None:
    types = {"a": {"config": {"token": "<token>"}}, "b": {"config": None}, "c": None}
    assert parse_templates(types) == {"a": {"token": "<token>"}, "b": {}, "c": {}}


@pytest.mark.parametrize(
    ("production", "context"),
    [(True, Context.PRODUCTION), (False, Context.STAGING), (None, None), (1, None), ([], None)],
)
def test_a_row_says_in_which_context_it_lives(production: object, context: Context | None) -> None:
    found = parse_resource(LEAST | {"production": production})
    assert found
    assert found.context is context


def test_what_was_read_and_is_written_back_is_the_same() -> None:
    row = {
        "id": "a",
        "type": "api",
        "name": "A",
        "description": "d",
        "credentials": {"production": {"url": "u"}, "test": {}},
        "tags": ["api"],
        "groups": ["g"],
        "icon": None,
        "destination": {"package": "p", "init": {}, "form": {}, "pro": False},
        "enabled": False,
        "locked": True,
    }
    found = parse_resource(row | {"timestamp": "t", "production": True, "running": False})
    assert found
    assert to_body(found) == row
