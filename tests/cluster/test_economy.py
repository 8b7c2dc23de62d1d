"""What the operator costs the API server: requests counted from the audit log, Lease aside, and never a time.

On a control plane of its own, so that the log tells of nothing else.
"""

import asyncio
import inspect
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import yaml

from tests.audit import AuditLog, Request
from tests.bench.fleet import for_each, seed
from tests.bench.fleet import resource as fleet_resource
from tests.chaos.proxy import running
from tests.chaos.scene import scene
from tests.cluster.builders import Document, reference, resource
from tests.cluster.install import install
from tests.cluster.objects import Objects, reason_of, secret, status_of
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT, OperatorProcess
from tests.cluster.scenes import KEY, NAME, OUTPUT, publish, token
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import SECRETS

FLEET = 200
IDLE_SECONDS = 120.0
CHANGED = range(10)
CROWD = 5_000
WORKERS = 16
FLAPS = 300
EVENTS_AT_ONCE = 10
"""As many Events a Resource may have at once; then one a minute (`control/events.py`)."""
BACKOFF_BASE = 0.5
"""Seconds before the first retry, or half of them by chance; doubled each time (`kube/workqueue.py`)."""
FAILURES = 6
DEADLINE = 300.0
"""Seconds; nothing is said about speed."""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    with ControlPlane.start() as plane:
        install(plane)
        yield plane


@pytest.fixture(scope="module")
def kubeconfig(control_plane: ControlPlane) -> Path:
    return control_plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)


@pytest.fixture
def audit(control_plane: ControlPlane) -> AuditLog:
    return AuditLog(control_plane.audit_log)


@pytest.fixture
def operator(kubeconfig: Path, tmp_path: Path) -> Iterator[OperatorProcess]:
    """With the settings that are shipped."""
    with started(kubeconfig, tmp_path / "log") as operator:
        yield operator


@contextmanager
def started(kubeconfig: Path, log: Path, workers: int = WORKERS) -> Iterator[OperatorProcess]:
    operator = OperatorProcess(kubeconfig, log, "--workers", str(workers))
    try:
        operator.wait_until_ready()
        yield operator
    finally:
        operator.stop()


@pytest.fixture
async def objects(control_plane: ControlPlane) -> AsyncIterator[Objects]:
    async with scene(control_plane) as objects:
        yield objects


@asynccontextmanager
async def fleet(control_plane: ControlPlane) -> AsyncIterator[Objects]:
    """Many Resources, each with a Secret of its own."""
    async with scene(control_plane) as objects:
        await seed(objects.client, objects.namespace, FLEET)
        yield objects


# Nothing to do


async def test_idle_it_costs_no_write_and_no_value_and_after_a_restart_only_what_changed_does(
    control_plane: ControlPlane, operator: OperatorProcess, audit: AuditLog
) -> None:
    async with fleet(control_plane) as objects:
        await _all_published(objects)
        await _assert_idle(operator, audit)
        operator.stop()
        audit.mark()
        for index in CHANGED:
            await objects.store(f"s{index}", {"token": token()})
        operator.restart()
        operator.wait_until_ready()
        await _until(lambda: _count(_of(objects, audit), "patch", "resources/status") >= len(CHANGED))
        audit.settle(2)
        requests = _of(objects, audit)
    inputs, outputs = {f"s{index}" for index in CHANGED}, {_output(index) for index in CHANGED}
    reads = Counter(request.name for request in requests if request.reads_value)
    writes = Counter(
        (request.verb, request.name) for request in requests if request.is_write and request.resource != "events"
    )
    assert {name: times for name, times in reads.items() if name not in outputs} == dict.fromkeys(inputs, 1)
    updates = {("update", name): 1 for name in outputs}
    assert writes == updates | {("patch", f"r{index}"): 1 for index in CHANGED}


async def _assert_idle(operator: OperatorProcess, audit: AuditLog) -> None:
    audit.mark()
    await asyncio.sleep(IDLE_SECONDS)
    audit.settle()
    requests = audit.requests()
    assert [request for request in requests if request.is_write or request.reads_value] == []
    assert _count(requests, "list", "resources") >= 1, "nothing was compared"
    assert operator.exit_code is None


# Too much to do


async def test_a_flapping_secret_costs_at_most_two_writes_an_edit_and_few_events(
    operator: OperatorProcess, objects: Objects, audit: AuditLog, capsys: pytest.CaptureFixture[str]
) -> None:
    """An output for each valid state at most, a status for each state; ten Events, and one more a minute."""
    await publish(objects)
    audit.mark()
    started = time.monotonic()
    for number in range(FLAPS):
        value = token() if number % 2 else "<your-api-key>"
        await objects.store(NAME, {KEY: value})
    await objects.until_value(OUTPUT, "token", value)
    await objects.until_ready(NAME)
    audit.settle(2)
    minutes = (time.monotonic() - started) / 60
    writes = Counter((request.verb, request.resource) for request in _of(objects, audit) if request.is_write)
    with capsys.disabled():
        print(f" {FLAPS} edits cost {dict(writes)}", end="")
    assert set(writes) == {("update", "secrets"), ("patch", "resources/status"), ("create", "events")}
    assert writes["update", "secrets"] <= FLAPS / 2
    assert writes["patch", "resources/status"] <= FLAPS
    assert writes["create", "events"] <= EVENTS_AT_ONCE + minutes + 1


