"""SIGKILL before and after each request of each step in a Resource's life: after the restart all is as without it."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from aiohttp import web

from tests.chaos.conftest import MakeRig, Rig
from tests.chaos.lifecycle import QUIET, STEPS, Picture, Step, assert_in_order, recorded, settled, until
from tests.chaos.proxy import Broken, Call, Fault
from tests.chaos.scene import scene
from tests.cluster.objects import Objects
from tracardi_operator.devcluster import ControlPlane

EXHAUSTIVE = os.environ.get("TRACARDI_TEST_EXHAUSTIVE") == "1"
WRITES = {"create", "update", "patch", "delete"}
AT_ONCE = 2
FLAGS = ("--resync-seconds", "3600")


@dataclass(frozen=True)
class CleanRun:
    pictures: dict[Step, Picture]
    calls: dict[Step, list[Call]]


@dataclass(frozen=True)
class Point:
    number: int
    """Of the request within a step, from 0."""
    before: bool


class Kill(Fault):
    """Ends the operator at the n-th request about a namespace."""

    def __init__(self, rig: Rig, namespace: str, point: Point) -> None:
        self._rig = rig
        self._namespace = namespace
        self._point = point
        self._seen = 0
        self._target: Call | None = None
        self.done = threading.Event()

    def before(self, call: Call) -> web.Response | None:
        if not _counts(call, self._namespace):
            return None
        if self._seen == self._point.number:
            self._target = call
        self._seen += 1
        if self._point.before and call is self._target:
            self._strike()
            raise Broken
        return None

    def after(self, call: Call) -> None:
        if call is self._target:
            self._strike()

    def _strike(self) -> None:
        self._rig.operator.kill()
        self.done.set()


def _counts(call: Call, namespace: str) -> bool:
    return call.namespace == namespace and call.verb != "list"


async def _clean_run(control_plane: ControlPlane, make_rig: MakeRig) -> CleanRun:
    clean = CleanRun({}, {})
    async with scene(control_plane) as objects:
        with make_rig("--namespaces", objects.namespace, *FLAGS) as rig:
            for step in STEPS:
                mark = len(rig.proxy.calls)
                await step(objects)
                clean.pictures[step] = await settled(objects, rig.proxy)
                clean.calls[step] = [call for _, call in rig.proxy.calls[mark:] if _counts(call, objects.namespace)]
    return clean


def _points(calls: dict[Step, list[Call]]) -> Iterator[Point]:
    for number in range(max(map(len, calls.values()))):
        for before in (True, False):
            yield Point(number, before)


def _selected(clean: CleanRun, point: Point) -> dict[Step, Point]:
    """The steps in which to strike at a point: all, or those where the request is a write that has just been done."""
    return {
        step: point
        for step, calls in clean.calls.items()
        if len(calls) > point.number and (EXHAUSTIVE or (calls[point.number].verb in WRITES and not point.before))
    }


@pytest.mark.timeout(900)
async def test_killed_at_any_request_it_ends_in_the_same_state(
    installed: ControlPlane, make_rig: MakeRig, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    clean = await _clean_run(installed, make_rig)
    kills: list[int] = []
    slots = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for point in _points(clean.calls):
            group.create_task(_one_life(installed, make_rig, clean, _selected(clean, point), slots, kills))
    with capsys.disabled():
        requests = {step.__name__: [str(call) for call in calls] for step, calls in clean.calls.items()}
        print(f"\n{requests}\n{len(kills)} kills in {time.monotonic() - started:.0f} s")
    assert kills


async def _one_life(
    control_plane: ControlPlane,
    make_rig: MakeRig,
    clean: CleanRun,
    points: dict[Step, Point],
    slots: asyncio.Semaphore,
    kills: list[int],
) -> None:
    if not points:
        return
    async with slots, scene(control_plane) as objects:
        context = make_rig("--namespaces", objects.namespace, *FLAGS)
        rig = await asyncio.to_thread(context.__enter__)
        try:
            async with recorded(objects) as history:
                for step in STEPS:
                    await _one_step(objects, rig, step, clean.pictures[step], points.get(step), kills)
            assert_in_order(history)
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)


async def _one_step(
    objects: Objects, rig: Rig, step: Step, expected: Picture, point: Point | None, kills: list[int]
) -> None:
    def is_quiet() -> bool:
        return rig.proxy.quiet_since(objects.namespace) > QUIET

    try:
        if point and await _strikes(objects, rig, step, expected, Kill(rig, objects.namespace, point)):
            rig.operator.restart()
            kills.append(1)
            await asyncio.to_thread(rig.operator.wait_until_ready)
        elif not point:
            await step(objects)
        await until(objects, expected, is_quiet)
    except AssertionError as error:
        error.add_note(f"{step.__name__}, {point}")
        raise


async def _strikes(objects: Objects, rig: Rig, step: Step, expected: Picture, kill: Kill) -> bool:
    """Whether the request came at which the operator was to be killed."""
    with rig.proxy.fault(kill):
        await step(objects)
        await until(
            objects, expected, lambda: rig.proxy.quiet_since(objects.namespace) > 2 * QUIET, unless=kill.done.is_set
        )
    return kill.done.is_set()
