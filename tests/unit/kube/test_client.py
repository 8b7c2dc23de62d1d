"""The verbs: what they send, what they return, what they raise, and what they never tell."""

import asyncio
import json
import traceback

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.kube.fake import FakeApi, refusal, status
from tracardi_operator.kube.client import Client, Lines
from tracardi_operator.kube.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    ServerError,
    Silent,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    VersionTooLarge,
)
from tracardi_operator.kube.kinds import CONFIG_MAPS, LEASES, SECRETS
from tracardi_operator.kube.session import Connection


async def test_created_object_is_read_back(client: Client) -> None:
    created = await client.create(CONFIG_MAPS, "shop", {"metadata": {"name": "a"}, "data": {"k": "v"}})
    assert await client.get(CONFIG_MAPS, "shop", "a") == created


async def test_replace_with_the_current_version_succeeds(client: Client) -> None:
    created = await client.create(CONFIG_MAPS, "shop", {"metadata": {"name": "a"}, "data": {"k": "v"}})
    replaced = await client.replace(CONFIG_MAPS, "shop", "a", created | {"data": {"k": "w"}})
    assert replaced["data"] == {"k": "w"}


async def test_replace_with_an_old_version_is_a_conflict(client: Client) -> None:
    created = await client.create(CONFIG_MAPS, "shop", {"metadata": {"name": "a"}})
    await client.replace(CONFIG_MAPS, "shop", "a", created | {"data": {"k": "w"}})
    with pytest.raises(Conflict):
        await client.replace(CONFIG_MAPS, "shop", "a", created)


async def test_second_create_says_already_exists(client: Client) -> None:
    await client.create(CONFIG_MAPS, "shop", {"metadata": {"name": "a"}})
    with pytest.raises(AlreadyExists):
        await client.create(CONFIG_MAPS, "shop", {"metadata": {"name": "a"}})


