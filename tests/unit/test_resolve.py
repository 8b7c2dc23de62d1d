"""From references to raw values: each way in which a field can be given, and each in which it can be missing."""

from typing import Any

import pytest

from tests.unit.examples import config_map_ref, secret_ref
from tracardi_operator.api.problems import Problem, Reason, Source, SourceKind
from tracardi_operator.api.resource import EnvironmentCredentials
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


def test_references_are_all_objects_that_are_named() -> None:
    fields = {"token": secret_ref("s", "k"), "url": config_map_ref("c", "k"), "name": {"value": "x"}}
    credentials = {"secretRef": {"name": "whole"}, "fields": fields}
    found = references(EnvironmentCredentials.model_validate(credentials))
    assert {ref.name for ref in found} == {"s", "c", "whole"}
