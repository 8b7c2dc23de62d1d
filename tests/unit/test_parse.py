"""What a Resource says wrongly, in the terms of Kubernetes and without quoting a value."""

from typing import Any

import pytest

from tracardi_operator.api.manifest import parse_manifest
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
    return [flaw.problem for flaw in parse_manifest(manifest(**spec))[1]]


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
        ({"type": "Send Grid"}, "spec.type must be the name of a type: letters in lower case, digits, - and _"),
        ({"suspend": "yes"}, "spec.suspend must be true or false, without quotes"),
        ({"description": "x" * 256}, "spec.description may have at most 255 characters"),
        ({"credentials": {}}, "spec.credentials must not be empty"),
        ({"credentials": SENTINEL}, "spec.credentials must be an object, with fields of its own"),
        ({"credentials": {"production": {"secretRef": [SENTINEL]}}}, "spec.credentials.production.secretRef must be an object, with fields of its own"),  # noqa: E501
        ({"credentials": {"prod": {"secretRef": {"name": "a"}}}}, "spec.credentials.prod must be 'production' or 'test'"),  # noqa: E501
        ({"credentials": {"test": {}}}, "spec.credentials.test is contradictory: one of secretRef and fields must be set"),  # noqa: E501
        (token({"valueFrom": SENTINEL}), f"{TOKEN}.valueFrom must be an object, with fields of its own"),
        (token({"value": True}), f"{TOKEN}.value must be text or a whole number; put it in quotes"),
        (token({"value": 1.5}), f"{TOKEN}.value must be text or a whole number; put it in quotes"),
        (token({}), f"{TOKEN} is contradictory: exactly one of value and valueFrom must be set"),
        (token({"valueFrom": {"secretKeyRef": {"name": "a"}}}), f"{TOKEN}.valueFrom.secretKeyRef.key must be set"),
        ({"output": {"onInvalid": "Keep"}}, "spec.output.onInvalid must be 'KeepLast' or 'Withdraw'"),
        ({"allowedNamespaces": "a"}, "spec.allowedNamespaces must be a list"),
        ({"tracardi": {"tags": [1]}}, "spec.tracardi.tags[0] must be text; put it in quotes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_path_and_in_words(spec: dict[str, Any], message: str) -> None:
    assert messages(**spec) == [message]


FROM_KEY = "token: {valueFrom: {secretKeyRef: {name: …, key: …}}}"
MISPLACED = {
    "a value alone": (token(-100), f"{TOKEN} must say where its value is: token: {{value: …}}, or {FROM_KEY}"),
    "the name of a key alone": (token("api-key"), f"{TOKEN} must say where its value is: token: {{value: …}}, or {FROM_KEY}"),  # noqa: E501
    "nothing": (token(None), f"{TOKEN} must say where its value is: token: {{value: …}}, or {FROM_KEY}"),
    "a list": (token(["a", "b"]), f"{TOKEN} is a list; write one text, with commas between: token: {{value: …}}"),
    "a list as the value": (token({"value": ["a"]}), f"{TOKEN}.value is a list; write one text, with commas between"),
    "a reference without valueFrom": (token({"secretKeyRef": {"name": "a", "key": "b"}}), f"{TOKEN}.secretKeyRef belongs under valueFrom: {FROM_KEY}"),  # noqa: E501
    "a whole Secret for a field": (token({"secretRef": {"name": "a"}}), f"{TOKEN}.secretRef does not belong here; a field takes one key of a Secret: {FROM_KEY}"),  # noqa: E501
    "a name under valueFrom": (token({"valueFrom": {"name": "a"}}), f"{TOKEN}.valueFrom.name belongs under secretKeyRef or configMapKeyRef: {FROM_KEY}"),  # noqa: E501
    "a name instead of a reference": (token({"valueFrom": {"secretKeyRef": "a"}}), f"{TOKEN}.valueFrom.secretKeyRef must be an object, with fields of its own: secretKeyRef: {{name: …, key: …}}"),  # noqa: E501
    "a name instead of a whole Secret": ({"credentials": {"test": {"secretRef": "a"}}}, "spec.credentials.test.secretRef must be an object, with fields of its own: secretRef: {name: …}"),  # noqa: E501
    "no environment": ({"credentials": {"secretRef": {"name": "a"}}}, "spec.credentials.secretRef belongs into an environment; put it under production: or test: credentials: {production: {secretRef: …}}"),  # noqa: E501
    "no field": ({"credentials": {"test": {"secretKeyRef": {"name": "a", "key": "b"}}}}, "spec.credentials.test.secretKeyRef belongs under the name of a field: fields: {<field>: {valueFrom: {secretKeyRef: {name: …, key: …}}}}"),  # noqa: E501
    "an environment of the spec": ({"test": {"secretRef": {"name": "a"}}}, "spec.test belongs under credentials: credentials: {test: …}"),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize(("spec", "message"), MISPLACED.values(), ids=MISPLACED)
def test_what_stands_at_the_wrong_place_is_told_with_the_syntax_to_write(spec: dict[str, Any], message: str) -> None:
    assert messages(**spec) == [message]


def test_every_problem_is_an_invalid_spec_that_names_environment_and_field() -> None:
    [problem] = problems(**token({"value": True}))
    assert (problem.reason, problem.environment, problem.field) == (Reason.INVALID_SPEC, "production", "token")


METADATA = {
    "a name in upper case": ({"name": "A"}, ("metadata", "name"), "must be a DNS name"),
    "an over-long name": ({"name": "a" * 64}, ("metadata", "name"), "may have at most 63 characters"),
    "an illegal key of a label": ({"labels": {"a b": "c"}}, ("metadata", "labels", "a b"), "is not a legal key"),
    "an illegal domain": ({"labels": {"A.b/c": "d"}}, ("metadata", "labels", "A.b/c"), "is not a legal key"),
    "an illegal value of a label": ({"labels": {"a": "b c"}}, ("metadata", "labels", "a"), "must be a label's value"),
    "a label that is no text": ({"labels": {"a": 1}}, ("metadata", "labels", "a"), "must be text; put it in quotes"),
    "an annotation that is no text": ({"annotations": {"a": True}}, ("metadata", "annotations", "a"), "must be text"),
    "a misspelt field": ({"lables": {}}, ("metadata", "lables"), "did you mean 'labels'?"),
}


@pytest.mark.parametrize(("metadata", "path", "words"), METADATA.values(), ids=METADATA)
def test_metadata_that_no_object_may_have_is_an_error_with_its_path(
    metadata: dict[str, Any], path: tuple[str, ...], words: str
) -> None:
    _, [flaw] = parse_manifest(manifest() | {"metadata": {"name": "a"} | metadata})
    assert flaw.path == path
    assert words in flaw.problem.message


def test_metadata_of_an_object_from_a_cluster_is_right() -> None:
    metadata = {
        "name": "a.b",
        "namespace": "n",
        "uid": "u",
        "resourceVersion": "1",
        "creationTimestamp": None,
        "labels": {"example.com/team": "", "none": None},
        "annotations": {"note": "any text"},
        "ownerReferences": [],
        "managedFields": [{"manager": "kubectl"}],
    }
    assert parse_manifest(manifest() | {"metadata": metadata, "status": {"a": 1}})[1] == ()


@pytest.mark.parametrize(
    ("content", "path"),
    [({"apiVersion": "tracardi.com/v1"}, ("apiVersion",)), ({"kind": "Resource "}, ("kind",))],
)
def test_another_version_or_kind_is_an_error(content: dict[str, str], path: tuple[str, ...]) -> None:
    _, [flaw] = parse_manifest(manifest() | content)
    assert flaw.path == path


BEYOND_THE_MODEL = {
    "a tag twice": ({"tracardi": {"tags": ["a", "b", "a", "c"]}}, "spec.tracardi.tags[2] stands in the list already"),
    "a group twice": ({"tracardi": {"groups": ["a", "a"]}}, "spec.tracardi.groups[1] stands in the list already"),
    "a namespace twice": ({"allowedNamespaces": ["a", "a"]}, "spec.allowedNamespaces[1] stands in the list already"),
    "an over-long literal": (token({"value": "x" * 4097}), f"{TOKEN}.value may have at most 4096 characters"),
    "a number of more than 64 bits": (token({"value": 2**63}), f"{TOKEN}.value is too large for a whole number"),
    "an illegal key of an output's label": (
        {"output": {"environments": {"test": {"labels": {"-a": "b"}}}}},
        "spec.output.environments.test.labels.-a is not a legal key",
    ),
    "an illegal key of an output's annotation": (
        {"output": {"environments": {"test": {"annotations": {"/a": "b"}}}}},
        "spec.output.environments.test.annotations./a is not a legal key",
    ),
}


@pytest.mark.parametrize(("spec", "words"), BEYOND_THE_MODEL.values(), ids=BEYOND_THE_MODEL)
def test_what_only_the_api_server_refuses_is_an_error_too(spec: dict[str, Any], words: str) -> None:
    [message] = messages(**spec)
    assert message.startswith(words)


def test_the_limits_of_literals_are_not_refused() -> None:
    assert messages(**token({"value": "x" * 4096})) == []
    assert messages(**token({"value": -(2**63)})) == []


def test_a_misspelt_field_is_an_error_with_the_right_name() -> None:
    assert messages(credentails={}) == ["spec.credentails is not a known field (did you mean 'credentials'?)"]


def test_the_python_name_of_a_field_is_no_name_of_it() -> None:
    found = messages(credentials={"test": {"secret_ref": {"name": "a"}}})
    assert "spec.credentials.test.secret_ref is not a known field (did you mean 'secretRef'?)" in found


def test_a_field_beside_spec_is_an_error() -> None:
    _, found = parse_manifest(manifest() | {"suspend": True})
    [flaw] = found
    assert flaw.problem.message == "suspend is a field, but not of this object; look at its indentation"


def test_a_missing_spec_is_an_error() -> None:
    spec, found = parse_manifest({key: value for key, value in manifest().items() if key != "spec"})
    assert spec is None
    assert [flaw.problem.message for flaw in found] == ["spec must be set"]


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
