"""The Helm chart, by real Helm on a real API server: what it accepts, which rights it gives, and its whole life."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.audit import AuditLog, Request
from tests.cluster.builders import resource
from tests.cluster.objects import DEADLINE, PAUSE, Objects
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import KEY, NAME, OUTPUT, publish, token
from tracardi_operator.api.names import MANAGER
from tracardi_operator.control.settings import Settings
from tracardi_operator.control.writer import RESOURCES
from tracardi_operator.devcluster import ControlPlane, ControlPlaneError
from tracardi_operator.devcluster.helm import provide_helm
from tracardi_operator.kube.kinds import SECRETS

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "tracardi-operator"
CRDS = ("resources.tracardi.com", "resourcetypes.tracardi.com")
SERVED = ("marketing", "shop")
FORBIDDEN = 403

pytestmark = pytest.mark.timeout(3600)  # Helm is built when this is the first test to need it

Document = dict[str, Any]

DEFAULT = CHART / "values.yaml"
LIST, HA, EVERYTHING = (CHART / "ci" / f"{name}-values.yaml" for name in ("list", "ha", "everything"))
VALUES = {"default": DEFAULT, "list": LIST, "ha": HA, "everything": EVERYTHING}

STUB = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.monitoring.coreos.com}}
spec:
  group: monitoring.coreos.com
  names: {{kind: {kind}, plural: {plural}}}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
---
"""
MONITORS = "".join(STUB.format(kind=kind, plural=f"{kind.lower()}s") for kind in ("PodMonitor", "ServiceMonitor"))


@dataclass(frozen=True, slots=True)
class Helm:
    """Helm with a home of its own, and as administrator of a cluster if it is given one."""

    binary: Path
    home: Path
    plane: ControlPlane | None = None

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        homes = {f"HELM_{name}_HOME": str(self.home / name) for name in ("CACHE", "CONFIG", "DATA")}
        kubeconfig = str(self.plane.kubeconfig if self.plane else self.home / "none")
        environment = os.environ | homes | {"KUBECONFIG": kubeconfig}
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, env=environment)
        assert not check or done.returncode == 0, done.stderr
        return done

    def template(self, values: Path, *options: str) -> list[Document]:
        command = ("template", MANAGER, str(CHART), f"--values={values}", *options)
        return [document for document in yaml.safe_load_all(self(*command).stdout) if document]


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    try:
        return Helm(provide_helm(), tmp_path_factory.mktemp("helm"))
    except ControlPlaneError as error:
        raise pytest.fail.Exception(f"these tests need Helm: {error}", pytrace=False) from None


def _one(documents: Iterable[Document], kind: str, name: str = "") -> Document:
    (found,) = (d for d in documents if d["kind"] == kind and name in ("", d["metadata"]["name"]))
    return found


def _manifest(path: str) -> list[Document]:
    return list(yaml.safe_load_all((ROOT / "manifests" / path).read_text()))


# What it accepts


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_lint_finds_nothing(helm: Helm, values: Path) -> None:
    helm("lint", "--strict", str(CHART), f"--values={values}")


REFUSED = {
    "replica=2": "at '': additional properties 'replica' not allowed",
    "settings.worker=2": "at '/settings': additional properties 'worker' not allowed",
    "settings.workers=257": "at '/settings/workers': maximum: got 257, want 256",
    "settings.logLevel=loud": "at '/settings/logLevel': value must be one of 'debug', 'info', 'warning', 'error'",
    "replicas=two": "at '/replicas': got string, want integer",
    "scope=Cluster": "at '/scope': value must be 'cluster'",
    "scope={a_b}": "at '/scope/0': 'a_b' does not match pattern",
    "image.digest=sha256:0": "at '/image/digest': 'sha256:0' does not match pattern",
    "monitor.kind=Probe": "at '/monitor/kind': value must be one of '', 'PodMonitor', 'ServiceMonitor'",
}


