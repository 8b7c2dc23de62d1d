"""Events: few, in the background, and never in the way."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from tests.unit.control.fake_client import FakeClient, raising, refused
from tests.unit.examples import body
from tracardi_operator.control.events import EventRecorder
from tracardi_operator.control.records import Key, Record
from tracardi_operator.control.store import Store
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.errors import Forbidden, Unreachable

pytestmark = pytest.mark.looptime


def record(name: str = "r", uid: str = "uid") -> Record:
    store = Store(lambda record: None)
    store.take_in(body(name, metadata={"uid": uid}))
    found = store.record(Key("ns", name))
    assert found
    return found


@pytest.fixture
def api() -> FakeClient:
    return FakeClient()


@pytest.fixture
async def recorder(api: FakeClient) -> AsyncIterator[EventRecorder]:
    recorder = EventRecorder(api, asyncio.get_running_loop().time)
    task = asyncio.create_task(recorder.run())
    yield recorder
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def sent(api: FakeClient) -> list[Object]:
    return [found for (plural, *_), found in api.objects.items() if plural == "events"]


async def tell(recorder: EventRecorder, times: int, of: Record) -> None:
    for _ in range(times):
        recorder.record(of, "Normal", "Ready", "all is well")
    await asyncio.sleep(times * 0.1)


async def test_an_event_names_its_resource(api: FakeClient, recorder: EventRecorder) -> None:
    recorder.record(record(), "Warning", "Placeholder", "words")
    await asyncio.sleep(1)
    (event,) = sent(api)
    involved = {"apiVersion": "tracardi.com/v1alpha1", "kind": "Resource", "namespace": "ns", "name": "r", "uid": "uid"}
    assert event["involvedObject"] == involved
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "Placeholder", "words")
    assert event["metadata"]["namespace"] == "ns"


async def test_one_resource_has_ten_at_once(api: FakeClient, recorder: EventRecorder) -> None:
    await tell(recorder, 50, record())
    assert len(sent(api)) == 10


async def test_then_it_has_one_a_minute(api: FakeClient, recorder: EventRecorder) -> None:
    await tell(recorder, 50, record())
    for _ in range(40):
        await asyncio.sleep(30)
        await tell(recorder, 1, record())
    assert len(sent(api)) == 10 + 20


async def test_after_a_long_rest_it_has_ten_again_and_no_more(api: FakeClient, recorder: EventRecorder) -> None:
    await tell(recorder, 50, record())
    await asyncio.sleep(3600 * 24)
    await tell(recorder, 50, record())
    assert len(sent(api)) == 20


async def test_a_resource_is_forgotten_once_it_may_have_ten_again(recorder: EventRecorder) -> None:
    await tell(recorder, 50, record())
    await asyncio.sleep(601)
    assert len(recorder._buckets) == 0


async def test_one_resource_does_not_use_up_what_another_has(api: FakeClient, recorder: EventRecorder) -> None:
    await tell(recorder, 50, record())
    await tell(recorder, 50, record("other", "other"))
    assert len(sent(api)) == 20


async def test_many_are_sent_over_time(api: FakeClient, recorder: EventRecorder) -> None:
    for number in range(100):
        recorder.record(record(uid=str(number)), "Normal", "Ready", "m")
    await asyncio.sleep(1)
    assert 15 <= len(sent(api)) <= 25


async def test_what_does_not_fit_into_the_queue_is_dropped(api: FakeClient, recorder: EventRecorder) -> None:
    for number in range(2000):
        recorder.record(record(uid=str(number)), "Normal", "Ready", "m")
    await asyncio.sleep(3600)
    assert len(sent(api)) == 1000


@pytest.mark.parametrize("error", [refused(403, "Forbidden", Forbidden), Unreachable("no answer")])
async def test_one_that_cannot_be_sent_is_dropped_and_the_next_is_sent(
    api: FakeClient, recorder: EventRecorder, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api.once("create", "events", before=raising(error))
    await tell(recorder, 2, record())
    assert (len(api.requests), len(sent(api)), caplog.records) == (2, 1, [])


async def test_a_failure_of_our_own_is_told_without_its_words_and_the_next_is_sent(
    api: FakeClient, recorder: EventRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    api.once("create", "events", before=raising(ValueError("SENTINEL")))
    await tell(recorder, 2, record())
    assert (len(sent(api)), len(caplog.records)) == (1, 1)
    assert "SENTINEL" not in str([vars(entry) for entry in caplog.records])


async def test_a_message_fits_into_an_event(api: FakeClient, recorder: EventRecorder) -> None:
    recorder.record(record(), "Normal", "Ready", "x" * 5000)
    await asyncio.sleep(1)
    assert len(sent(api)[0]["message"]) == 1024


async def test_events_of_one_resource_have_different_names(api: FakeClient, recorder: EventRecorder) -> None:
    await tell(recorder, 5, record())
    assert len({event["metadata"]["name"] for event in sent(api)}) == 5
