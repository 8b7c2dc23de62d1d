"""Reading inputs: one request for each version, whoever asks, and never an answer older than what is known."""

import asyncio
from typing import Any

import pytest
from cachetools import Cache

from tests.unit.control.fake_client import FakeClient, raising
from tests.unit.examples import SECRET, body, owner
from tracardi_operator.api.problems import SourceKind
from tracardi_operator.control import inputs
from tracardi_operator.control.inputs import InputReader, decode, encode_base64
from tracardi_operator.control.records import Key, Record
from tracardi_operator.control.store import Store
from tracardi_operator.kube.errors import Unreachable
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS
from tracardi_operator.provenance import ABSENT
from tracardi_operator.resolve import InputRef, Missing


def record(name: str = "r") -> Record:
    store = Store(lambda record: None)
    store.take_in(body(name))
    found = store.record(Key("ns", name))
    assert found
    return found


@pytest.fixture
def api() -> FakeClient:
    return FakeClient()


@pytest.fixture
def reader(api: FakeClient) -> InputReader:
    return InputReader(api)


def store_secret(api: FakeClient, value: str) -> str:
    """Its version."""
    metadata = api.put(SECRETS, "sendgrid", {"data": encode_base64({"token": value})})["metadata"]
    return f"{metadata['uid']}/{metadata['resourceVersion']}"


async def test_an_answer_says_which_version_it_is_of(api: FakeClient, reader: InputReader) -> None:
    version = store_secret(api, "value")
    assert await reader.read(record(), SECRET, None) == (version, {"token": b"value"})


async def test_all_that_ask_at_once_share_one_request(api: FakeClient, reader: InputReader) -> None:
    version = store_secret(api, "value")
    answers = await asyncio.gather(*(reader.read(record(f"r{number}"), SECRET, version) for number in range(20)))
    assert (len(api.requests), len(set(map(str, answers)))) == (1, 1)


async def test_all_that_ask_one_after_the_other_share_one_request(api: FakeClient, reader: InputReader) -> None:
    version = store_secret(api, "value")
    for number in range(20):
        await reader.read(record(f"r{number}"), SECRET, version)
    assert len(api.requests) == 1


async def test_who_knows_of_a_later_version_never_gets_an_older_answer_on_its_way(
    api: FakeClient, reader: InputReader
) -> None:
    before = store_secret(api, "old")
    looked_up, answered = asyncio.Event(), asyncio.Event()
    api.once("get", "secrets", after=looked_up.set, until=answered)
    early = asyncio.create_task(reader.read(record(), SECRET, before))
    await looked_up.wait()
    after = store_secret(api, "new")
    late = await reader.read(record("other"), SECRET, after)
    answered.set()
    assert (await early)[1] == {"token": b"old"}
    assert late == (after, {"token": b"new"})


async def test_a_later_version_is_read_anew(api: FakeClient, reader: InputReader) -> None:
    await reader.read(record(), SECRET, store_secret(api, "old"))
    assert (await reader.read(record(), SECRET, store_secret(api, "new")))[1] == {"token": b"new"}


async def test_who_gives_up_waiting_does_not_spoil_it_for_the_others(api: FakeClient, reader: InputReader) -> None:
    version = store_secret(api, "value")
    impatient, patient = (asyncio.create_task(reader.read(record(name), SECRET, version)) for name in "ab")
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient)[1] == {"token": b"value"}


async def test_a_failed_read_is_told_to_all_and_tried_again_by_the_next(api: FakeClient, reader: InputReader) -> None:
    version = store_secret(api, "value")
    api.once("get", "secrets", before=raising(Unreachable("no answer")))
    asked = [reader.read(record(name), SECRET, version) for name in "ab"]
    assert all(isinstance(answer, Unreachable) for answer in await asyncio.gather(*asked, return_exceptions=True))
    assert (await reader.read(record(), SECRET, version))[1] == {"token": b"value"}


