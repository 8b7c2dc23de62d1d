"""Whether the admission policies are in force: yes, no, or unknown for want of a right, and each told once."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from prometheus_client import Gauge

from tests.unit.kube.fake import FakeApi, Fault, refusal
from tracardi_operator.api.names import POLICIES
from tracardi_operator.control import policies
from tracardi_operator.control.policies import PolicyWatch
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import Forbidden
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.reflector import Reflector
from tracardi_operator.kube.session import connect

KINDS = ("validatingadmissionpolicies", "validatingadmissionpolicybindings")
FORBIDDEN: Fault = lambda request: refusal(403, "Forbidden")  # noqa: E731


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with FakeApi().serve() as fake:
        for kind in KINDS:
            for name in POLICIES:
                fake.put(kind, "", name)
        yield fake


@pytest.fixture
async def gauge(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Gauge]:
    """Of a watch that runs."""
    monkeypatch.setattr(policies, "_ASK_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(policies, "_SETTLE_SECONDS", 0.2)
    caplog.set_level(logging.WARNING)
    gauge = Gauge("in_force", "As told.", registry=None)
    connection = await connect(api.kubeconfig(tmp_path / "kubeconfig"))
    async with connection.session() as session:
        task = asyncio.create_task(PolicyWatch(Client(connection, session), gauge, 5.0).run())
        yield gauge
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(gauge: Gauge, expected: float) -> None:
    async with asyncio.timeout(5):
        while str(gauge._value.get()) != str(expected):  # noqa: ASYNC110  # NaN equals nothing, itself included
            await asyncio.sleep(0.005)


async def test_all_of_them_are_in_force(gauge: Gauge, caplog: pytest.LogCaptureFixture) -> None:
    await until(gauge, 1.0)
    assert caplog.messages == []


async def test_one_that_is_removed_is_named(gauge: Gauge, api: FakeApi, caplog: pytest.LogCaptureFixture) -> None:
    await until(gauge, 1.0)
    api.remove(KINDS[1], "", min(POLICIES))
    await until(gauge, 0.0)
    assert min(POLICIES) in vars(caplog.records[0])["missing"]


async def test_of_many_that_go_the_first_is_told_at_once_and_all_of_them_together_at_the_end(
    gauge: Gauge, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    await until(gauge, 1.0)
    for kind in KINDS:
        for name in POLICIES:
            api.remove(kind, "", name)
    async with asyncio.timeout(5):
        while len(caplog.records) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.4)
    counts = [vars(record)["missing"].count("ValidatingAdmissionPolicy") for record in caplog.records]
    assert counts == [1, len(KINDS) * len(POLICIES)]


async def test_one_that_is_back_before_all_are_told_is_not_told(
    gauge: Gauge, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    await until(gauge, 1.0)
    first, second, *_ = sorted(POLICIES)
    api.remove(KINDS[0], "", first)
    api.remove(KINDS[0], "", second)
    await until(gauge, 0.0)
    api.put(KINDS[0], "", second)
    api.put(KINDS[0], "", first)
    await until(gauge, 1.0)
    await asyncio.sleep(0.4)
    assert [vars(record)["missing"] for record in caplog.records] == [f"ValidatingAdmissionPolicy {first}"]


async def test_without_the_right_it_is_unknown_and_told_once(
    gauge: Gauge, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.faults.append(FORBIDDEN)
    api.requests.clear()
    async with asyncio.timeout(5):
        while len(api.requests) < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    await until(gauge, math.nan)
    assert caplog.messages == ["Unknown whether the admission policies are in force: no right to list them"]


async def test_a_right_that_is_given_later_is_used(
    gauge: Gauge, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.faults.append(FORBIDDEN)
    async with asyncio.timeout(5):
        while not caplog.messages:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    api.faults.clear()
    await until(gauge, 1.0)


async def test_a_right_that_is_taken_away_makes_it_unknown(gauge: Gauge, api: FakeApi) -> None:
    await until(gauge, 1.0)
    api.faults.append(FORBIDDEN)
    for stream in list(api.streams):
        stream.end()
    await until(gauge, math.nan)


async def test_a_stop_beside_a_refusal_is_a_stop() -> None:
    """A TaskGroup that ends by an error of its own drops a cancellation from outside, before Python 3.13."""

    class Refusing(PolicyWatch):
        def _reflector(self, kind: Kind) -> Reflector:
            return cast("Reflector", Ending(fails=kind.plural == KINDS[0]))

    ending = asyncio.Event()

    class Ending:
        def __init__(self, *, fails: bool) -> None:
            self._fails = fails

        async def run(self) -> None:
            if self._fails:
                raise Forbidden("list", "/x", 403)
            try:
                await asyncio.Event().wait()
            finally:
                ending.set()
                await asyncio.sleep(0.01)

    running = asyncio.create_task(Refusing(cast("Client", None), Gauge("in_force", "As told.", registry=None), 5).run())
    await ending.wait()
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=5)
    assert done
    assert running.cancelled()
