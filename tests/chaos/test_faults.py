"""The API server fails in every way it can, for a while: the process stays up, readiness tells, and all converges."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.conftest import MakeRig, Rig
from tests.chaos.proxy import Broken, Call, Fault, error_event, status
from tests.chaos.scene import scene
from tests.cluster.builders import resource
from tests.cluster.install import ROOT
from tests.cluster.objects import DEADLINE, PAUSE, Objects, secret
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT
from tests.cluster.scenes import FIELDS, KEY, NAME, OUTPUT, publish, token
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import SECRETS

FAULT_SECONDS = float(os.environ.get("TRACARDI_TEST_FAULT_SECONDS", "20" if os.environ.get("CI") == "true" else "4"))
FLAGS = ("--resync-seconds", "1", "--silence-seconds", "2.5")
HALF_A_LINE = b'{"type":"MODIFIED","object":{"kind":"Partial'

Inflict = Callable[[Rig, ControlPlane], AbstractContextManager[object]]
"""The fault lasts as long as the context does."""


class Watches(Fault):
    """Every watch ends at once with these bytes, in good order."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def before(self, call: Call) -> web.Response | None:
        return web.Response(body=self._body, content_type="application/json") if call.is_watch else None


class Everything(Fault):
    """Every request, watches too, is answered like this."""

    def __init__(self, code: int, reason: str, **headers: str) -> None:
        self._answer = (code, reason, headers)

    def before(self, call: Call) -> web.Response | None:
        code, reason, headers = self._answer
        return status(code, reason, **headers)


class Collections(Everything):
    """Lists and watches are answered like this; single objects are there."""

    def before(self, call: Call) -> web.Response | None:
        return super().before(call) if call.verb in ("list", "watch") else None


class NoAnswer(Fault):
    def before(self, call: Call) -> web.Response | None:
        raise Broken


class Silent(Fault):
    def silences(self, call: Call) -> bool:
        return True


class Refuses(Fault):
    """One token is no longer good."""

    def __init__(self, refused: str) -> None:
        self._refused = refused

    def before(self, call: Call) -> web.Response | None:
        return status(401, "Unauthorized") if call.token == self._refused else None


def _on_watches(fault: Fault, last: bytes | None = b"") -> Inflict:
    """It befalls the watches under way, which end with these last bytes, and all that is asked from then on."""

    @contextmanager
    def inflict(rig: Rig, _: ControlPlane) -> Iterator[None]:
        with rig.proxy.fault(fault):
            rig.proxy.cut(last=last)
            yield

    return inflict


@contextmanager
def _silent(rig: Rig, _: ControlPlane) -> Iterator[None]:
    with rig.proxy.fault(Silent()):
        rig.proxy.silence()
        yield


@contextmanager
def _killed(_: Rig, control_plane: ControlPlane) -> Iterator[None]:
    control_plane.kill_apiserver()
    try:
        yield
    finally:
        control_plane.start_apiserver()


@contextmanager
def _right_withdrawn(rig: Rig, control_plane: ControlPlane) -> Iterator[None]:
    """All of them at once, and the watches begin anew: those under way go on without a right."""
    control_plane.kubectl("delete", "clusterrolebinding", "tracardi-operator")
    try:
        time.sleep(0.5)  # the authorizer learns of it by a watch
        rig.proxy.cut()
        yield
    finally:
        control_plane.kubectl("apply", "-k", str(ROOT / "manifests" / "cluster"))


@contextmanager
def _token_expired(rig: Rig, control_plane: ControlPlane) -> Iterator[None]:
    fresh = control_plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
    old = rig.proxy.token
    rig.proxy.add(Refuses(old))
    rig.proxy.cut()
    yield
    rig.proxy.use_credentials_of(fresh)


FAULTS: dict[str, tuple[Inflict, str]] = {
    "closed": (_on_watches(Watches(b"")), "watch"),
    "torn mid-line": (_on_watches(Watches(HALF_A_LINE), HALF_A_LINE), "watch"),
    "silent": (_silent, "watch"),
    "no answer": (_on_watches(NoAnswer(), None), "list of Resources"),
    "410 event": (_on_watches(Watches(error_event(410, "Expired"))), "watch"),
    "410": (_on_watches(Collections(410, "Expired")), "410"),
    "403": (_on_watches(Everything(403, "Forbidden")), "403"),
    "404": (_on_watches(Collections(404, "NotFound")), "404"),
    "404 for everything": (_on_watches(Everything(404, "NotFound")), "404"),
    "429": (_on_watches(Everything(429, "TooManyRequests", **{"Retry-After": "1"})), "429"),
    "500": (_on_watches(Everything(500, "InternalError")), "500"),
    "503": (_on_watches(Everything(503, "ServiceUnavailable")), "503"),
    "API server killed": (_killed, "list of Resources"),
    "right withdrawn": (_right_withdrawn, "403"),
    "token expired": (_token_expired, "401"),
}
"""What is done, and what /readyz must tell while it lasts."""


