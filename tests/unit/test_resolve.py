"""From references to raw values: each way in which a field can be given, and each in which it can be missing."""

import json
from typing import Any

import pytest

from tests.unit.examples import config_map_ref, secret_ref
from tracardi_operator.api.problems import Problem, Reason, Source, SourceKind
from tracardi_operator.api.resource import EnvironmentCredentials
from tracardi_operator.checks import Raw, check
from tracardi_operator.resolve import Data, InputRef, Missing, Resolution, references, resolve
from tracardi_operator.services.catalogue import builtin

SECRET, CONFIG_MAP = InputRef(SourceKind.SECRET, "s"), InputRef(SourceKind.CONFIG_MAP, "c")


def resolved(kind: str, credentials: dict[str, Any], inputs: dict[InputRef, Data | Missing]) -> Resolution:
    return resolve(builtin()[kind], "production", EnvironmentCredentials.model_validate(credentials), inputs)


def only(resolution: Resolution) -> Problem:
    (problem,) = resolution.problems
    return problem


def test_a_key_of_a_secret_is_found() -> None:
    resolution = resolved("sendgrid", {"fields": {"token": secret_ref("s", "k")}}, {SECRET: {"k": b"v"}})
    assert (resolution.raw["token"].value, resolution.raw["token"].source.key) == (b"v", "k")


def test_a_key_of_a_config_map_is_found() -> None:
    resolution = resolved("matomo", {"fields": {"api_url": config_map_ref("c", "k")}}, {CONFIG_MAP: {"k": b"v"}})
    assert resolution.raw["api_url"].value == b"v"


def test_a_literal_is_taken_for_a_field_that_is_not_sensitive() -> None:
    assert resolved("clicksend", {"fields": {"username": {"value": "anna"}}}, {}).raw["username"].value == "anna"


def test_a_literal_is_refused_for_a_sensitive_field() -> None:
    resolution = resolved("sendgrid", {"fields": {"token": {"value": "secret-sentinel"}}}, {})
    assert only(resolution).reason is Reason.SENSITIVE_LITERAL
    assert "sentinel" not in repr(resolution)


def test_a_whole_secret_gives_each_field_under_its_own_name_and_other_keys_are_ignored() -> None:
    resolution = resolved("sendgrid", {"secretRef": {"name": "s"}}, {SECRET: {"token": b"v", "other": b"x"}})
    assert list(resolution.raw) == ["token"]
    assert resolution.problems == []


def test_fields_win_over_a_whole_secret() -> None:
    credentials = {"secretRef": {"name": "s"}, "fields": {"token": secret_ref("s", "k")}}
    resolution = resolved("sendgrid", credentials, {SECRET: {"token": b"whole", "k": b"field"}})
    assert resolution.raw["token"].value == b"field"


@pytest.mark.parametrize(
    ("credentials", "data", "reason", "source"),
    [
        (
            {"fields": {"token": secret_ref("s", "k")}},
            Missing.ABSENT,
            Reason.SECRET_NOT_FOUND,
            Source(SourceKind.SECRET, "s", "k"),
        ),
        ({"fields": {"token": secret_ref("s", "k")}}, {}, Reason.KEY_NOT_FOUND, Source(SourceKind.SECRET, "s", "k")),
        ({"secretRef": {"name": "s"}}, Missing.ABSENT, Reason.SECRET_NOT_FOUND, Source(SourceKind.SECRET, "s")),
        ({"secretRef": {"name": "s"}}, {}, Reason.KEY_NOT_FOUND, Source(SourceKind.SECRET, "s", "token")),
    ],
)
def test_what_is_missing_is_named(credentials: Any, data: Any, reason: Reason, source: Source) -> None:
    problem = only(resolved("sendgrid", credentials, {SECRET: data}))
    assert (problem.reason, problem.source, problem.environment) == (reason, source, "production")


def test_a_missing_config_map_is_named() -> None:
    problem = only(resolved("matomo", {"fields": {"api_url": config_map_ref("c", "k")}}, {CONFIG_MAP: Missing.ABSENT}))
    assert problem.reason is Reason.CONFIG_MAP_NOT_FOUND


@pytest.mark.parametrize("data", [Missing.ABSENT, {}])
def test_what_is_optional_may_be_missing(data: Any) -> None:
    resolution = resolved("sendgrid", {"fields": {"token": secret_ref("s", "k", optional=True)}}, {SECRET: data})
    assert (resolution.problems, resolution.raw) == ([], {})


