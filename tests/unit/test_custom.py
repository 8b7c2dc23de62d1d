"""From a ResourceType to the service type that it defines: what it demands, and what makes a definition unusable."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracardi_operator.api.problems import Problem, Source, SourceKind
from tracardi_operator.api.resource_type import MAX_PATTERN, ResourceTypeSpec
from tracardi_operator.checks import Raw, check
from tracardi_operator.checks.value_rules import MAX_BYTES
from tracardi_operator.custom import define
from tracardi_operator.services.model import Kind, ServiceType
from tracardi_operator.services.patterns import MAX_CHARACTERS

KEY = {"name": "key", "sensitive": True, "required": True}
HEX = {"pattern": "acme_[0-9a-f]{8}", "expected": "'acme_' and eight hexadecimal digits"}
SOURCE = Source(SourceKind.SECRET, "s", "k")


def defined(*fields: dict[str, Any], **spec: Any) -> ServiceType:
    definition = define("acme", {"fields": list(fields or [KEY])} | spec)
    assert definition.faults == ()
    assert definition.service
    return definition.service


def faults(*fields: dict[str, Any], **spec: Any) -> list[str]:
    definition = define("acme", {"fields": list(fields or [KEY])} | spec)
    assert definition.service is None
    return [str(fault) for fault in definition.faults]


def problems(service: ServiceType, **values: str) -> list[Problem]:
    raw = {name: Raw(value.encode(), SOURCE) for name, value in values.items()}
    return list(check(service, "production", raw).problems)


def reasons(service: ServiceType, **values: str) -> list[tuple[str | None, str]]:
    return [(problem.field, problem.reason) for problem in problems(service, **values)]


class TestWhatADefinitionDemands:
    def test_what_is_not_said_is_not_demanded(self) -> None:
        (field,) = defined({"name": "key"}).fields
        assert (field.title, field.kind, field.required, field.sensitive) == ("key", Kind.STRING, False, False)

    def test_a_pattern_is_a_full_match_and_is_told_in_its_words(self) -> None:
        service = defined(KEY | HEX)
        assert problems(service, key="acme_0123abcd") == []
        (problem,) = problems(service, key="acme_0123abcd9")
        assert "expected 'acme_' and eight hexadecimal digits" in problem.message

    @pytest.mark.parametrize(
        ("limits", "words", "good", "bad"),
        [
            ({"minLength": 3}, "3 or more characters", "abc", "ab"),
            ({"maxLength": 3}, "1 to 3 characters", "abc", "abcd"),
            ({"minLength": 2, "maxLength": 3}, "2 to 3 characters", "ab", "abcd"),
            ({"minLength": 3, "maxLength": 3, "password": True}, "expected 3 characters", "äöü", "abcd"),
        ],
    )
    def test_a_length_counts_characters(self, limits: dict[str, Any], words: str, good: str, bad: str) -> None:
        service = defined({"name": "user", **limits})
        assert problems(service, user=good) == []
        (problem,) = problems(service, user=bad)
        assert (problem.reason, words in problem.message) == ("BadFormat", True)

    def test_a_pattern_and_a_length_are_told_together(self) -> None:
        service = defined({"name": "user", "pattern": "[a-z]+", "expected": "small letters", "maxLength": 3})
        assert "expected small letters, 1 to 3 characters" in problems(service, user="abcd")[0].message

    def test_a_range_a_choice_and_a_default_hold(self) -> None:
        service = defined(
            {"name": "port", "kind": "integer", "minimum": 1, "maximum": 9, "default": 5},
            {"name": "tls", "kind": "boolean", "default": "true"},
            {"name": "region", "enum": ["eu", "us"]},
            {"name": "extra", "kind": "object", "default": '{"a": 1}'},
        )
        assert check(service, "test", {}).values == {"port": 5, "tls": True, "extra": {"a": 1}}
        assert reasons(service, port="10", region="asia") == [("port", "OutOfRange"), ("region", "BadFormat")]

    def test_a_field_that_needs_another_has_it_asked_for(self) -> None:
        service = defined({"name": "user"}, {"name": "realm"}, requires=[{"field": "user", "needs": ["realm"]}])
        assert reasons(service, user="ann") == [("realm", "MissingField")]
        assert reasons(service, realm="r") == []
        assert reasons(service, user="ann", realm="r") == []

    def test_exactly_one_of_the_ways_to_log_in_is_needed(self) -> None:
        fields: list[dict[str, Any]] = [{"name": "user"}, {"name": "pass", "password": True}, {"name": "token"}]
        service = defined(*fields, oneOf=[["user", "pass"], ["token"]])
        assert reasons(service, token="made-up-token") == []
        assert reasons(service, user="ann") == [("pass", "MissingField")]
        assert reasons(service, user="ann", token="made-up-token") == [("token", "Contradiction")]

    def test_binding_entries_are_texts_of_the_fields_that_are_given(self) -> None:
        entries = {"username": "user", "port": "port"}
        service = defined({"name": "user"}, {"name": "port", "kind": "integer"}, binding={"entries": entries})
        assert service.binding
        assert service.binding({"port": 5}) == {"port": "5"}

    def test_the_examples_of_one_way_to_log_in_make_the_example(self) -> None:
        fields = [{"name": name, "example": f"made-up-{name}"} for name in ("user", "token", "other")]
        service = defined(*fields, oneOf=[["user"], ["token"]])
        assert service.example == {"user": "made-up-user", "other": "made-up-other"}
        assert reasons(service, **{name: str(value) for name, value in service.example.items()}) == []

    def test_the_advice_of_a_type_without_how_to_and_url_ends_with_the_finding(self) -> None:
        (problem,) = problems(defined(KEY | HEX), key="wrong-made-up")
        assert problem.message.endswith("hexadecimal digits")

    def test_its_digest_is_another_for_other_rules_and_the_same_for_other_descriptions(self) -> None:
        first = defined(KEY, title="a", description="b")
        assert first.digest == defined(KEY, title="c").digest
        assert first.digest != defined(KEY | HEX).digest


BROKEN: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "no fields": ([], {"fields": []}, "spec.fields must not be empty"),
    "a field without a name": ([{}], {}, "spec.fields[0].name must be set"),
    "a name that is no key": ([{"name": "a b"}], {}, "spec.fields[0].name must be a key"),
    "twice the same name": ([{"name": "a"}, {"name": "a"}], {}, "spec.fields has two fields of the same name"),
    "a kind that is none": ([{"name": "a", "kind": "float"}], {}, "spec.fields[0].kind must be"),
    "a pattern without words": ([{"name": "a", "pattern": "x"}], {}, "a pattern needs 'expected'"),
    "look-around": (
        [{"name": "a", "pattern": "(?=x)", "expected": "x"}],
        {},
        "spec.fields[0].pattern is not a pattern",
    ),
    "a pattern for a number": (
        [{"name": "a", "kind": "integer", "pattern": "x", "expected": "x"}],
        {},
        "are for the kind string",
    ),
    "a range for text": ([{"name": "a", "maximum": 3}], {}, "are for the kind integer"),
    "an empty range": ([{"name": "a", "kind": "integer", "minimum": 3, "maximum": 1}], {}, "minimum is greater"),
    "an empty length": ([{"name": "a", "minLength": 3, "maxLength": 1}], {}, "minLength is greater"),
    "a sensitive default": ([{"name": "a", "sensitive": True, "default": "x"}], {}, "a sensitive field has no default"),
    "a default out of range": (
        [{"name": "a", "kind": "integer", "maximum": 3, "default": 4}],
        {},
        "spec.fields[0].default is out of range",
    ),
    "a default of another kind": (
        [{"name": "a", "kind": "boolean", "default": "yes"}],
        {},
        "spec.fields[0].default has the wrong form",
    ),
    "an example that does not fit": (
        [KEY | HEX | {"example": "acme_xyz"}],
        {},
        "spec.fields[0].example has the wrong form",
    ),
    "an example that is a placeholder": ([{"name": "a", "example": "<key>"}], {}, "spec.fields[0].example is a"),
    "too many patterns": (
        [{"name": f"f{index}", "pattern": "x", "expected": "x"} for index in range(17)],
        {},
        "at most 16 fields may have a pattern",
    ),
    "a rule about no field": (
        [],
        {"requires": [{"field": "key", "needs": ["other"]}]},
        "spec.requires[0].needs names 'other'",
    ),
    "a way with no field": ([KEY | {"required": False}], {"oneOf": [["key"], ["x"]]}, "spec.oneOf[1] names 'x'"),
    "a way with a required field": (
        [KEY, {"name": "b"}],
        {"oneOf": [["key"], ["b"]]},
        "names 'key', which is required",
    ),
    "a field in two ways": (
        [{"name": "a"}, {"name": "b"}],
        {"oneOf": [["a"], ["a", "b"]]},
        "spec.oneOf[1] names 'a' again",
    ),
    "an entry of no field": ([], {"binding": {"entries": {"host": "x"}}}, "spec.binding.entries.host names 'x'"),
    "an entry that is set by us": ([], {"binding": {"entries": {"type": "key"}}}, "is set by the operator"),
    "an entry in another's place": (
        [KEY, {"name": "user"}],
        {"binding": {"entries": {"user": "key"}}},
        "bears the name of another field",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_definition_is_told_with_path_and_words(case: str) -> None:
    fields, spec, words = BROKEN[case]
    assert any(words in fault for fault in faults(*fields, **spec))


def test_all_faults_are_told_at_once() -> None:
    told = faults({"name": "a", "pattern": "(", "expected": "x"}, requires=[{"field": "b", "needs": ["c"]}])
    assert len(told) == 3


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["fields", "name", "pattern", "expected", "requires", "oneOf", "binding", "entries", "default"]
                )
                | st.text(max_size=5),
                inner,
            )
        ),
    )
)
def test_no_content_raises(content: Any) -> None:
    definition = define("acme", content if isinstance(content, dict) else {"fields": content})
    assert (definition.service is None) == bool(definition.faults)


NAMES = ("alpha", "beta", "gamma", "delta")
TEXTS = st.text(alphabet="abcdef012345-", min_size=1, max_size=12)


@st.composite
def a_field(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One that contradicts nothing: what is beyond its kind is not said."""
    kind = draw(st.sampled_from([None, "string", "integer", "boolean", "object"]))
    field: dict[str, Any] = {"name": name}
    if kind:
        field["kind"] = kind
    if kind in (None, "string"):
        field |= draw(st.sampled_from([{}, HEX, {"minLength": 2, "maxLength": 9}, {"enum": ["a", "b"]}]))
    if kind == "integer":
        field |= draw(st.sampled_from([{}, {"minimum": -3}, {"minimum": 0, "maximum": 9, "default": 5}]))
    for part in ("required", "sensitive", "password"):
        if "default" not in field or part != "sensitive":
            field |= draw(st.sampled_from([{}, {part: True}, {part: False}]))
    return field


