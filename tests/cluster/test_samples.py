"""The samples under the running operator: each as its comment says, and as `lint` says without a cluster."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.cluster.builders import Document
from tests.cluster.install import ROOT
from tests.cluster.objects import Objects, decode, ready, reason_of
from tracardi_operator.api.resource import ENVIRONMENTS
from tracardi_operator.api.status import ResourceStatus
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import SECRETS

pytestmark = pytest.mark.usefixtures("operator")

SAMPLES = ROOT / "manifests" / "samples"
SAYS = re.compile(r"# The operator says: (\w+), field (\w+)(?:, Secret ([\w-]+), key ([\w-]+))?\.")


class Said(NamedTuple):
    """What the comment of a broken sample says."""

    reason: str
    field: str
    secret: str | None
    key: str | None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.yaml") if path.name != "kustomization.yaml")


def _resource(file: Path) -> str:
    """The name of the Resource in a sample."""
    (name,) = (o["metadata"]["name"] for o in yaml.safe_load_all(file.read_text()) if o["kind"] == "Resource")
    return str(name)


def _said(file: Path) -> Said:
    found = SAYS.search(file.read_text())
    assert found
    return Said(*found.groups())


def _apply(control_plane: ControlPlane, objects: Objects, folder: Path) -> None:
    control_plane.kubectl("apply", "--namespace", objects.namespace, "-k", str(folder))


async def _verdict(objects: Objects, name: str) -> ResourceStatus:
    """The first status: kubectl has applied the Secrets and ConfigMaps before the Resources, so it is the last too."""
    return await objects.until_status(name, lambda status: reason_of(status) is not None)


async def test_every_sample_is_ready_with_both_outputs(control_plane: ControlPlane, objects: Objects) -> None:
    _apply(control_plane, objects, SAMPLES)
    for name in map(_resource, _files(SAMPLES)):
        await objects.until_ready(name)
        for environment in ENVIRONMENTS:
            data = decode(await objects.get(SECRETS, f"{name}-{environment}-resolved"))
            assert json.loads(data["credentials.json"])
            assert data["type"]


async def test_a_broken_sample_shows_its_reason_field_secret_and_key(
    control_plane: ControlPlane, objects: Objects
) -> None:
    _apply(control_plane, objects, SAMPLES / "broken")
    for file in _files(SAMPLES / "broken"):
        name, said = _resource(file), _said(file)
        status = await _verdict(objects, name)
        assert (ready(status).status, ready(status).reason) == ("False", said.reason)
        assert said.field in ready(status).message
        assert _columns(control_plane, objects, name)[2:4] == ["False", said.reason]
        described = _describe(control_plane, objects, name)
        for words in (f"Reason: {said.reason}", f"Field: {said.field}", said.secret or "", said.key or ""):
            assert words in described


def _columns(control_plane: ControlPlane, objects: Objects, name: str) -> list[str]:
    shown = control_plane.kubectl("get", "resource", name, "--namespace", objects.namespace, "--no-headers").stdout
    return shown.split()


def _describe(control_plane: ControlPlane, objects: Objects, name: str) -> str:
    """With single spaces, as it aligns its columns."""
    shown = control_plane.kubectl("describe", "resource", name, "--namespace", objects.namespace).stdout
    return re.sub(r"[ \t]+", " ", shown)


@pytest.mark.parametrize("folder", [SAMPLES, SAMPLES / "broken"], ids=["good", "broken"])
async def test_lint_gives_the_verdicts_of_the_running_operator(
    control_plane: ControlPlane, objects: Objects, folder: Path
) -> None:
    """What is not among the files `lint` leaves open, and the operator sees to be missing."""
    _apply(control_plane, objects, folder)
    linted = _lint(folder)
    assert set(linted) == set(map(_resource, _files(folder)))
    for name, verdict in linted.items():
        status = await _verdict(objects, name)
        unchecked = [_source(source) for source in verdict["unchecked"]]
        found = {problem for problem in _problems(status) if problem[-1] not in unchecked}
        assert found == {_finding(problem["environment"], problem) for problem in verdict["problems"]}
        assert (ready(status).status == "True") == (verdict["valid"] and not unchecked)


def _lint(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tracardi_operator", "lint", "-o", "json", "-f", *map(str, _files(folder))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if folder == SAMPLES else 1)
    return {verdict["name"]: verdict for verdict in json.loads(done.stdout)["resources"]}


Finding = tuple[object, ...]


def _problems(status: ResourceStatus) -> set[Finding]:
    return {
        _finding(environment, problem.model_dump(mode="json"))
        for environment, verdict in (status.environments or {}).items()
        for problem in verdict.problems or ()
    }


def _finding(environment: str, problem: Document) -> Finding:
    place = (environment, problem["field"], problem["reason"], problem["severity"])
    return *place, problem["message"], _source(problem["source"])


def _source(source: Document | None) -> Finding | None:
    return (source["kind"], source["name"], source["key"]) if source else None