async def test_what_is_absent_is_not_asked_for(api: FakeClient, reader: InputReader) -> None:
    assert await reader.read(record(), SECRET, ABSENT) == (ABSENT, Missing.ABSENT)
    assert api.requests == []


async def test_what_is_not_there_is_absent(reader: InputReader) -> None:
    assert await reader.read(record(), SECRET, None) == (ABSENT, Missing.ABSENT)


async def test_absence_is_not_remembered(api: FakeClient, reader: InputReader) -> None:
    await reader.read(record(), SECRET, None)
    version = store_secret(api, "value")
    assert (await reader.read(record(), SECRET, None))[0] == version


async def test_an_answer_that_is_too_large_to_keep_is_given_all_the_same(
    api: FakeClient, reader: InputReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "_CACHE_BYTES", 100)
    version = store_secret(api, "x" * 200)
    for _ in range(2):
        assert (await reader.read(record(), SECRET, version))[1] == {"token": b"x" * 200}
    assert len(api.requests) == 2


async def test_a_value_does_not_stay_in_memory(api: FakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_CACHE_SECONDS", 0.0)
    reader = InputReader(api)
    version = store_secret(api, "value")
    for _ in range(2):
        await reader.read(record(), SECRET, version)
    assert len(api.requests) == 2


async def test_a_value_that_nobody_asks_for_any_more_does_not_stay_either(
    api: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "_CACHE_SECONDS", 0.01)
    reader = InputReader(api)
    await reader.read(record(), SECRET, store_secret(api, "value"))
    assert Cache.__len__(reader._cache) == 1  # asked itself, a TTLCache would tidy up first
    await asyncio.sleep(0.05)
    assert Cache.__len__(reader._cache) == 0


async def test_an_output_of_a_resource_is_no_input_and_its_values_are_not_kept(
    api: FakeClient, reader: InputReader
) -> None:
    api.put(SECRETS, "sendgrid", {"data": {}, "metadata": {"ownerReferences": [owner().encode()]}})
    assert (await reader.read(record(), SECRET, None))[1] is Missing.OUTPUT


async def test_a_config_map_is_read_as_one(api: FakeClient, reader: InputReader) -> None:
    api.put(CONFIG_MAPS, "c", {"data": {"url": "http://example.org"}})
    answer = await reader.read(record(), InputRef(SourceKind.CONFIG_MAP, "c"), None)
    assert answer[1] == {"url": b"http://example.org"}
    assert api.requests == ["get configmaps/c"]


@pytest.mark.parametrize(
    ("kind", "content", "data"),
    [
        (SourceKind.SECRET, {"data": {"a": "dmFsdWU="}}, {"a": b"value"}),
        (SourceKind.SECRET, {"data": {"a": "/w=="}}, {"a": b"\xff"}),
        (SourceKind.SECRET, {"data": {"a": ""}}, {"a": b""}),
        (SourceKind.SECRET, {}, {}),
        (SourceKind.SECRET, {"data": None}, {}),
        (SourceKind.CONFIG_MAP, {"data": {"a": "dmFsdWU="}}, {"a": b"dmFsdWU="}),
        (SourceKind.CONFIG_MAP, {"binaryData": {"b": "/w=="}}, {"b": b"\xff"}),
        (SourceKind.CONFIG_MAP, {"data": {"a": "ö"}, "binaryData": {"b": "/w=="}}, {"a": "ö".encode(), "b": b"\xff"}),
        (SourceKind.CONFIG_MAP, {}, {}),
    ],
)
def test_data_are_bytes(kind: SourceKind, content: dict[str, Any], data: dict[str, bytes]) -> None:
    assert decode(kind, content) == data


def test_what_is_encoded_is_decoded_to_the_same() -> None:
    assert decode(SourceKind.SECRET, {"data": encode_base64({"a": "väl\n"})}) == {"a": "väl\n".encode()}
