"""What an editor says about a manifest while it is written."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from tracardi_operator.generate.editor_schema import consumer_editor_schema, editor_schema
from tracardi_operator.services.catalogue import builtin

SCHEMA = editor_schema(builtin())
VALIDATOR = Draft7Validator(SCHEMA)
SAMPLES = Path(__file__).parents[2] / "manifests" / "samples"
KEY_REF = {"valueFrom": {"secretKeyRef": {"name": "mail", "key": "token"}}}


def resource(type_name: str = "sendgrid", /, secret_ref: bool = False, **fields: Any) -> dict[str, Any]:
    production: dict[str, Any] = {"fields": fields} if fields else {}
    if secret_ref:
        production["secretRef"] = {"name": "mail"}
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "Resource",
        "metadata": {"name": "mail"},
        "spec": {"type": type_name, "credentials": {"production": production}},
    }


def places(manifest: dict[str, Any]) -> list[str]:
    return ["/".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(manifest)]


def resources(file: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(file.read_text()) if document["kind"] == "Resource"]


def test_it_is_a_schema_of_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "file", sorted(set(SAMPLES.glob("*.yaml")) - {SAMPLES / "kustomization.yaml"}), ids=lambda file: file.stem
)
def test_the_samples_are_right(file: Path) -> None:
    assert [places(manifest) for manifest in resources(file)] == [[]]


def test_all_types_are_offered() -> None:
    offered = SCHEMA["properties"]["spec"]["properties"]["type"]["anyOf"][0]["enum"]
    assert offered == list(builtin())


def test_one_file_that_has_all_fields_is_enough() -> None:
    assert places(resource("google-cloud-service-account", credentials_json=KEY_REF)) == []


def test_a_type_of_ones_own_may_have_any_fields() -> None:
    assert places(resource("my-crm", anything=KEY_REF)) == []


@pytest.mark.parametrize(
    ("manifest", "place"),
    [
        (resource(), "spec/credentials/production"),
        (resource(token=KEY_REF, tokn=KEY_REF), "spec/credentials/production/fields"),
        (resource(token={"value": "SG.x"}), "spec/credentials/production/fields/token"),
        (
            resource("redis", protocol={"value": "http"}, url={"value": "r"}),
            "spec/credentials/production/fields/protocol/value",
        ),
        (resource("redis", user={"value": "ann"}), "spec/credentials/production/fields"),
        (
            resource("twilio", account_sid={"value": "AC"}, api_key_sid={"value": "SK"}),
            "spec/credentials/production/fields",
        ),
        (resource("Not A Type", token=KEY_REF), "spec/type"),
        (
            resource(token={"valueFrom": {"secretKeyRef": {"name": "mail"}}}),
            "spec/credentials/production/fields/token/valueFrom/secretKeyRef",
        ),
        ({**resource(token=KEY_REF), "sepc": {}}, ""),
    ],
    ids=[
        "nothing",
        "unknown-field",
        "literal-secret",
        "no-choice",
        "missing",
        "half-pair",
        "bad-type",
        "no-key",
        "typo",
    ],
)
def test_a_mistake_is_marked_where_it_is(manifest: dict[str, Any], place: str) -> None:
    assert set(places(manifest)) == {place}


def test_a_whole_secret_may_hold_what_is_required() -> None:
    assert places(resource("redis", secret_ref=True, protocol={"value": "rediss"})) == []


CONSUMERS = Draft7Validator(consumer_editor_schema())


def consumer(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "ResourceConsumer",
        "metadata": {"name": "all"},
        "spec": {"from": [{"namespace": "shop"}]} | spec,
    }


def test_the_consumers_of_the_samples_are_right() -> None:
    Draft7Validator.check_schema(CONSUMERS.schema)
    documents = [d for file in (SAMPLES / "consumers").glob("*.yaml") for d in yaml.safe_load_all(file.read_text())]
    found = [document for document in documents if document["kind"] == "ResourceConsumer"]
    assert len(found) > 1
    assert [list(CONSUMERS.iter_errors(document)) for document in found] == [[]] * len(found)


BUNDLE = {"environment": "test", "format": "env"}


@pytest.mark.parametrize(
    "spec",
    [{}, {"bundle": BUNDLE, "tracardi": {}}, {"bundle": {"format": "env"}}, {"bundle": BUNDLE, "suspended": True}],
)
def test_a_wrong_consumer_is_marked(spec: dict[str, Any]) -> None:
    assert list(CONSUMERS.iter_errors(consumer(bundle=BUNDLE))) == []
    assert list(CONSUMERS.iter_errors(consumer(**spec)))
