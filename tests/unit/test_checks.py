"""What `check` makes of an environment: types, defaults, missing fields, order and places of problems."""

import dataclasses
import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.services.support import as_raw, check_type, check_values, verdicts
from tracardi_operator.api.problems import Reason, Source, SourceKind
from tracardi_operator.checks import Checked, Raw, check
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Confidence, Field, Finding, Format, Kind, Rule, ServiceType, Value, Values

TOKEN = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"


def sample(*fields: Field, rules: tuple[Rule, ...] = ()) -> ServiceType:
    return ServiceType("sample", "Sample", fields, {}, "Ask the sample team.", "https://example.com", rules=rules)


def literal(value: str | int) -> Raw:
    return Raw(value, Source(SourceKind.LITERAL))


def test_values_get_the_type_of_their_field() -> None:
    checked = check_values(
        builtin()["elastic-search"], {"url": "es", "port": "9201", "verify_certs": "false", "scheme": "http"}
    )
    assert checked.values == {"url": "es", "port": 9201, "scheme": "http", "verify_certs": False}


def test_an_object_is_decoded() -> None:
    service = sample(Field("headers", "Headers", kind=Kind.OBJECT))
    assert check_values(service, {"headers": '{"x-a": "b"}'}).values == {"headers": {"x-a": "b"}}


def test_json_that_is_broken_is_told_from_a_thing_of_another_service() -> None:
    service = sample(Field("headers", "Headers", kind=Kind.OBJECT))
    (problem,) = check(service, "test", {"headers": literal('{"x-a": "b",}')}).problems
    assert "looks like a JSON document that is not whole, or was changed; expected a JSON object" in problem.message


def test_defaults_fill_in_what_is_not_given() -> None:
    assert check_values(builtin()["redis"], {"url": "redis"}).values == {
        "url": "redis",
        "protocol": "redis",
        "database": "0",
    }


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [(Kind.INTEGER, 9201, 9201), (Kind.INTEGER, "9201", 9201), (Kind.STRING, 7, "7"), (Kind.BOOLEAN, "true", True)],
)
def test_a_literal_may_be_a_number_or_a_text(kind: Kind, value: str | int, expected: Value) -> None:
    checked = check(sample(Field("field", "Field", kind=kind)), "test", {"field": literal(value)})
    assert (checked.values, checked.problems) == ({"field": expected}, ())


def test_a_missing_field_is_told_with_where_to_add_and_where_to_get_it() -> None:
    (problem,) = check_type("sendgrid")
    assert (problem.reason, problem.field, problem.environment) == (Reason.MISSING_FIELD, "token", "production")
    assert "credentials.production.fields" in problem.message
    assert builtin()["sendgrid"].how_to in problem.message


def test_a_settled_field_is_not_missing() -> None:
    assert check(builtin()["sendgrid"], "production", {}, {"token"}).problems == ()


def test_a_settled_field_gets_no_default() -> None:
    checked = check(builtin()["redis"], "production", as_raw({"url": "redis"}), {"protocol"})
    assert "protocol" not in checked.values


def test_an_optional_field_may_be_absent() -> None:
    assert check_values(sample(Field("note", "Note", required=False)), {}) == Checked({}, ())


def test_an_optional_field_that_is_empty_is_an_error() -> None:
    (problem,) = check_values(sample(Field("note", "Note", required=False)), {"note": ""}).problems
    assert (problem.reason, "remove the key" in problem.message) == (Reason.EMPTY, True)


def test_a_problem_names_environment_field_and_source() -> None:
    source = Source(SourceKind.CONFIG_MAP, "settings", "redis-url")
    (problem,) = check(builtin()["redis"], "test", {"url": Raw(b"redis\n", source)}).problems
    assert (problem.environment, problem.field, problem.source) == ("test", "url", source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source(SourceKind.SECRET, "sendgrid", "api-key"), "kubectl patch secret sendgrid"),
        (Source(SourceKind.CONFIG_MAP, "settings", "url"), "Correct key 'url' of ConfigMap 'settings'"),
        (Source(SourceKind.LITERAL), "Correct the literal value in the Resource"),
    ],
)
def test_the_repair_fits_the_source(source: Source, words: str) -> None:
    (problem,) = check(sample(Field("field", "Field")), "test", {"field": Raw("value\n", source)}).problems
    assert words in problem.message


def repaired(definition: Field, answer: str, tmp_path: Path) -> tuple[list[str], str]:
    """What kubectl is called with, and what it reads, when the command of a message is run and given an answer."""
    source = Source(SourceKind.SECRET, "sendgrid", "api-key")
    (problem,) = check(sample(definition), "test", {definition.name: Raw(b"'x'", source)}).problems
    command = problem.message.partition(": ")[2]
    called = tmp_path / "called"
    script = f"kubectl() {{ printf '%s\\n' \"$@\" > {called}; cat; }}; {command}"
    run = subprocess.run(["bash", "-c", script], input=answer.encode(), capture_output=True)
    return called.read_text().splitlines() if called.exists() else [], run.stdout.decode()