@pytest.mark.parametrize("credentials", [{"fields": {"token": secret_ref("s", "k")}}, {"secretRef": {"name": "s"}}])
def test_what_is_not_among_the_files_is_unchecked_and_not_wrong(credentials: Any) -> None:
    resolution = resolved("sendgrid", credentials, {SECRET: Missing.UNKNOWN})
    assert (resolution.problems, len(resolution.unchecked), resolution.settled) == ([], 1, {"token"})


def test_a_misspelt_field_gets_a_hint() -> None:
    problem = only(resolved("sendgrid", {"fields": {"tokne": secret_ref("s", "k")}}, {SECRET: {"k": b"v"}}))
    assert problem.reason is Reason.UNKNOWN_FIELD
    assert "did you mean 'token'" in problem.message


def test_a_field_of_an_alternative_is_not_missed_in_a_whole_secret() -> None:
    data = {"account_sid": b"x", "api_key_sid": b"y", "api_key_secret": b"z"}
    assert resolved("twilio", {"secretRef": {"name": "s"}}, {SECRET: data}).problems == []


KEY = Raw(b"v", Source(SourceKind.SECRET, "s", "k"))


@pytest.mark.parametrize("name", ["api_key", "token"])
def test_a_field_may_be_given_under_its_alias(name: str) -> None:
    resolution = resolved("amplitude", {"fields": {name: secret_ref("s", "k")}}, {SECRET: {"k": b"v"}})
    assert (resolution.raw, resolution.problems) == ({"api_key": KEY}, [])


@pytest.mark.parametrize(
    ("data", "key"),
    [({"api_key": b"v"}, "api_key"), ({"token": b"v"}, "token"), ({"token": b"x", "api_key": b"v"}, "api_key")],
)
def test_a_whole_secret_may_have_the_alias_as_its_key_and_the_name_wins(data: Any, key: str) -> None:
    resolution = resolved("amplitude", {"secretRef": {"name": "s"}}, {SECRET: data})
    assert resolution.raw == {"api_key": Raw(b"v", Source(SourceKind.SECRET, "s", key))}
    assert resolution.problems == []


def test_a_field_under_its_alias_wins_over_a_whole_secret() -> None:
    credentials = {"secretRef": {"name": "s"}, "fields": {"token": secret_ref("s", "k")}}
    assert resolved("amplitude", credentials, {SECRET: {"api_key": b"x", "k": b"v"}}).raw == {"api_key": KEY}


def test_a_field_under_two_names_is_a_contradiction() -> None:
    credentials = {"fields": {"api_key": secret_ref("s", "k"), "token": secret_ref("s", "k")}}
    problem = only(resolved("amplitude", credentials, {SECRET: {"k": b"v"}}))
    assert (problem.reason, problem.field) == (Reason.CONTRADICTION, "api_key")


GOOGLE = builtin()["google-cloud-service-account"]
KEY_FILE = json.dumps(GOOGLE.example).encode()


@pytest.mark.parametrize(
    ("credentials", "key"),
    [
        ({"fields": {"credentials_json": secret_ref("s", "key.json")}}, "key.json"),
        ({"secretRef": {"name": "s"}}, "credentials_json"),
    ],
)
def test_a_document_gives_each_of_its_members_as_the_field_of_that_name(credentials: Any, key: str) -> None:
    resolution = resolved(GOOGLE.name, credentials, {SECRET: {key: KEY_FILE}})
    assert resolution.problems == []
    assert {name: raw.value for name, raw in resolution.raw.items() if raw.source.member} == GOOGLE.example
    assert resolution.raw["project_id"].source == Source(SourceKind.SECRET, "s", key, "project_id")


def test_a_document_passes_the_checks_and_is_not_published() -> None:
    resolution = resolved(
        GOOGLE.name, {"fields": {"credentials_json": secret_ref("s", "k")}}, {SECRET: {"k": KEY_FILE}}
    )
    checked = check(GOOGLE, "production", resolution.raw, resolution.settled)
    assert (checked.problems, checked.values) == ((), GOOGLE.example)


def test_a_field_that_is_given_by_itself_wins_over_the_document() -> None:
    credentials = {"fields": {"credentials_json": secret_ref("s", "k"), "project_id": {"value": "another-one"}}}
    assert resolved(GOOGLE.name, credentials, {SECRET: {"k": KEY_FILE}}).raw["project_id"].value == "another-one"


def test_what_is_missing_in_a_document_is_missing() -> None:
    partial = json.dumps({name: value for name, value in GOOGLE.example.items() if name != "private_key"}).encode()
    resolution = resolved(GOOGLE.name, {"secretRef": {"name": "s"}}, {SECRET: {"credentials_json": partial}})
    (problem,) = check(GOOGLE, "production", resolution.raw, resolution.settled).problems
    assert (problem.field, problem.reason) == ("private_key", Reason.MISSING_FIELD)


