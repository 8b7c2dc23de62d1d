"""1,000 inputs changed at once, and then nothing for a while: time against a bare client, requests and CPU.

Each change costs one read, the output, the status and an Event that says it was published; the bare client makes none.

Times are ratios within one run; their limits are wide, since the machine may be busy with others.
"""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.audit import AuditLog
from tests.bench.fleet import BareClient, change_token, for_each
from tests.bench.plane import await_reconciled, seeded, tell
from tests.cluster.install import install
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT, OperatorProcess
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.session import connect

COUNT = 1_000
IDLE_SECONDS = 30


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    """One of its own: the audit log is to tell of this alone."""
    with ControlPlane.start() as plane:
        install(plane)
        yield plane


@pytest.mark.timeout(900)
async def test_a_thousand_changes_at_once_cost_one_read_three_writes_each_and_then_nothing(
    control_plane: ControlPlane, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = control_plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
    bare_seconds = await _bare(control_plane, kubeconfig)
    audit = AuditLog(control_plane.audit_log)
    with (
        await seeded(control_plane, "operator", COUNT) as namespace,
        OperatorProcess(kubeconfig, tmp_path / "log") as operator,
    ):
        await_reconciled(operator, COUNT)
        audit.settle()
        audit.mark()
        started = await _change_all(control_plane, namespace)
        await_reconciled(operator, 2 * COUNT)
        audit.settle()
        requests = audit.requests()
        idle = _idle(operator, audit)
    finished = max(r.answered for r in requests if r.resource == "resources/status").timestamp()
    bulk_ratio = (finished - started) / bare_seconds
    figures = {"n": COUNT, "bare_seconds": round(bare_seconds, 2), "bulk_ratio": round(bulk_ratio, 2), **idle}
    tell("bulk", figures, capsys)
    counted = Counter((r.verb, r.resource) for r in requests if r.namespace == namespace)
    expected = [("get", "secrets"), ("update", "secrets"), ("patch", "resources/status"), ("create", "events")]
    assert counted == dict.fromkeys(expected, COUNT)
    assert (idle["idle_writes"], idle["idle_values_read"]) == (0, 0)
    assert bulk_ratio < 4


async def _change_all(control_plane: ControlPlane, namespace: str) -> float:
    """Returns the time at which the first change was sent."""
    connection = await connect(str(control_plane.kubeconfig))
    async with connection.session() as session:
        started = time.time()
        await for_each(COUNT, partial(change_token, Client(connection, session), namespace))
        return started


def _idle(operator: OperatorProcess, audit: AuditLog) -> dict[str, float]:
    audit.mark()
    before = _cpu_seconds(operator.pid)
    time.sleep(IDLE_SECONDS)
    share = (_cpu_seconds(operator.pid) - before) / IDLE_SECONDS
    audit.settle()
    requests = audit.requests()
    return {
        "idle_cpu_share": round(share, 4),
        "idle_writes": sum(request.is_write for request in requests),
        "idle_values_read": sum(request.reads_value for request in requests),
    }


def _cpu_seconds(pid: int) -> float:
    return sum(psutil.Process(pid).cpu_times()[:2])


async def _bare(control_plane: ControlPlane, kubeconfig: Path) -> float:
    """The seconds that a bare client takes, told of each change at once, with the rights of the operator's own user."""
    admin, own = await connect(str(control_plane.kubeconfig)), await connect(str(kubeconfig))
    with await seeded(control_plane, "bare", COUNT) as namespace:
        async with admin.session() as admin_session, own.session() as session:
            bare = BareClient(own, session)
            await bare.publish_all(namespace, COUNT)
            change = partial(change_token, Client(admin, admin_session), namespace)
            return await bare.republish_all(namespace, COUNT, change)
