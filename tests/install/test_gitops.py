"""GitOps tools and our objects: what they take for healthy, for drift and for theirs, by their own libraries."""

import copy
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.audit import AuditLog
from tests.cluster.builders import Document, consumer, reference, resource
from tests.cluster.install import ROOT, install
from tests.cluster.objects import DEADLINE, PAUSE, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import KEY, token
from tests.install.gitops_tools import GitOpsTools
from tests.install.phases import capture
from tracardi_operator.api.names import LABEL_MANAGED_BY, MANAGER
from tracardi_operator.devcluster import ControlPlane

pytestmark = pytest.mark.timeout(3600)  # the tools are built when this is the first test to need them

GITOPS = ROOT / "manifests" / "gitops"
FLUX = sorted((GITOPS / "flux").glob("*.yaml"))
HEALTH = GITOPS / "argocd" / "health"
HEALTH_KEY = "resource.customizations.health.tracardi.com_"
SAMPLES = ROOT / "manifests" / "samples"
INSTALLED = ("crds", "manifests/cluster")


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane.start() as plane:
        install(plane)
        yield plane


@pytest.fixture(scope="module")
def operator(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    with OperatorProcess.of(plane, tmp_path_factory.mktemp("operator") / "log", "--resync-seconds", "1") as operator:
        yield operator


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> GitOpsTools:
    return GitOpsTools(tmp_path_factory.mktemp("gitops"))


# Health


class Verdict(NamedTuple):
    argo: str
    kstatus: str
    flux: str
    """With the expressions of manifests/gitops/flux/resources.yaml."""


PROGRESSING = Verdict("Progressing", "InProgress", "InProgress")
HEALTHY = Verdict("Healthy", "Current", "Current")
DEGRADED = Verdict("Degraded", "Failed", "Failed")
PHASES = {
    "created": PROGRESSING,
    "ready": HEALTHY,
    "its Secret is awaited": PROGRESSING,
    "a value is bad": DEGRADED,
    "a value is bad, the last good one is served": DEGRADED,
    "its Secret is gone, the last good value is served": Verdict("Degraded", "InProgress", "InProgress"),
    "suspended": Verdict("Suspended", "InProgress", "Current"),
    "being deleted": Verdict("Progressing", "Terminating", "InProgress"),
    "changed, was ready": PROGRESSING,
    "changed, was bad": PROGRESSING,
    "changed, was awaited": PROGRESSING,
    "changed, was suspended": PROGRESSING,
    "suspended, not yet seen": PROGRESSING,
    "ready after a change": HEALTHY,
    "ready after its Secret came": HEALTHY,
    "ready after a bad value": HEALTHY,
    "ready after it was suspended": HEALTHY,
    "type created": PROGRESSING,
    "type ready": HEALTHY,
    "type changed": PROGRESSING,
    "type broken": DEGRADED,
    "its type is broken": DEGRADED,
    "consumer created": PROGRESSING,
    "consumer ready": HEALTHY,
    "consumer lacks a Resource": PROGRESSING,
    "consumer awaits its login": PROGRESSING,
    "consumer has a forbidden host": DEGRADED,
    "consumer suspended": Verdict("Suspended", "InProgress", "Current"),
    "consumer changed": PROGRESSING,
    "consumer ready after a change": HEALTHY,
}


@pytest.fixture(scope="module")
def captured(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """An object as the API server has it in each of PHASES."""
    return capture(plane, tmp_path_factory.mktemp("phases") / "log")


@dataclass(frozen=True, slots=True)
class Judges:
    """Argo CD and Flux with the checks that are shipped, and kstatus."""

    tools: GitOpsTools
    scripts: dict[str, str]
    checks: list[Document]

    def __call__(self, objects: list[Document]) -> list[Verdict]:
        found = self.tools.verdicts(self.scripts, self.checks, objects)
        assert [verdict["flux"] for verdict in found] == [verdict["kstatus"] for verdict in found]
        return [Verdict(verdict["argo"], verdict["kstatus"], verdict["fluxExpr"]) for verdict in found]


@pytest.fixture(scope="module")
def judges(tools: GitOpsTools, plane: ControlPlane) -> Judges:
    """The scripts are those that the API server holds after the patch that docs/gitops.md tells users to make."""
    plane.kubectl("create", "configmap", "argocd-cm", "--from-literal=admin.enabled=true")
    plane.kubectl("patch", "configmap", "argocd-cm", "--patch-file", str(HEALTH / "argocd-cm.yaml"))
    data = json.loads(plane.kubectl("get", "configmap", "argocd-cm", "--output=json").stdout)["data"]
    scripts = {key.removeprefix(HEALTH_KEY): text for key, text in data.items() if key.startswith(HEALTH_KEY)}
    (resources,) = yaml.safe_load_all((GITOPS / "flux" / "resources.yaml").read_text())
    return Judges(tools, scripts, resources["spec"]["healthCheckExprs"])


def test_each_phase_has_its_verdict(captured: dict[str, Document], judges: Judges) -> None:
    assert dict(zip(captured, judges(list(captured.values())), strict=True)) == PHASES


def test_no_spec_looks_processed_before_it_is(captured: dict[str, Document], judges: Judges) -> None:
    changed = copy.deepcopy([body for body in captured.values() if "deletionTimestamp" not in body["metadata"]])
    for body in changed:
        body["metadata"]["generation"] += 1
    assert judges(changed) == [PROGRESSING] * len(changed)


def test_a_verdict_says_why(captured: dict[str, Document], judges: Judges) -> None:
    bad = captured["a value is bad"]
    (verdict,) = judges.tools.verdicts(judges.scripts, judges.checks, [bad])
    assert verdict["message"] == next(c["message"] for c in bad["status"]["conditions"] if c["type"] == "Ready")


def test_kustomize_puts_the_same_health_checks_into_argo_cd(
    plane: ControlPlane, judges: Judges, tmp_path: Path
) -> None:
    shipped = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": {"url": "x"}}
    (tmp_path / "install.yaml").write_text(json.dumps(shipped))
    components = [os.path.relpath(HEALTH, tmp_path)]
    kustomization = {"namespace": "argocd", "resources": ["install.yaml"], "components": components}
    (tmp_path / "kustomization.yaml").write_text(json.dumps(kustomization))
    (built,) = yaml.safe_load_all(plane.kubectl("kustomize", str(tmp_path)).stdout)
    scripts = {f"{HEALTH_KEY}{kind}": script for kind, script in judges.scripts.items()}
    assert built["data"] == {"url": "x", **scripts}


# Drift


@dataclass(frozen=True, slots=True)
class Applied:
    """The samples and a consumer of them, in a namespace of their own, all ready and resynced."""

    plane: ControlPlane
    namespace: str
    folder: Path
    options: tuple[str, ...]

    def kubectl(self, verb: str) -> subprocess.CompletedProcess[str]:
        command = (verb, *self.options, "--namespace", self.namespace, "-k", str(self.folder))
        return self.plane.kubectl(*command, check=verb != "diff")

    def all(self, kinds: str) -> list[Document]:
        command = ("get", kinds, "--namespace", self.namespace, "--output=json", "--show-managed-fields")
        return list(json.loads(self.plane.kubectl(*command).stdout)["items"])


@pytest.fixture(scope="module", params=[(), ("--server-side",)], ids=["client-side", "server-side"])
def applied(
    plane: ControlPlane,
    operator: OperatorProcess,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Applied:
    folder = tmp_path_factory.mktemp("applied").resolve()
    applied = Applied(plane, f"samples{''.join(request.param)}", folder, request.param)
    (folder / "consumer.yaml").write_text(yaml.safe_dump(consumer("all", applied.namespace)))
    kustomization = {"resources": [os.path.relpath(SAMPLES, folder), "consumer.yaml"]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    plane.kubectl("create", "namespace", applied.namespace)
    applied.kubectl("apply")
    _wait_until_ready(applied, "tres,resourceconsumers")
    _resync(plane)
    return applied


def _wait_until_ready(applied: Applied, kinds: str) -> None:
    every = (kinds, "--all", "--namespace", applied.namespace)
    applied.plane.kubectl("wait", "--for=condition=Ready", f"--timeout={DEADLINE:.0f}s", *every)


def _resync(plane: ControlPlane) -> None:
    """Wait until the operator has compared everything once more."""
    audit = AuditLog(plane.audit_log)
    audit.mark()
    deadline = time.monotonic() + DEADLINE
    while audit.counts()["list", "resources"] < 2:
        assert time.monotonic() < deadline
        time.sleep(PAUSE)


def test_nothing_differs_from_what_was_applied(applied: Applied) -> None:
    done = applied.kubectl("diff")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("folder", INSTALLED)
def test_nothing_differs_from_what_was_installed(plane: ControlPlane, operator: OperatorProcess, folder: str) -> None:
    _resync(plane)
    done = plane.kubectl("diff", "-k", str(ROOT / folder), check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_the_operator_owns_nothing_of_a_users_object_but_status(applied: Applied) -> None:
    bodies = [body for body in applied.all("tres,resourceconsumers,secrets,configmaps") if not _is_output(body)]
    assert {body["kind"] for body in bodies} == {"Resource", "ResourceConsumer", "Secret", "ConfigMap"}
    owned = [
        (body["kind"], entry.get("subresource"), *entry["fieldsV1"])
        for body in bodies
        for entry in body["metadata"]["managedFields"]
        if entry["manager"] not in ("kubectl-client-side-apply", "kubectl", "kube-controller-manager")
    ]
    assert set(owned) == {("Resource", "status", "f:status"), ("ResourceConsumer", "status", "f:status")}


def _is_output(body: Document) -> bool:
    return str(body["metadata"].get("labels", {}).get(LABEL_MANAGED_BY)) == MANAGER


# Prune


MARKS: dict[str, Any] = {
    "labels": {
        "team": "growth",
        "app.kubernetes.io/instance": "resources",
        "applyset.kubernetes.io/part-of": "applyset-x-v1",
        "helm.toolkit.fluxcd.io/name": "resources",
        "kustomize.toolkit.fluxcd.io/name": "resources",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    },
    "annotations": {
        "argocd.argoproj.io/tracking-id": "resources:tracardi.com/Resource:shop/mail",
        "meta.helm.sh/release-name": "resources",
    },
}
"""By which Argo CD, Flux, Helm and kubectl know what is theirs."""


@pytest.fixture
def shop(plane: ControlPlane, operator: OperatorProcess, tmp_path: Path) -> Applied:
    """A namespace with nothing in it."""
    shop = Applied(plane, f"shop-{os.urandom(4).hex()}", tmp_path, ())
    plane.kubectl("create", "namespace", shop.namespace)
    return shop


def _marked(name: str, **spec: Any) -> list[Document]:
    """A Resource and its Secret, both with all MARKS."""
    bodies = [secret(name, {KEY: token()}), resource(name, {"token": reference("secretKeyRef", name, KEY)}, **spec)]
    return [body | {"metadata": {"name": name} | MARKS} for body in bodies]


def _publish(shop: Applied, *bodies: Document, options: tuple[str, ...] = ()) -> list[Document]:
    """Apply these and return the outputs."""
    items = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(bodies)})
    shop.plane.kubectl("apply", "--namespace", shop.namespace, *options, "-f", "-", input=items)
    _wait_until_ready(shop, "tres")
    return [body for body in shop.all("secrets") if _is_output(body)]


def test_no_mark_of_a_tool_goes_over_to_an_output(shop: Applied) -> None:
    (output,) = _publish(shop, *_marked("mail"))
    metadata = output["metadata"]
    assert not {*metadata["labels"], *metadata["annotations"]} & {*MARKS["labels"], *MARKS["annotations"]}


def test_what_is_published_is_a_child_of_what_asked_for_it(applied: Applied) -> None:
    """Argo CD prunes roots only: what has no ownerReferences."""
    published = [body["metadata"] for body in applied.all("secrets") if _is_output(body)]
    owners = [(owner["kind"], owner["controller"]) for metadata in published for owner in metadata["ownerReferences"]]
    assert len(owners) == len(published)
    assert set(owners) == {("Resource", True), ("ResourceConsumer", True)}


def test_kubectl_prunes_what_was_left_out_and_no_output(shop: Applied) -> None:
    labels = {"environments": {"production": {"labels": {"team": "growth"}}}}
    options = ("--prune", "--selector=team=growth", "--prune-allowlist=core/v1/Secret")
    (before,) = _publish(shop, *_marked("mail", output=labels), _marked("old")[0])
    (after,) = _publish(shop, *_marked("mail", output=labels), options=options)
    names = [body["metadata"]["name"] for body in shop.all("secrets")]
    assert sorted(names) == ["mail", "mail-production-resolved"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


# The examples


@pytest.mark.parametrize("path", FLUX, ids=lambda path: path.stem)
def test_the_manifests_for_flux_are_what_its_apis_take(tools: GitOpsTools, path: Path) -> None:
    documents = list(yaml.safe_load_all(path.read_text()))
    assert [tools.refusal(document) for document in documents] == [""] * len(documents)
    documents[0]["spec"]["depends"] = []
    assert "spec.depends" in tools.refusal(documents[0])


def test_the_examples_name_folders_that_are_there() -> None:
    examples = (GITOPS / "argocd" / "applications.yaml", *FLUX)
    specs = [document["spec"] for path in examples for document in yaml.safe_load_all(path.read_text())]
    paths = {spec.get("source", spec).get("path", "resources").removeprefix("./") for spec in specs}
    ours = paths - {"resources"}  # of a team, in a repository of its own
    assert "crds" in ours
    assert [path for path in ours if not (ROOT / path / "kustomization.yaml").is_file()] == []
