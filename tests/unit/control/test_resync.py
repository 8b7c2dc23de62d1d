"""The resync finds what the watch of Resources missed, reads no more than that, and says when it can't."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from tests.unit.control.fake_client import FakeClient, raising, refused
from tests.unit.examples import body
from tracardi_operator.control.records import RESOURCES, Key
from tracardi_operator.control.resync import Resync
from tracardi_operator.control.store import Store
from tracardi_operator.kube.errors import Forbidden, Gone, NotFound, Unauthorized, Unreachable
from tracardi_operator.kube.workqueue import Priority, WorkQueue

pytestmark = pytest.mark.looptime

LIST = "list resources metadata"
INTERVAL = 60.0


class Parts:
    """A resync with all that it works on."""

    def __init__(self, *namespaces: str, interval: float = INTERVAL) -> None:
        self.api = FakeClient()
        self.queue: WorkQueue[Key] = WorkQueue(group=lambda key: key.namespace)
        self.store = Store(lambda record: None)
        self.missed = 0
        self.times: list[float] = []
        """When it was done."""
        self.resync = Resync(
            self.api,
            self.store,
            self.queue,
            namespaces,
            interval,
            on_missed=self._count,
            on_done=lambda: self.times.append(asyncio.get_running_loop().time()),
        )

    def _count(self) -> None:
        self.missed += 1

    @property
    def done(self) -> int:
        return len(self.times)

    def resource(self, name: str = "r", namespace: str = "ns", **more: Any) -> None:
        """Made by somebody; the watch has not told of it yet."""
        self.api.put(RESOURCES, name, {"spec": body()["spec"], **more}, namespace)

    def tell(self) -> None:
        for change in self.api.take_changes():
            if change.type != "DELETED":
                self.store.take_in(change.object)

    def settle(self) -> None:
        for key in self.store:
            record = self.store.record(key)
            assert record
            record.reconciled = self.store.snapshot(record)

    def known(self) -> set[str]:
        return {key.name for key in self.store}


@pytest.fixture
async def parts() -> Parts:
    return Parts()


@asynccontextmanager
async def running(resync: Resync) -> AsyncIterator[None]:
    task = asyncio.create_task(resync.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def uid(parts: Parts, name: str = "r") -> str:
    found = parts.api.object(RESOURCES, name)
    assert found
    return str(found["metadata"]["uid"])


async def test_what_the_watch_told_takes_one_list_and_no_read(parts: Parts) -> None:
    for number in range(5):
        parts.resource(f"r{number}")
    parts.tell()
    assert await parts.resync.compare()
    assert (parts.api.requests, parts.missed) == ([LIST], 0)


async def test_a_resource_of_which_the_watch_did_not_tell_is_read(parts: Parts) -> None:
    parts.resource()
    assert await parts.resync.compare()
    assert parts.api.requests == [LIST, "get resources/r"]
    assert (parts.known(), parts.missed) == ({"r"}, 1)


async def test_a_resource_whose_edit_the_watch_did_not_tell_is_read(parts: Parts) -> None:
    parts.resource()
    parts.tell()
    parts.resource(spec={"type": "sendgrid", "suspend": True})
    await parts.resync.compare()
    record = parts.store.record(Key("ns", "r"))
    assert record
    assert record.load_spec()["suspend"] is True


async def test_the_watch_is_waited_for_while_it_tells_of_anything(parts: Parts) -> None:
    for number in range(20):
        parts.resource(f"r{number}")

    async def tell_slowly() -> None:
        for change in parts.api.take_changes():
            await asyncio.sleep(3)
            parts.store.take_in(change.object)

    telling = asyncio.create_task(tell_slowly())
    await parts.resync.compare()
    await telling
    assert parts.api.requests == [LIST]


async def test_what_the_watch_brings_while_others_are_read_is_not_read(parts: Parts) -> None:
    for number in range(20):
        parts.resource(f"r{number}")
    parts.api.once("get", "resources", after=parts.tell)
    await parts.resync.compare()
    assert parts.api.requests == [LIST, "get resources/r0"]


async def test_a_watch_that_begins_late_with_thousands_does_not_have_them_read_one_by_one(parts: Parts) -> None:
    for number in range(2000):
        parts.resource(f"r{number}")
    await parts.resync.compare()
    assert parts.api.requests == [LIST, "list resources"]
    assert (len(parts.store), parts.missed) == (2000, 1)


async def test_a_resource_that_vanished_unseen_is_forgotten(parts: Parts) -> None:
    parts.resource()
    parts.resource("other")
    parts.tell()
    parts.api.remove(RESOURCES, "r")
    await parts.resync.compare()
    assert (parts.known(), parts.missed) == ({"other"}, 1)


async def test_a_resource_that_went_after_the_list_unknown_was_not_missed(parts: Parts) -> None:
    parts.resource()
    parts.api.once("list", "resources", after=lambda: parts.api.remove(RESOURCES, "r"))
    await parts.resync.compare()
    assert parts.api.requests == [LIST, "get resources/r"]
    assert (parts.known(), parts.missed) == (set(), 0)


async def test_a_deleted_resource_that_a_restore_brought_back_is_taken_in(parts: Parts) -> None:
    parts.resource()
    parts.tell()
    parts.store.drop(Key("ns", "r"), uid(parts))
    await parts.resync.compare()
    assert parts.api.requests == [LIST, "get resources/r", "get resources/r"]
    assert parts.known() == {"r"}


async def test_a_resource_that_is_deleted_while_it_is_read_is_not_taken_in(parts: Parts) -> None:
    def remove() -> None:
        parts.store.drop(Key("ns", "r"), uid(parts))
        parts.api.remove(RESOURCES, "r")

    parts.resource()
    parts.api.once("get", "resources", after=remove)
    await parts.resync.compare()
    assert (parts.known(), parts.missed) == (set(), 0)


async def test_a_resource_that_was_made_after_the_list_is_not_taken_for_vanished(parts: Parts) -> None:
    def make() -> None:
        parts.resource()
        parts.tell()

    parts.api.once("list", "resources", after=make)
    await parts.resync.compare()
    assert parts.api.requests == [LIST]
    assert parts.known() == {"r"}


async def test_a_resource_deleted_after_the_list_is_no_error(parts: Parts) -> None:
    parts.resource()
    parts.api.once("list", "resources", after=lambda: parts.api.remove(RESOURCES, "r"))
    assert await parts.resync.compare()
    assert parts.known() == set()


async def test_a_resource_that_is_made_anew_while_its_deletion_is_confirmed_stays_known(parts: Parts) -> None:
    parts.resource()
    parts.tell()
    parts.api.remove(RESOURCES, "r")

    def make_anew() -> None:
        parts.resource()
        parts.tell()
        del parts.api.objects["resources", "ns", "r"]  # the answer is one from before that

    parts.api.once("get", "resources", before=make_anew)
    await parts.resync.compare()
    assert parts.known() == {"r"}


async def test_only_the_namespaces_that_are_served_are_listed() -> None:
    parts = Parts("a", "b")
    for namespace in "abc":
        parts.resource(f"in-{namespace}", namespace)
    await parts.resync.compare()
    assert parts.known() == {"in-a", "in-b"}
    assert parts.api.requests.count(LIST) == 2


@pytest.mark.parametrize(
    "error", [Unreachable("refused"), refused(403, "Forbidden", Forbidden), refused(410, "Gone", Gone)]
)
async def test_what_cannot_be_listed_is_noted_until_it_can(parts: Parts, error: Exception) -> None:
    parts.api.once("list", "resources", before=raising(error))
    assert not await parts.resync.compare()
    assert parts.resync.errors == {"list of Resources": str(error)}
    assert await parts.resync.compare()
    assert parts.resync.errors == {}


async def test_the_same_error_is_logged_once(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        parts.api.once("list", "resources", before=raising(Unreachable("refused")))
        await parts.resync.compare()
    assert len(caplog.records) == 1


async def test_nothing_is_forgotten_while_nothing_can_be_listed(parts: Parts) -> None:
    parts.resource()
    parts.tell()
    parts.api.once("list", "resources", before=raising(Unreachable("refused")))
    await parts.resync.compare()
    assert parts.known() == {"r"}


async def test_the_first_one_is_tried_until_it_succeeds(parts: Parts) -> None:
    parts.resource()
    for _ in range(3):
        parts.api.once("list", "resources", before=raising(Unreachable("refused")))
    await parts.resync.first()
    assert (parts.known(), parts.done) == ({"r"}, 1)


async def test_whether_the_kind_is_served_takes_no_more_than_one_object(parts: Parts) -> None:
    limits: list[object] = []
    asked = parts.api.list_pages

    def spy(*arguments: Any, **options: Any) -> Any:
        limits.append(options.get("limit"))
        return asked(*arguments, **options)

    parts.api.list_pages = spy  # type: ignore[method-assign]
    await parts.resync.until_served()
    assert limits == [1]


async def test_the_kind_is_awaited_until_the_api_server_has_it(parts: Parts) -> None:
    parts.resource()
    for _ in range(3):
        parts.api.once("list", "resources", before=raising(refused(404, "NotFound", NotFound)))
    await parts.resync.until_served()
    assert (parts.api.requests, parts.known()) == ([LIST] * 4, set())


async def test_what_is_unsettled_is_worked_on_after_all_else(parts: Parts) -> None:
    parts.resource()
    parts.tell()
    async with running(parts.resync):
        await asyncio.sleep(1.2 * INTERVAL)
        parts.queue.add(Key("ns", "urgent"), Priority.EVENT)
        assert [await parts.queue.get(), await parts.queue.get()] == [Key("ns", "urgent"), Key("ns", "r")]


async def test_what_is_settled_is_left_alone(parts: Parts) -> None:
    parts.resource()
    parts.tell()
    parts.settle()
    async with running(parts.resync):
        await asyncio.sleep(10 * INTERVAL)
    assert len(parts.queue) == 0


async def test_it_comes_round_once_an_interval_and_never_quite_in_step(parts: Parts) -> None:
    async with running(parts.resync):
        await asyncio.sleep(100 * INTERVAL)
    pauses = [round(later - earlier, 3) for earlier, later in pairwise(parts.times)]
    assert min(pauses) >= 0.9 * INTERVAL
    assert max(pauses) <= 1.1 * INTERVAL
    assert len(set(pauses)) > 10


async def test_with_nothing_to_do_it_costs_one_list(parts: Parts) -> None:
    async with running(parts.resync):
        await asyncio.sleep(10 * INTERVAL)
    assert parts.api.requests == [LIST] * parts.done


async def test_it_is_late_only_once_it_failed_for_three_intervals(parts: Parts) -> None:
    assert not parts.resync.is_late
    await parts.resync.first()
    await asyncio.sleep(2.9 * INTERVAL)
    assert not parts.resync.is_late
    await asyncio.sleep(0.2 * INTERVAL)
    assert parts.resync.is_late


async def test_it_is_not_late_while_it_waits_for_the_watch_however_short_the_interval() -> None:
    parts = Parts(interval=0.5)
    await parts.resync.first()
    parts.resource()
    async with running(parts.resync):
        for _ in range(60):
            await asyncio.sleep(0.1)
            assert not parts.resync.is_late
    assert parts.known() == {"r"}


async def test_a_failed_one_does_not_count_as_done(parts: Parts) -> None:
    async with running(parts.resync):
        for _ in range(3):
            parts.api.once("list", "resources", before=raising(Unreachable("refused")))
        await asyncio.sleep(2.5 * INTERVAL)
    assert parts.done == 0


async def test_a_resource_that_cannot_be_read_spoils_no_other(parts: Parts) -> None:
    for name in ("a", "b"):
        parts.resource(name)
    parts.api.once("get", "resources", before=raising(Unreachable("refused")))
    assert not await parts.resync.compare()
    assert await parts.resync.compare()
    assert parts.known() == {"a", "b"}


class TestNamespaces:
    """Of several, one may be missing: then its Role is, too, and the API server says Forbidden."""

    @pytest.fixture
    async def parts(self) -> Parts:
        parts = Parts("a", "b")
        for namespace in "ab":
            parts.resource(f"in-{namespace}", namespace)
        parts.api.once("list", "resources", before=raising(refused(403, "Forbidden", Forbidden)))
        return parts

    async def test_the_others_are_compared(self, parts: Parts) -> None:
        await parts.resync.first()
        assert (parts.known(), parts.done) == ({"in-b"}, 1)

    async def test_it_is_named(self, parts: Parts) -> None:
        await parts.resync.compare()
        assert list(parts.resync.errors) == ["list of Resources in a"]

    async def test_it_is_served_once_it_is_there(self, parts: Parts) -> None:
        await parts.resync.first()
        await parts.resync.compare()
        assert (parts.known(), parts.resync.errors) == ({"in-a", "in-b"}, {})

    async def test_the_kind_counts_as_served_when_one_says_so(self, parts: Parts) -> None:
        await parts.resync.until_served()
        assert parts.api.requests == [LIST, LIST]

    async def test_what_is_made_between_two_lists_is_not_taken_for_vanished(self) -> None:
        parts = Parts("a", "b")

        def make() -> None:
            parts.resource("young", "a")
            parts.tell()

        parts.api.once("list", "resources", after=make)
        await parts.resync.compare()
        assert parts.api.requests == [LIST, LIST]


async def test_a_failure_of_our_own_is_told_by_its_place_and_ends_nothing(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(parts.resync):
        parts.api.once("list", "resources", before=raising(ValueError("SENTINEL")))
        await asyncio.sleep(1.2 * INTERVAL)
        assert parts.resync.errors["list of Resources"].startswith("ValueError at ")
        await asyncio.sleep(1.2 * INTERVAL)
    assert (parts.resync.errors, parts.done) == ({}, 1)
    assert "SENTINEL" not in str([vars(entry) for entry in caplog.records])


async def test_credentials_that_are_not_accepted_are_an_error_and_told_once(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(2):
        parts.api.once("list", "resources", before=raising(refused(401, "Unauthorized", Unauthorized)))
        assert not await parts.resync.compare()
    (entry,) = caplog.records
    assert entry.levelname == "ERROR"
    assert "does not accept the operator's credentials" in parts.resync.errors["list of Resources"]


class TestRestore:
    """The cluster is put back to a backup: versions are lower from then on, and the watch tells nothing."""

    @pytest.fixture
    async def parts(self) -> Parts:
        parts = Parts()
        parts.resource("edited")
        parts.resource("deleted")
        self.backup = dict(parts.api.objects), parts.api.version
        parts.tell()
        parts.resource("edited", spec={"type": "sendgrid", "suspend": True})
        parts.resource("made")
        parts.api.remove(RESOURCES, "deleted")
        parts.tell()
        parts.store.drop(Key("ns", "deleted"), self.uid("deleted"))
        await parts.resync.compare()
        return parts

    def uid(self, name: str) -> str:
        found: str = self.backup[0]["resources", "ns", name]["metadata"]["uid"]
        return found

    def restore(self, parts: Parts, version: int | None = None) -> None:
        objects, earlier = self.backup
        parts.api.server.objects = dict(objects)
        parts.api.server.version = version or earlier
        parts.api.requests.clear()

    def is_as_before(self, parts: Parts) -> bool:
        record = parts.store.record(Key("ns", "edited"))
        return record is not None and "suspend" not in record.load_spec() and parts.known() == {"edited", "deleted"}

    async def test_a_server_that_is_behind_is_not_believed_at_once(self, parts: Parts) -> None:
        self.restore(parts)
        assert not await parts.resync.compare()
        assert "behind" in parts.resync.errors["list of Resources"]
        assert (parts.api.requests, parts.known()) == ([LIST], {"edited", "made"})

    async def test_one_that_catches_up_is_believed(self, parts: Parts) -> None:
        newest = parts.api.version
        parts.api.server.version -= 1
        assert not await parts.resync.compare()
        parts.api.server.version = newest
        assert await parts.resync.compare()
        assert parts.known() == {"edited", "made"}

    async def test_one_that_stays_behind_is_believed_in_the_end(self, parts: Parts) -> None:
        self.restore(parts)
        async with running(parts.resync):
            await asyncio.sleep(4 * INTERVAL)
        assert self.is_as_before(parts)
        assert parts.resync.errors == {}

    async def test_what_contradicts_the_list_is_read_though_the_versions_have_caught_up(self, parts: Parts) -> None:
        self.restore(parts, version=parts.api.version + 1)
        assert await parts.resync.compare()
        assert self.is_as_before(parts)
