"""The API server's verbs over JSON, thin: one call, one request.

Nothing is retried here, save that the session renews its credentials once after a 401. Objects are plain dicts.
"""

import asyncio
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tracardi_operator.kube.errors import ApiError, Silent, Unreachable, from_response, from_status
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.meta import METADATA_LIST
from tracardi_operator.kube.session import Connection

Object = dict[str, Any]

Observe = Callable[[str, str, int, float], None]
"""Told of each request: verb, plural of the kind, status code (0: no answer), seconds until it was answered."""

_JSON = "application/json"
_METADATA = "PartialObjectMetadata"
_METADATA_LIST = "PartialObjectMetadataList"
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_METHODS = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}


class WatchEvent(NamedTuple):
    type: str
    """ADDED, MODIFIED, DELETED or BOOKMARK."""
    object: Object


@dataclass(frozen=True, slots=True)
class _Call:
    verb: str
    kind: Kind
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Object | None = field(default=None, repr=False)
    content_type: str = _JSON
    accept: str = _JSON


class Client:
    """`concurrency` limits the requests under way at once, watches aside; `request_timeout` is in seconds."""

    def __init__(
        self,
        connection: Connection,
        session: aiohttp.ClientSession,
        *,
        concurrency: int = 16,
        request_timeout: float = 15.0,
        observe: Observe | None = None,
    ) -> None:
        self._server = connection.server
        self._session = session
        self._slots = asyncio.Semaphore(concurrency)
        self._timeout = request_timeout
        self._observe = observe or (lambda verb, resource, code, seconds: None)

    async def get(self, kind: Kind, namespace: str | None, name: str, *, metadata_only: bool = False) -> Object:
        """Raises NotFound."""
        accept = _as(_METADATA) if metadata_only else _JSON
        call = _Call("get", kind, kind.path(namespace, name), accept=accept)
        answer = await self._request(call)
        if metadata_only:
            _require_metadata(call, answer, _METADATA)
        return answer

    async def list_pages(
        self,
        kind: Kind,
        namespace: str | None,
        *,
        metadata_only: bool = False,
        limit: int = 500,
        field_selector: str = "",
        label_selector: str = "",
        not_older_than: str = "",
    ) -> AsyncIterator[Object]:
        """The lists that make up the collection, `limit` objects each. Raises Gone where paging took too long."""
        query = _query(
            limit=str(limit),
            fieldSelector=field_selector,
            labelSelector=label_selector,
            resourceVersion=not_older_than,
            resourceVersionMatch="NotOlderThan" if not_older_than else "",
        )
        accept = _as(_METADATA_LIST) if metadata_only else _JSON
        while True:
            call = _Call("list", kind, kind.path(namespace), query, accept=accept)
            page = await self._request(call, METADATA_LIST.validate_json if metadata_only else json.loads)
            if metadata_only:
                _require_metadata(call, page, _METADATA_LIST)
            page["items"] = page.get("items") or []  # null is how the API server says none in a metadata list
            yield page
            if not (token := page["metadata"].get("continue")):
                return
            query = _query(
                limit=str(limit), fieldSelector=field_selector, labelSelector=label_selector, **{"continue": token}
            )

    async def create(self, kind: Kind, namespace: str | None, body: Object) -> Object:
        """Raises AlreadyExists."""
        return await self._request(_Call("create", kind, kind.path(namespace), body=body))

    async def replace(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """A PUT of the whole object. Raises Conflict unless the uid and resourceVersion in its metadata are current."""
        return await self._request(_Call("update", kind, kind.path(namespace, name), body=body))

    async def apply_status(
        self, kind: Kind, namespace: str | None, name: str, body: Object, *, field_manager: str, force: bool = True
    ) -> Object:
        """Server-side apply to the status subresource."""
        query = {"fieldManager": field_manager, "force": "true" if force else "false"}
        path = kind.path(namespace, name, "status")
        return await self._request(_Call("patch", kind, path, query, body, content_type=_APPLY))

    async def merge(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """A merge patch (RFC 7386). Raises Conflict unless the resourceVersion in its metadata, if any, is current."""
        return await self._request(_Call("patch", kind, kind.path(namespace, name), body=body, content_type=_MERGE))

    async def delete(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation: str | None = None,
    ) -> Object:
        """Raises Conflict where the object has another uid or resourceVersion, NotFound where there is none."""
        preconditions = _query(uid=uid or "", resourceVersion=resource_version or "")
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if preconditions:
            options["preconditions"] = preconditions
        if propagation:
            options["propagationPolicy"] = propagation
        return await self._request(_Call("delete", kind, kind.path(namespace, name), body=options))

    @asynccontextmanager
    async def watch(
        self,
        kind: Kind,
        namespace: str | None,
        *,
        resource_version: str,
        metadata_only: bool = False,
        field_selector: str = "",
        initial_events: bool = False,
        timeout_seconds: int = 300,
        silence: float = 90.0,
    ) -> AsyncIterator[AsyncIterator[WatchEvent]]:
        """The changes after `resource_version`, until the server ends the stream after `timeout_seconds`.

        With `initial_events` a streaming list comes first, not older than `resource_version` ("": the newest); a
        bookmark says where it ends (https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists).
        An ERROR event is raised as ApiError, `silence` seconds without a byte as Silent, a torn stream as Unreachable.
        """
        query = _query(
            watch="true",
            allowWatchBookmarks="true",
            resourceVersion=resource_version,
            fieldSelector=field_selector,
            timeoutSeconds=str(timeout_seconds),
            sendInitialEvents="true" if initial_events else "",
            resourceVersionMatch="NotOlderThan" if initial_events else "",
        )
        accept = _as(_METADATA) if metadata_only else _JSON
        call = _Call("watch", kind, kind.path(namespace), query, accept=accept)
        with _translated(call):
            async with asyncio.timeout(self._timeout):
                response = await self._send(call, aiohttp.ClientTimeout(total=None, sock_read=silence))
        try:
            async with aclosing(_events(call, response, metadata_only=metadata_only)) as events:
                yield events
        finally:
            response.close()

    async def _request(self, call: _Call, decode: Callable[[bytes], Any] = json.loads) -> Object:
        async with self._slots:
            with _translated(call):
                async with asyncio.timeout(self._timeout):
                    response = await self._send(call, aiohttp.ClientTimeout(total=None))
                    async with response:
                        data = await response.read()
        return _decode(call, data, decode)

    async def _send(self, call: _Call, limits: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        """The response to a call, known to be a success. Raises ApiError."""
        clock = asyncio.get_running_loop().time
        started, code = clock(), 0
        try:
            response = await self._session.request(
                _METHODS[call.verb],
                URL(f"{self._server}{call.path}?{urlencode(call.query)}", encoded=True),
                data=None if call.body is None else _payload(call.body),
                headers={"Accept": call.accept, "Content-Type": call.content_type},
                allow_redirects=False,
                timeout=limits,
            )
            code = response.status
        finally:
            self._observe(call.verb, call.kind.plural, code, clock() - started)
        if 200 <= code < 300:
            return response
        async with response:
            body = await response.read()
        raise from_response(call.verb, call.path, code, body, response.headers.get("Retry-After"))


class Lines:
    """Puts the lines of a stream together, however long they are and however they were cut."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes, without their ends."""
        lines: list[bytes] = []
        first, *rest = chunk.split(b"\n")
        self._parts.append(first)
        for start in rest:
            lines.append(b"".join(self._parts))
            self._parts = [start]
        return lines

    def end(self) -> None:
        """Raises EOFError where the last line lacks its end."""
        if any(self._parts):
            raise EOFError


async def _events(
    call: _Call, response: aiohttp.ClientResponse, *, metadata_only: bool
) -> AsyncGenerator[WatchEvent, None]:
    lines = Lines()
    while True:
        with _translated(call):
            if not (chunk := await response.content.readany()):
                lines.end()
                return
        for line in lines.feed(chunk):
            yield _event(call, _decode(call, line), metadata_only=metadata_only)


def _event(call: _Call, event: Object, *, metadata_only: bool) -> WatchEvent:
    content = event.get("object")
    if not isinstance(content, dict) or not isinstance(event.get("type"), str):
        raise Unreachable(f"{call.verb} {call.path}: not a watch event")
    if event["type"] == "ERROR":
        raise from_status(call.verb, call.path, content.get("code") or 500, content)
    if metadata_only:
        _require_metadata(call, content, _METADATA)
    return WatchEvent(event["type"], content)


def _as(kind: str) -> str:
    """Asks for objects in the form of another kind of meta.k8s.io."""
    return f"{_JSON};as={kind};g=meta.k8s.io;v=v1,{_JSON}"


def _require_metadata(call: _Call, content: Object, kind: str) -> None:
    """A server that ignores the Accept header sends whole objects, values included."""
    if content.get("kind") != kind:
        raise ApiError(call.verb, call.path, 406, "NotAcceptable")


def _payload(body: Object) -> io.BytesIO:
    """A file, because aiohttp warns of more than 1 MiB in one piece, and a bundle may be that large."""
    return io.BytesIO(json.dumps(body, separators=(",", ":")).encode())


def _decode(call: _Call, data: bytes, decode: Callable[[bytes], Any] = json.loads) -> Object:
    try:
        content = decode(data)
    except (ValueError, RecursionError):  # nested too deeply
        content = None
    # Raised out here: the decoder's error holds the whole text.
    if not isinstance(content, dict):
        raise Unreachable(f"{call.verb} {call.path}: the answer is not a JSON object")
    return content


@contextmanager
def _translated(call: _Call) -> Iterator[None]:
    try:
        yield
    except aiohttp.SocketTimeoutError:
        raise Silent(f"{call.verb} {call.path}: not one byte for too long") from None
    except aiohttp.ClientConnectorError as error:
        raise Unreachable(f"{call.verb} {call.path}: {error.__cause__}") from None
    except (aiohttp.ClientError, EOFError, OSError, TimeoutError) as error:
        raise Unreachable(f"{call.verb} {call.path}: {type(error).__name__}") from None


def _query(**parameters: str) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if value}
