"""An API server in memory, behind the interface of `kube.client.Client`: versions, preconditions, faults, a log."""

import copy
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
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
    before: Action
    after: Action


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

    def once(self, verb: str, plural: str, *, before: Action = lambda: None, after: Action = lambda: None) -> None:
        """At the next such request: `before` the server looks at it, or `after` it acted and has yet to answer."""
        self._meanwhile.append(_Meanwhile(verb, plural, before, after))

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
        with_log = f"get {kind.plural}/{name}" + (" metadata" if metadata_only else "")
        async with _Request(self, "get", kind, with_log):
            found = copy.deepcopy(self._known(kind, namespace, name))
        return {"kind": "PartialObjectMetadata", "metadata": found["metadata"]} if metadata_only else found

    async def list_pages(
        self, kind: Kind, namespace: str | None, *, metadata_only: bool = False, **_: Any
    ) -> AsyncIterator[Object]:
        page: Object
        async with _Request(self, "list", kind, f"list {kind.plural}" + (" metadata" if metadata_only else "")):
            items = [
                {"metadata": found["metadata"]} if metadata_only else found
                for (plural, where, _name), found in self.objects.items()
                if plural == kind.plural and namespace in (None, where)
            ]
            page = {"metadata": {"resourceVersion": str(self.version)}, "items": copy.deepcopy(items)}
        yield page

    async def create(self, kind: Kind, namespace: str | None, body: Object) -> Object:
        name = body["metadata"]["name"]
        async with _Request(self, "create", kind, f"create {kind.plural}/{name}"):
            if (kind.plural, namespace, name) in self.objects:
                raise refused(409, "AlreadyExists", AlreadyExists)
            answer = self._store(kind, copy.deepcopy(body))
        return answer

    async def replace(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        async with _Request(self, "update", kind, f"update {kind.plural}/{name}"):
            self._require(self._known(kind, namespace, name), body["metadata"])
            answer = self._store(kind, copy.deepcopy(body))
        return answer

    async def apply_status(
        self, kind: Kind, namespace: str | None, name: str, body: Object, *, field_manager: str, force: bool = True
    ) -> Object:
        async with _Request(self, "patch", kind, f"patch {kind.plural}/{name}/status"):
            before = self._known(kind, namespace, name)
            self._require(
                before, {key: body["metadata"][key] for key in ("resourceVersion",) if key in body["metadata"]}
            )
            answer = self._store(kind, before | {"status": copy.deepcopy(body["status"])})
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
        async with _Request(self, "delete", kind, f"delete {kind.plural}/{name}"):
            sent = {"uid": uid, "resourceVersion": resource_version}
            self._require(self._known(kind, namespace, name), {k: v for k, v in sent.items() if v})
            self._delete((kind.plural, namespace or "", name))
        return {"kind": "Status"}

    # Internals

    def meanwhile(self, verb: str, plural: str) -> _Meanwhile | None:
        found = next((one for one in self._meanwhile if (one.verb, one.plural) == (verb, plural)), None)
        if found:
            self._meanwhile.remove(found)
        return found

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


class _Request:
    """Logs a request and lets happen what a test wants to happen at it."""

    def __init__(self, client: FakeClient, verb: str, kind: Kind, line: str) -> None:
        client.requests.append(line)
        self._meanwhile = client.meanwhile(verb, kind.plural)

    async def __aenter__(self) -> None:
        if self._meanwhile:
            self._meanwhile.before()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._meanwhile and kind is None:
            self._meanwhile.after()


def writes(requests: list[str]) -> Iterator[str]:
    return (line for line in requests if not line.startswith(("get", "list")))
