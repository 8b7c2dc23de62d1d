"""What the operator knows: its Resources, the versions of what they name, and their outputs. No value is in here.

Fed by watches, asked by the reconciler. Only objects that a Resource names, or that belong to one, are kept,
so memory grows with our own kinds and not with what else is in the cluster.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from cachetools import LRUCache

from tracardi_operator.api.names import ANNOTATION_REQUESTED_AT, GROUP, KIND
from tracardi_operator.api.problems import SourceKind
from tracardi_operator.api.resource import ResourceSpec
from tracardi_operator.kube.kinds import SECRETS, Kind
from tracardi_operator.kube.meta import ObjectMeta, OwnerReference
from tracardi_operator.plan import Observed
from tracardi_operator.provenance import ABSENT
from tracardi_operator.publish.secret import output_name
from tracardi_operator.resolve import InputRef, all_references

_DELETED_REMEMBERED: Final = 4096
"""Far more deletions than there are requests under way."""

_EARLIEST: Final = "/0"
"""A version that is older than any: there is, or was, such an object."""


class Key(NamedTuple):
    """The identity of a Resource in queues and caches."""

    namespace: str
    name: str


class Place(NamedTuple):
    """The identity of a Secret or ConfigMap."""

    kind: SourceKind
    namespace: str
    name: str


@dataclass(slots=True)
class Record:
    """A Resource. `spec` and `status` are kept as JSON: a tenth of the memory of the objects they describe."""

    key: Key
    uid: str
    resource_version: int
    generation: int
    requested_at: str
    deleting: bool
    spec: bytes = field(repr=False)
    status: bytes = field(repr=False)
    references: tuple[InputRef, ...] = ()
    outputs: tuple[str, ...] = ()
    settled: object = None
    """The snapshot in which the last reconciliation left nothing to do."""

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever said about it."""
        return b'"conditions"' not in self.status

    def load_spec(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.spec)
        return loaded

    def load_status(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.status)
        return loaded


