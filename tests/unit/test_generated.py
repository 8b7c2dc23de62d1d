"""Generated files are what the generator gives, and what stands beside them agrees with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pydantic import BaseModel, ValidationError

from tracardi_operator.api.manifest import MAX_NAME
from tracardi_operator.api.names import POLICIES
from tracardi_operator.api.resource import MAX_REFERENCES, ResourceSpec
from tracardi_operator.generate.__main__ import main
from tracardi_operator.generate.crd import consumer_definition, resource_definition, resource_type_definition
from tracardi_operator.generate.files import generated
from tracardi_operator.generate.policies import OPERATOR, policies, policy_name
from tracardi_operator.generate.schema import structural
from tracardi_operator.services.catalogue import builtin

ROOT = Path(__file__).parents[2]
BASE = ROOT / "manifests" / "base"


def _documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def _one(path: Path, kind: str) -> dict[str, Any]:
    (found,) = (document for document in _documents(path) if document["kind"] == kind)
    return found


def test_the_files_in_the_tree_are_what_the_generator_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, ["--check"])
    assert (result.output, result.exit_code) == ("", 0)


def test_the_generator_gives_the_same_each_time() -> None:
    assert generated(builtin()) == generated(dict(reversed(list(builtin().items()))))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all generated files, as the working directory."""
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main).exit_code == 0
    return tmp_path


def test_check_names_a_file_that_was_edited_and_leaves_it(tree: Path) -> None:
    edited = tree / "crds" / "resources.yaml"
    edited.write_text("edited")
    result = CliRunner().invoke(main, ["--check"])
    assert (result.output, result.exit_code) == ("differs: crds/resources.yaml\n", 1)
    assert edited.read_text() == "edited"


def test_check_names_a_file_that_is_missing_and_one_that_is_no_longer_made(tree: Path) -> None:
    (tree / "manifests/base/policies/status.yaml").rename(tree / "manifests/base/policies/old.yaml")
    result = CliRunner().invoke(main, ["--check"])
    assert sorted(result.output.splitlines()) == [
        "differs: manifests/base/policies/old.yaml",
        "differs: manifests/base/policies/status.yaml",
    ]


def test_generating_again_repairs_the_tree(tree: Path) -> None:
    (tree / "manifests/base/policies/status.yaml").rename(tree / "manifests/base/policies/old.yaml")
    CliRunner().invoke(main)
    assert CliRunner().invoke(main, ["--check"]).exit_code == 0


def test_the_operator_looks_for_every_policy_and_no_other() -> None:
    assert {policy_name(name) for name in policies(builtin())} == POLICIES


def test_the_status_policy_trusts_the_shipped_service_account() -> None:
    metadata = _one(BASE / "rbac.yaml", "ServiceAccount")["metadata"]
    assert f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}" == OPERATOR


def test_every_policy_fails_closed_and_denies() -> None:
    for policy, binding in policies(builtin()).values():
        assert policy["spec"]["failurePolicy"] == "Fail"
        assert binding["spec"]["validationActions"] == ["Deny"]


def _schemas(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, sub in schema.get("properties", {}).items():
        yield from _schemas(sub, f"{path}.{name}")
    for part in ("items", "additionalProperties"):
        if part in schema:
            yield from _schemas(schema[part], f"{path}[]")


def _crd_schemas(definition: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    versions = (definition or resource_definition())["spec"]["versions"]
    parts = versions[0]["schema"]["openAPIV3Schema"]["properties"]
    return dict(_schemas(parts["spec"], "spec")) | dict(_schemas(parts["status"], "status"))


CRDS = {
    "resources": resource_definition(),
    "resourcetypes": resource_type_definition(builtin()),
    "resourceconsumers": consumer_definition(),
}


@pytest.mark.parametrize("kind", CRDS)
def test_everything_in_the_crd_has_an_upper_bound(kind: str) -> None:
    def is_bounded(schema: dict[str, Any]) -> bool:
        if "x-kubernetes-int-or-string" in schema:
            return "maxLength" in schema
        if schema["type"] == "string":
            return bool({"maxLength", "enum", "format"} & schema.keys())
        return {"array": "maxItems" in schema, "object": "maxProperties" in schema}.get(schema["type"], True)

    schemas = _crd_schemas(CRDS[kind])
    free = {path for path, s in schemas.items() if s.get("type") == "object" and "additionalProperties" not in s}
    assert [path for path, schema in schemas.items() if path not in free and not is_bounded(schema)] == []


@pytest.mark.parametrize("kind", CRDS)
def test_the_crd_defaults_status_and_nothing_else(kind: str) -> None:
    defaults = {path: schema["default"] for path, schema in _crd_schemas(CRDS[kind]).items() if "default" in schema}
    assert defaults == {"status": {"observedGeneration": -1}}


def test_a_status_of_the_longest_field_name_fits() -> None:
    """Otherwise a Resource could have a status that the API server refuses."""
    fields = _crd_schemas()["spec.credentials[].fields"]
    (rule,) = fields["x-kubernetes-validations"]
    longest = _crd_schemas()["status.environments[].problems[].field"]["maxLength"]
    assert rule["rule"] == f"self.all(key, key.size() <= {longest})"


def test_the_default_output_names_of_the_longest_name_are_legal() -> None:
    assert len(f"{'r' * MAX_NAME}-production-resolved") <= 253


def test_a_union_that_a_structural_schema_cannot_say_is_an_error() -> None:
    class Odd(BaseModel):
        either: int | bool

    with pytest.raises(ValueError, match="no union"):
        structural(Odd)


@pytest.mark.parametrize("kind", ["secretKeyRef", "configMapKeyRef"])
def test_the_model_refuses_more_objects_than_the_crd_does(kind: str) -> None:
    def spec(count: int) -> dict[str, Any]:
        fields = {f"f{i}": {"valueFrom": {kind: {"name": f"o{i}", "key": "k"}}} for i in range(count)}
        return {"type": "t", "credentials": {"production": {"fields": fields}}}

    ResourceSpec.model_validate(spec(MAX_REFERENCES))
    with pytest.raises(ValidationError, match="at most 16"):
        ResourceSpec.model_validate(spec(MAX_REFERENCES + 1))


@pytest.mark.parametrize("name", ["tags", "groups"])
def test_the_model_refuses_tags_that_are_too_long_together(name: str) -> None:
    def spec(last: int) -> dict[str, Any]:
        settings = {name: ["a" * 63, "b" * 63, "c" * 63, "d" * last]}
        return {"type": "t", "credentials": {"test": {"secretRef": {"name": "s"}}}, "tracardi": settings}

    ResourceSpec.model_validate(spec(63))
    with pytest.raises(ValidationError, match="255 characters"):
        ResourceSpec.model_validate(spec(64))


def test_the_errors_of_the_model_do_not_quote_the_input() -> None:
    with pytest.raises(ValidationError) as error:
        ResourceSpec.model_validate({"type": "t", "credentials": {"test": {"fields": {"a": {"value": ["hide me"]}}}}})
    assert "hide me" not in str(error.value)
