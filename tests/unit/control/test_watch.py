"""The watch of Resources goes on: whatever ends it, it is started again, and it ends when the operator does."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.unit.examples import UID, body
from tracardi_operator.api.names import PLURAL
from tracardi_operator.control import watch
from tracardi_operator.control.records import Key
from tracardi_operator.control.store import Store
from tracardi_operator.control.type_registry import TypeRegistry
from tracardi_operator.control.watch import OnObject, ResourceWatch

if TYPE_CHECKING:
    from tracardi_operator.kube.session import Connection

KEY = Key("ns", "r")


class Runs:
    """Stands in for Kopf: what it tells and how it ends, run by run; the last run lasts until it is told to stop."""

    def __init__(self, *ends: Exception | None) -> None:
        self.count = 0
        self.namespaces: Sequence[str] = ()
        self.tell: Iterable[tuple[str, str | None, Mapping[str, Any]]] = ()
        self._ends = list(ends)

    def __call__(
        self, connection: "Connection", namespaces: Sequence[str], on_object: OnObject, stop: Future[None]
    ) -> None:
        self.count += 1
        self.namespaces = namespaces
        for told in self.tell:
            on_object(*told)
        if not self._ends:
            stop.result()
        elif end := self._ends.pop(0):
            raise end


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_RESTART_SECONDS", 0.0)


@asynccontextmanager
async def watching(
    runs: Runs, store: Store | None = None, types: TypeRegistry | None = None
) -> AsyncIterator[ResourceWatch]:
    made = ResourceWatch(
        cast("Connection", None),
        ["a", "b"],
        [Store(lambda record: None) if store is None else store],
        TypeRegistry({}, reads_custom=True) if types is None else types,
        runs,
    )
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def threads() -> int:
    return sum(thread.name == "kopf" for thread in threading.enumerate())


async def test_it_is_started_again_whenever_it_ends() -> None:
    runs = Runs(None, RuntimeError(), None)
    async with watching(runs) as made:
        await eventually(lambda: runs.count == 4)
        assert made.is_running
    assert runs.namespaces == ["a", "b"]


async def test_it_begins_anew_when_it_missed_something() -> None:
    runs = Runs()
    async with watching(runs) as made:
        await eventually(lambda: runs.count == 1)
        made.restart()
        made.restart()
        await eventually(lambda: runs.count == 2 and made.is_running)


async def test_it_ends_with_the_operator_and_leaves_no_thread() -> None:
    runs = Runs()
    async with watching(runs) as made:
        await eventually(lambda: runs.count == 1)
    assert not made.is_running
    await eventually(lambda: threads() == 0)


async def test_a_thread_that_does_not_end_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_END_SECONDS", 0.01)
    may_end = threading.Event()

    def deaf(*_: object) -> None:
        may_end.wait()

    async with watching(cast("Runs", deaf)) as made:
        await eventually(lambda: made.is_running)
    assert threads() == 1
    may_end.set()
    await eventually(lambda: threads() == 0)


async def test_one_that_does_not_end_does_not_keep_another_from_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_END_SECONDS", 0.01)
    may_end = threading.Event()
    runs: list[Future[None]] = []

    def deaf(*arguments: Any) -> None:
        runs.append(arguments[-1])
        may_end.wait()

    async with watching(cast("Runs", deaf)) as made:
        await eventually(lambda: len(runs) == 1)
        made.restart()
        await eventually(lambda: len(runs) == 2)
        assert [stop.done() for stop in runs] == [True, False]
    may_end.set()
    await eventually(lambda: threads() == 0)


async def test_an_error_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    runs = Runs(ValueError("SENTINEL"))
    async with watching(runs):
        await eventually(lambda: runs.count == 2)
    assert "SENTINEL" not in str([vars(entry) for entry in caplog.records])
    assert any(vars(entry).get("cause", "").startswith("ValueError at ") for entry in caplog.records)


@pytest.mark.parametrize("kind", [None, "ADDED", "MODIFIED"])
async def test_a_resource_that_is_told_is_known(kind: str | None) -> None:
    store, runs = Store(lambda record: None), Runs()
    runs.tell = [(PLURAL, kind, body())]
    async with watching(runs, store):
        await eventually(lambda: KEY in set(store))


async def test_a_resource_that_is_told_to_be_deleted_is_forgotten() -> None:
    store, runs = Store(lambda record: None), Runs()
    store.take_in(body())
    runs.tell = [(PLURAL, "DELETED", body(metadata={"uid": UID}))]
    async with watching(runs, store):
        await eventually(lambda: not len(store))


async def test_a_resource_that_makes_no_sense_spoils_no_other(caplog: pytest.LogCaptureFixture) -> None:
    store, runs = Store(lambda record: None), Runs()
    runs.tell = [(PLURAL, "ADDED", {"metadata": {"name": "SENTINEL"}}), (PLURAL, "ADDED", body())]
    async with watching(runs, store):
        await eventually(lambda: KEY in set(store))
    assert "SENTINEL" not in str([vars(entry) for entry in caplog.records])


async def test_a_watch_that_tells_faster_than_is_taken_in_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_WAITING", 3)
    store, runs, told = Store(lambda record: None), Runs(), list[int]()

    def many() -> Iterator[tuple[str, None, Mapping[str, Any]]]:
        for number in range(20):
            told.append(number)
            yield PLURAL, None, body(f"r{number}", metadata={"uid": str(number)})

    runs.tell = many()
    async with watching(runs, store):
        await asyncio.sleep(0)  # the thread begins, and the loop is busy from here
        while len(told) <= 3:
            time.sleep(0.001)  # noqa: ASYNC251
        time.sleep(0.05)  # noqa: ASYNC251
        assert len(told) == 4
        await eventually(lambda: len(store) == 20)
