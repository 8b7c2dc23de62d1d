"""The samples are judged as they say: a good one gives no cause for remark, a broken one has what its comment names."""

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tracardi_operator.api.problems import Problem, SourceKind
from tracardi_operator.api.resource import ENVIRONMENTS, ResourceSpec
from tracardi_operator.evaluate import Verdict, evaluate
from tracardi_operator.resolve import InputRef, Inputs, Missing, all_references
from tracardi_operator.services.catalogue import builtin

SAMPLES = Path(__file__).parents[2] / "manifests" / "samples"
GOOD = sorted(path for path in SAMPLES.glob("*.yaml") if path.name != "kustomization.yaml")
BROKEN = sorted(path for path in (SAMPLES / "broken").glob("*.yaml") if path.name != "kustomization.yaml")
SAYS = "# The operator says: "


def _objects(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def _spec(path: Path) -> ResourceSpec:
    (resource,) = (o for o in _objects(path) if o["kind"] == "Resource")
    return ResourceSpec.model_validate(resource["spec"])


def _data(obj: dict[str, Any]) -> dict[str, bytes]:
    text = obj.get("stringData", {}) if obj["kind"] == "Secret" else obj["data"]
    encoded = obj.get("data", {}) if obj["kind"] == "Secret" else {}
    decoded = {key: base64.b64decode(value) for key, value in encoded.items()}
    return decoded | {key: value.encode() for key, value in text.items()}


def _inputs(spec: ResourceSpec, objects: Iterable[dict[str, Any]]) -> Inputs:
    present = {
        InputRef(SourceKind(o["kind"]), o["metadata"]["name"]): _data(o) for o in objects if o["kind"] != "Resource"
    }
    return {ref: present.get(ref, Missing.ABSENT) for ref in all_references(spec)}


def _verdicts(path: Path) -> dict[str, Verdict]:
    spec = _spec(path)
    return {str(env): verdict for env, verdict in evaluate(spec, _inputs(spec, _objects(path)), builtin()).items()}


def _words(problem: Problem) -> str:
    """A problem as the comment of a broken sample has it."""
    source = problem.source
    where = f", {source.kind} {source.name}, key {source.key}" if source and source.name else ""
    return f"{problem.reason}, field {problem.field}{where}."


FIRST_RELEASE = {"sendgrid", "clicksend", "airtable", "elastic-search", "redis", "twilio", "telegram", "matomo"}
FIRST_RELEASE |= {"salesforce", "salesforce-oauth", "aws", "aws-s3"}


def test_every_type_of_the_first_release_has_a_sample_of_its_name() -> None:
    assert {path.stem for path in GOOD} >= FIRST_RELEASE
    assert all(_spec(path).type == path.stem for path in GOOD)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_sample_is_valid_in_both_environments_without_a_warning(path: Path) -> None:
    problems = {env: [p.message for p in verdict.problems] for env, verdict in _verdicts(path).items()}
    assert problems == {env: [] for env in ENVIRONMENTS}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_production_and_test_of_a_sample_hold_different_values(path: Path) -> None:
    verdicts = _verdicts(path)
    service = builtin()[_spec(path).type]
    production, test = (verdicts[env].values or {} for env in ENVIRONMENTS)
    sensitive = [f.name for f in service.fields if f.sensitive and f.name in production]
    assert sensitive
    assert all(production[name] != test.get(name) for name in sensitive)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_sample_has_the_one_problem_that_its_comment_names(path: Path) -> None:
    (says,) = (line for line in path.read_text().splitlines() if line.startswith(SAYS))
    problems = _verdicts(path)["production"].problems
    assert [_words(problem) for problem in problems] == [says.removeprefix(SAYS)]


@pytest.mark.parametrize("folder", [SAMPLES, SAMPLES / "broken"], ids=["good", "broken"])
def test_a_kustomization_lists_every_sample_beside_it(folder: Path) -> None:
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == sorted(p.name for p in folder.glob("*.yaml") if p.name != "kustomization.yaml")
