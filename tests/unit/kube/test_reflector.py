"""Whatever happens to the watch, the sink ends with what the server has, and readiness tells the truth."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.unit.kube.fake import FakeApi, Fault, refusal
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import Forbidden, Unreachable
from tracardi_operator.kube.kinds import SECRETS, Kind
from tracardi_operator.kube.meta import Kept, Key, ObjectMeta
from tracardi_operator.kube.reflector import Reflector


class Recorder:
    """Keeps the versions of what it is interested in, as the operator's store does."""

    def __init__(self, interest: Callable[[ObjectMeta], bool] = lambda meta: True) -> None:
        self.held: dict[Key, int] = {}
        self.lists: list[set[Key]] = []
        self.rewinds = 0
        self.observed = 0
        self._interest = interest
        self._changed = asyncio.Event()

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        self.observed += 1
        self._changed.set()
        if self._interest(meta):
            self.held[meta.key] = max(int(meta.resource_version), self.held.get(meta.key, 0))
        return self._interest(meta)

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        self.held.pop(meta.key, None)
        self._changed.set()

    def replace(self, kind: Kind, namespace: str | None, kept: Kept, version: str) -> bool:
        self.lists.append(set(kept))
        self.held = {key: version for key, version in self.held.items() if key in kept}
        self._changed.set()
        return all(version <= int(kept[key].rpartition("/")[2]) for key, version in self.held.items())

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        self.rewinds += 1
        self.held.clear()

    @property
    def names(self) -> set[str]:
        return {name for _, name in self.held}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def running(
    client: Client, sink: Recorder, namespace: str | None = None, silence: float = 5.0, patience: float = 60.0
) -> AsyncIterator[Reflector]:
    reflector = Reflector(
        client,
        SECRETS,
        namespace,
        sink=sink,
        silence=silence,
        patience=patience,
        backoff_base=0.01,
        backoff_cap=0.02,
    )
    task = asyncio.create_task(reflector.run())
    try:
        yield reflector
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def watches(api: FakeApi) -> list[dict[str, str]]:
    return [query for query in api.queries if "watch" in query]


async def test_streaming_list_and_changes_reach_the_sink(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "old")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        assert sink.lists == [{("shop", "old")}]
        api.put("secrets", "shop", "new")
        api.remove("secrets", "shop", "old")
        await sink.until(lambda: sink.names == {"new"})


