"""kustomize: generated names that a Resource follows, and an installation that is removed and comes back."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import yaml

from tests.audit import AuditLog
from tests.cluster.builders import Document, reference, resource
from tests.cluster.install import CRDS, ROOT
from tests.cluster.objects import DEADLINE, PAUSE, Objects, decode
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import NAME, OUTPUT, publish, rotate
from tests.sentinels import made_up
from tracardi_operator.api.names import API_VERSION
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.devcluster.toolchain import find_kubectl
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.services.catalogue import builtin

REFERENCES = ROOT / "manifests" / "gitops" / "kustomize" / "references"
SAMPLE = ROOT / "manifests" / "gitops" / "kustomize" / "sample"
INSTALLATION = str(ROOT / "manifests" / "cluster")
INSTALLED = (
    "namespaces,deployments,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,"
    "validatingadmissionpolicies,validatingadmissionpolicybindings"
)
"""Kinds of what INSTALLATION applies."""
GENERATED = re.compile("(secret|settings)-[a-z0-9]{10}")

pytestmark = pytest.mark.timeout(3600)  # the tools are built when this is the first test to need them


# Names that kustomize changes


def _build(folder: Path) -> list[Document]:
    done = subprocess.run([find_kubectl(), "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def _built(kind: str, folder: Path, *bodies: Document) -> list[Document]:
    """What of one kind kustomize makes of these objects and a generated Secret `secret` and ConfigMap `settings`."""
    (folder / "objects.yaml").write_text(yaml.safe_dump_all(bodies))
    kustomization = {
        "resources": ["objects.yaml"],
        "components": [os.path.relpath(REFERENCES, folder)],
        "secretGenerator": [{"name": "secret", "literals": ["key=value"]}],
        "configMapGenerator": [{"name": "settings", "literals": ["key=value"]}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return [body for body in _build(folder) if body["kind"] == kind]


def _names(part: object) -> Iterator[str]:
    """All that stands under the key `name` in a part of an object."""
    children = part.items() if isinstance(part, dict) else []
    for key, value in children:
        if key == "name":
            yield value
        yield from _names(value)


@pytest.mark.parametrize(("kind", "name"), [("secretKeyRef", "secret"), ("configMapKeyRef", "settings")])
def test_each_field_of_each_type_follows(
    kind: Literal["secretKeyRef", "configMapKeyRef"], name: str, tmp_path: Path
) -> None:
    resources: list[Document] = []
    for service in builtin().values():
        fields = {given: reference(kind, name) for field in service.fields for given in field.names}
        environment = {"fields": fields}
        body = resource(f"r{len(resources)}", type=service.name)
        resources.append(body | {"spec": {"credentials": {"production": environment, "test": environment}}})
    names = [name for body in _built("Resource", tmp_path, *resources) for name in _names(body["spec"])]
    assert len(names) == sum(2 * len(field.names) for service in builtin().values() for field in service.fields)
    assert [name for name in names if not GENERATED.fullmatch(name)] == []


def test_whole_secrets_follow_in_both_environments(tmp_path: Path) -> None:
    whole = {"secretRef": {"name": "secret"}}
    (body,) = _built("Resource", tmp_path, resource("r", credentials={"production": whole, "test": whole}))
    assert [bool(GENERATED.fullmatch(name)) for name in _names(body["spec"])] == [True, True]


@pytest.mark.parametrize("ca", [reference("secretKeyRef", "secret"), reference("configMapKeyRef", "settings")])
def test_the_login_and_the_authorities_of_a_consumer_follow(ca: Document, tmp_path: Path) -> None:
    target = {"login": {"name": "secret"}, "tls": {"ca": ca["valueFrom"]}}
    consumer = {"apiVersion": API_VERSION, "kind": "ResourceConsumer", "metadata": {"name": "c"}}
    (body,) = _built("ResourceConsumer", tmp_path, consumer | {"spec": {"tracardi": target}})
    assert [bool(GENERATED.fullmatch(name)) for name in _names(body["spec"])] == [True, True]


# On a cluster


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """One where kustomize alone has installed anything."""
    with ControlPlane.start() as plane:
        _install(plane)
        yield plane


def _install(plane: ControlPlane) -> None:
    plane.kubectl("apply", "-k", str(ROOT / "crds"))
    plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", *CRDS)
    plane.kubectl("apply", "-k", INSTALLATION)


@pytest.fixture
def namespace(plane: ControlPlane) -> str:
    name = f"test-{os.urandom(4).hex()}"
    plane.kubectl("create", "namespace", name)
    return name


async def test_a_resource_moves_on_to_the_secret_that_a_changed_value_makes(
    plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    sample, password = tmp_path / "kustomize" / "sample", made_up(24)
    apply = ("apply", "--namespace", namespace, "-k", str(sample))
    shutil.copytree(SAMPLE.parent, sample.parent)
    async with Objects.of(plane.kubeconfig, namespace) as objects:
        with OperatorProcess.of(plane, tmp_path / "log"):
            plane.kubectl(*apply)
            await objects.until_ready("search")
            before = await objects.get(RESOURCES, "search")
            (sample / "production.env").write_text(f"username=tracardi\npassword={password}\n")
            plane.kubectl(*apply)
            await objects.until_value("search-production-resolved", "password", password)
            await objects.until_ready("search")
            after = await objects.get(RESOURCES, "search")
            test = decode(await objects.get(SECRETS, "search-test-resolved"))
    assert _moved(before, after) == {"search-login"}
    assert test["username"] == b"tracardi-qa"


def _moved(before: Document, after: Document) -> set[str]:
    """The generators whose objects are named anew."""
    return {name.rpartition("-")[0] for name in {*_names(before["spec"])} - {*_names(after["spec"])}}


async def test_what_was_published_outlives_the_installation_and_is_found_again_untouched(
    plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    async with Objects.of(plane.kubeconfig, namespace) as objects:
        with OperatorProcess.of(plane, tmp_path / "first"):
            await publish(objects)
            await rotate(objects)
        left = await _versions(objects)
        plane.kubectl("delete", "--ignore-not-found", "-k", INSTALLATION)
        assert _ours(plane) == []
        assert await _versions(objects) == left
        _install(plane)
        audit = AuditLog(plane.audit_log)
        audit.mark()
        with OperatorProcess.of(plane, tmp_path / "second", "--resync-seconds", "1") as operator:
            _wait_for_resyncs(audit)
            assert [request for request in audit.requests() if request.is_write or request.reads_value] == []
            assert await _versions(objects) == left
            operator.wait_until_ready()
            await rotate(objects)


async def _versions(objects: Objects) -> list[str]:
    bodies = [await objects.get(kind, name) for kind, name in ((RESOURCES, NAME), (SECRETS, OUTPUT))]
    return [body["metadata"]["resourceVersion"] for body in bodies]


def _ours(plane: ControlPlane) -> list[str]:
    """What of the installation is there."""
    found = plane.kubectl("get", INSTALLED, "--all-namespaces", "--output=name").stdout.split()
    return [name for name in found if "tracardi" in name]


def _wait_for_resyncs(audit: AuditLog) -> None:
    """Until the operator has compared everything, and once more."""
    deadline = time.monotonic() + DEADLINE
    while audit.counts()["list", "resources"] < 3:
        assert time.monotonic() < deadline
        time.sleep(PAUSE)
