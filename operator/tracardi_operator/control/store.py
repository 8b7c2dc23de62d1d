"""What the operator knows: its Resources, and through `objects` what they name and own. No value is in here.

Fed by watches and by the answers to our own requests, asked by the reconciler.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from cachetools import LRUCache

from tracardi_operator.control.objects import DELETED_REMEMBERED, Objects
from tracardi_operator.control.records import Key, Record, record_of
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.plan import Observed
from tracardi_operator.resolve import InputRef


class Store:
    """All state in memory. `enqueue` is called with each Resource that an observation may concern."""

    def __init__(self, enqueue: Callable[[Record], None]) -> None:
        self._enqueue = enqueue
        self._records: dict[Key, Record] = {}
        self._deleted: LRUCache[str, None] = LRUCache(DELETED_REMEMBERED)
        """The uids of Resources that are gone for good."""
        self._objects = Objects(self._wake)

    # Resources

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._records)

    def record(self, key: Key) -> Record | None:
        return self._records.get(key)

    def records(self, namespace: str | None) -> list[Record]:
        """The Resources in `namespace` (None: in all)."""
        return [record for record in self._records.values() if namespace in (None, record.key.namespace)]

    def observe_resource(self, body: Mapping[str, Any]) -> None:
        """Take in a Resource as the API server has it; older versions than the known one are ignored."""
        new = record_of(body)
        if new.uid in self._deleted:
            return
        old = self._records.get(new.key)
        if old and old.resource_version >= new.resource_version:
            return
        if old and not old.differs(new):
            old.resource_version = new.resource_version
            return
        self._records[new.key] = new
        self._objects.track(new, old)
        self._enqueue(new)

    def observe_own_status(self, record: Record, status: Mapping[str, Any], resource_version: str) -> None:
        """Take in the answer to our own write, so that its echo on the watch is no news."""
        record.take_status(status)
        record.resource_version = max(record.resource_version, int(resource_version))

    def forget_resource(self, key: Key, uid: str, *, for_good: bool = True) -> None:
        """The watch told of its deletion; or, not `for_good`, the API server did not find it, perhaps by mistake."""
        record = self._records.get(key)
        if for_good:
            self._deleted[uid] = None
        if record and record.uid == uid:
            del self._records[key]
            self._objects.untrack(record)

    def rewind_resources(self, records: list[Record]) -> None:
        """The cluster was restored to an earlier state: lower versions count from now on, and the dead may live."""
        self._deleted.clear()
        for record in records:
            record.resource_version = 0

    def wake_types(self, is_meant: Callable[[str], bool]) -> None:
        """The definitions of these service types have changed: what was found by the former ones is no longer so."""
        for record in self._records.values():
            if is_meant(record.type):
                record.reconciled = None
                self._enqueue(record)

    def unreconciled(self) -> Iterator[Key]:
        """The Resources of which something has changed since they were last found to be right."""
        return (key for key, record in self._records.items() if record.reconciled != self.snapshot(record))

    def snapshot(self, record: Record) -> object:
        """Everything that the last verdict on a Resource depends on, cheap to compare."""
        outputs = tuple(self._output_version(record.key.namespace, name) for name in record.outputs)
        return (record.uid, record.generation, record.requested_at, record.status, self.versions(record), outputs)

    # What Resources name and own

    def versions(self, record: Record) -> tuple[str | None, ...]:
        """Of all its references, as far as they are known."""
        return tuple(self.version(record, ref) for ref in record.references)

    def version(self, record: Record, ref: InputRef) -> str | None:
        return self._objects.version(record, ref)

    def learn(self, record: Record, ref: InputRef, version: str) -> None:
        self._objects.learn(record, ref, version)

    def output(self, namespace: str, name: str) -> Observed | None:
        return self._objects.output(namespace, name)

    def owned(self, record: Record) -> list[Observed]:
        return self._objects.owned(record)

    def forget_output(self, namespace: str, name: str, uid: str) -> None:
        self._objects.forget_output(namespace, name, uid)

    # The sink of the metadata reflectors

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        return self._objects.observe(kind, meta)

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        self._objects.forget(kind, meta)

    def replace(self, kind: Kind, namespace: str | None, kept: Set[tuple[str, str]], resource_version: str) -> None:
        self._objects.replace(kind, namespace, kept, resource_version)

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        self._deleted.clear()
        self._objects.rewind(kind, namespace)

    # Internals

    def _wake(self, keys: Set[Key]) -> None:
        for key in keys & self._records.keys():
            self._enqueue(self._records[key])

    def _output_version(self, namespace: str, name: str) -> str | None:
        output = self.output(namespace, name)
        return output.meta.resource_version if output else None