async def test_no_more_requests_are_under_way_at_once_than_is_set(
    control_plane: ControlPlane, kubeconfig: Path, tmp_path: Path
) -> None:
    few = 4
    async with fleet(control_plane) as objects:
        with running(kubeconfig, tmp_path) as proxy, started(proxy.kubeconfig, tmp_path / "log", few):
            await _all_published(objects)
    assert proxy.most_at_once == few


# Nothing to be done about it


async def test_what_always_fails_is_tried_later_and_later_and_holds_nobody_up(
    control_plane: ControlPlane, operator: OperatorProcess, objects: Objects, audit: AuditLog
) -> None:
    with _refused(control_plane, objects.namespace, "doomed-production-resolved"):
        await objects.create(
            secret("doomed", {KEY: token()}), resource("doomed", {"token": reference("secretKeyRef", "doomed", KEY)})
        )
        await publish(objects)
        await _until(lambda: _refusals(objects, audit))
        for _ in range(20):
            value = token()
            await objects.store(NAME, {KEY: value})
            await objects.until_value(OUTPUT, "token", value)
        await _until(lambda: len(_refusals(objects, audit)) >= FAILURES)
        times = [request.received.timestamp() for request in _refusals(objects, audit)]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    shortest = [BACKOFF_BASE * 2**number / 2 for number in range(len(gaps))]
    shortest[0] = 0  # the status that the first failure brings about may come as news
    assert all(gap >= least for gap, least in zip(gaps, shortest, strict=True)), gaps


def _refusals(objects: Objects, audit: AuditLog) -> list[Request]:
    return [r for r in _of(objects, audit) if (r.verb, r.resource) == ("create", "secrets") and r.code >= 400]


@contextmanager
def _refused(control_plane: ControlPlane, namespace: str, name: str) -> Iterator[None]:
    """No Secret of this name may be made."""
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": namespace},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["secrets"]}
                ]
            },
            "validations": [{"expression": f"request.namespace != '{namespace}' || object.metadata.name != '{name}'"}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": namespace},
        "spec": {"policyName": namespace, "validationActions": ["Deny"]},
    }
    attempt = ("create", "secret", "generic", name, "--namespace", namespace, "--dry-run=server")
    control_plane.kubectl("apply", "-f", "-", input=yaml.safe_dump_all([policy, binding]))
    try:
        deadline = time.monotonic() + DEADLINE
        while not control_plane.kubectl(*attempt, check=False).returncode:
            assert time.monotonic() < deadline, "the policy is not in force"
        yield
    finally:
        control_plane.kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", namespace)


# Last of all: the namespace takes long to be removed


async def test_thousands_of_changes_elsewhere_delay_a_change_by_a_few_reconciliations(
    control_plane: ControlPlane, operator: OperatorProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """The order of all writes in the cluster is told by resourceVersions."""
    async with scene(control_plane) as crowd, scene(control_plane) as objects:
        await publish(objects)
        await crowd.create(secret("shared", {"token": token()}))
        await for_each(
            CROWD, lambda index: crowd.client.create(RESOURCES, crowd.namespace, fleet_resource(f"r{index}", "shared"))
        )
        await _all_published(crowd)
        changed = _version(await crowd.store("shared", {"token": token()}))
        await _until_written(crowd, changed)
        spans = [await _edit(objects) for _ in range(5)]
        written = await _written_since(crowd, changed)
    overtaken_by = [sum(begin < version < end for version in written) for begin, end in spans]
    with capsys.disabled():
        print(f" outputs written elsewhere between an edit and its output: {overtaken_by}", end="")
    assert len(written) < CROWD, "the crowd was done before"
    assert max(overtaken_by) <= CROWD / 20


async def _edit(objects: Objects) -> tuple[int, int]:
    """The versions of an edit and of the output that holds it."""
    value = token()
    begin = _version(await objects.store(NAME, {KEY: value}))
    return begin, _version(await objects.until_value(OUTPUT, "token", value))


async def _written_since(objects: Objects, version: int) -> list[int]:
    """The versions of the outputs written after one."""
    pages = [page async for page in objects.client.list_pages(SECRETS, objects.namespace, metadata_only=True)]
    return [number for page in pages for item in page["items"] if (number := _version(item)) > version]


async def _until_written(objects: Objects, version: int) -> None:
    await _until(lambda: _written_since(objects, version))


# What is waited for and counted


async def _all_published(objects: Objects) -> None:
    """Until every Resource of the namespace is told to be ready."""
    await _until(lambda: _all_ready(objects))


async def _all_ready(objects: Objects) -> bool:
    pages = objects.client.list_pages(RESOURCES, objects.namespace)
    return all([reason_of(status_of(body)) == "Ready" async for page in pages for body in page["items"]])


async def _until(holds: Callable[[], object]) -> None:
    """Until what is called, or what it gives to be awaited, is true."""
    deadline = time.monotonic() + DEADLINE
    while not (await found if inspect.isawaitable(found := holds()) else found):
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.1)


def _of(objects: Objects, audit: AuditLog) -> list[Request]:
    return [request for request in audit.requests() if request.namespace == objects.namespace]


def _count(requests: list[Request], verb: str, kind: str) -> int:
    return sum((request.verb, request.resource) == (verb, kind) for request in requests)


def _version(body: Document) -> int:
    return int(body["metadata"]["resourceVersion"])


def _output(index: int) -> str:
    return f"r{index}-production-resolved"
