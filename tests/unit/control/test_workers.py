"""What becomes of a key after an attempt, and what is told of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import pytest
from prometheus_client import CollectorRegistry, Counter

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.control.records import RESOURCES, Key
from tracardi_operator.control.workers import work
from tracardi_operator.control.writer import Outdated, Refused
from tracardi_operator.kube.errors import ApiError, ServerError, TooManyRequests, Unreachable
from tracardi_operator.kube.workqueue import WorkQueue

if TYPE_CHECKING:
    from tracardi_operator.control.reconcile import Reconciler

pytestmark = pytest.mark.looptime

KEY = Key("ns", "r")
EXPECTED = [
    Outdated(),
    Refused(Problem(Reason.REJECTED, "m")),
    ServerError("get", "/path", 500, "InternalError"),
    ApiError("get", "/path", 418),
    Unreachable("no answer"),
]


class Attempts:
    """Fails with each of `errors` in turn, then succeeds."""

    kind = RESOURCES

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.times: list[float] = []
        self.keys: list[Key] = []

    async def reconcile(self, key: Key) -> None:
        self.times.append(asyncio.get_running_loop().time())
        self.keys.append(key)
        await asyncio.sleep(0)
        if self._errors:
            raise self._errors.pop(0)


@asynccontextmanager
async def working(attempts: Attempts) -> AsyncIterator[tuple[WorkQueue[Key], CollectorRegistry]]:
    queue: WorkQueue[Key] = WorkQueue(group=lambda key: key.namespace, base=1.0, rng=lambda: 1.0)
    registry = CollectorRegistry()
    results = Counter("results", "Results.", ["result"], registry=registry)
    task = asyncio.create_task(work(queue, cast("Reconciler", attempts), results))
    yield queue, registry
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def attempt(*errors: Exception) -> list[float]:
    """When a key was worked on, counted from the first time."""
    attempts = Attempts(*errors)
    async with working(attempts) as (queue, _):
        queue.add(KEY)
        await asyncio.sleep(1000)
        assert (len(queue), queue.delayed, queue.working) == (0, 0, 0)
    return [round(time - attempts.times[0], 3) for time in attempts.times]


async def test_a_success_is_not_repeated() -> None:
    assert await attempt() == [0]


@pytest.mark.parametrize("error", [*EXPECTED, KeyError("defect")], ids=lambda error: type(error).__name__)
async def test_a_failure_is_tried_again_after_a_back_off(error: Exception) -> None:
    assert await attempt(error) == [0, 1]


async def test_failures_in_a_row_are_tried_again_later_and_later() -> None:
    assert await attempt(Outdated(), KeyError(), Unreachable()) == [0, 1, 3, 7]


async def test_retry_after_is_honoured() -> None:
    assert await attempt(TooManyRequests("get", "/path", 429, retry_after=30.0)) == [0, 31]


async def test_a_success_ends_the_row_of_failures() -> None:
    attempts = Attempts(Outdated(), Outdated())
    async with working(attempts) as (queue, _):
        queue.add(KEY)
        await asyncio.sleep(100)
        attempts._errors.append(Outdated())
        queue.add(KEY)
        await asyncio.sleep(100)
    assert round(attempts.times[-1] - attempts.times[-2], 3) == 1


async def test_one_resource_that_fails_does_not_hold_up_another() -> None:
    attempts = Attempts(KeyError())
    async with working(attempts) as (queue, _):
        queue.add(KEY)
        queue.add(Key("ns", "other"))
        await asyncio.sleep(0.5)
    assert attempts.keys == [KEY, Key("ns", "other")]


async def test_results_are_counted() -> None:
    async with working(Attempts(Outdated(), KeyError())) as (queue, registry):
        queue.add(KEY)
        await asyncio.sleep(100)
    counts = [registry.get_sample_value("results_total", {"result": r}) for r in ("Outdated", "error", "success")]
    assert counts == [1, 1, 1]


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
async def test_of_an_unexpected_error_only_kind_and_place_are_told(
    caplog: pytest.LogCaptureFixture, level: int
) -> None:
    caplog.set_level(level)
    await attempt(ValueError("SENTINEL"))
    (entry,) = caplog.records
    told = f"{caplog.text} {vars(entry)}"
    assert "SENTINEL" not in told
    assert entry.exc_info is None
    assert vars(entry)["cause"].startswith("ValueError at ")
    assert __file__ in vars(entry)["cause"]
    assert (vars(entry)["object"], entry.levelname) == ("ns/r", "ERROR")


async def test_of_an_expected_error_the_cause_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await attempt(ServerError("get", "/path", 500, "InternalError"), Refused(Problem(Reason.REJECTED, "SENTINEL")))
    assert [vars(entry)["cause"] for entry in caplog.records] == ["get /path: 500 InternalError", "Refused: Rejected"]
    assert "SENTINEL" not in str([vars(entry) for entry in caplog.records])


async def test_of_what_may_be_tried_later_nothing_but_a_known_reason_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await attempt(Outdated("SENTINEL"), Outdated())
    assert [vars(entry)["cause"] for entry in caplog.records] == ["Outdated", "Outdated"]


async def test_a_cancelled_attempt_is_no_failure() -> None:
    attempts = Attempts()
    async with working(attempts) as (queue, registry):
        queue.add(KEY)
        while not attempts.keys:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert (queue.working, queue.delayed) == (0, 0)
    assert registry.get_sample_value("results_total", {"result": "error"}) is None


async def test_what_was_begun_when_leadership_is_lost_comes_again_with_the_next_term() -> None:
    attempts = Attempts()
    async with working(attempts) as (queue, _):
        queue.add(KEY)
        while not attempts.keys:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert await asyncio.wait_for(queue.get(), 1) == KEY
