"""manifests/namespaced: the operator serves the namespaces of a list with Roles alone, and can't see any other."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import yaml

from tests.audit import AuditLog
from tests.cluster.install import ROOT
from tests.cluster.objects import DEADLINE, PAUSE, Objects, ready, secret
from tests.cluster.operator_process import NAMESPACE, OperatorProcess
from tests.cluster.scenes import KEY, NAME, OUTPUT, mail, publish, token
from tests.cluster.sessions import client, operator_kubeconfig
from tracardi_operator.api.names import MANAGER
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.kinds import SECRETS, Kind

SHIPPED = ROOT / "manifests" / "namespaced"
SERVED = ("marketing", "shop")
"""The namespaces that the manifests are shipped for."""
OTHER = "elsewhere"
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "impersonate", "*")
CLUSTER_SCOPED = {
    "resourcetypes",
    "resourcetypes/status",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
}
"""What the operator asks for in the whole cluster, if it may: never a Secret."""

ACCESS = Kind("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
RULES = Kind("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview")


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """One where the operator never had a ClusterRole."""
    with ControlPlane.start() as plane:
        plane.kubectl("apply", "-k", str(ROOT / "crds"))
        plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/resources.tracardi.com")
        plane.kubectl("create", "namespace", OTHER)
        _add(plane, *SERVED)
        yield plane


@pytest.fixture(scope="module")
def _operator(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    log = tmp_path_factory.mktemp("operator") / "log"
    with OperatorProcess.of(plane, log, *_shipped_flags(plane), "--resync-seconds", "2") as operator:
        yield operator


@pytest.fixture
def operator(_operator: OperatorProcess) -> OperatorProcess:
    _operator.ensure_default()
    return _operator


@pytest.fixture
async def own(plane: ControlPlane) -> AsyncIterator[Client]:
    """With the operator's own token."""
    async with client(operator_kubeconfig(plane)) as opened:
        yield opened


def _add(plane: ControlPlane, *namespaces: str) -> None:
    """Make namespaces that the manifests are for, with all that is shipped in them."""
    for namespace in namespaces:
        plane.kubectl("create", "namespace", namespace)
    plane.kubectl("apply", "-k", str(SHIPPED))


def _rendered(plane: ControlPlane, folder: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(plane.kubectl("kustomize", str(ROOT / "manifests" / folder)).stdout))


def _shipped_flags(plane: ControlPlane) -> list[str]:
    (deployment,) = (document for document in _rendered(plane, "namespaced") if document["kind"] == "Deployment")
    run, *flags = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert run == "run"
    return [str(flag) for flag in flags]


@asynccontextmanager
async def _in(plane: ControlPlane, namespace: str) -> AsyncIterator[Objects]:
    async with Objects.of(plane.kubeconfig, namespace) as objects:
        yield objects
        await objects.delete(RESOURCES, NAME)
        await objects.delete(SECRETS, NAME)
        await objects.until_gone(RESOURCES, NAME)
        await objects.until_gone(SECRETS, OUTPUT)


async def _main_job(objects: Objects) -> None:
    await objects.until_value(OUTPUT, "token", await publish(objects))
    rotated = token()
    await objects.store(NAME, {KEY: rotated})
    await objects.until_value(OUTPUT, "token", rotated)


# The rights


