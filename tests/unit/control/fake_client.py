"""The API server in memory, behind the interface of `kube.client.Client`: what tests do to it, faults, a log."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.unit.control.fake_server import Change, FakeServer, Place, refused, wire
from tests.unit.control.fake_watch import Stream
from tracardi_operator.kube.client import Client, Object, WatchEvent
from tracardi_operator.kube.kinds import Kind

__all__ = ["Change", "FakeClient", "raising", "refused", "writes"]

Action = Callable[[], object]
"""What happens meanwhile; it may raise."""


@dataclass(frozen=True, slots=True)
class _Meanwhile:
    verb: str
    plural: str
    name: str | None
    before: Action
    after: Action
    until: asyncio.Event | None


_NOTHING = _Meanwhile("", "", None, lambda: None, lambda: None, None)


def raising(error: Exception) -> Action:
    def fail() -> None:
        raise error

    return fail


class FakeClient(Client):
    def __init__(self, server: FakeServer | None = None) -> None:  # without a session: no request leaves this object
        self.server = server or FakeServer()
        self.requests: list[str] = []
        self.changes: list[Change] = []
        """What a watch has not told yet."""
        self._meanwhile: list[_Meanwhile] = []
        self.server.listeners.append(lambda change: self.changes.append(change))

    @property
    def objects(self) -> dict[Place, Object]:
        return self.server.objects

    @property
    def version(self) -> int:
        return self.server.version

    # What tests do to it

    def once(
        self,
        verb: str,
        plural: str,
        *,
        name: str | None = None,
        before: Action = lambda: None,
        after: Action = lambda: None,
        until: asyncio.Event | None = None,
    ) -> None:
        """At the next such request: `before` the server looks at it, or `after` it acted and has yet to answer.

        It answers when `until` is set.
        """
        self._meanwhile.append(_Meanwhile(verb, plural, name, before, after, until))

    def forgive(self) -> None:
        """Nothing that was to happen at a request happens any more."""
        self._meanwhile.clear()

    def put(self, kind: Kind, name: str, content: Object, namespace: str = "ns") -> Object:
        """Create or change an object as somebody else. `metadata` in `content` is merged."""
        before = self.objects.get((kind.plural, namespace, name))
        metadata = (before or {}).get("metadata", {}) | content.get("metadata", {}) | {"name": name}
        content = (before or {}) | content | {"metadata": metadata}
        if before:
            return wire(self.server.overwrite(kind, before, wire(content)))  # type: ignore[no-any-return]
        return wire(self.server.create(kind, namespace, content))  # type: ignore[no-any-return]

    def remove(self, kind: Kind, name: str, namespace: str = "ns") -> None:
        self.server.delete(kind, namespace, name)

    def object(self, kind: Kind, name: str, namespace: str = "ns") -> Object | None:
        found: Object | None = wire(self.objects.get((kind.plural, namespace, name)))
        return found

    def take_changes(self) -> list[Change]:
        changes, self.changes = self.changes, []
        return changes

    # The verbs

    async def get(self, kind: Kind, namespace: str | None, name: str, *, metadata_only: bool = False) -> Object:
        async with self._asked("get", kind, name, " metadata" if metadata_only else ""):
            found = self.server.get(kind, namespace, name)
        return shown(found, metadata_only=metadata_only)

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
        async with self._asked("list", kind, part=" metadata" if metadata_only else ""):
            behind = self.behind(kind, at_least=not_older_than if metadata_only else None)
            version = self.server.version - behind
            found = self.server.select(kind, namespace, selector=field_selector, at=version if behind else None)
        yield _page(found, str(version), metadata_only=metadata_only)

    async def create(self, kind: Kind, namespace: str | None, body: Object) -> Object:
        async with self._asked("create", kind, body["metadata"]["name"]):
            answer: Object = wire(self.server.create(kind, namespace, body))
        return answer

    async def replace(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        async with self._asked("update", kind, name):
            answer: Object = wire(self.server.update(kind, namespace, name, body))
        return answer

    async def apply_status(
        self, kind: Kind, namespace: str | None, name: str, body: Object, *, field_manager: str, force: bool = True
    ) -> Object:
        async with self._asked("patch", kind, name, "/status"):
            answer: Object = wire(self.server.apply_status(kind, namespace, name, body))
        return answer

    async def merge(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        async with self._asked("merge", kind, name):
            answer: Object = wire(self.server.merge_metadata(kind, namespace, name, body))
        return answer

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
        async with self._asked("delete", kind, name):
            self.server.delete(kind, namespace, name, uid=uid, resource_version=resource_version)
        return {"kind": "Status"}

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
        async with self._asked("watch", kind):
            stream = self.open(
                Stream(
                    self.server,
                    kind,
                    namespace,
                    version=resource_version,
                    initial=initial_events,
                    selector=field_selector,
                    seconds=timeout_seconds,
                    silence=silence,
                )
            )
        try:
            async with aclosing(self._shown(stream, metadata_only=metadata_only)) as events:
                yield events
        finally:
            stream.close()

    # What those override who do more to it

    def open(self, stream: Stream) -> Stream:
        return stream

    def behind(self, kind: Kind, *, at_least: str | None) -> int:
        """So many versions in the past is the server that answers a list. `at_least` is "" where it must be 0."""
        return 0

    # Internals

    @asynccontextmanager
    async def _asked(self, verb: str, kind: Kind, name: str = "", part: str = "") -> AsyncIterator[None]:
        self.requests.append(f"{verb} {kind.plural}" + (f"/{name}" if name else "") + part)
        meanwhile = self._take_meanwhile(verb, kind.plural, name)
        await asyncio.sleep(0)
        meanwhile.before()
        yield
        meanwhile.after()
        if meanwhile.until:
            await meanwhile.until.wait()

    def _take_meanwhile(self, verb: str, plural: str, name: str) -> _Meanwhile:
        for one in self._meanwhile:
            if (one.verb, one.plural) == (verb, plural) and one.name in (None, name):
                self._meanwhile.remove(one)
                return one
        return _NOTHING

    async def _shown(self, stream: Stream, *, metadata_only: bool) -> Any:
        async for event in stream.events():
            bare = event.type == "BOOKMARK"
            yield event if bare else WatchEvent(event.type, shown(event.object, metadata_only=metadata_only))


def shown(found: Object, *, metadata_only: bool) -> Object:
    answer: Object = wire({"kind": "PartialObjectMetadata", "metadata": found["metadata"]} if metadata_only else found)
    return answer


def _page(found: list[Object], version: str, *, metadata_only: bool) -> Object:
    return {
        "metadata": {"resourceVersion": version},
        "items": [shown(one, metadata_only=metadata_only) for one in found],
    }


def writes(requests: list[str]) -> Iterator[str]:
    return (line for line in requests if not line.startswith(("get", "list", "watch")))
