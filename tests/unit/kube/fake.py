"""An API server in this process: objects with resourceVersions, preconditions, lists, watches, and faults on demand."""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

Object = dict[str, Any]
Fault = Callable[[web.BaseRequest], web.StreamResponse | None]

_PATH = re.compile(
    r"/(?:api|apis/[^/]+)/[^/]+(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/status)?"
)


def status(code: int, reason: str, *, message: str = "", causes: tuple[str, ...] = ()) -> Object:
    return {
        "kind": "Status",
        "code": code,
        "reason": reason,
        "message": message,
        "details": {"causes": [{"reason": cause} for cause in causes]},
    }


def refusal(code: int, reason: str, *, message: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(status(code, reason, message=message), status=code, headers=headers)


@dataclass(eq=False)
class Stream:
    """One open watch."""

    request: web.BaseRequest
    queue: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    version: int = 0
    """Changes up to here were sent."""

    @property
    def metadata_only(self) -> bool:
        return "as=PartialObjectMetadata" in self.request.headers["Accept"]

    def send(self, kind: str, content: Object) -> None:
        self.queue.put_nowait(json.dumps({"type": kind, "object": content}).encode() + b"\n")

    def send_raw(self, data: bytes) -> None:
        self.queue.put_nowait(data)

    def end(self) -> None:
        """As a server does whose timeout for the watch has come."""
        self.queue.put_nowait(None)

    def tear(self) -> None:
        """As a broken network does."""
        transport = self.request.transport
        assert transport is not None
        transport.close()


class FakeApi:
    def __init__(self) -> None:
        self.url = ""
        self._port = 0
        self.version = 100
        self.oldest = 0
        """Watches from before this resourceVersion are answered with 410."""
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.changes: list[tuple[int, str, str, Object]] = []
        self.streams: list[Stream] = []
        self.requests: list[tuple[str, str]] = []
        self.queries: list[dict[str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self.peers: list[object] = []
        """Where each request came from: one for each connection."""
        self.faults: list[Fault] = []
        self.streaming_lists = True
        self.lists_break = 0
        """So many streaming lists break off in their middle."""
        self.silent = False
        """Keep the streams, send nothing."""
        self.hangs = False
        """Answer nothing at all."""
        self.barrier: asyncio.Barrier | None = None
        """Every request waits for the others here."""
        self.ignore_accept = False
        self._uids = itertools.count(1)
        self._stream_opened = asyncio.Event()

    # What tests do to it

    def put(self, plural: str, namespace: str, name: str, **metadata: Any) -> Object:
        """Creates or changes an object, without a request."""
        before = self.objects.get((plural, namespace, name))
        content: Object = {
            "metadata": {**metadata, "namespace": namespace, "name": name},
            "data": {"token": "SENTINEL"},
        }
        content["metadata"]["uid"] = before["metadata"]["uid"] if before else f"uid-{next(self._uids)}"
        self._store("MODIFIED" if before else "ADDED", plural, content)
        return content

    def remove(self, plural: str, namespace: str, name: str) -> None:
        self._store("DELETED", plural, self.objects.pop((plural, namespace, name)))

    def forget_history(self) -> None:
        """Makes every resourceVersion that was told so far too old for a watch."""
        self.version += 1
        self.oldest = self.version

    def restore(self, version: int) -> None:
        """Puts the cluster back to an earlier resourceVersion; the objects stay."""
        self.version = version
        self.changes.clear()
        for content in self.objects.values():
            content["metadata"]["resourceVersion"] = str(version)

    def bookmark(self) -> None:
        for stream in self.streams:
            stream.send("BOOKMARK", self._bookmark())

    async def next_stream(self) -> Stream:
        """The stream that is opened after this call."""
        self._stream_opened.clear()
        await self._stream_opened.wait()
        return self.streams[-1]

    def kubeconfig(self, path: Path, **user: Any) -> str:
        content = {
            "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "me", "namespace": "home"}}],
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "me", "user": user or {"token": "t0"}}],
        }
        path.write_text(json.dumps(content))
        return str(path)

    # The server

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["FakeApi"]:
        await self.start()
        try:
            yield self
        finally:
            await self.stop()

    async def start(self) -> None:
        """Starts, or starts again at the same address."""
        self._runner = web.ServerRunner(web.Server(self._handle, handler_cancellation=True), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        for stream in self.streams:
            stream.end()
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        self.queries.append(dict(request.query))
        self.headers.append(request.headers)
        self.peers.append(request.transport and request.transport.get_extra_info("peername"))
        if self.barrier:
            await self.barrier.wait()
        for fault in list(self.faults):
            if response := fault(request):
                return response
        if self.hangs:
            await asyncio.Event().wait()
        match = _PATH.fullmatch(request.path)
        assert match
        plural, namespace, name = match["plural"], match["namespace"] or "", match["name"]
        if name is None:
            return await self._collection(request, plural, namespace)
        return await self._item(request, plural, namespace, name)

    async def _collection(self, request: web.BaseRequest, plural: str, namespace: str) -> web.StreamResponse:
        if request.method == "POST":
            return await self._create(request, plural, namespace)
        if request.query.get("watch"):
            return await self._watch(request, plural, namespace)
        return self._list(request, plural, namespace)

    async def _item(self, request: web.BaseRequest, plural: str, namespace: str, name: str) -> web.StreamResponse:
        current = self.objects.get((plural, namespace, name))
        if current is None:
            return refusal(404, "NotFound")
        body = json.loads(await request.read() or b"{}")
        sent = body.get("preconditions" if request.method == "DELETE" else "metadata") or {}
        if any(
            sent.get(one, current["metadata"][one]) != current["metadata"][one] for one in ("uid", "resourceVersion")
        ):
            return refusal(409, "Conflict")
        if request.method == "DELETE":
            self.remove(plural, namespace, name)
        elif request.method == "PUT":
            self._store("MODIFIED", plural, body | {"metadata": current["metadata"] | body["metadata"]})
        elif request.method == "PATCH":
            self._store("MODIFIED", plural, current | {"status": body["status"]})
        return web.json_response(self.objects.get((plural, namespace, name), {}))

    async def _create(self, request: web.BaseRequest, plural: str, namespace: str) -> web.StreamResponse:
        body = await request.json()
        if (plural, namespace, body["metadata"]["name"]) in self.objects:
            return refusal(409, "AlreadyExists")
        body["metadata"] |= {"namespace": namespace, "uid": f"uid-{next(self._uids)}"}
        self._store("ADDED", plural, body)
        return web.json_response(self.objects[plural, namespace, body["metadata"]["name"]], status=201)

    def _store(self, change: str, plural: str, content: Object) -> None:
        self.version += 1
        content = content | {"metadata": content["metadata"] | {"resourceVersion": str(self.version)}}
        metadata = content["metadata"]
        if change != "DELETED":
            self.objects[plural, metadata["namespace"], metadata["name"]] = content
        self.changes.append((self.version, change, plural, content))
        for stream in self.streams:
            self._catch_up(stream)

    def _list(self, request: web.BaseRequest, plural: str, namespace: str) -> web.StreamResponse:
        if self._is_behind(request):
            return web.json_response(status(504, "Timeout", causes=("ResourceVersionTooLarge",)), status=504)
        items = self._select(plural, namespace)
        start, limit = int(request.query.get("continue", "0")), int(request.query.get("limit", "500"))
        page = items[start : start + limit]
        metadata = {"resourceVersion": str(self.version)}
        if start + limit < len(items):
            metadata["continue"] = str(start + limit)
        partial = "as=PartialObjectMetadataList" in request.headers["Accept"] and not self.ignore_accept
        content: Object = {"kind": "PartialObjectMetadataList" if partial else "List", "metadata": metadata}
        content["items"] = [{"metadata": item["metadata"]} if partial else item for item in page]
        if partial and not page:
            content["items"] = None  # as the real one says it
        return web.json_response(content)

    def _select(self, plural: str, namespace: str) -> list[Object]:
        return [
            content for (kind, where, _), content in self.objects.items() if kind == plural and namespace in ("", where)
        ]

    def _is_behind(self, request: web.BaseRequest) -> bool:
        return int(request.query.get("resourceVersion") or "0") > self.version

    async def _watch(self, request: web.BaseRequest, plural: str, namespace: str) -> web.StreamResponse:
        initial = bool(request.query.get("sendInitialEvents"))
        if initial and not self.streaming_lists:
            return refusal(422, "Invalid")
        response = web.StreamResponse()
        await response.prepare(request)
        stream = Stream(request)
        self._start(stream, plural, namespace, initial=initial)
        self.streams.append(stream)
        self._stream_opened.set()
        try:
            while (data := await stream.queue.get()) is not None:
                await response.write(data)
        except ConnectionError:
            pass
        finally:
            self.streams.remove(stream)
        return response

    def _start(self, stream: Stream, plural: str, namespace: str, *, initial: bool) -> None:
        version = int(stream.request.query.get("resourceVersion") or "0")
        stream.version = self.version if initial else version
        if initial and self._is_behind(stream.request):
            stream.send("ERROR", status(504, "Timeout", causes=("ResourceVersionTooLarge",)))
        elif initial and self.lists_break:
            self.lists_break -= 1
            stream.send("ADDED", self._shape(stream, self._select(plural, namespace)[0]))
            stream.end()
        elif initial and not self.silent:
            for content in self._select(plural, namespace):
                stream.send("ADDED", self._shape(stream, content))
            stream.send("BOOKMARK", self._bookmark({"k8s.io/initial-events-end": "true"}))
        elif version < self.oldest:
            stream.send("ERROR", status(410, "Expired"))
        else:
            self._catch_up(stream)

    def _catch_up(self, stream: Stream) -> None:
        match = _PATH.fullmatch(stream.request.path)
        assert match
        for version, change, plural, content in self.changes:
            wanted = plural == match["plural"] and match["namespace"] in (None, content["metadata"]["namespace"])
            if version > stream.version and wanted and not self.silent:
                stream.send(change, self._shape(stream, content))
        stream.version = max(stream.version, self.version)

    def _shape(self, stream: Stream, content: Object) -> Object:
        if stream.metadata_only and not self.ignore_accept:
            return {"kind": "PartialObjectMetadata", "metadata": content["metadata"]}
        return content | {"kind": "Secret"}

    def _bookmark(self, annotations: Mapping[str, str] | None = None) -> Object:
        metadata = {"resourceVersion": str(self.version), "annotations": annotations}
        return {"kind": "PartialObjectMetadata", "metadata": metadata}