def test_the_command_that_repairs_a_secret_hands_the_value_to_kubectl_as_input(tmp_path: Path) -> None:
    arguments, read = repaired(Field("token", "Token", sensitive=True), 'a "b" \\ c\n', tmp_path)
    assert arguments == ["patch", "secret", "sendgrid", "--patch-file", "/dev/stdin"]
    assert json.loads(read) == {"data": {"api-key": "YSAiYiIgXCBj"}}


def test_a_value_of_many_lines_is_taken_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("a\nb\n")
    _, read = repaired(Field("pem", "Key", sensitive=True, multiline=True), f"{tmp_path}/key.pem\n", tmp_path)
    assert json.loads(read) == {"data": {"api-key": "YQpiCg=="}}


@pytest.mark.parametrize("multiline", [False, True])
def test_without_an_answer_nothing_is_overwritten(tmp_path: Path, multiline: bool) -> None:
    assert repaired(Field("token", "Token", sensitive=True, multiline=multiline), "\n", tmp_path) == ([], "")


def test_warnings_do_not_keep_a_value_back() -> None:
    checked = check_values(sample(Field("password", "Password", sensitive=True, password=True)), {"password": "secret"})
    assert checked.values == {"password": "secret"}
    assert verdicts(checked.problems) == [("password", "Placeholder", "warning")]


def test_errors_keep_a_value_back() -> None:
    assert check_values(builtin()["sendgrid"], {"token": f"{TOKEN}\n"}).values == {}


def test_errors_stand_before_warnings_and_otherwise_in_the_order_of_fields() -> None:
    problems = check_type("redis", url="redis\n", password="secret", protocol="tls", database="16")
    assert verdicts(problems) == [
        ("url", "Whitespace", "error"),
        ("protocol", "BadFormat", "error"),
        ("password", "Placeholder", "warning"),
        ("database", "OutOfRange", "warning"),
    ]


def _never(values: Values) -> list[Finding]:
    pytest.fail("the rule was asked")


def _always(values: Values) -> list[Finding]:
    return [Finding("a", Reason.CONTRADICTION, "contradicts")]


def test_a_rule_is_not_asked_when_a_field_that_it_needs_is_wrong() -> None:
    service = sample(Field("a", "A"), Field("b", "B"), rules=(Rule(("a", "b"), _never, "Never."),))
    assert verdicts(check_values(service, {"a": "1", "b": ""}).problems) == [("b", "Empty", "error")]


def test_a_rule_is_not_asked_when_a_field_that_it_needs_is_missing_or_settled() -> None:
    service = sample(Field("a", "A"), rules=(Rule(("a",), _never, "Never."),))
    assert (verdicts(check_values(service, {}).problems), check(service, "test", {}, {"a"}).problems) == (
        [("a", "MissingField", "error")],
        (),
    )


def test_a_rule_is_asked_when_only_other_fields_are_wrong() -> None:
    service = sample(Field("a", "A"), Field("b", "B"), rules=(Rule(("a",), _always, "Always."),))
    problems = check_values(service, {"a": "1", "b": ""}).problems
    assert verdicts(problems) == [("b", "Empty", "error"), ("a", "Contradiction", "error")]


@pytest.mark.parametrize(
    ("confidence", "severity"),
    [(Confidence.CONFIDENT, "error"), (Confidence.HEURISTIC, "warning"), (Confidence.UNKNOWN, None)],
)
def test_a_format_refuses_as_far_as_it_is_sure(confidence: Confidence, severity: str | None) -> None:
    service = sample(Field("a", "A", format=Format("an a", "a", confidence, "made up")))
    problems = check_values(service, {"a": "b"}).problems
    assert verdicts(problems) == ([("a", "BadFormat", severity)] if severity else [])


@pytest.mark.parametrize(
    ("minimum", "maximum", "words"),
    [(1, None, "expected at least 1"), (None, -1, "expected at most -1"), (1, 9, "expected 1 to 9")],
)
def test_a_number_out_of_range_is_told_the_range(minimum: int | None, maximum: int | None, words: str) -> None:
    service = sample(Field("n", "N", kind=Kind.INTEGER, minimum=minimum, maximum=maximum))
    (problem,) = check_values(service, {"n": "0"}).problems
    assert (problem.reason, words in problem.message) == (Reason.OUT_OF_RANGE, True)


def test_neither_raw_nor_checked_shows_a_value() -> None:
    raw = as_raw({"token": TOKEN})
    checked = check(builtin()["sendgrid"], "test", raw)
    assert checked.values == {"token": TOKEN}
    assert TOKEN not in repr(raw) + repr(checked) + str(dataclasses.replace(checked))