async def test_values_never_reach_the_operator(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    async with running(client, Recorder()) as reflector:
        await reflector.synced.wait()
    assert all("as=PartialObjectMetadata" in headers["Accept"] for headers in api.headers)


async def test_one_namespace_is_watched_alone(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "ours")
    api.put("secrets", "other", "theirs")
    sink = Recorder()
    async with running(client, sink, namespace="shop") as reflector:
        await reflector.synced.wait()
    assert sink.names == {"ours"}


async def test_of_what_the_sink_does_not_keep_nothing_is_remembered(client: Client, api: FakeApi) -> None:
    for number in range(20):
        api.put("secrets", "shop", f"s{number}")
    sink = Recorder(interest=lambda meta: meta.name == "s7")
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
    assert sink.lists == [{("shop", "s7")}]


async def test_stream_that_ends_is_followed_on_without_a_list(client: Client, api: FakeApi) -> None:
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        api.put("secrets", "shop", "a")
        await sink.until(lambda: sink.names == {"a"})
        seen = sink.observed
        api.streams[0].end()
        await api.next_stream()
        api.put("secrets", "shop", "b")
        await sink.until(lambda: sink.names == {"a", "b"})
    assert (len(sink.lists), sink.observed - seen) == (1, 1)


async def test_bookmark_moves_the_place_to_follow_on_from(client: Client, api: FakeApi) -> None:
    async with running(client, Recorder()) as reflector:
        await reflector.synced.wait()
        api.version += 50
        api.bookmark()
        api.streams[0].end()
        await api.next_stream()
    assert watches(api)[-1]["resourceVersion"] == str(api.version)


async def test_torn_stream_loses_no_change(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        api.streams[0].tear()
        api.put("secrets", "shop", "b")
        api.remove("secrets", "shop", "a")
        await sink.until(lambda: sink.names == {"b"})
    assert len(sink.lists) == 1


async def test_stream_torn_within_a_line_loses_no_change(client: Client, api: FakeApi) -> None:
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        api.streams[0].send_raw(b'{"type": "ADDED", "obj')
        api.streams[0].end()
        api.put("secrets", "shop", "a")
        await sink.until(lambda: sink.names == {"a"})


async def test_list_torn_before_its_end_prunes_nothing(client: Client, api: FakeApi) -> None:
    for number in range(3):
        api.put("secrets", "shop", f"s{number}")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        api.forget_history()
        api.lists_break = 2
        api.streams[0].end()
        await eventually(lambda: len(sink.lists) == 2)
    assert sink.lists[1] == {("shop", "s0"), ("shop", "s1"), ("shop", "s2")}


async def test_objects_deleted_in_a_410_gap_are_pruned(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "stays")
    api.put("secrets", "shop", "goes")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        api.silent = True
        api.remove("secrets", "shop", "goes")
        api.silent = False
        api.forget_history()
        api.streams[0].end()
        await sink.until(lambda: sink.names == {"stays"})
    assert len(sink.lists) == 2


async def test_silent_stream_is_given_up_for_a_new_list(client: Client, api: FakeApi) -> None:
    sink = Recorder()
    async with running(client, sink, silence=0.05) as reflector:
        await reflector.synced.wait()
        api.silent = True
        api.put("secrets", "shop", "unannounced")
        api.silent = False
        await sink.until(lambda: sink.names == {"unannounced"})
    assert len(sink.lists) >= 2


async def test_relist_accepts_nothing_older_than_what_was_seen(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    async with running(client, Recorder()) as reflector:
        await reflector.synced.wait()
        api.forget_history()
        api.streams[0].end()
        await eventually(lambda: len(watches(api)) == 3)
    last = watches(api)[-1]
    assert (last["sendInitialEvents"], last["resourceVersionMatch"]) == ("true", "NotOlderThan")
    assert int(last["resourceVersion"]) == api.version - 1


async def test_event_from_the_past_is_not_believed(client: Client, api: FakeApi) -> None:
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        past = {"namespace": "shop", "name": "ghost", "uid": "u", "resourceVersion": str(api.version - 1)}
        api.streams[0].send("ADDED", {"kind": "PartialObjectMetadata", "metadata": past})
        await eventually(lambda: len(sink.lists) == 2)
    assert sink.observed == 0


async def test_server_that_stays_behind_is_believed_in_the_end(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    sink = Recorder()
    async with running(client, sink, patience=0.1) as reflector:
        await reflector.synced.wait()
        api.restore(50)
        api.oldest = 1_000
        api.streams[0].end()
        await sink.until(lambda: sink.rewinds == 1 and sink.held == {("shop", "a"): 50})
        await eventually(lambda: reflector.last_error is None)


@pytest.mark.parametrize("streaming", [True, False])
async def test_younger_list_of_older_objects_is_a_restored_cluster(
    client: Client, api: FakeApi, *, streaming: bool
) -> None:
    """As `etcdutl snapshot restore --bump-revision --mark-compacted` leaves it."""
    api.streaming_lists = streaming
    api.put("secrets", "shop", "a")
    before = api.version - 1
    api.put("secrets", "shop", "a")
    sink = Recorder()
    async with running(client, sink, patience=60.0) as reflector:
        await reflector.synced.wait()
        await eventually(lambda: len(api.streams) == 1)
        api.restore(before)
        api.version = api.oldest = 1_000
        api.streams[0].end()
        await sink.until(lambda: sink.held == {("shop", "a"): before})
        await eventually(lambda: reflector.last_error is None)
    assert (sink.rewinds, len(sink.lists)) == (1, 3)


async def test_comparison_with_older_objects_is_a_restored_cluster(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    before = api.version - 1
    api.put("secrets", "shop", "a")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        api.restore(before)
        api.version = 1_000
        await reflector.compare()
    assert (sink.rewinds, sink.held) == (1, {("shop", "a"): before})


async def test_comparison_that_never_agrees_ends(client: Client, api: FakeApi) -> None:
    class Contrary(Recorder):
        def replace(self, kind: Kind, namespace: str | None, kept: Kept, version: str) -> bool:
            return super().replace(kind, namespace, kept, version) and len(self.lists) < 2

    sink = Contrary()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        with pytest.raises(Unreachable, match="something else each time"):
            await reflector.compare()
    assert len(sink.lists) == 3


async def test_server_that_catches_up_in_time_needs_no_rewind(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        version, api.version, api.oldest = api.version, 50, 1_000
        api.streams[0].end()
        await eventually(lambda: reflector.last_error is not None and "504" in reflector.last_error)
        api.version = version
        await eventually(lambda: len(sink.lists) == 2)
    assert sink.rewinds == 0


@pytest.mark.parametrize("code", [401, 403, 404, 429, 500, 503])
async def test_refusals_are_outlasted_and_told(client: Client, api: FakeApi, code: int) -> None:
    fault: Fault = lambda request: refusal(code, "")  # noqa: E731
    api.faults.append(fault)
    sink = Recorder()
    async with running(client, sink) as reflector:
        await eventually(lambda: reflector.last_error is not None and str(code) in reflector.last_error)
        assert not reflector.healthy
        api.put("secrets", "shop", "a")
        api.faults.remove(fault)
        await sink.until(lambda: sink.names == {"a"})
        assert reflector.healthy
        assert reflector.last_error is None


async def test_right_that_is_withdrawn_and_returned_loses_no_change(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        fault: Fault = lambda request: refusal(403, "Forbidden")  # noqa: E731
        api.faults.append(fault)
        api.streams[0].end()
        await eventually(lambda: reflector.last_error == "watch /api/v1/secrets: 403 Forbidden")
        api.remove("secrets", "shop", "a")
        api.faults.remove(fault)
        await sink.until(lambda: not sink.names)


async def test_api_server_that_was_down_is_followed_again(client: Client, api: FakeApi) -> None:
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        await api.stop()
        await eventually(lambda: reflector.last_error is not None)
        api.put("secrets", "shop", "a")
        await api.start()
        await sink.until(lambda: sink.names == {"a"})


async def test_retry_after_is_waited_for(client: Client, api: FakeApi) -> None:
    api.faults.append(lambda request: refusal(429, "TooManyRequests", headers={"Retry-After": "3600"}))
    async with running(client, Recorder()) as reflector:
        await eventually(lambda: reflector.last_error is not None)
        await asyncio.sleep(0.1)  # time for three tries of the back-off alone
    assert len(api.requests) == 1


@pytest.mark.parametrize("pages", [1, 3])
async def test_server_without_streaming_lists_is_read_in_pages(client: Client, api: FakeApi, pages: int) -> None:
    api.streaming_lists = False
    for number in range(500 * pages):
        api.put("secrets", "shop", f"s{number}")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        assert len(sink.lists[0]) == 500 * pages
        await eventually(lambda: len(api.streams) == 1)
        api.remove("secrets", "shop", "s0")
        await sink.until(lambda: "s0" not in sink.names)


async def test_paged_relist_prunes_and_accepts_nothing_older(client: Client, api: FakeApi) -> None:
    api.streaming_lists = False
    api.put("secrets", "shop", "a")
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        await eventually(lambda: len(api.streams) == 1)
        seen = api.version
        api.silent = True
        api.remove("secrets", "shop", "a")
        api.silent = False
        api.forget_history()
        api.streams[0].end()
        await sink.until(lambda: not sink.names)
    last_list = [query for query in api.queries if "limit" in query][-1]
    assert (last_list["resourceVersion"], last_list["resourceVersionMatch"]) == (str(seen), "NotOlderThan")


async def test_same_error_is_logged_once(client: Client, api: FakeApi, caplog: pytest.LogCaptureFixture) -> None:
    api.faults.append(lambda request: refusal(403, "Forbidden"))
    with caplog.at_level(logging.WARNING):
        async with running(client, Recorder()):
            await eventually(lambda: len(api.requests) > 5)
    assert len(caplog.records) == 1


async def test_credentials_that_are_not_accepted_are_an_error_in_words_and_once(
    client: Client, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.faults.append(lambda request: refusal(401, "Unauthorized"))
    with caplog.at_level(logging.INFO, "tracardi_operator"):
        async with running(client, Recorder()) as reflector:
            await eventually(lambda: len(api.requests) > 5)
            assert "does not accept the operator's credentials" in reflector.shortcoming
    (entry,) = caplog.records
    assert entry.levelname == "ERROR"
    assert "does not accept the operator's credentials" in vars(entry)["cause"]


async def test_an_idle_watch_that_is_opened_anew_is_no_warning(
    client: Client, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tracardi_operator")
    sink = Recorder()
    async with running(client, sink, silence=0.05):
        await eventually(lambda: len(sink.lists) >= 2)
    assert "Watch interrupted" in caplog.messages
    assert {entry.levelname for entry in caplog.records} == {"INFO"}


async def test_a_server_that_does_not_answer_a_list_is_a_warning(
    client: Client, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tracardi_operator")
    async with running(client, Recorder(), silence=0.05) as reflector:
        await reflector.synced.wait()
        api.silent = True
        await eventually(lambda: [entry.levelname for entry in caplog.records][-1:] == ["WARNING"])
    assert vars(caplog.records[-1])["cause"].endswith("not one byte for too long")


class Stumbling(Recorder):
    """Fails at objects of one name, with words that nobody is to see."""

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        if meta.name == "bad":
            raise ValueError("SENTINEL")
        return super().observe(kind, meta)


@pytest.mark.parametrize("is_listed", [True, False])
async def test_an_object_that_cannot_be_taken_in_spoils_no_other_and_is_told(
    client: Client, api: FakeApi, caplog: pytest.LogCaptureFixture, is_listed: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    if is_listed:
        api.put("secrets", "shop", "bad")
    sink = Stumbling()
    async with running(client, sink) as reflector:
        await sink.until(lambda: len(sink.lists) == 1)
        if not is_listed:
            api.put("secrets", "shop", "bad")
        api.put("secrets", "shop", "good")
        await sink.until(lambda: sink.names == {"good"})
        assert reflector.shortcoming.startswith("watch secrets: failed with ValueError at ")
    assert "SENTINEL" not in str([vars(entry) for entry in caplog.records])


async def test_a_failure_is_over_once_all_is_listed_without_one(client: Client, api: FakeApi) -> None:
    sink = Stumbling()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        await eventually(lambda: len(api.streams) == 1)
        api.put("secrets", "shop", "bad")
        await eventually(lambda: not reflector.healthy)
        api.remove("secrets", "shop", "bad")
        await reflector.compare()
        assert reflector.healthy


async def test_an_event_that_makes_no_sense_is_told_and_all_is_listed_anew(client: Client, api: FakeApi) -> None:
    sink = Recorder()
    async with running(client, sink) as reflector:
        await reflector.synced.wait()
        await eventually(lambda: len(api.streams) == 1)
        api.streams[0].send("MODIFIED", {"kind": "PartialObjectMetadata", "metadata": {"name": "SENTINEL"}})
        await eventually(lambda: not reflector.healthy)
        await eventually(lambda: reflector.healthy)
        assert len(sink.lists) == 2


async def test_an_error_to_stop_on_ends_it(client: Client, api: FakeApi) -> None:
    api.faults.append(lambda request: refusal(403, "Forbidden"))
    reflector = Reflector(client, SECRETS, None, sink=Recorder(), stop_on=(Forbidden,))
    async with asyncio.timeout(5):
        with pytest.raises(Forbidden):
            await reflector.run()
