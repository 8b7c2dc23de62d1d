"""What Tracardi stores without checking it is read all the same, or counts as absent."""

import pytest

from tracardi_operator.tracardi.models import TracardiResource, parse_listing, parse_resource, parse_templates

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