class Store:
    """All state in memory. `enqueue` is called with each Resource that an observation may concern."""

    def __init__(self, enqueue: Callable[[Record], None]) -> None:
        self._enqueue = enqueue
        self._records: dict[Key, Record] = {}
        self._interest: defaultdict[Place, set[Key]] = defaultdict(set)
        self._versions: dict[Place, str] = {}
        self._deleted: LRUCache[str, None] = LRUCache(_DELETED_REMEMBERED)
        """The uids of objects that are gone for good: an answer may come after the news of its object's deletion."""
        self._outputs: dict[Place, Observed] = {}
        self._owned: defaultdict[str, set[Place]] = defaultdict(set)

    # Resources

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._records)

    def record(self, key: Key) -> Record | None:
        return self._records.get(key)

    def observe_resource(self, body: Mapping[str, Any]) -> None:
        """Take in a Resource as the API server has it; older versions than the known one are ignored."""
        new = _record(body)
        if new.uid in self._deleted:
            return
        old = self._records.get(new.key)
        if old and old.resource_version >= new.resource_version:
            return
        if old and not _needs_work(old, new):
            old.resource_version = new.resource_version
            return
        self._replace(old, new)
        self._enqueue(new)

    def observe_own_status(self, record: Record, status: Mapping[str, Any], resource_version: str) -> None:
        """Take in the answer to our own write, so that its echo on the watch is no news."""
        record.status = _dump(status)
        record.resource_version = max(record.resource_version, int(resource_version))

    def forget_resource(self, key: Key, uid: str, *, for_good: bool = True) -> None:
        """The watch told of its deletion; or, not `for_good`, the API server did not find it, perhaps by mistake."""
        record = self._records.get(key)
        if for_good:
            self._deleted[uid] = None
        if record and record.uid == uid:
            del self._records[key]
            self._drop_interest(record)

    def unsettled(self) -> Iterator[Key]:
        """The Resources of which something has changed since they were last found to be right."""
        return (key for key, record in self._records.items() if record.settled != self.snapshot(record))

    def snapshot(self, record: Record) -> object:
        """Everything that the last verdict on a Resource depends on, cheap to compare."""
        outputs = tuple(self._output_version(record.key.namespace, name) for name in record.outputs)
        return (record.uid, record.generation, record.requested_at, record.status, self.versions(record), outputs)

    # Inputs

    def versions(self, record: Record) -> tuple[str | None, ...]:
        """Of all its references, as far as they are known."""
        return tuple(self.version(record, ref) for ref in record.references)

    def version(self, record: Record, ref: InputRef) -> str | None:
        """`uid/resourceVersion`, `absent`, or None while nothing is known (then a read tells)."""
        return self._versions.get(_place(record, ref))

    def learn(self, record: Record, ref: InputRef, version: str) -> None:
        """Take in the version that a read came upon; a watch may have told more meanwhile."""
        place = _place(record, ref)
        known = self._versions.get(place)
        outdated = known is not None if version == ABSENT else self._is_deleted(version) or _is_newer(known, version)
        if place in self._interest and not outdated:
            self._versions[place] = version
            if known not in (None, version):  # the watch will have no news any more for those that name it
                self._wake(place)

    # Outputs

    def output(self, namespace: str, name: str) -> Observed | None:
        return self._outputs.get(Place(SourceKind.SECRET, namespace, name))

    def owned(self, record: Record) -> list[Observed]:
        """Its outputs. A Secret elsewhere that claims to belong to it is none."""
        places = (place for place in self._owned.get(record.uid, ()) if place.namespace == record.key.namespace)
        return [self._outputs[place] for place in sorted(places)]

    def forget_output(self, namespace: str, name: str, uid: str) -> None:
        known = self.output(namespace, name)
        if known and known.meta.uid == uid:
            self._gone(Place(SourceKind.SECRET, namespace, name))

    # The sink of the metadata reflectors

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        """Take in metadata, from a watch or from the answer to a write. True if the object is of interest."""
        place = Place(SourceKind(kind.kind), meta.namespace, meta.name)
        version = f"{meta.uid}/{meta.resource_version}"
        known = self._versions.get(place)
        if _is_newer(known, version) or self._is_deleted(version):
            return known is not None
        is_output = kind == SECRETS and (resource_of(meta) is not None or self._is_output_name(place))
        if place not in self._interest and not is_output:
            self._drop_place(place)
            return False
        self._versions[place] = version
        self._remove_output(place)
        if is_output:  # perhaps only now: the version alone may be known from the time when it was but an input
            self._keep_output(place, meta)
        if known != version:
            self._wake(place)
        return True

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        """Take in a deletion, unless a later object of the same name is known already."""
        place = Place(SourceKind(kind.kind), meta.namespace, meta.name)
        if place in self._versions or place in self._interest:
            self._deleted[meta.uid] = None
        if not _is_newer(self._versions.get(place), f"{meta.uid}/{meta.resource_version}"):
            self._gone(place)

    def replace(self, kind: Kind, namespace: str | None, kept: Set[tuple[str, str]], resource_version: str) -> None:
        """End of a list: what was known, is not newer than the list and was not in it, is known no more.

        Unknown, not absent: an object that came to be of interest while the list was under way is not in it either.
        """
        there = [p for p, v in self._versions.items() if v != ABSENT and _in_scope(p, kind, namespace)]
        for place in there:
            newer = _is_newer(self._versions[place], f"/{resource_version}")
            if (place.namespace, place.name) not in kept and not newer:
                self._lose(place)

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        """The cluster was restored to an earlier state: lower versions count from now on, and the dead may live."""
        self._deleted.clear()
        there = [p for p, v in self._versions.items() if v != ABSENT and _in_scope(p, kind, namespace)]
        self._versions.update(dict.fromkeys(there, _EARLIEST))

    # Internals

    def _replace(self, old: Record | None, new: Record) -> None:
        if old:
            self._drop_interest(old, keep=_places(new))
        self._records[new.key] = new
        for place in _places(new):
            self._interest[place].add(new.key)

    def _drop_interest(self, record: Record, keep: Iterable[Place] = ()) -> None:
        for place in set(_places(record)).difference(keep):
            keys = self._interest[place]
            keys.discard(record.key)
            if not keys:
                del self._interest[place]
                if not self._output_owner(place):  # an output of ours stays known, so that it can be withdrawn
                    self._drop_place(place)

    def _drop_place(self, place: Place) -> None:
        """Nobody names it any more, nor does it belong to a Resource."""
        self._versions.pop(place, None)
        self._remove_output(place)

    def _gone(self, place: Place) -> None:
        if self._versions.get(place) != ABSENT:
            self._lose(place)
            if place in self._interest:
                self._versions[place] = ABSENT

    def _lose(self, place: Place) -> None:
        self._wake(place)
        self._drop_place(place)

    def _keep_output(self, place: Place, meta: ObjectMeta) -> None:
        output = self._outputs[place] = Observed(meta)
        if output.controller:
            self._owned[output.controller.uid].add(place)

    def _remove_output(self, place: Place) -> None:
        output = self._outputs.pop(place, None)
        if output and output.controller:
            places = self._owned[output.controller.uid]
            places.discard(place)
            if not places:
                del self._owned[output.controller.uid]

    def _wake(self, place: Place) -> None:
        keys = set(self._interest.get(place, ()))
        owner = self._output_owner(place)
        if owner:
            keys.add(Key(place.namespace, owner.name))
        for key in keys & self._records.keys():
            self._enqueue(self._records[key])

    def _is_deleted(self, version: str) -> bool:
        return version.partition("/")[0] in self._deleted

    def _is_output_name(self, place: Place) -> bool:
        return any(place.name in self._records[key].outputs for key in self._interest.get(place, ()))

    def _output_owner(self, place: Place) -> OwnerReference | None:
        output = self._outputs.get(place)
        return resource_of(output.meta) if output else None

    def _output_version(self, namespace: str, name: str) -> str | None:
        output = self.output(namespace, name)
        return output.meta.resource_version if output else None


