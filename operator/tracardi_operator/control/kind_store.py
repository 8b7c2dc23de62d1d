"""What is known of one of our kinds: its objects and, through `objects`, the Secrets and ConfigMaps they name and own.

No value is in here. Fed by watches and by the answers to our own requests, asked by the reconcilers.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, Generic, TypeVar

from tracardi_operator.control.census import Census
from tracardi_operator.control.departed import departed
from tracardi_operator.control.objects import Objects
from tracardi_operator.control.records import Key, OwnRecord
from tracardi_operator.kube.kinds import SECRETS, Kind
from tracardi_operator.kube.meta import Kept, ObjectMeta
from tracardi_operator.plan import Observed
from tracardi_operator.resolve import InputRef

R = TypeVar("R", bound=OwnRecord)


class KindStore(Generic[R]):
    """`enqueue` is called with each object that an observation may concern.

    `changed` is called also with one that is gone, or was as given until now: for those who take from it.
    """

    def __init__(
        self,
        kind: Kind,
        record_of: Callable[[Mapping[str, Any]], R],
        enqueue: Callable[[R], None],
        changed: Callable[[R], None] = lambda _: None,
    ) -> None:
        self.kind = kind
        self._record_of = record_of
        self._enqueue = enqueue
        self._changed = changed
        self._records: dict[Key, R] = {}
        self._deleted = departed()
        self._objects = Objects(self._wake, kind.kind)
        self.census = Census()

    # The objects of this kind

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._records)

    def record(self, key: Key) -> R | None:
        return self._records.get(key)

    def holds(self, record: R) -> bool:
        """Whether it is still there: the same object, perhaps changed since."""
        current = self._records.get(record.key)
        return current is not None and current.uid == record.uid

    def records(self, namespace: str | None) -> list[R]:
        """Those in `namespace` (None: in all)."""
        return [record for record in self._records.values() if namespace in (None, record.key.namespace)]

    def take_in(self, body: Mapping[str, Any]) -> None:
        """Take in an object as the API server has it; older versions than the known one are ignored."""
        new = self._record_of(body)
        if new.uid in self._deleted:
            return
        old = self._records.get(new.key)
        if old and old.resource_version >= new.resource_version:
            return
        if old and not old.differs(new):
            old.resource_version = new.resource_version
            self._relabel(old, new.labels)
            return
        self._records[new.key] = new
        self.census.take(new.key, new.sort, body.get("status") or {})
        self._objects.track(new, old)
        if old:
            self._changed(old)
        self._tell(new)

    def observe_own_status(self, record: R, status: Mapping[str, Any], resource_version: str) -> None:
        """Take in the answer to our own write, so that its echo on the watch is no news."""
        record.take_status(status)
        if self._records.get(record.key) is record:  # and not one that was made anew meanwhile
            record.resource_version = max(record.resource_version, int(resource_version))
        if self._records.get(record.key) is record:
            self.census.take(record.key, record.sort, status)

    def observe_own_output(self, record: R, meta: ObjectMeta) -> None:
        """Take in the answer to our own write: others may name the output; who takes it, or may now, is to have it."""
        self._objects.observe(SECRETS, meta, {record.key})
        self._changed(record)
        if (current := self._records.get(record.key)) and current is not record:
            self._changed(current)

    def drop(self, key: Key, uid: str, *, for_good: bool = True) -> None:
        """The watch told of its deletion; or, not `for_good`, the API server did not find it, perhaps by mistake."""
        record = self._records.get(key)
        if for_good:
            self._deleted[uid] = 0
        if record and record.uid == uid:
            del self._records[key]
            self.census.forget(key)
            self._objects.untrack(record)
            self._changed(record)

    def rewind_records(self, records: list[R]) -> None:
        """The cluster was restored to an earlier state: lower versions count from now on, and the dead may live."""
        self._deleted.clear()
        self._objects.revive()
        for record in records:
            record.resource_version = 0

    # What they name and own

    def versions(self, record: R) -> tuple[str | None, ...]:
        """Of all its references, as far as they are known."""
        return tuple(self.version(record, ref) for ref in record.references)

    def version(self, record: R, ref: InputRef) -> str | None:
        return self._objects.version(record, ref)

    def learn(self, record: R, ref: InputRef, version: str) -> None:
        self._objects.learn(record, ref, version)

    def output(self, namespace: str, name: str) -> Observed | None:
        return self._objects.output(namespace, name)

    def owned(self, record: R) -> list[Observed]:
        return self._objects.owned(record)

    def forget_output(self, namespace: str, name: str, uid: str) -> None:
        self._objects.forget_output(namespace, name, uid)

    # The sink of the metadata reflectors

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        return self._objects.observe(kind, meta)

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        self._objects.forget(kind, meta)

    def replace(self, kind: Kind, namespace: str | None, kept: Kept, version: str) -> bool:
        return self._objects.replace(kind, namespace, kept, version)

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        self._deleted.clear()
        self._objects.rewind(kind, namespace)

    # Internals

    def _relabel(self, record: R, labels: Mapping[str, str]) -> None:
        """By its labels others select an object; to itself they mean nothing."""
        if record.labels != labels:
            self._changed(record)
            record.labels = labels
            self._changed(record)

    def _wake(self, keys: Set[Key]) -> None:
        for key in keys & self._records.keys():
            self._tell(self._records[key])

    def _tell(self, record: R) -> None:
        record.news += 1
        self._enqueue(record)
        self._changed(record)
