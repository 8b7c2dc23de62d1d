"""What a Resource says wrongly, in the terms of Kubernetes and without quoting a value."""

from typing import Any

import pytest

from tracardi_operator.api.parse import parse_manifest
from tracardi_operator.api.problems import Problem, Reason

SENTINEL = "Sentinel-in-the-spec"


def manifest(**spec: Any) -> dict[str, Any]:
    credentials = {"production": {"fields": {"token": {"value": "x"}}}}
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "Resource",
        "metadata": {"name": "a"},
        "spec": {"type": "sendgrid", "credentials": credentials} | spec,
    }


def problems(**spec: Any) -> list[Problem]:
    return list(parse_manifest(manifest(**spec))[1])


def messages(**spec: Any) -> list[str]:
    return [problem.message for problem in problems(**spec)]


def token(source: object) -> dict[str, Any]:
    return {"credentials": {"production": {"fields": {"token": source}}}}


TOKEN = "spec.credentials.production.fields.token"


def test_a_right_spec_has_no_problem() -> None:
    spec, found = parse_manifest(manifest())
    assert spec is not None
    assert found == ()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"type": None}, "spec.type must be text; put it in quotes"),
        ({"type": "Send Grid"}, "spec.type must match ^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$"),
        ({"suspend": "yes"}, "spec.suspend must be true or false, without quotes"),
        ({"description": "x" * 256}, "spec.description may have at most 255 characters"),
        ({"credentials": {}}, "spec.credentials must not be empty"),
        ({"credentials": SENTINEL}, "spec.credentials must be an object, with fields of its own"),
        ({"credentials": {"production": {"secretRef": SENTINEL}}}, "spec.credentials.production.secretRef must be an object, with fields of its own"),  # noqa: E501
        ({"credentials": {"prod": {"secretRef": {"name": "a"}}}}, "spec.credentials.prod must be 'production' or 'test'"),  # noqa: E501
        ({"credentials": {"test": {}}}, "spec.credentials.test is contradictory: one of secretRef and fields must be set"),  # noqa: E501
        (token(SENTINEL), f"{TOKEN} must be an object, with fields of its own"),
        (token({"value": True}), f"{TOKEN}.value must be text or a whole number; put it in quotes"),
        (token({"value": 1.5}), f"{TOKEN}.value must be text or a whole number; put it in quotes"),
        (token({"value": [SENTINEL]}), f"{TOKEN}.value must be text or a whole number; put it in quotes"),
        (token({}), f"{TOKEN} is contradictory: exactly one of value and valueFrom must be set"),
        (token({"valueFrom": {"secretKeyRef": {"name": "a"}}}), f"{TOKEN}.valueFrom.secretKeyRef.key must be set"),
        ({"output": {"onInvalid": "Keep"}}, "spec.output.onInvalid must be 'KeepLast' or 'Withdraw'"),
        ({"allowedNamespaces": "a"}, "spec.allowedNamespaces must be a list"),
        ({"tracardi": {"tags": [1]}}, "spec.tracardi.tags[0] must be text; put it in quotes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_path_and_in_words(spec: dict[str, Any], message: str) -> None:
    assert messages(**spec) == [message]


def test_every_problem_is_an_invalid_spec_that_names_environment_and_field() -> None:
    [problem] = problems(**token({"value": True}))
    assert (problem.reason, problem.environment, problem.field) == (Reason.INVALID_SPEC, "production", "token")


def test_a_misspelt_field_is_an_error_with_the_right_name() -> None:
    assert messages(credentails={}) == ["spec.credentails is not a known field (did you mean 'credentials'?)"]


def test_the_python_name_of_a_field_is_no_name_of_it() -> None:
    found = messages(credentials={"test": {"secret_ref": {"name": "a"}}})
    assert "spec.credentials.test.secret_ref is not a known field (did you mean 'secretRef'?)" in found


def test_a_field_beside_spec_is_an_error() -> None:
    _, found = parse_manifest(manifest() | {"suspend": True})
    assert [p.message for p in found] == ["suspend is not a known field (did you mean 'suspend'?)"]


def test_a_missing_spec_is_an_error() -> None:
    spec, found = parse_manifest({"apiVersion": "a", "kind": "Resource", "metadata": {}})
    assert spec is None
    assert [p.message for p in found] == ["spec must be set"]


def test_a_spec_that_the_operator_could_use_is_given_besides_the_problem() -> None:
    spec, found = parse_manifest(manifest(unheard=1))
    assert spec is not None
    assert found


@pytest.mark.parametrize(
    "spec",
    [
        token({f"value:{SENTINEL}": None}),
        {"credentials": {"production": {"fields": {f"token:{SENTINEL}": None}}}},
        {"credentials": {f"production:{SENTINEL}": {}}},
        {"description": [SENTINEL]},
        {"type": [SENTINEL]},
        {"output": {"environments": {"test": {"labels": {"a": [SENTINEL]}, "name": f"{SENTINEL}!"}}}},
        {"tracardi": {"id": f"{SENTINEL}!", "destination": SENTINEL}},
    ],
)
def test_no_message_quotes_what_was_written(spec: dict[str, Any]) -> None:
    found = problems(**spec)
    assert found
    assert SENTINEL not in repr(found)
