"""The life of a release on a real API server: what is taken, which rights it gives, upgrade, rollback, removal."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cluster.builders import resource
from tests.cluster.objects import DEADLINE, PAUSE, Objects
from tests.cluster.scenes import NAME, OUTPUT, rotate
from tests.install.chart import (
    CHART,
    CRDS,
    DEFAULT,
    EVERYTHING,
    HA,
    LIST,
    PLACES,
    PREVIOUS,
    ROOT,
    SERVED,
    VALUES,
    Document,
    setting,
)
from tests.install.release import Release, publish_and_rotate, withdraw
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import SECRETS

FORBIDDEN = 403

pytestmark = pytest.mark.timeout(3600)  # Helm is built when this is the first test to need it


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_the_api_server_takes_all_of_it_without_a_warning(release: Release, values: Path) -> None:
    _require_taken(release, release.helm.template(values, "--namespace", release.namespace))


def test_the_api_server_takes_each_value_set_alone(release: Release) -> None:
    distinct: dict[str, Document] = {}
    for place in PLACES:
        documents = release.helm.template(DEFAULT, setting(place, EVERYTHING), "--namespace", release.namespace)
        distinct |= {json.dumps(document): document for document in documents}
    _require_taken(release, list(distinct.values()))


def _require_taken(release: Release, documents: list[Document]) -> None:
    text = yaml.safe_dump_all(documents)
    done = release.plane.kubectl("apply", "--dry-run=server", "--server-side", "-f", "-", input=text)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == len(documents)


POLICY_KINDS = {"validatingadmissionpolicies", "validatingadmissionpolicybindings"}
NOWHERE: set[str] = set()
INSTALLATIONS = {
    "default": (DEFAULT, (), NOWHERE),
    "ha": (HA, (), NOWHERE),
    "list": (LIST, (), POLICY_KINDS),
    "list and types": (LIST, ("--set=settings.resourceTypes=true",), NOWHERE),
}
"""Values, more options, and what the operator asks for in vain."""


@pytest.mark.parametrize(("values", "options", "refused"), INSTALLATIONS.values(), ids=INSTALLATIONS)
async def test_an_installation_gives_the_operator_the_rights_for_the_main_job(
    release: Release, values: Path, options: tuple[str, ...], refused: set[str], tmp_path: Path
) -> None:
    told = release.apply("install", values, *options)
    assert [line[:2] for line in told.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3."]
    async with Objects.of(release.plane.kubeconfig, SERVED[0]) as objects:
        with release.operator(tmp_path / "log"):
            await publish_and_rotate(objects)
            await withdraw(objects)
    forbidden = {request.resource for request in release.requests() if request.code == FORBIDDEN}
    assert forbidden <= refused
    assert bool(forbidden) == bool(refused)  # the first refusal ends the watches of both kinds


def test_a_pod_of_the_deployment_meets_the_standard_restricted(release: Release) -> None:
    release.apply("install", DEFAULT)
    template = release.deployment()["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": {"name": "p", **template["metadata"]}}
    assert _refusal_of(release, pod) == ""
    template["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    assert "violates PodSecurity" in _refusal_of(release, pod)


def _refusal_of(release: Release, document: Document, *options: str) -> str:
    command = ("create", "--dry-run=server", "--namespace", release.namespace, *options, "-f", "-")
    return release.plane.kubectl(*command, input=json.dumps(document), check=False).stderr


async def test_the_policies_know_the_release_and_its_domains(release: Release, tmp_path: Path) -> None:
    release.apply("install", DEFAULT, "--set=settings.allowedDomains={example.com},serviceAccount.name=checker")
    release.plane.kubectl("wait", "--for=condition=Established", *(f"crd/{crd}" for crd in CRDS))
    _wait_until_told("foreign.example/team: the domain", lambda: _refusal_of(release, _labelled("foreign.example")))
    assert _refusal_of(release, _labelled("example.com")) == ""
    operator = f"system:serviceaccount:{release.namespace}:checker"
    _wait_until_told(f"only {operator} writes", lambda: _status_refusal(release))
    async with Objects.of(release.plane.kubeconfig, SERVED[0]) as objects:
        with release.operator(tmp_path / "log"):
            await publish_and_rotate(objects)
            await withdraw(objects)


def _labelled(domain: str) -> Document:
    return resource("r", output={"environments": {"production": {"labels": {f"{domain}/team": "data"}}}})


def _status_refusal(release: Release) -> str:
    command = ("apply", "--namespace", release.namespace, "-f", "-")
    release.plane.kubectl(*command, input=json.dumps(resource("r")))
    options = ("--server-side", "--subresource=status")
    return release.plane.kubectl(*command, *options, input=json.dumps(resource("r")), check=False).stderr


def _wait_until_told(part: str, ask: Callable[[], str]) -> None:
    """A policy is in force some time after it is there."""
    deadline = time.monotonic() + DEADLINE
    while part not in (told := ask()):
        assert time.monotonic() < deadline, told
        time.sleep(PAUSE)


async def test_upgrade_and_rollback_change_the_crds_and_leave_the_rights_for_the_main_job(
    release: Release, tmp_path: Path
) -> None:
    release.apply("install", DEFAULT)
    before = _columns(release.plane)
    async with Objects.of(release.plane.kubeconfig, SERVED[1]) as objects:
        with release.operator(tmp_path / "installed"):
            await publish_and_rotate(objects)
        release.apply("upgrade", HA, chart=_next_chart(tmp_path))
        assert _columns(release.plane) == [*before, "Next"]
        with release.operator(tmp_path / "upgraded"):
            await rotate(objects)
        release.rollback()
        assert _columns(release.plane) == before
        assert release.deployment()["spec"]["replicas"] == 1
        with release.operator(tmp_path / "rolled-back"):
            await rotate(objects)
            await withdraw(objects)


async def test_an_upgrade_from_the_previous_chart_brings_the_rights_for_the_main_job(
    release: Release, tmp_path: Path
) -> None:
    new = f"crd/{CRDS[1]}"
    release.plane.kubectl("delete", new, "--ignore-not-found")
    release.apply("install", HA, chart=PREVIOUS)
    assert release.plane.kubectl("get", new, check=False).returncode
    release.apply("upgrade", HA)
    release.plane.kubectl("wait", "--for=condition=Established", new)
    async with Objects.of(release.plane.kubeconfig, SERVED[1]) as objects:
        with release.operator(tmp_path / "upgraded"):
            await publish_and_rotate(objects)
        release.rollback()
        release.plane.kubectl("get", new)
        release.apply("upgrade", HA)
        with release.operator(tmp_path / "again"):
            await rotate(objects)
            await withdraw(objects)


def test_crds_that_kubectl_has_applied_are_taken_over_with_force_also_after_a_try_without(release: Release) -> None:
    release.plane.kubectl("delete", "--ignore-not-found", *(f"crd/{crd}" for crd in CRDS))
    release.plane.kubectl("apply", "-k", str(ROOT / "crds"))
    applied = _crds(release.plane)
    with pytest.raises(AssertionError, match='conflict with "kubectl-client-side-apply"'):
        release.apply("install", DEFAULT)
    release.uninstall()
    release.apply("install", DEFAULT, "--force-conflicts")
    release.apply("upgrade", HA)
    assert _crds(release.plane) == applied


def _crds(plane: ControlPlane) -> list[str]:
    """Their uids."""
    names = (f"crd/{crd}" for crd in CRDS)
    return plane.kubectl("get", *names, "--output=jsonpath={.items[*].metadata.uid}").stdout.split()


def _next_chart(folder: Path) -> Path:
    """The chart with one more column in the CRD of Resources."""
    chart = folder / "chart"
    shutil.copytree(CHART, chart)
    path = chart / "files" / "crds" / "resources.yaml"
    definition = yaml.safe_load(path.read_text())
    column = {"name": "Next", "type": "string", "jsonPath": ".metadata.uid"}
    definition["spec"]["versions"][0]["additionalPrinterColumns"].append(column)
    path.write_text(yaml.safe_dump(definition))
    return chart


def _columns(plane: ControlPlane) -> list[str]:
    definition = json.loads(plane.kubectl("get", "crd", CRDS[0], "--output=json").stdout)
    return [column["name"] for column in definition["spec"]["versions"][0]["additionalPrinterColumns"]]


async def test_what_was_published_outlives_the_release_and_is_found_again_untouched(
    release: Release, tmp_path: Path
) -> None:
    release.apply("install", DEFAULT)
    async with Objects.of(release.plane.kubeconfig, SERVED[0]) as objects:
        with release.operator(tmp_path / "first"):
            await publish_and_rotate(objects)
        left = [await objects.get(kind, name) for kind, name in ((RESOURCES, NAME), (SECRETS, OUTPUT))]
        release.uninstall()
        assert [body["metadata"]["name"] for body in release.get("deployments,serviceaccounts,roles")] == ["default"]
        release.apply("install", DEFAULT)
        with release.operator(tmp_path / "second"):
            pass
        found = [await objects.get(kind, name) for kind, name in ((RESOURCES, NAME), (SECRETS, OUTPUT))]
        assert [_version(body) for body in found] == [_version(body) for body in left]
        with release.operator(tmp_path / "third"):
            await withdraw(objects)


def _version(body: Document) -> str:
    return str(body["metadata"]["resourceVersion"])