def _record(body: Mapping[str, Any]) -> Record:
    meta = body["metadata"]
    key = Key(meta["namespace"], meta["name"])
    spec = body.get("spec") or {}
    references, outputs = _names(key.name, spec)
    return Record(
        key=key,
        uid=meta["uid"],
        resource_version=int(meta["resourceVersion"]),
        generation=meta.get("generation", 0),
        requested_at=(meta.get("annotations") or {}).get(ANNOTATION_REQUESTED_AT, ""),
        deleting="deletionTimestamp" in meta,
        spec=_dump(spec),
        status=_dump(body.get("status") or {}),
        references=references,
        outputs=outputs,
    )


def _names(resource: str, spec: Mapping[str, Any]) -> tuple[tuple[InputRef, ...], tuple[str, ...]]:
    """The inputs and outputs that a spec names; a spec that can't be read names nothing."""
    try:
        parsed = ResourceSpec.model_validate(spec)
    except ValueError:
        return (), ()
    outputs = tuple(output_name(resource, parsed, environment) for environment in parsed.credentials)
    return tuple(sorted(all_references(parsed))), outputs


def _needs_work(old: Record, new: Record) -> bool:
    """False for echoes of our own writes and for metadata that we don't read."""
    before = (old.uid, old.generation, old.requested_at, old.deleting, old.status)
    return before != (new.uid, new.generation, new.requested_at, new.deleting, new.status)


def _places(record: Record) -> tuple[Place, ...]:
    outputs = (Place(SourceKind.SECRET, record.key.namespace, name) for name in record.outputs)
    return (*(_place(record, ref) for ref in record.references), *outputs)


def _place(record: Record, ref: InputRef) -> Place:
    return Place(ref.kind, record.key.namespace, ref.name)


def resource_of(meta: ObjectMeta) -> OwnerReference | None:
    """The Resource that controls an object, if one does."""
    return next((o for o in meta.owner_references if o.controller and _is_ours(o)), None)


def _is_ours(owner: OwnerReference) -> bool:
    return owner.kind == KIND and owner.api_version.startswith(f"{GROUP}/")


def _is_newer(known: str | None, version: str) -> bool:
    """Whether what is known is later than a version. Resource versions are comparable since Kubernetes 1.35."""
    if known is None or known == ABSENT or version == ABSENT:
        return False
    return int(known.rpartition("/")[2]) > int(version.rpartition("/")[2])


def _in_scope(place: Place, kind: Kind, namespace: str | None) -> bool:
    return place.kind == kind.kind and namespace in (None, place.namespace)


def _dump(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