@st.composite
def a_spec(draw: st.DrawFn) -> dict[str, Any]:
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    fields = [draw(a_field(name)) for name in names]
    spec: dict[str, Any] = {"fields": fields}
    free = [field["name"] for field in fields if not field.get("required") and "default" not in field]
    if len(free) > 1 and draw(st.booleans()):
        spec["oneOf"] = [[free[0]], free[1:]]
    if len(names) > 1 and draw(st.booleans()):
        spec["requires"] = [{"field": names[0], "needs": list(names[1:])}]
    if draw(st.booleans()):
        spec["binding"] = {"entries": {"username": names[0]}}
    return spec


@settings(max_examples=200)
@given(a_spec(), st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40), max_size=4))
def test_every_valid_definition_gives_a_type_that_judges_any_values(
    spec: dict[str, Any], values: dict[str, str]
) -> None:
    ResourceTypeSpec.model_validate(spec)
    problems(defined(*spec["fields"], **{key: value for key, value in spec.items() if key != "fields"}), **values)


SECRET_TEXT = st.text(alphabet="ABCDEFGHJKMNPQRSTUVWXYZ23456789", min_size=12, max_size=30)


@given(SECRET_TEXT, SECRET_TEXT)
def test_what_is_said_of_a_value_does_not_depend_on_it(one: str, other: str) -> None:
    service = defined(KEY | HEX, {"name": "user", "maxLength": 3}, {"name": "region", "enum": ["eu"]})
    said = [problems(service, key=text, user=text, region=text) for text in (one, other)]
    for text, told in zip((one, other), said, strict=True):
        assert not any(text in problem.message or str(len(text)) in problem.message for problem in told)


@pytest.mark.parametrize("size", [MAX_CHARACTERS + 1, MAX_BYTES + 1])
def test_a_value_too_long_for_a_pattern_is_told_as_that(size: int) -> None:
    (problem,) = problems(defined({"name": "a", "pattern": "[a-z]+", "expected": "letters"}), a="ab" * (size // 2 + 1))
    assert "whole file" in problem.message


def test_a_pattern_longer_than_the_limit_is_refused() -> None:
    assert "at most 512" in faults({"name": "a", "pattern": "a" * (MAX_PATTERN + 1), "expected": "x"})[0]
