"""Two replicas under load, the leader killed or paused past its lease: nothing older is written over anything newer."""

import asyncio
import itertools
import os
import random
import signal
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.lifecycle import History, recorded
from tests.cluster.builders import reference, resource
from tests.cluster.objects import DEADLINE, PAUSE, Objects, secret
from tests.cluster.operator_process import NAMESPACE, OperatorProcess
from tests.cluster.scenes import KEY, token
from tracardi_operator.api.names import MANAGER
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.errors import ApiError, Unreachable
from tracardi_operator.kube.kinds import LEASES

KILLS = 20
STEADY = [f"steady-{number}" for number in range(24)]
"""Resources whose Secrets always hold something valid."""
FICKLE = [f"fickle-{number}" for number in range(6)]
"""Resources whose Secrets hold something valid every other time."""
BAD = "<your-api-key>"
EVERY = 0.05
"""Seconds between two changes."""
SEED = 20261122


class Load:
    """Secrets that change all the time, and every Ready condition that their Resources were seen with."""

    def __init__(self, objects: Objects, dice: random.Random) -> None:
        self._objects = objects
        self._dice = dice
        self.values: defaultdict[str, list[str]] = defaultdict(list)
        """What the Secret of each Resource has held."""
        self.conditions: defaultdict[str, list[str]] = defaultdict(list)
        """Of each Resource, repetitions left out."""

    async def publish(self) -> None:
        for name in (*STEADY, *FICKLE):
            self.values[name].append(token())
            fields = {"token": reference("secretKeyRef", name, KEY)}
            await self._objects.create(secret(name, {KEY: self.values[name][0]}), resource(name, fields))
        for name in (*STEADY, *FICKLE):
            await self._objects.until_ready(name)

    async def change(self) -> None:
        while True:
            name = self._dice.choice((*STEADY, *FICKLE))
            await self._store(name, BAD if name in FICKLE and self.values[name][-1] != BAD else token())
            await asyncio.sleep(EVERY)

    async def end_well(self) -> None:
        """A last change, and all has arrived."""
        for name in (*STEADY, *FICKLE):
            await self._store(name, token())
        for name in (*STEADY, *FICKLE):
            await self._objects.until_value(output(name), "token", self.values[name][-1])
            await self._objects.until_ready(name)

    async def watch(self) -> None:
        page = await anext(self._objects.client.list_pages(RESOURCES, self._objects.namespace))
        async with self._objects.client.watch(
            RESOURCES,
            self._objects.namespace,
            resource_version=page["metadata"]["resourceVersion"],
            timeout_seconds=3000,
        ) as events:
            async for event in events:
                if event.type == "MODIFIED":
                    self._note(event.object)

    def assert_no_condition_flapped(self) -> None:
        """None has changed more often than what it tells of."""
        for name in STEADY:
            assert self.conditions[name] == ["True"]
        for name in FICKLE:
            verdicts = [value != BAD for value in self.values[name]]
            turns = sum(before != after for before, after in itertools.pairwise(verdicts))
            assert len(self.conditions[name]) - 1 <= turns

    async def _store(self, name: str, value: str) -> None:
        self.values[name].append(value)
        await self._objects.store(name, {KEY: value})

    def _note(self, body: Object) -> None:
        conditions = body["status"]["conditions"]
        ready = next(str(condition["status"]) for condition in conditions if condition["type"] == "Ready")
        seen = self.conditions[body["metadata"]["name"]]
        if seen[-1:] != [ready]:
            seen.append(ready)


def output(name: str) -> str:
    return f"{name}-production-resolved"


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


@pytest.mark.timeout(900)
@pytest.mark.parametrize("how", ["killed", "paused"])
async def test_every_change_arrives_in_order_and_conditions_do_not_flap(
    installed: ControlPlane, objects: Objects, tmp_path: Path, how: str, tell: Tell
) -> None:
    started = time.monotonic()
    dice = random.Random(SEED)
    load = Load(objects, dice)
    with ExitStack() as stack:
        pair = await asyncio.to_thread(Pair, installed, objects, tmp_path, stack)
        await load.publish()
        async with recorded(objects) as history:
            watching = asyncio.create_task(load.watch())
            changing = asyncio.create_task(load.change())
            try:
                await (_kill(pair, history, dice, tell) if how == "killed" else _pause(pair, history))
            finally:
                await _end(changing)
            await load.end_well()
            await _end(watching)
    edits = sum(len(values) for values in load.values.values())
    tell(f" {edits} changes, {len(history.states)} writes, {time.monotonic() - started:.0f} s ")
    history.assert_nothing_older_follows()
    for name, values in load.values.items():
        order = [values.index(value) for value in history.tokens(output(name))]
        assert order == sorted(order), name
    assert history.removed == []
    load.assert_no_condition_flapped()


async def _end(task: asyncio.Task[None]) -> None:
    """Its own failure comes out."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def _kill(pair: Pair, history: History, dice: random.Random, tell: Tell) -> None:
    for number in range(KILLS):
        leader = await pair.leader()
        await _until_written(history)
        await asyncio.sleep(dice.uniform(0, 0.5))
        leader.kill()
        if number:
            await pair.free_lease()
        leader.restart()
        tell(f" {number + 1}")


async def _pause(pair: Pair, history: History) -> None:
    leader = await pair.leader()
    await _until_written(history)
    os.kill(leader.pid, signal.SIGSTOP)
    try:
        held = await pair.holder()
        deadline = time.monotonic() + DEADLINE
        while await pair.holder() == held:
            assert time.monotonic() < deadline, "the lease was not taken over"
            await asyncio.sleep(PAUSE)
        await _until_written(history)
    finally:
        os.kill(leader.pid, signal.SIGCONT)
    await asyncio.sleep(3)


async def _until_written(history: History) -> None:
    """Who leads is at work: some outputs have been written from now on."""
    deadline = time.monotonic() + DEADLINE
    enough = len(history.states) + 10
    while len(history.states) < enough:
        assert time.monotonic() < deadline, "nothing is written"
        await asyncio.sleep(PAUSE)
