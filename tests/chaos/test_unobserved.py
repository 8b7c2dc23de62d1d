"""Each single watch event of a Resource's life never arrives, and after a reconnect an older state is served."""

import asyncio
import os
import time
from collections.abc import Iterator

import pytest

from tests.chaos.conftest import MakeRig, Rig
from tests.chaos.lifecycle import STEPS, Picture, Step, assert_in_order, clean_pictures, recorded, until
from tests.chaos.proxy import Call, Event, Fault
from tests.chaos.scene import scene
from tests.cluster.objects import Objects
from tracardi_operator.devcluster import ControlPlane

EXHAUSTIVE = os.environ.get("TRACARDI_TEST_EXHAUSTIVE") == "1"
RESYNC = 1.0
FLAGS = ("--resync-seconds", str(RESYNC), "--relist-seconds", str(RESYNC))
AT_ONCE = 6


class Lost(Fault):
    """The n-th event about a namespace never arrives, of those that come from now on."""

    def __init__(self, namespace: str, number: int) -> None:
        self._namespace = namespace
        self._countdown = number
        self.lost: str | None = None

    def event(self, call: Call, event: Event) -> bool:
        metadata = event["object"].get("metadata", {})
        if metadata.get("namespace") != self._namespace or self.lost:
            return True
        self._countdown -= 1
        if self._countdown < 0:
            self.lost = f"{event['type']} of {call.resource} {metadata['name']}"
        return self.lost is None


@pytest.fixture(scope="module")
def rig(make_rig: MakeRig) -> Iterator[Rig]:
    with make_rig(*FLAGS) as rig:
        yield rig


@pytest.mark.timeout(900)
async def test_any_single_event_may_be_lost(
    rig: Rig, installed: ControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    async with scene(installed) as objects:
        pictures = await clean_pictures(objects, rig.proxy)
    lost: list[str] = []
    slots = asyncio.Semaphore(AT_ONCE)

    async def life(number: int) -> None:
        async with slots, scene(installed) as objects, recorded(objects) as history:
            for step in STEPS:
                await _step_without(objects, rig, step, pictures[step], number, lost)
            assert_in_order(history)

    async with asyncio.TaskGroup() as group:
        for number in range(8 if EXHAUSTIVE else 4):
            group.create_task(life(number))
    with capsys.disabled():
        print(f"\n{len(lost)} events lost, {sorted(set(lost))}, {time.monotonic() - started:.0f} s")
    assert lost


async def _step_without(
    objects: Objects, rig: Rig, step: Step, expected: Picture, number: int, lost: list[str]
) -> None:
    fault = Lost(objects.namespace, number)
    try:
        with rig.proxy.fault(fault):
            await step(objects)
            await until(objects, expected, lambda: rig.proxy.quiet_since(objects.namespace) > 2 * RESYNC)
    except AssertionError as error:
        error.add_note(f"{step.__name__} without {fault.lost}")
        raise
    if fault.lost:
        lost.append(f"{step.__name__}: {fault.lost}")
