"""A reverse proxy between the operator and the API server, with faults that can be switched on and off.

It runs in a thread of its own, so that a test may block. Plain HTTP towards the operator, TLS towards the API server.
Real bookmarks come once a minute; the proxy adds one each second, so that a shortened `--silence-seconds` means
silence here too.
"""

import asyncio
import base64
import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import yaml
from aiohttp import web
from yarl import URL

from tracardi_operator.kube.client import Lines

T = TypeVar("T")

HEARTBEAT = 1.0
_HOST = "127.0.0.1"
_PASSED_ON = ("Accept", "Authorization", "Content-Type")
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_LIST_ENDS = "k8s.io/initial-events-end"
_OF_LISTS = ("sendInitialEvents", "resourceVersionMatch")
_POLL = 0.05

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `resource` is the plural, with the subresource after a slash; empty for discovery."""

    verb: str
    resource: str
    namespace: str
    name: str
    token: str = field(repr=False)
    query: dict[str, str]

    @classmethod
    def of(cls, request: web.Request) -> "Call":
        parts = request.path.strip("/").split("/")
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if len(parts) > 2 and parts[0] == "namespaces":
            namespace, parts = parts[1], parts[2:]
        resource, name, subresource = (*parts, "", "", "")[:3]
        query = dict(request.query)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        full = f"{resource}/{subresource}" if subresource else resource
        return cls(_verb(request.method, name, query), full, namespace, name, token, query)

    @property
    def is_watch(self) -> bool:
        return self.verb == "watch"

    @property
    def is_streaming_list(self) -> bool:
        return "sendInitialEvents" in self.query

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


class Broken(Exception):  # noqa: N818
    """Raised by a fault: the connection is torn down without an answer."""


class Fault:
    """Nothing goes wrong. What does is overridden; hooks are called in the proxy's thread."""

    def before(self, call: Call) -> web.Response | None:
        """The request has come: an answer in place of the API server's, or None to pass it on."""

    def delay(self, call: Call) -> float:
        """Seconds for which the request waits before it goes on."""
        return 0.0

    def answered(self, call: Call, code: int, sent: bytes, answer: bytes) -> None:
        """What was sent to the API server, and what it said; watches aside."""

    def after(self, call: Call) -> None:
        """The API server has answered; the operator knows nothing of it yet."""

    def event(self, call: Call, event: Event) -> bool:
        """Whether an event of a watch goes through."""
        return True

    def silences(self, call: Call) -> bool:
        """Whether a watch is to bring nothing more, for as long as it lasts."""
        return False

    def version(self, call: Call) -> str:
        """Where the API server has stayed behind, for a list or a watch; empty if it has not."""
        return ""


@dataclass(eq=False, slots=True)
class _Stream:
    call: Call
    ending: "asyncio.Future[bytes | None]"
    """The last bytes to be sent, or None to break the connection."""
    version: str
    complete: bool
    silent: bool = False


