"""Two replicas under load, the leader killed or paused past its lease: nothing older is written over anything newer."""

import asyncio
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos.lifecycle import recorded
from tests.cluster.objects import DEADLINE, PAUSE, Objects, decode
from tests.cluster.operator_process import NAMESPACE, OperatorProcess
from tests.cluster.scenes import KEY, NAME, OUTPUT, publish, token
from tracardi_operator.api.names import MANAGER
from tracardi_operator.control.writer import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.errors import ApiError, Unreachable
from tracardi_operator.kube.kinds import LEASES

KILLS = 20 if os.environ.get("TRACARDI_TEST_EXHAUSTIVE") == "1" else 3
EVERY = 0.1
"""Seconds between two changes."""


class Load:
    """One Secret that changes all the time, and every Ready condition that its Resource was seen with."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.values: list[str] = []
        self.conditions: list[str] = []

    async def change(self) -> None:
        while True:
            value = token()
            self.values.append(value)
            await self._objects.store(NAME, {KEY: value})
            await asyncio.sleep(EVERY)

    async def watch(self) -> None:
        version = (await self._objects.get(RESOURCES, NAME))["metadata"]["resourceVersion"]
        async with self._objects.client.watch(
            RESOURCES, self._objects.namespace, resource_version=version, timeout_seconds=3000
        ) as events:
            async for event in events:
                self.conditions += [_ready(event.object)] if event.type == "MODIFIED" else []


def _ready(body: Object) -> str:
    conditions = body["status"]["conditions"]
    return next(str(condition["status"]) for condition in conditions if condition["type"] == "Ready")


class Pair:
    def __init__(self, control_plane: ControlPlane, objects: Objects, folder: Path, stack: ExitStack) -> None:
        self._objects = objects
        self.replicas = [
            OperatorProcess.of(control_plane, folder / f"{number}.log", "--leader-election") for number in range(2)
        ]
        for replica in self.replicas:
            stack.callback(replica.stop)
            replica.wait_until_ready()

    async def holder(self) -> str:
        lease = await self._objects.client.get(LEASES, NAMESPACE, MANAGER)
        return lease["spec"].get("holderIdentity") or ""

    async def leader(self) -> OperatorProcess:
        """Who logged the identity that holds the Lease."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            try:
                holder = await self.holder()
            except (ApiError, Unreachable):
                holder = ""
            for replica in self.replicas:
                if holder and holder in replica.log.read_text() and replica.exit_code is None:
                    return replica
            await asyncio.sleep(PAUSE)
        raise AssertionError("nobody leads")

    async def free_lease(self) -> None:
        """Spare the test the wait until it runs out."""
        await self._objects.client.delete(LEASES, NAMESPACE, MANAGER)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", ["killed", "paused"])
async def test_every_change_arrives_in_order_and_conditions_do_not_flap(
    installed: ControlPlane, objects: Objects, tmp_path: Path, how: str
) -> None:
    with ExitStack() as stack:
        pair = await asyncio.to_thread(Pair, installed, objects, tmp_path, stack)
        await publish(objects)
        load = Load(objects)
        async with recorded(objects) as history:
            tasks = [asyncio.create_task(load.watch()), asyncio.create_task(load.change())]
            try:
                await (_kill(pair) if how == "killed" else _pause(pair))
            finally:
                tasks[1].cancel()
                await asyncio.gather(tasks[1], return_exceptions=True)
            await objects.until_value(OUTPUT, "token", load.values[-1])
            await objects.until_ready(NAME)
            tasks[0].cancel()
            await asyncio.gather(tasks[0], return_exceptions=True)
        held = [decode(body)["token"].decode() for body in history.states]
    order = [load.values.index(value) for value in held if value in load.values]
    assert len(set(order)) > KILLS
    assert order == sorted(order)
    assert history.revisions(OUTPUT) == sorted(history.revisions(OUTPUT))
    assert set(load.conditions) == {"True"}


async def _kill(pair: Pair) -> None:
    for number in range(KILLS):
        leader = await pair.leader()
        await asyncio.sleep(1)
        leader.kill()
        if number:
            await pair.free_lease()
        await pair.leader()  # the other one: the dead don't count
        leader.restart()
        await asyncio.to_thread(leader.wait_until_ready)


async def _pause(pair: Pair) -> None:
    leader = await pair.leader()
    await asyncio.sleep(1)
    os.kill(leader.pid, signal.SIGSTOP)
    try:
        held = await pair.holder()
        deadline = time.monotonic() + DEADLINE
        while await pair.holder() == held:
            assert time.monotonic() < deadline, "the lease was not taken over"
            await asyncio.sleep(PAUSE)
        await asyncio.sleep(1)
    finally:
        os.kill(leader.pid, signal.SIGCONT)
    await asyncio.sleep(3)
