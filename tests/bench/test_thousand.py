"""1,000 Resources on the real API server: what a cold start costs, by the audit log and against a bare client.

Counts are exact. Times are ratios within one run; their limits are wide, since the machine may be busy with others.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.audit import AuditLog, Request
from tests.bench.fleet import BareClient
from tests.bench.plane import await_reconciled, seeded, tell
from tests.cluster.install import install
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT, OperatorProcess
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.session import connect

COUNT = 1_000


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    """One of its own: the audit log is to tell of this alone."""
    with ControlPlane.start() as plane:
        install(plane)
        yield plane


@dataclass(frozen=True)
class Run:
    """One cold start of the operator, and one restart after it."""

    started: float
    ready: float
    cold: list[Request]
    """The requests of the cold start."""
    restart: list[Request]
    cpu_seconds: float
    peak_bytes: int

    @property
    def finished(self) -> float:
        return max(r.answered for r in self.cold if r.resource == "resources/status").timestamp()


@pytest.mark.timeout(900)
async def test_a_cold_start_costs_one_read_one_output_and_one_status_each_and_a_restart_nothing(
    control_plane: ControlPlane, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = control_plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
    bare_seconds = await _bare(control_plane, kubeconfig)
    with await seeded(control_plane, "operator", COUNT) as namespace:
        run = _run(OperatorProcess(kubeconfig, tmp_path / "log"), AuditLog(control_plane.audit_log))
    cold = Counter((r.verb, r.resource) for r in run.cold if r.namespace == namespace)
    tell("thousand", _figures(run, bare_seconds, cold), capsys)
    expected = [("get", "secrets"), ("create", "secrets"), ("patch", "resources/status")]
    assert cold == dict.fromkeys(expected, COUNT)
    assert [request for request in run.restart if request.is_write or request.reads_value] == []
    assert (run.finished - run.ready) / bare_seconds < 4


def _run(operator: OperatorProcess, audit: AuditLog) -> Run:
    audit.mark()
    started = time.time()
    with operator:
        ready = time.time()
        await_reconciled(operator, COUNT)
        cpu, peak = sum(psutil.Process(operator.pid).cpu_times()[:2]), _peak_memory(operator.pid)
        audit.settle()
        cold = audit.requests()
        operator.stop()
        audit.mark()
        operator.restart()
        operator.wait_until_ready()
        audit.settle(5)
        return Run(started, ready, cold, audit.requests(), cpu, peak)


def _figures(run: Run, bare_seconds: float, cold: Counter[tuple[str, str]]) -> dict[str, object]:
    return {
        "n": COUNT,
        "bare_seconds": round(bare_seconds, 2),
        "cold_ratio": round((run.finished - run.ready) / bare_seconds, 2),
        "cold_ratio_with_process_start": round((run.finished - run.started) / bare_seconds, 2),
        "cpu_ms_per_resource": round(run.cpu_seconds / COUNT * 1000, 2),
        "peak_rss_mb": round(run.peak_bytes / 1e6),
        "requests": {f"{verb} {kind}": number for (verb, kind), number in sorted(cold.items())},
        "restart_writes": sum(request.is_write for request in run.restart),
        "restart_values_read": sum(request.reads_value for request in run.restart),
    }


def _peak_memory(pid: int) -> int:
    """In bytes; the high-water mark that Linux keeps."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


async def _bare(control_plane: ControlPlane, kubeconfig: Path) -> float:
    """The seconds that a bare client takes, with the rights and limits of the operator's own user."""
    with await seeded(control_plane, "bare", COUNT) as namespace:
        connection = await connect(str(kubeconfig))
        async with connection.session() as session:
            return await BareClient(connection, session).publish_all(namespace, COUNT)
