"""What no event announced is found by the resync: within 1.1 intervals, and the time that the comparison takes."""

import base64
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.chaos.conftest import MakeRig, Rig
from tests.chaos.proxy import Call, Event, Fault
from tests.cluster.objects import Objects, decode, encode
from tests.cluster.scenes import KEY, NAME, OUTPUT, output, publish, token
from tracardi_operator.kube.kinds import SECRETS

INTERVAL = 3.0
BOUND = 2 * INTERVAL
"""Seconds; 1.1 intervals, and much room for a busy machine."""

Change = Callable[[Objects], Awaitable[str]]
"""Returns the value that the output must come to hold."""


class Deaf(Fault):
    """The watches go on, and tell nothing of one namespace."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def event(self, call: Call, event: Event) -> bool:
        return bool(event["object"].get("metadata", {}).get("namespace") != self._namespace)


class Silent(Fault):
    """The watches are dead, and nobody says so."""

    def silences(self, call: Call) -> bool:
        return True


async def _edit_input(objects: Objects) -> str:
    value = token()
    await objects.store(NAME, {KEY: value})
    return value


async def _edit_output(objects: Objects) -> str:
    before = decode(await output(objects))["token"].decode()
    await objects.edit(SECRETS, OUTPUT, lambda body: body["data"].update(encode({"token": "somebody else's"})))
    return before


async def _delete_output(objects: Objects) -> str:
    before = base64.b64decode((await output(objects))["data"]["token"]).decode()
    await objects.delete(SECRETS, OUTPUT)
    return before


@pytest.fixture(scope="module")
def rig(make_rig: MakeRig) -> Iterator[Rig]:
    with make_rig("--resync-seconds", str(INTERVAL), "--relist-seconds", str(INTERVAL / 2)) as rig:
        yield rig


@pytest.mark.parametrize("watches", ["working", "silent"])
@pytest.mark.parametrize("change", [_edit_input, _edit_output, _delete_output])
async def test_what_no_event_announced_is_put_right(
    rig: Rig, objects: Objects, change: Change, watches: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await publish(objects)
    with rig.proxy.fault(Deaf(objects.namespace) if watches == "working" else Silent()):
        if watches == "silent":
            rig.proxy.silence()
        value = await change(objects)
        started = time.monotonic()
        await objects.until_value(OUTPUT, "token", value)
        took = time.monotonic() - started
    rig.proxy.cut()
    with capsys.disabled():
        print(f" {change.__name__}, watches {watches}: {took / INTERVAL:.2f} intervals", end="")
    assert took < BOUND