async def test_delete_of_another_uid_is_a_conflict(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    with pytest.raises(Conflict):
        await client.delete(SECRETS, "shop", "a", uid="another")
    assert ("secrets", "shop", "a") in api.objects


async def test_delete_with_matching_preconditions_deletes(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    metadata = api.objects["secrets", "shop", "a"]["metadata"]
    await client.delete(SECRETS, "shop", "a", uid=metadata["uid"], resource_version=metadata["resourceVersion"])
    with pytest.raises(NotFound):
        await client.get(SECRETS, "shop", "a")


async def test_status_is_applied_to_the_subresource_as_the_given_manager(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    await client.apply_status(SECRETS, "shop", "a", {"status": {"ready": True}}, field_manager="me")
    assert api.requests[-1] == ("PATCH", "/api/v1/namespaces/shop/secrets/a/status")
    assert api.queries[-1] == {"fieldManager": "me", "force": "true"}
    assert api.headers[-1]["Content-Type"] == "application/apply-patch+yaml"


async def test_list_follows_the_continue_token_to_the_end(client: Client, api: FakeApi) -> None:
    for number in range(5):
        api.put("secrets", "shop", f"s{number}")
    pages = [page async for page in client.list_pages(SECRETS, None, limit=2)]
    names = [item["metadata"]["name"] for page in pages for item in page["items"]]
    assert (len(pages), names) == (3, ["s0", "s1", "s2", "s3", "s4"])


async def test_metadata_list_of_nothing_is_empty(client: Client) -> None:
    assert [page["items"] async for page in client.list_pages(SECRETS, None, metadata_only=True)] == [[]]


async def test_metadata_list_brings_no_data(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    pages = [page async for page in client.list_pages(SECRETS, None, metadata_only=True)]
    assert "SENTINEL" not in json.dumps(pages)


async def test_metadata_list_leaves_out_managed_fields_and_nothing_that_is_read_from_metadata(
    client: Client, api: FakeApi
) -> None:
    read = {"labels": {"a": "b"}, "finalizers": ["x/y"], "ownerReferences": [{"uid": "1"}], "generation": 2}
    unread = {"managedFields": [{"manager": "kubectl"}]}
    api.put("secrets", "shop", "a", **read, **unread, deletionTimestamp="2026-11-22T10:00:00Z")
    metadata = api.objects["secrets", "shop", "a"]["metadata"]
    (page,) = [page async for page in client.list_pages(SECRETS, None, metadata_only=True)]
    assert page["items"] == [{"metadata": {key: value for key, value in metadata.items() if key not in unread}}]


async def test_list_of_whole_objects_is_refused_where_metadata_was_asked_for(client: Client, api: FakeApi) -> None:
    api.ignore_accept = True
    with pytest.raises(ApiError, match="NotAcceptable"):
        await anext(client.list_pages(SECRETS, None, metadata_only=True))


async def test_watch_of_whole_objects_is_refused_where_metadata_was_asked_for(client: Client, api: FakeApi) -> None:
    api.ignore_accept = True
    api.put("secrets", "shop", "a")
    async with client.watch(SECRETS, None, resource_version="", metadata_only=True, initial_events=True) as events:
        with pytest.raises(ApiError, match="NotAcceptable"):
            await anext(events)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (400, "BadRequest", BadRequest),
        (403, "Forbidden", Forbidden),
        (404, "NotFound", NotFound),
        (409, "AlreadyExists", AlreadyExists),
        (409, "Conflict", Conflict),
        (410, "Expired", Gone),
        (410, "Gone", Gone),
        (418, "", ApiError),
        (422, "Invalid", Invalid),
        (429, "TooManyRequests", TooManyRequests),
        (500, "InternalError", ServerError),
        (503, "ServiceUnavailable", ServerError),
    ],
)
async def test_each_refusal_has_its_class(
    client: Client, api: FakeApi, code: int, reason: str, expected: type[ApiError]
) -> None:
    api.faults.append(lambda request: refusal(code, reason))
    with pytest.raises(ApiError) as caught:
        await client.get(SECRETS, "shop", "a")
    assert (type(caught.value), caught.value.status, caught.value.reason) == (expected, code, reason)


async def test_version_that_the_server_has_not_reached_has_its_own_class(client: Client, api: FakeApi) -> None:
    content = status(504, "Timeout", causes=("ResourceVersionTooLarge",))
    api.faults.append(lambda request: web.json_response(content, status=504))
    with pytest.raises(VersionTooLarge):
        await client.get(SECRETS, "shop", "a")


async def test_error_without_a_status_is_told_by_its_code(client: Client, api: FakeApi) -> None:
    api.faults.append(lambda request: web.Response(status=502, text="<html>SENTINEL"))
    with pytest.raises(ServerError, match=r"^get /api/v1/namespaces/shop/secrets/a: 502$"):
        await client.get(SECRETS, "shop", "a")


@pytest.mark.parametrize(
    ("headers", "expected"), [({"Retry-After": "7"}, 7.0), ({}, None), ({"Retry-After": "tomorrow"}, None)]
)
async def test_retry_after_is_read_in_seconds(
    client: Client, api: FakeApi, headers: dict[str, str], expected: float | None
) -> None:
    api.faults.append(lambda request: refusal(429, "TooManyRequests", headers=headers))
    with pytest.raises(TooManyRequests) as caught:
        await client.get(SECRETS, "shop", "a")
    assert caught.value.retry_after == expected


@pytest.mark.parametrize("code", [400, 409, 422, 500])
async def test_errors_tell_nothing_of_message_reason_query_or_body(client: Client, api: FakeApi, code: int) -> None:
    body = {"metadata": {"name": "a"}, "stringData": {"token": "SENTINEL"}}
    answer = refusal(code, "SENTINEL", message='Invalid value: "SENTINEL"')
    api.faults.append(lambda request: answer)
    with pytest.raises(ApiError) as caught:
        await client.create(SECRETS, "shop", body)
    assert "SENTINEL" not in "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)


async def test_answer_that_is_no_json_is_not_quoted(client: Client, api: FakeApi) -> None:
    api.faults.append(lambda request: web.Response(text="SENTINEL"))
    with pytest.raises(Unreachable) as caught:
        await client.get(SECRETS, "shop", "a")
    assert caught.value.__context__ is None
    assert "SENTINEL" not in str(caught.value)


async def test_refused_connection_is_unreachable_and_says_why(client: Client, api: FakeApi) -> None:
    await api.stop()
    with pytest.raises(Unreachable, match=r"^get /api/v1/namespaces/shop/secrets/a: .*[Cc]onnect"):
        await client.get(SECRETS, "shop", "a")


async def test_answer_that_takes_too_long_is_unreachable(connection: Connection, api: FakeApi) -> None:
    api.hangs = True
    async with connection.session() as session:
        client = Client(connection, session, request_timeout=0.05)
        with pytest.raises(Unreachable, match="TimeoutError"):
            await client.get(SECRETS, "shop", "a")


async def test_redirects_are_not_followed(client: Client, api: FakeApi) -> None:
    api.faults.append(lambda request: web.Response(status=302, headers={"Location": "/elsewhere"}))
    with pytest.raises(ApiError):
        await client.get(SECRETS, "shop", "a")
    assert len(api.requests) == 1


async def test_no_more_requests_are_under_way_than_allowed(connection: Connection, api: FakeApi) -> None:
    under_way = most = 0

    def count(verb: str, resource: str, code: int, seconds: float) -> None:
        nonlocal under_way
        under_way -= 1

    def arrive(request: web.BaseRequest) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)

    api.faults.append(arrive)
    api.put("secrets", "shop", "a")
    async with connection.session() as session:
        client = Client(connection, session, concurrency=3, observe=count)
        await asyncio.gather(*(client.get(SECRETS, "shop", "a") for _ in range(30)))
    assert most <= 3


async def test_watches_take_no_slot_of_requests(connection: Connection, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    async with connection.session() as session:
        client = Client(connection, session, concurrency=1)
        async with client.watch(SECRETS, None, resource_version="1"):
            assert await client.get(SECRETS, "shop", "a")


async def test_every_request_is_observed_with_its_code(connection: Connection, api: FakeApi) -> None:
    seen: list[tuple[str, str, int]] = []
    async with connection.session() as session:
        client = Client(
            connection, session, observe=lambda verb, resource, code, _: seen.append((verb, resource, code))
        )
        await client.create(SECRETS, "shop", {"metadata": {"name": "a"}})
        with pytest.raises(NotFound):
            await client.get(LEASES, "shop", "b")
    assert seen == [("create", "secrets", 201), ("get", "leases", 404)]


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_name_that_would_lead_elsewhere_is_refused(client: Client, api: FakeApi, name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        await client.get(SECRETS, "shop", name)
    assert not api.requests


def test_names_are_percent_encoded_in_paths() -> None:
    assert SECRETS.path("shop", "a/b?c") == "/api/v1/namespaces/shop/secrets/a%2Fb%3Fc"


@given(lines=st.lists(st.binary().filter(lambda line: b"\n" not in line)), cut=st.integers(1, 7))
def test_lines_come_out_whole_however_the_stream_was_cut(lines: list[bytes], cut: int) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    splitter = Lines()
    got = [line for at in range(0, len(stream), cut) for line in splitter.feed(stream[at : at + cut])]
    splitter.end()
    assert got == lines


def test_line_without_its_end_is_an_error() -> None:
    splitter = Lines()
    splitter.feed(b'{"a": 1}\n{"b"')
    with pytest.raises(EOFError):
        splitter.end()


async def test_watch_event_of_several_mebibytes_arrives(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a", annotations={"long": "x" * 3_000_000})
    async with client.watch(SECRETS, None, resource_version="1", metadata_only=True) as events:
        event = await anext(events)
    assert len(event.object["metadata"]["annotations"]["long"]) == 3_000_000


async def test_watch_that_the_server_ends_just_ends(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    async with client.watch(SECRETS, None, resource_version="1") as events:
        await anext(events)
        api.streams[0].end()
        assert [event async for event in events] == []


async def test_watch_torn_within_a_line_is_unreachable(client: Client, api: FakeApi) -> None:
    async with client.watch(SECRETS, None, resource_version="1") as events:
        api.streams[0].send_raw(b'{"type": "ADDED", "obj')
        api.streams[0].end()
        with pytest.raises(Unreachable):
            await anext(events)


async def test_watch_on_a_broken_connection_is_unreachable(client: Client, api: FakeApi) -> None:
    async with client.watch(SECRETS, None, resource_version="1") as events:
        api.streams[0].tear()
        with pytest.raises(Unreachable):
            await anext(events)


async def test_watch_without_a_byte_is_silent(client: Client, api: FakeApi) -> None:
    async with client.watch(SECRETS, None, resource_version="1", silence=0.05) as events:
        with pytest.raises(Silent):
            await anext(events)


async def test_error_event_is_raised_with_its_code(client: Client, api: FakeApi) -> None:
    api.put("secrets", "shop", "a")
    api.forget_history()
    async with client.watch(SECRETS, None, resource_version="1") as events:
        with pytest.raises(Gone):
            await anext(events)


async def test_error_in_the_body_of_a_watch_passes_through_it_unchanged(client: Client, api: FakeApi) -> None:
    with pytest.raises(TimeoutError):
        async with client.watch(SECRETS, None, resource_version="1"):
            raise TimeoutError


async def test_unauthorized_comes_out_after_one_renewal(client: Client, api: FakeApi) -> None:
    api.faults.append(lambda request: refusal(401, "Unauthorized"))
    with pytest.raises(Unauthorized):
        await client.get(SECRETS, "shop", "a")
    assert len(api.requests) == 2
