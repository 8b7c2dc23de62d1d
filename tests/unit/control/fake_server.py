"""What an API server does with objects, in memory: versions, preconditions, history, garbage collection. No I/O.

`tests/cluster/test_model_agrees.py` holds it against the real one.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.errors import AlreadyExists, ApiError, Conflict, Gone, Invalid, NotFound
from tracardi_operator.kube.kinds import CONFIG_MAPS, EVENTS, SECRETS, Kind

Place = tuple[str, str, str]
"""Plural, namespace, name."""

KINDS: Final = {kind.plural: kind for kind in (SECRETS, CONFIG_MAPS, RESOURCES, CONSUMERS, EVENTS)}
_OWN: Final = (RESOURCES, CONSUMERS)
_INITIAL_STATUS: Final = {"observedGeneration": -1}
"""The default that the CRD declares."""
_HELM: Final = "type!="
_KEPT: Final = ("namespace", "uid", "generation", "resourceVersion", "deletionTimestamp")
"""What no client can change."""


@dataclass(frozen=True, slots=True)
class Change:
    """As a watch tells it."""

    type: str
    kind: Kind
    object: Object

    @property
    def version(self) -> int:
        return int(self.object["metadata"]["resourceVersion"])

    @property
    def place(self) -> Place:
        return place_of(self.kind, self.object)


class FakeServer:
    def __init__(self) -> None:
        self.version = 100
        """One counter for all objects, as etcd's revision is."""
        self.objects: dict[Place, Object] = {}
        """Never changed in place: a change puts another object here."""
        self.history: list[Change] = []
        self.compacted = 0
        """A watch from before this version is answered with 410."""
        self.listeners: list[Callable[[Change], None]] = []
        self._uids = itertools.count(1)

    # Requests

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        found = self.objects.get((kind.plural, namespace or "", name))
        if found is None:
            raise refused(404, "NotFound", NotFound)
        return found

    def select(self, kind: Kind, namespace: str | None, *, selector: str = "", at: int | None = None) -> list[Object]:
        """All objects of a kind, or those that there were at an earlier version."""
        objects = self.objects if at is None else self._as_of(at)
        return [
            found
            for (plural, where, _), found in sorted(objects.items())
            if plural == kind.plural and namespace in (None, where) and selects(selector, found)
        ]

    def since(self, kind: Kind, namespace: str | None, version: int) -> Iterator[Change]:
        """The changes after a version. Raises Gone."""
        if version < self.compacted:
            raise refused(410, "Expired", Gone)
        start = len(self.history)
        while start and self.history[start - 1].version > version:
            start -= 1
        for change in self.history[start:]:
            if change.kind == kind and namespace in (None, change.place[1]):
                yield change

    def create(self, kind: Kind, namespace: str | None, body: Object) -> Object:
        content = wire(body)
        name = content["metadata"]["name"]
        if (kind.plural, namespace or "", name) in self.objects:
            raise refused(409, "AlreadyExists", AlreadyExists)
        content["metadata"] |= {"namespace": namespace or "", "uid": f"uid-{next(self._uids)}"}
        if kind in _OWN:
            content["metadata"]["generation"] = 1
            content["status"] = dict(_INITIAL_STATUS)
        return self._store("ADDED", kind, _defaulted(kind, content))

    def update(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        before, content = self.get(kind, namespace, name), _defaulted(kind, wire(body))
        _require(before, content["metadata"])
        if kind in _OWN and "resourceVersion" not in content["metadata"]:
            raise refused(422, "Invalid", Invalid)
        if kind == SECRETS and content["type"] != before["type"]:
            raise refused(422, "Invalid", Invalid)
        content["metadata"].pop("deletionTimestamp", None)
        return self.overwrite(kind, before, content | ({"status": before["status"]} if kind in _OWN else {}))

    def apply_status(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """Server-side apply by the only manager of status. `metadata.uid` is ignored, as the real one does."""
        before, sent = self.get(kind, namespace, name), wire(body)
        _require(before, {"resourceVersion": sent["metadata"].get("resourceVersion")})
        return self.overwrite(kind, before, before | {"status": _INITIAL_STATUS | sent["status"]})

    def merge_metadata(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """A merge patch that has nothing but metadata."""
        before = self.get(kind, namespace, name)
        _require(before, body["metadata"])
        return self.overwrite(kind, before, before | {"metadata": before["metadata"] | wire(body["metadata"])})

    def delete(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        before = self.get(kind, namespace, name)
        _require(before, {"uid": uid, "resourceVersion": resource_version})
        metadata = before["metadata"]
        if not metadata.get("finalizers"):
            self._remove(kind, before)
        elif "deletionTimestamp" not in metadata:
            after = metadata | {"deletionTimestamp": "2026-01-01T00:00:00Z"}
            if "generation" in metadata:
                after["generation"] += 1
            self._store("MODIFIED", kind, before | {"metadata": after})

    # What else happens in a cluster

    def overwrite(self, kind: Kind, before: Object, content: Object) -> Object:
        """Change an object without a condition. Nothing happens where nothing differs."""
        metadata = {key: value for key, value in content["metadata"].items() if value not in ({}, [], None)}
        metadata |= {key: before["metadata"][key] for key in _KEPT if key in before["metadata"]}
        content = content | {"metadata": metadata}
        if content == before:
            return before
        if "generation" in metadata and content.get("spec") != before.get("spec"):
            metadata["generation"] += 1
        if "deletionTimestamp" in before["metadata"] and "finalizers" not in metadata:
            return self._remove(kind, content)
        return self._store("MODIFIED", kind, content)

    def collect_garbage(self) -> None:
        """Remove the objects all of whose owners are gone, as the garbage collector does in its own time."""
        there = {found["metadata"]["uid"] for found in self.objects.values()}
        for (plural, _, _), found in list(self.objects.items()):
            owners = found["metadata"].get("ownerReferences")
            if owners and not any(owner["uid"] in there for owner in owners):
                self._remove(KINDS[plural], found)

    def compact(self) -> None:
        """Forget what led to the present state: no watch can begin earlier."""
        self.compacted = self.version

    # Internals

    def _store(self, change: str, kind: Kind, content: Object) -> Object:
        self.version += 1
        content = content | {"metadata": content["metadata"] | {"resourceVersion": str(self.version)}}
        self.objects[place_of(kind, content)] = content
        self._tell(Change(change, kind, content))
        return content

    def _remove(self, kind: Kind, last: Object) -> Object:
        self.version += 1
        del self.objects[place_of(kind, last)]
        last = last | {"metadata": last["metadata"] | {"resourceVersion": str(self.version)}}
        self._tell(Change("DELETED", kind, last))
        return last

    def _tell(self, change: Change) -> None:
        self.history.append(change)
        for listener in list(self.listeners):
            listener(change)

    def _as_of(self, version: int) -> dict[Place, Object]:
        objects: dict[Place, Object] = {}
        for change in self.history:
            if change.version > version:
                break
            if change.type == "DELETED":
                del objects[change.place]
            else:
                objects[change.place] = change.object
        return objects


def refused(status: int, reason: str, of: type[ApiError] = ApiError, retry_after: float | None = None) -> ApiError:
    return of("verb", "/path", status, reason, retry_after)


def wire(content: Any) -> Any:
    """A copy, as of something that travelled over the network."""
    return json.loads(json.dumps(content))


def place_of(kind: Kind, content: Object) -> Place:
    return kind.plural, content["metadata"]["namespace"], content["metadata"]["name"]


def selects(selector: str, found: Object) -> bool:
    """Whether a field selector, `type!=…` or none, takes in an object."""
    return not selector.startswith(_HELM) or found.get("type") != selector.removeprefix(_HELM)


def _defaulted(kind: Kind, content: Object) -> Object:
    return {"type": "Opaque"} | content if kind == SECRETS else content


def _require(current: Object, sent: Object) -> None:
    for precondition in ("uid", "resourceVersion"):
        if sent.get(precondition) not in (None, current["metadata"][precondition]):
            raise refused(409, "Conflict", Conflict)