def _rights(rules: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("namespace", SERVED)
def test_a_role_is_the_cluster_role_less_what_is_cluster_scoped(plane: ControlPlane, namespace: str) -> None:
    (whole,) = (
        r for r in _rendered(plane, "cluster") if (r["kind"], r["metadata"]["name"]) == ("ClusterRole", MANAGER)
    )
    (role,) = (r for r in _rendered(plane, "namespaced") if r["kind"] == "Role" and _where(r) == namespace)
    assert _rights(role["rules"]) == {right for right in _rights(whole["rules"]) if right[1] not in CLUSTER_SCOPED}


def _where(document: dict[str, Any]) -> str:
    return str(document["metadata"].get("namespace", ""))


def test_nothing_binds_the_operator_in_the_whole_cluster(plane: ControlPlane) -> None:
    bindings = (document for document in _rendered(plane, "namespaced") if document["kind"] == "ClusterRoleBinding")
    assert [binding["metadata"]["name"] for binding in bindings] == []


async def test_no_verb_on_secrets_is_allowed_outside_the_list(plane: ControlPlane, own: Client) -> None:
    allowed = {
        (namespace, verb)
        for namespace in ("", *_namespaces(plane))
        for verb in VERBS
        if await _may(own, namespace, verb)
    }
    granted = {"get", "list", "watch", "create", "update", "delete"}
    assert allowed == {(namespace, verb) for namespace in SERVED for verb in granted}


async def test_the_rules_that_the_api_server_names_agree(plane: ControlPlane, own: Client) -> None:
    touching = {namespace for namespace in _namespaces(plane) if await _touches_secrets(own, namespace)}
    assert touching == set(SERVED)


def _namespaces(plane: ControlPlane) -> list[str]:
    found = plane.kubectl("get", "namespaces", "--output=jsonpath={.items[*].metadata.name}").stdout.split()
    assert {OTHER, NAMESPACE, "default", "kube-system", *SERVED} <= set(found)
    return found


async def _may(own: Client, namespace: str, verb: str) -> bool:
    """`namespace` may be empty: in all of them."""
    attributes = {"namespace": namespace, "verb": verb, "resource": "secrets"}
    answer = await own.create(ACCESS, None, {"spec": {"resourceAttributes": attributes}})
    return bool(answer["status"]["allowed"])


async def _touches_secrets(own: Client, namespace: str) -> bool:
    status = (await own.create(RULES, None, {"spec": {"namespace": namespace}}))["status"]
    assert not status["incomplete"]
    return any({"secrets", "*"} & set(rule.get("resources", ())) for rule in status["resourceRules"])


# The work


async def test_each_listed_namespace_is_served_and_nothing_is_done_or_asked_elsewhere(
    plane: ControlPlane, operator: OperatorProcess
) -> None:
    audit = AuditLog(plane.audit_log)
    audit.mark()
    operator.stop()
    operator.restart()
    async with _in(plane, OTHER) as elsewhere, _in(plane, SERVED[0]) as first, _in(plane, SERVED[1]) as second:
        await elsewhere.create(secret(NAME, {KEY: token()}), mail())
        for objects in (first, second):
            await _main_job(objects)
        assert (await elsewhere.status(NAME)).conditions is None
        assert await elsewhere.find(SECRETS, OUTPUT) is None
    audit.settle()
    requests = audit.requests()
    assert {request.namespace for request in requests if request.is_write} == set(SERVED)
    assert {request.namespace for request in requests} == {"", *SERVED}
    assert {request.resource for request in requests if not request.namespace} <= CLUSTER_SCOPED


async def test_it_is_ready_and_says_once_that_it_does_not_know_of_the_policies(operator: OperatorProcess) -> None:
    assert operator.fetch("/readyz") == (200, "ok\n")
    assert "tracardi_operator_admission_policies_in_force NaN" in operator.fetch("/metrics")[1]
    assert operator.log.read_text().count("Unknown whether the admission policies are in force") == 1


@pytest.mark.parametrize("starts_anew", [False, True], ids=["while it runs", "when it starts"])
async def test_a_namespace_that_is_missing_stops_no_other_and_is_served_once_it_is_there(
    plane: ControlPlane, operator: OperatorProcess, starts_anew: bool
) -> None:
    there, missing = SERVED
    plane.kubectl("delete", "namespace", missing)
    if starts_anew:
        operator.stop()
        operator.restart()
    async with _in(plane, there) as objects:
        await _main_job(objects)
    _wait_until_named(operator, missing)
    _add(plane, missing)
    async with _in(plane, missing) as objects:
        await _main_job(objects)
        assert ready(await objects.status(NAME)).status == "True"
    operator.wait_until_ready()


def _wait_until_named(operator: OperatorProcess, namespace: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not any(namespace in line for line in operator.fetch("/readyz")[1].splitlines()):
        assert time.monotonic() < deadline
        time.sleep(PAUSE)