class Proxy:
    """Made by `running`."""

    def __init__(self, kubeconfig: Path, directory: Path) -> None:
        self._config = yaml.safe_load(kubeconfig.read_text())
        cluster = self._config["clusters"][0]["cluster"]
        self._server = cluster["server"]
        self._tls = _tls(cluster)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._faults: list[Fault] = []
        self._streams: set[_Stream] = set()
        self._under_way: list[Call] = []
        self.calls: list[tuple[float, Call]] = []
        """When each request came, watches aside."""
        self.most_at_once = 0
        """Requests under way, watches and discovery aside."""
        self.events: list[tuple[Call, Event]] = []
        """What watches have brought, bookmarks aside."""
        self.kubeconfig = directory / "proxy.kubeconfig"
        self.port = 0

    # Faults

    def add(self, fault: Fault) -> Fault:
        self._faults = [*self._faults, fault]
        return fault

    def remove(self, fault: Fault) -> None:
        self._faults = [other for other in self._faults if other is not fault]

    @contextmanager
    def fault(self, fault: Fault) -> Iterator[None]:
        self.add(fault)
        try:
            yield
        finally:
            self.remove(fault)

    def cut(self, matches: Callable[[Call], bool] = lambda call: True, last: bytes | None = None) -> None:
        """End the watches under way: with these last bytes and in good order, or by breaking the connection."""

        async def end() -> None:
            for stream in list(self._streams):
                if matches(stream.call) and not stream.ending.done():
                    stream.ending.set_result(last)

        self._run(end())

    def silence(self) -> None:
        """Let the watches under way bring nothing more."""
        for stream in list(self._streams):
            stream.silent = True

    @property
    def token(self) -> str:
        """In the operator's kubeconfig."""
        token: str = self._config["users"][0]["user"]["token"]
        return token

    def use_credentials_of(self, kubeconfig: Path) -> None:
        """Put another user into the operator's kubeconfig."""
        self._config["users"] = yaml.safe_load(kubeconfig.read_text())["users"]
        self._write_kubeconfig()

    # What is to be seen

    def quiet_since(self, namespace: str) -> float:
        """Seconds for which nothing has been asked about a namespace; 0 while something is under way."""
        if any(call.namespace == namespace for call in list(self._under_way)):
            return 0.0
        last = max((at for at, call in list(self.calls) if call.namespace == namespace), default=0.0)
        return time.monotonic() - last

    # Running

    def start(self) -> None:
        self._thread.start()
        self._run(self._serve())
        self._write_kubeconfig()

    def stop(self) -> None:
        self.cut()  # a handler of a watch does not notice that its client was killed
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _serve(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=0)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._handle)
        quiet = logging.getLogger("tests.chaos.proxy")
        quiet.propagate = False
        self._runner = web.AppRunner(app, access_log=None, logger=quiet, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, 0).start()
        self.port = self._runner.addresses[0][1]

    async def _end(self) -> None:
        await self._runner.cleanup()
        await self._session.close()
        await asyncio.sleep(0.1)  # TLS connections take a moment to close

    def _write_kubeconfig(self) -> None:
        cluster = {"server": f"http://{_HOST}:{self.port}"}
        config = {**self._config, "clusters": [{**self._config["clusters"][0], "cluster": cluster}]}
        whole = self.kubeconfig.with_suffix(".new")
        whole.write_text(yaml.safe_dump(config))
        whole.replace(self.kubeconfig)

    # One request

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = Call.of(request)
        if call.is_watch:
            return await self._guarded(request, self._answer(call, request, self._watch))
        self.calls.append((time.monotonic(), call))
        self._under_way.append(call)
        self.most_at_once = max(self.most_at_once, sum(bool(call.resource) for call in self._under_way))
        try:
            return await self._guarded(request, self._answer(call, request, self._pass_on))
        finally:
            self._under_way.remove(call)

    async def _guarded(
        self, request: web.Request, answer: Coroutine[None, None, web.StreamResponse]
    ) -> web.StreamResponse:
        try:
            return await answer
        except (Broken, aiohttp.ClientError, ConnectionError):
            if request.transport:
                request.transport.abort()
            raise asyncio.CancelledError from None

    async def _answer(
        self,
        call: Call,
        request: web.Request,
        ask: Callable[[Call, web.Request], Coroutine[None, None, web.StreamResponse]],
    ) -> web.StreamResponse:
        if seconds := sum(fault.delay(call) for fault in self._faults):
            await asyncio.sleep(seconds)
        for fault in self._faults:
            if answer := fault.before(call):
                return answer
        return await ask(call, request)

    async def _pass_on(self, call: Call, request: web.Request) -> web.Response:
        version = self._behind(call) if call.verb == "list" and "continue" not in call.query else ""
        query = exactly(call, version) if version else None
        sent = await request.read()
        async with self._ask(request, sent, query) as answer:
            body = await answer.read()
        for fault in self._faults:
            fault.answered(call, answer.status, sent, body)
        for fault in self._faults:
            fault.after(call)
        return _response(answer, body)

    async def _watch(self, call: Call, request: web.Request) -> web.StreamResponse:
        if version := self._behind(call):
            return await self._watch_from(version, call, request)
        async with self._ask(request, None) as answer:
            if answer.status != 200:
                return _response(answer, await answer.read())
            response = await _begin(request)
            await self._stream(call, answer, response)
            return response

    async def _watch_from(self, version: str, call: Call, request: web.Request) -> web.StreamResponse:
        """What a server shows that has stayed behind: its own state at once, and what came later once it catches up."""
        response = await _begin(request)
        query = dict(call.query)
        if call.is_streaming_list:
            await response.write(await self._initial_events(call, request, version))
            query = {k: v for k, v in query.items() if k not in _OF_LISTS} | {"resourceVersion": version}
        while self._behind(call):
            if request.transport is None:
                raise Broken
            await asyncio.sleep(_POLL)
        async with self._ask(request, None, query) as answer:
            if answer.status != 200:  # too late to say so
                raise Broken
            await self._stream(replace(call, query=query), answer, response)
        return response

    async def _initial_events(self, call: Call, request: web.Request, version: str) -> bytes:
        async with self._ask(request, None, exactly(call, version)) as answer:
            items = (await answer.json())["items"] or []
        kind, api_version = _kind(call)
        objects = [{**item, "kind": kind, "apiVersion": api_version} for item in items]
        added = [_line({"type": "ADDED", "object": body}) for body in objects]
        return b"".join([*added, bookmark(call, version, ends_list=True)])

    async def _stream(self, call: Call, answer: aiohttp.ClientResponse, response: web.StreamResponse) -> None:
        version = call.query.get("resourceVersion", "")
        stream = _Stream(call, self._loop.create_future(), version, complete=not call.is_streaming_list)
        self._streams.add(stream)
        try:
            await self._follow(stream, answer, response)
        finally:
            self._streams.discard(stream)

    async def _follow(self, stream: _Stream, answer: aiohttp.ClientResponse, response: web.StreamResponse) -> None:
        """Pass on what comes until the API server ends the stream or a test does."""
        lines = Lines()
        reading: asyncio.Future[bytes] = asyncio.ensure_future(answer.content.readany())
        try:
            while True:
                await asyncio.wait((reading, stream.ending), timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                if stream.ending.done():
                    return await _end(stream.ending.result(), response)
                if not reading.done():
                    await self._beat(stream, response)
                elif chunk := reading.result():
                    for line in lines.feed(chunk):
                        await self._tell(stream, line + b"\n", response)
                    reading = asyncio.ensure_future(answer.content.readany())
                else:
                    return None
        finally:
            reading.cancel()

    async def _tell(self, stream: _Stream, line: bytes, response: web.StreamResponse) -> None:
        event = json.loads(line)
        metadata = event["object"].get("metadata", {})
        told = [fault.event(stream.call, event) for fault in self._faults]  # each sees it, whatever another says
        through = all(told)
        if self._is_silent(stream):
            return
        if through:
            await response.write(line)
            stream.version = metadata.get("resourceVersion", stream.version)
        if event["type"] == "BOOKMARK":
            stream.complete |= (metadata.get("annotations") or {}).get(_LIST_ENDS) == "true"
        elif through:
            self.events.append((stream.call, event))

    async def _beat(self, stream: _Stream, response: web.StreamResponse) -> None:
        if stream.complete and stream.version and not self._is_silent(stream):
            await response.write(bookmark(stream.call, stream.version))

    def _is_silent(self, stream: _Stream) -> bool:
        stream.silent |= any(fault.silences(stream.call) for fault in self._faults)
        return stream.silent

    def _behind(self, call: Call) -> str:
        return next((version for fault in self._faults if (version := fault.version(call))), "")

    def _ask(self, request: web.Request, body: bytes | None, query: dict[str, str] | None = None) -> Any:
        """Ask the API server the same; with a `query` of our own, about another point in time."""
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        url = URL(f"{self._server}{request.raw_path}", encoded=True)
        if query is not None:
            url = url.with_query(query)
            if "watch" not in query:
                headers["Accept"] = headers["Accept"].replace(
                    "as=PartialObjectMetadata;", "as=PartialObjectMetadataList;"
                )
        return self._session.request(request.method, url, data=body or None, headers=headers, allow_redirects=False)


@contextmanager
def running(kubeconfig: Path, directory: Path) -> Iterator[Proxy]:
    """A proxy for whoever uses its `kubeconfig`, as the user of the one that is given."""
    directory.mkdir(parents=True, exist_ok=True)
    proxy = Proxy(kubeconfig, directory)
    proxy.start()
    try:
        yield proxy
    finally:
        with suppress(TimeoutError):
            proxy.stop()


def status(code: int, reason: str = "", **headers: str) -> web.Response:
    """An answer as the API server gives it when something is wrong."""
    return web.json_response(_status(code, reason), status=code, headers=headers)


def error_event(code: int, reason: str) -> bytes:
    return _line({"type": "ERROR", "object": _status(code, reason)})


def exactly(call: Call, version: str) -> dict[str, str]:
    """The query of a list of what a request is about, as it was at a point in time."""
    kept = {name: call.query[name] for name in ("limit", "fieldSelector") if name in call.query}
    return kept | {"resourceVersion": version, "resourceVersionMatch": "Exact"}


def bookmark(call: Call, version: str, *, ends_list: bool = False) -> bytes:
    kind = _kind(call)
    metadata: dict[str, Any] = {"resourceVersion": version}
    if ends_list:
        metadata["annotations"] = {_LIST_ENDS: "true"}
    return _line({"type": "BOOKMARK", "object": {"kind": kind[0], "apiVersion": kind[1], "metadata": metadata}})


def _kind(call: Call) -> tuple[str, str]:
    """Kind and apiVersion of what a watch brings: our own kind whole, of all others the metadata."""
    if call.resource == "resources":
        return "Resource", "tracardi.com/v1alpha1"
    return "PartialObjectMetadata", "meta.k8s.io/v1"


def _status(code: int, reason: str) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": ""}


async def _begin(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    return response


async def _end(last: bytes | None, response: web.StreamResponse) -> None:
    if last is None:
        raise Broken
    if last:
        await response.write(last)


def _line(event: Event) -> bytes:
    return json.dumps(event).encode() + b"\n"


def _response(answer: aiohttp.ClientResponse, body: bytes) -> web.Response:
    headers = {name: answer.headers[name] for name in ("Content-Type", "Retry-After") if name in answer.headers}
    return web.Response(status=answer.status, body=body, headers=headers)


def _verb(method: str, name: str, query: dict[str, str]) -> str:
    if method != "GET":
        return _VERBS[method]
    if query.get("watch") == "true":
        return "watch"
    return "get" if name else "list"


def _tls(cluster: dict[str, str]) -> ssl.SSLContext:
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    return ssl.create_default_context(cadata=authority)