@pytest.mark.parametrize(("wrong", "message"), REFUSED.items(), ids=REFUSED)
def test_a_wrong_value_is_refused_by_its_name(helm: Helm, wrong: str, message: str) -> None:
    done = helm("template", str(CHART), "--set", wrong, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr


def test_an_older_kubernetes_is_refused(helm: Helm) -> None:
    done = helm("template", str(CHART), "--kube-version=1.33.9", check=False)
    assert "requires kubeVersion: >=1.34.0-0" in done.stderr


def _leaves(schema: Document, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in schema["properties"].items():
        if "properties" in value:
            yield from _leaves(value, (*place, name))
        elif "default" in value:
            yield (*place, name)


def _at(values: Any, place: tuple[str, ...]) -> object:
    for name in place:
        values = values[name]
    return values


def test_everything_sets_each_value_to_another_than_its_default() -> None:
    default, other = (yaml.safe_load(path.read_text()) for path in (DEFAULT, EVERYTHING))
    places = list(_leaves(json.loads((CHART / "values.schema.json").read_text())))
    assert [place for place in places if _at(other, place) == _at(default, place)] == []


def test_the_chart_has_the_version_of_the_operator() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = importlib.metadata.version(MANAGER)
    assert (chart["version"], chart["appVersion"]) == (version, version)


# How it starts the operator


FIXED = {"kubeconfig", "context", "namespaces", "leader_election", "lease_namespace"}
"""Settings that follow from where the chart is installed, and from `scope`."""


def _flags(deployment: Document) -> list[str]:
    run, *flags = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert run == "run"
    return [str(flag) for flag in flags]


def _parsed(flags: Iterable[str]) -> Settings:
    """The settings that these flags give."""
    given: dict[str, Any] = {}
    for flag in flags:
        name, _, value = flag.removeprefix("--").partition("=")
        given[name.removeprefix("no-").replace("-", "_")] = value or not name.startswith("no-")
    return Settings(**given)


def test_every_setting_is_a_value() -> None:
    values = yaml.safe_load(DEFAULT.read_text())["settings"]
    snake = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in values}
    assert snake == Settings.model_fields.keys() - FIXED


def test_the_default_values_are_the_default_settings(helm: Helm) -> None:
    flags = _flags(_one(helm.template(DEFAULT), "Deployment"))
    assert _parsed(flags) == Settings(leader_election=True)


def test_each_setting_reaches_the_operator(helm: Helm) -> None:
    settings = _parsed(_flags(_one(helm.template(EVERYTHING), "Deployment")))
    assert settings == Settings(
        namespaces=SERVED,
        leader_election=True,
        resource_types=True,
        workers=4,
        resync_seconds=30,
        relist_seconds=1000000,
        silence_seconds=0.5,
        allowed_domains=("example.com", "example.org"),
        health_host="::",
        health_port=8081,
        log_format="console",
        log_level="debug",
    )


def test_resource_types_can_be_left_out_with_their_rights(helm: Helm) -> None:
    documents = helm.template(DEFAULT, "--set=settings.resourceTypes=false")
    assert not _parsed(_flags(_one(documents, "Deployment"))).reads_types
    rights = _rights(_one(documents, "ClusterRole", MANAGER))
    assert {resource for _, resource, _, _ in rights if "types" in resource} == set()


# The rights


def _rights(role: Document) -> set[tuple[str, str, str, str]]:
    return {
        (group, resource, verb, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", ["*"])
    }


@pytest.mark.parametrize(("kind", "name"), [("ClusterRole", MANAGER), ("Role", f"{MANAGER}-leader")])
def test_the_operators_rights_are_those_of_manifests_base(helm: Helm, kind: str, name: str) -> None:
    shipped = _one(_manifest("base/rbac.yaml"), kind, name)
    assert _rights(_one(helm.template(DEFAULT), kind, name)) == _rights(shipped)


def test_its_rights_in_a_listed_namespace_are_those_of_manifests_namespaced(helm: Helm) -> None:
    shipped = _rights(_one(_manifest("namespaced/role/role.yaml"), "Role"))
    roles = [d for d in helm.template(LIST) if d["kind"] == "Role" and d["metadata"]["namespace"] in SERVED]
    assert [_rights(role) for role in roles] == [shipped] * len(SERVED)


def test_the_roles_for_people_are_those_of_manifests_base(helm: Helm) -> None:
    documents = helm.template(DEFAULT)
    for shipped in _manifest("base/user-roles.yaml"):
        role = _one(documents, "ClusterRole", shipped["metadata"]["name"])
        assert _rights(role) == _rights(shipped)
        assert _aggregation(role) == _aggregation(shipped)


def _aggregation(role: Document) -> dict[str, str]:
    return {key: value for key, value in role["metadata"]["labels"].items() if "aggregate" in key}


def test_for_a_list_nothing_is_bound_in_the_whole_cluster(helm: Helm) -> None:
    assert [d for d in helm.template(LIST) if d["kind"] == "ClusterRoleBinding"] == []


def test_reading_types_for_a_list_takes_no_right_on_secrets_in_the_cluster(helm: Helm) -> None:
    documents = helm.template(LIST, "--set=settings.resourceTypes=true")
    rights = _rights(_one(documents, "ClusterRole", MANAGER))
    assert {group for group, _, _, _ in rights} == {"tracardi.com", "admissionregistration.k8s.io"}
    assert ("tracardi.com", "resourcetypes", "watch", "*") in rights


# On a cluster


@dataclass(frozen=True, slots=True)
class Release:
    """A release of the chart in a cluster."""

    helm: Helm
    plane: ControlPlane
    name: str
    namespace: str

    def apply(self, verb: str, values: Path, *options: str, chart: Path = CHART) -> str:
        """Install or upgrade it; returns what Helm printed."""
        command = (verb, self.name, str(chart), "--namespace", self.namespace, f"--values={values}")
        return self.helm(*command, "--take-ownership", *options).stdout

    def rollback(self) -> None:
        self.helm("rollback", self.name, "--namespace", self.namespace)

    def uninstall(self) -> None:
        self.helm("uninstall", self.name, "--namespace", self.namespace, "--ignore-not-found")

    def deployment(self) -> Document:
        (found,) = self.get("deployments")
        return found

    def get(self, kind: str) -> list[Document]:
        command = ("get", kind, "--namespace", self.namespace, "--output=json")
        return list(json.loads(self.plane.kubectl(*command).stdout)["items"])

    @property
    def account(self) -> str:
        return str(self.deployment()["spec"]["template"]["spec"]["serviceAccountName"])

    def requests(self) -> list[Request]:
        """Of the operator to the API server."""
        audit = AuditLog(self.plane.audit_log, f"system:serviceaccount:{self.namespace}:{self.account}")
        audit.settle()
        return audit.requests()

    def operator(self, log: Path) -> OperatorProcess:
        """As the Deployment starts it, with a token of its ServiceAccount; but on a free port of this machine."""
        flags = [flag for flag in _flags(self.deployment()) if not flag.startswith("--health-")]
        return OperatorProcess(self.plane.service_account_kubeconfig(self.namespace, self.account), log, *flags)


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """One where only the chart has installed anything."""
    with ControlPlane.start() as plane:
        for namespace in SERVED:
            plane.kubectl("create", "namespace", namespace)
        plane.kubectl("apply", "-f", "-", input=MONITORS)
        yield plane


@pytest.fixture
def release(helm: Helm, plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[Release]:
    """Not yet installed, in a namespace that enforces the Pod Security Standard `restricted`."""
    release = Release(Helm(helm.binary, helm.home, plane), plane, MANAGER, f"test-{os.urandom(4).hex()}")
    plane.kubectl("create", "namespace", release.namespace)
    plane.kubectl("label", "namespace", release.namespace, "pod-security.kubernetes.io/enforce=restricted")
    yield release
    release.uninstall()
    plane.kubectl("delete", "namespace", release.namespace, "--wait=false")


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_the_api_server_takes_all_of_it_without_a_warning(release: Release, values: Path) -> None:
    documents = release.helm.template(values, "--namespace", release.namespace)
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
    async with Objects.of(str(release.plane.kubeconfig), SERVED[0]) as objects:
        with release.operator(tmp_path / "log"):
            await _publish_and_rotate(objects)
            await _withdraw(objects)
    assert {request.resource for request in release.requests() if request.code == FORBIDDEN} == refused


async def _publish_and_rotate(objects: Objects) -> None:
    await objects.until_value(OUTPUT, "token", await publish(objects))
    await _rotate(objects)


async def _rotate(objects: Objects) -> None:
    rotated = token()
    await objects.store(NAME, {KEY: rotated})
    await objects.until_value(OUTPUT, "token", rotated)
    await objects.until_ready(NAME)


async def _withdraw(objects: Objects) -> None:
    await objects.delete(RESOURCES, NAME)
    await objects.delete(SECRETS, NAME)
    await objects.until_gone(SECRETS, OUTPUT)


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
    async with Objects.of(str(release.plane.kubeconfig), SERVED[0]) as objects:
        with release.operator(tmp_path / "log"):
            await _publish_and_rotate(objects)
            await _withdraw(objects)


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
    async with Objects.of(str(release.plane.kubeconfig), SERVED[1]) as objects:
        with release.operator(tmp_path / "installed"):
            await _publish_and_rotate(objects)
        release.apply("upgrade", HA, chart=_next_chart(tmp_path))
        assert _columns(release.plane) == [*before, "Next"]
        with release.operator(tmp_path / "upgraded"):
            await _rotate(objects)
        release.rollback()
        assert _columns(release.plane) == before
        assert release.deployment()["spec"]["replicas"] == 1
        with release.operator(tmp_path / "rolled-back"):
            await _rotate(objects)
            await _withdraw(objects)


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
    async with Objects.of(str(release.plane.kubeconfig), SERVED[0]) as objects:
        with release.operator(tmp_path / "first"):
            await _publish_and_rotate(objects)
        left = [await objects.get(kind, name) for kind, name in ((RESOURCES, NAME), (SECRETS, OUTPUT))]
        release.uninstall()
        assert [body["metadata"]["name"] for body in release.get("deployments,serviceaccounts,roles")] == ["default"]
        release.apply("install", DEFAULT)
        with release.operator(tmp_path / "second"):
            pass
        found = [await objects.get(kind, name) for kind, name in ((RESOURCES, NAME), (SECRETS, OUTPUT))]
        assert [_version(body) for body in found] == [_version(body) for body in left]
        with release.operator(tmp_path / "third"):
            await _withdraw(objects)


def _version(body: Document) -> str:
    return str(body["metadata"]["resourceVersion"])
