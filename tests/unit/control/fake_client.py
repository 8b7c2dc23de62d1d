"""An API server in memory, behind the interface of `kube.client.Client`: versions, preconditions, faults, a log."""

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tracardi_operator.control.writer import RESOURCES
from tracardi_operator.kube.client import Client, Object
from tracardi_operator.kube.errors import AlreadyExists, ApiError, Conflict, NotFound
from tracardi_operator.kube.kinds import CONFIG_MAPS, EVENTS, SECRETS, Kind

Place = tuple[str, str, str]
"""Plural, namespace, name."""

Action = Callable[[], object]
"""What happens meanwhile; it may raise."""

KINDS = {kind.plural: kind for kind in (SECRETS, CONFIG_MAPS, RESOURCES, EVENTS)}


@dataclass(frozen=True, slots=True)
class Change:
    """As a watch tells it."""

    type: str
    kind: Kind
    object: Object


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


def refused(status: int, reason: str, of: type[ApiError] = ApiError) -> ApiError:
    return of("verb", "/path", status, reason)


class FakeClient(Client):
    def __init__(self) -> None:  # without a session: no request leaves this object
        self.version = 100
        self.objects: dict[Place, Object] = {}
        self.requests: list[str] = []
        self.changes: list[Change] = []
        """What a watch has not told yet."""
        self._uids = itertools.count(1)
        self._meanwhile: list[_Meanwhile] = []

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
        merged = (before or {}) | content
        merged["metadata"] = (before or {}).get("metadata", {}) | content.get("metadata", {})
        merged["metadata"] |= {"namespace": namespace, "name": name}
        return self._store(kind, merged)

    def remove(self, kind: Kind, name: str, namespace: str = "ns") -> None:
        self._delete((kind.plural, namespace, name))

    def object(self, kind: Kind, name: str, namespace: str = "ns") -> Object | None:
        found = self.objects.get((kind.plural, namespace, name))
        return copy.deepcopy(found)

    def take_changes(self) -> list[Change]:
        changes, self.changes = self.changes, []
        return changes

    # The verbs

    async def get(self, kind: Kind, namespace: str | None, name: str, *, metadata_only: bool = False) -> Object:
        found: Object
        async with self._asked("get", kind, name, " metadata" if metadata_only else ""):
            found = copy.deepcopy(self._known(kind, namespace, name))
        return {"kind": "PartialObjectMetadata", "metadata": found["metadata"]} if metadata_only else found

    async def list_pages(
        self, kind: Kind, namespace: str | None, *, metadata_only: bool = False, **_: Any
    ) -> AsyncIterator[Object]:
        page: Object
        async with self._asked("list", kind, part=" metadata" if metadata_only else ""):
            items = [
                {"metadata": found["metadata"]} if metadata_only else found
                for (plural, where, _name), found in self.objects.items()
                if plural == kind.plural and namespace in (None, where)
            ]
            page = {"metadata": {"resourceVersion": str(self.version)}, "items": copy.deepcopy(items)}
        yield page

    async def create(self, kind: Kind, namespace: str | None, body: Object) -> Object:
        name = body["metadata"]["name"]
        async with self._asked("create", kind, name):
            if (kind.plural, namespace, name) in self.objects:
                raise refused(409, "AlreadyExists", AlreadyExists)
            return self._store(kind, copy.deepcopy(body))

    async def replace(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        async with self._asked("update", kind, name):
            self._require(self._known(kind, namespace, name), body["metadata"])
            return self._store(kind, copy.deepcopy(body))

    async def apply_status(
        self, kind: Kind, namespace: str | None, name: str, body: Object, *, field_manager: str, force: bool = True
    ) -> Object:
        async with self._asked("patch", kind, name, "/status"):
            before = self._known(kind, namespace, name)
            self._require(
                before, {key: body["metadata"][key] for key in ("resourceVersion",) if key in body["metadata"]}
            )
            return self._store(kind, before | {"status": copy.deepcopy(body["status"])})

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
            sent = {"uid": uid, "resourceVersion": resource_version}
            self._require(self._known(kind, namespace, name), {k: v for k, v in sent.items() if v})
            self._delete((kind.plural, namespace or "", name))
        return {"kind": "Status"}

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

    def _known(self, kind: Kind, namespace: str | None, name: str) -> Object:
        found = self.objects.get((kind.plural, namespace or "", name))
        if found is None:
            raise refused(404, "NotFound", NotFound)
        return found

    def _require(self, current: Object, sent: Object) -> None:
        for precondition in ("uid", "resourceVersion"):
            if sent.get(precondition, current["metadata"][precondition]) != current["metadata"][precondition]:
                raise refused(409, "Conflict", Conflict)

    def _store(self, kind: Kind, content: Object) -> Object:
        place = (kind.plural, content["metadata"]["namespace"], content["metadata"]["name"])
        before = self.objects.get(place)
        metadata = content["metadata"] = dict(content["metadata"])
        if before:
            metadata |= {key: before["metadata"][key] for key in ("uid", "resourceVersion", "generation")}
            if content == before:
                return copy.deepcopy(before)
        else:
            metadata |= {"uid": f"uid-{next(self._uids)}", "generation": 0}
        if before is None or content.get("spec") != before.get("spec"):
            metadata["generation"] += 1
        self.version += 1
        metadata["resourceVersion"] = str(self.version)
        self.objects[place] = content
        self.changes.append(Change("MODIFIED" if before else "ADDED", kind, copy.deepcopy(content)))
        return copy.deepcopy(content)

    def _delete(self, place: Place) -> None:
        gone = copy.deepcopy(self.objects.pop(place))
        self.version += 1
        gone["metadata"]["resourceVersion"] = str(self.version)
        self.changes.append(Change("DELETED", KINDS[place[0]], gone))


def writes(requests: list[str]) -> Iterator[str]:
    return (line for line in requests if not line.startswith(("get", "list")))