@pytest.mark.parametrize("value", [b"{", b"[]", b"\xff\xfe", b"", b"[" * 60_000, b'{"a":"' + b"x" * 70_000 + b'"}'])
def test_a_document_that_can_not_be_read_is_the_one_problem(value: bytes) -> None:
    resolution = resolved(GOOGLE.name, {"secretRef": {"name": "s"}}, {SECRET: {"credentials_json": value}})
    (problem,) = check(GOOGLE, "production", resolution.raw, resolution.settled).problems
    assert (problem.field, problem.is_error) == ("credentials_json", True)


@pytest.mark.parametrize("data", [Missing.ABSENT, Missing.UNKNOWN, Missing.OUTPUT, {}])
def test_members_of_a_document_that_is_not_there_are_not_missed_one_by_one(data: Any) -> None:
    resolution = resolved(GOOGLE.name, {"fields": {"credentials_json": secret_ref("s", "k")}}, {SECRET: data})
    checked = check(GOOGLE, "production", resolution.raw, resolution.settled)
    assert len([*resolution.problems, *checked.problems, *resolution.unchecked]) == 1


def test_no_command_that_would_overwrite_the_whole_document_is_given_for_a_member() -> None:
    value = json.dumps({**GOOGLE.example, "client_email": f"{GOOGLE.example['client_email']}\n"}).encode()
    resolution = resolved(GOOGLE.name, {"secretRef": {"name": "s"}}, {SECRET: {"credentials_json": value}})
    (problem,) = check(GOOGLE, "production", resolution.raw, resolution.settled).problems
    assert problem.reason is Reason.WHITESPACE
    assert problem.message.endswith("Correct 'client_email' in key 'credentials_json' of Secret 's'")


def test_a_sensitive_field_may_not_stand_in_a_config_map() -> None:
    credentials = {"fields": {"token": config_map_ref("c", "k")}}
    ref = InputRef(SourceKind.CONFIG_MAP, "c")
    (problem,) = resolved("sendgrid", credentials, {ref: {"k": b"x"}}).problems
    assert (problem.reason, problem.field, "Secret" in problem.message) == (Reason.NOT_ALLOWED, "token", True)


PASTED = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"
HEXADECIMAL = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("credentials", "data"),
    [
        ({"fields": {"token": secret_ref("s", PASTED)}}, {SECRET: {"k": b"x"}}),
        ({"fields": {"token": secret_ref("s", PASTED)}}, {SECRET: Missing.ABSENT}),
        (
            {"fields": {"token": secret_ref(HEXADECIMAL, "k")}},
            {InputRef(SourceKind.SECRET, HEXADECIMAL): Missing.ABSENT},
        ),
        ({"secretRef": {"name": HEXADECIMAL}}, {InputRef(SourceKind.SECRET, HEXADECIMAL): Missing.ABSENT}),
    ],
)
def test_a_value_that_stands_where_a_name_belongs_is_told_and_not_repeated(credentials: Any, data: Any) -> None:
    (problem,) = resolved("sendgrid", credentials, data).problems
    assert problem.reason is Reason.SENSITIVE_LITERAL
    assert not [text for text in (PASTED, HEXADECIMAL) if text in repr(problem)]


def test_a_key_that_looks_like_a_value_is_a_key_if_it_is_there() -> None:
    resolution = resolved(
        "sendgrid", {"fields": {"token": secret_ref("s", HEXADECIMAL)}}, {SECRET: {HEXADECIMAL: b"x"}}
    )
    assert resolution.problems == []


@pytest.mark.parametrize("credentials", [{"secretRef": {"name": "s"}, "fields": {"tokn": secret_ref("s", "k")}}])
def test_the_field_that_was_meant_by_a_misspelt_one_is_not_missed_besides(credentials: Any) -> None:
    resolution = resolved("sendgrid", credentials, {SECRET: {"k": b"x"}})
    assert [problem.reason for problem in resolution.problems] == [Reason.UNKNOWN_FIELD]
    assert check(builtin()["sendgrid"], "production", resolution.raw, resolution.settled).problems == ()


def test_references_are_all_objects_that_are_named() -> None:
    fields = {"token": secret_ref("s", "k"), "url": config_map_ref("c", "k"), "name": {"value": "x"}}
    credentials = {"secretRef": {"name": "whole"}, "fields": fields}
    found = references(EnvironmentCredentials.model_validate(credentials))
    assert {ref.name for ref in found} == {"s", "c", "whole"}
