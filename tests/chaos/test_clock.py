"""An operator whose wall clock jumps: who leads goes on leading, and changes are published."""

import asyncio
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos.clock import WallClock, clear
from tests.cluster.builders import reference, resource
from tests.cluster.objects import DEADLINE, PAUSE, Objects, secret
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT, OperatorProcess
from tests.cluster.scenes import KEY, token
from tracardi_operator.api.names import MANAGER
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.kinds import LEASES

HOUR = timedelta(hours=1)
LEASE_SECONDS = 15
PRINTING = "import time\nwhile True: print(time.time(), time.monotonic(), flush=True); time.sleep(0.2)"


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    clock = WallClock(tmp_path / "clock")
    if not clock.environment:
        pytest.skip("libfaketime has no library for this platform")
    return clock


def test_the_clock_of_a_process_jumps_and_time_that_passes_does_not(clock: WallClock) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PRINTING], env=os.environ | clock.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        before = _times(process.stdout.readline())
        clock.shift(2)
        after = next(times for line in process.stdout if (times := _times(line))[0] > before[0] + 7000)
        process.kill()
    clear(process.pid)
    assert after[0] - before[0] == pytest.approx(7200 + after[1] - before[1], abs=1)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("hours", [2, -2])
async def test_a_leader_whose_clock_jumps_leads_on_and_publishes_what_changes(
    installed: ControlPlane, objects: Objects, clock: WallClock, tmp_path: Path, hours: int
) -> None:
    with ExitStack() as stack:
        await asyncio.to_thread(_start, stack, installed, tmp_path / "leader", clock)
        await objects.create(
            secret("input", {KEY: token()}), resource("jumps", {"token": reference("secretKeyRef", "input", KEY)})
        )
        await objects.until_ready("jumps")
        before = await _lease(objects)
        clock.shift(hours)
        await _until_renewed(objects, datetime.now(UTC) + hours * HOUR)
        await asyncio.to_thread(_start, stack, installed, tmp_path / "standby")
        await asyncio.sleep(LEASE_SECONDS + 1)
        await objects.store("input", {KEY: (value := token())})
        await objects.until_value("jumps-production-resolved", "token", value)
        after = await _lease(objects)
    assert after["holderIdentity"] == before["holderIdentity"]
    assert after["leaseTransitions"] == before["leaseTransitions"]


def _start(stack: ExitStack, plane: ControlPlane, log: Path, clock: WallClock | None = None) -> None:
    kubeconfig = plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
    environment = clock.environment if clock else {}
    operator = OperatorProcess(kubeconfig, log, "--leader-election", environment=environment)
    stack.callback(operator.stop)
    operator.wait_until_ready()


def _times(line: str) -> tuple[float, float]:
    """Of the wall clock, and since some moment."""
    wall, monotonic = map(float, line.split())
    return wall, monotonic


async def _lease(objects: Objects) -> Object:
    lease = await objects.client.get(LEASES, NAMESPACE, MANAGER)
    return dict(lease["spec"])


async def _until_renewed(objects: Objects, then: datetime) -> None:
    """Until who leads writes a time near `then` into the Lease."""
    deadline = time.monotonic() + DEADLINE
    while abs(_renewed(await _lease(objects)) - then) > HOUR:
        assert time.monotonic() < deadline, "the clock has not jumped"
        await asyncio.sleep(PAUSE)


def _renewed(lease: Object) -> datetime:
    return datetime.strptime(lease["renewTime"], "%Y-%m-%dT%H:%M:%S.%f%z")