SIDE_BY_SIDE = (
    ("closed", "torn mid-line", "silent", "no answer", "410 event"),
    ("410", "403", "404", "404 for everything"),
    ("429", "500", "503", "token expired"),
    ("API server killed",),
    ("right withdrawn",),
)
"""Each with a namespace, a proxy and an operator of its own; the last two befall everybody."""


def test_no_fault_is_left_out() -> None:
    assert sorted(name for names in SIDE_BY_SIDE for name in names) == sorted(FAULTS)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("names", SIDE_BY_SIDE, ids=", ".join)
async def test_it_stays_up_says_what_is_wrong_and_converges(
    installed: ControlPlane, make_rig: MakeRig, names: tuple[str, ...]
) -> None:
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(_befall(installed, make_rig, name))


async def _befall(control_plane: ControlPlane, make_rig: MakeRig, name: str) -> None:
    async with scene(control_plane) as objects:
        context = make_rig("--namespaces", objects.namespace, *FLAGS)
        rig = await asyncio.to_thread(context.__enter__)
        try:
            await _live_through(control_plane, rig, objects, name)
        except AssertionError as error:
            error.add_note(name)
            raise
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)


async def _live_through(control_plane: ControlPlane, rig: Rig, objects: Objects, name: str) -> None:
    inflict, told = FAULTS[name]
    await publish(objects)
    await objects.create(resource("other", FIELDS), resource("doomed", FIELDS), secret("unrelated", {}))
    for each in ("other", "doomed"):
        await objects.until_ready(each)
    value = token()

    with inflict(rig, control_plane):
        until = time.monotonic() + FAULT_SECONDS
        if name != "API server killed":
            await _change(objects, value)
        await _until_told(rig, told)
        await asyncio.sleep(max(0.0, until - time.monotonic()))
    if name == "API server killed":
        await _change(objects, value)

    for output in (OUTPUT, "other-production-resolved", "new-production-resolved"):
        await objects.until_value(output, "token", value)
    for each in (NAME, "other", "new"):
        await objects.until_ready(each)
    if name != "API server killed":  # the garbage collector may take minutes to come back
        await objects.until_gone(SECRETS, "doomed-production-resolved")
    await asyncio.to_thread(rig.operator.wait_until_ready)
    await _until_all_are_known(rig, objects)
    assert rig.operator.exit_code is None
    assert rig.operator.fetch("/healthz")[0] == 200


async def _change(objects: Objects, value: str) -> None:
    """One input changes, one Resource comes and one goes, two edits of an output are made."""
    await objects.delete(RESOURCES, "doomed")
    await objects.store(NAME, {KEY: value})
    await objects.create(resource("new", FIELDS))
    await objects.delete(SECRETS, "other-production-resolved")


async def _until_told(rig: Rig, words: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while words not in (verdict := await asyncio.to_thread(rig.operator.fetch, "/readyz"))[1] or verdict[0] != 503:
        assert time.monotonic() < deadline, verdict
        await asyncio.sleep(PAUSE)


def _resources_known(rig: Rig) -> float:
    for family in text_string_to_metric_families(rig.operator.fetch("/metrics")[1]):
        if family.name == "tracardi_operator_resources":
            return family.samples[0].value
    raise AssertionError


async def _until_all_are_known(rig: Rig, objects: Objects) -> None:
    """Those that are there, and no others."""
    deadline = time.monotonic() + DEADLINE
    while (known := _resources_known(rig)) != (there := await _resources_there(objects)):
        assert time.monotonic() < deadline, f"{known} Resources are known, {there} are there"
        await asyncio.sleep(PAUSE)


async def _resources_there(objects: Objects) -> int:
    pages = [page async for page in objects.client.list_pages(RESOURCES, objects.namespace, metadata_only=True)]
    return sum(len(page["items"]) for page in pages)
