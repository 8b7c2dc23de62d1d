"""After a reconnect the API server is at an earlier point in time than was already seen, and catches up later.

For each of the three watches, and before and during each step of a Resource's life. The answers are the API server's
own: a list of the past is one with `resourceVersionMatch=Exact`, which etcd's history serves.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp import web

from tests.chaos.conftest import MakeRig, Rig, Tell
from tests.chaos.lifecycle import (
    STEPS,
    History,
    Picture,
    Step,
    assert_in_order,
    clean_pictures,
    picture,
    recorded,
    until,
)
from tests.chaos.proxy import Call, Fault, error_event
from tests.chaos.scene import scene
from tests.cluster.objects import DEADLINE, PAUSE, Objects
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind

FLAGS = ("--resync-seconds", "1", "--relist-seconds", "1")
HELD = 1.0
"""Seconds for which the operator has to live with what is past."""


class Behind(Fault):
    """The API server is at an earlier point in time about one kind."""

    def __init__(self, kind: Kind, version: str, verbs: set[str]) -> None:
        self._kind = kind
        self._version = version
        self._verbs = verbs
        self.told = 0

    def before(self, call: Call) -> web.Response | None:
        self.told += self._concerns(call)
        return None

    def version(self, call: Call) -> str:
        return self._version if self._concerns(call) else ""

    def _concerns(self, call: Call) -> bool:
        return call.resource == self._kind.plural and call.verb in self._verbs


async def _reconnected(rig: Rig, kind: Kind) -> None:
    """Each watch of the kind ends, and its version is too old to go on from: all is listed anew."""
    rig.proxy.cut(lambda call: call.resource == kind.plural, error_event(410, "Expired"))


async def _restarted(rig: Rig, _: Kind) -> None:
    rig.operator.kill()
    rig.operator.restart()
    await asyncio.to_thread(rig.operator.wait_until_ready)


HOWS = {
    # whatever lists or watches is told of the past
    "reconnected": (_reconnected, {"list", "watch"}),
    # nothing is remembered; but a list without a version is always of the present
    "restarted": (_restarted, {"watch"}),
}


async def _nothing(_: Objects) -> None:
    pass


@pytest.mark.timeout(900)
@pytest.mark.parametrize("how", HOWS)
async def test_an_earlier_state_changes_nothing_and_holds_nothing_up(
    installed: ControlPlane, make_rig: MakeRig, how: str, tell: Tell
) -> None:
    started = time.monotonic()
    async with scene(installed) as objects, recorded(objects) as clean:
        with make_rig("--namespaces", objects.namespace, *FLAGS) as rig:
            pictures = await clean_pictures(objects, rig.proxy)

    async def live(kind: Kind) -> None:
        async with scene(installed) as objects:
            context = make_rig("--namespaces", objects.namespace, *FLAGS)
            rig = await asyncio.to_thread(context.__enter__)
            try:
                async with recorded(objects) as history:
                    await _life(objects, rig, kind, how, pictures, tell)
                _assert_right(history, clean)
            finally:
                await asyncio.to_thread(context.__exit__, None, None, None)

    async with asyncio.TaskGroup() as group:
        for kind in (RESOURCES, SECRETS, CONFIG_MAPS):
            group.create_task(live(kind))
    tell(f" {3 * len(STEPS)} times behind, {time.monotonic() - started:.0f} s ")


def _assert_right(history: History, clean: History) -> None:
    assert_in_order(history)
    assert Counter(history.removed) == Counter(clean.removed)


async def _life(objects: Objects, rig: Rig, kind: Kind, how: str, pictures: dict[Step, Picture], tell: Tell) -> None:
    """Each step is done while the API server tells of the time before the step before it."""
    first, *others = STEPS
    version = await _version(objects, kind)
    await first(objects)
    await until(objects, pictures[first])
    last = first
    for step in (*others, _nothing):
        try:
            with _behind(rig, kind, how, version) as fault:
                await HOWS[how][0](rig, kind)
                await _until_told(fault)
                await asyncio.sleep(HELD)
                assert await picture(objects) == pictures[last]
                version = await _version(objects, kind)
                await step(objects)
                await asyncio.sleep(HELD)
            last = step if step in pictures else last
            await until(objects, pictures[last])
            tell(f" {kind.plural}/{step.__name__}")
        except AssertionError as error:
            error.add_note(f"{how}, {kind} from before {last.__name__}, {step.__name__} meanwhile")
            raise


@contextmanager
def _behind(rig: Rig, kind: Kind, how: str, version: str) -> Iterator[Behind]:
    fault = Behind(kind, version, HOWS[how][1])
    with rig.proxy.fault(fault):
        yield fault


async def _version(objects: Objects, kind: Kind) -> str:
    """The present point in time."""
    page = await anext(objects.client.list_pages(kind, objects.namespace, metadata_only=True))
    version: str = page["metadata"]["resourceVersion"]
    return version


async def _until_told(fault: Behind) -> None:
    deadline = time.monotonic() + DEADLINE
    while not fault.told:
        assert time.monotonic() < deadline, "the operator has not asked again"
        await asyncio.sleep(PAUSE)
