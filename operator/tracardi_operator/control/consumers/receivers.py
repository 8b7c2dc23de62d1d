"""Which consumers take from which Resources, kept as both change."""

from collections.abc import Callable

from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.multimap import MultiMap
from tracardi_operator.control.records import ConsumerRecord, Key, Record
from tracardi_operator.selection import takes


class Receivers:
    """`is_complete` tells whether every consumer is known: before, nobody can say who takes from a Resource.

    `reconsider` is called with a namespace of whose Resources some have other receivers now.
    """

    def __init__(
        self,
        consumers: KindStore[ConsumerRecord],
        is_complete: Callable[[], bool],
        reconsider: Callable[[str], None],
    ) -> None:
        self._consumers = consumers
        self._is_complete = is_complete
        self._reconsider = reconsider
        self._known: dict[Key, tuple[object, frozenset[str]]] = {}
        """Of each consumer: which state of it was seen last, and the namespaces that it takes from."""
        self._by_namespace: MultiMap[str, Key] = MultiMap()

    def of(self, record: Record) -> tuple[str, ...] | None:
        """The consumers that take from a Resource, as `namespace/name`; None while they are not known."""
        return tuple("/".join(key) for key in self.keys(record)) if self._is_complete() else None

    def keys(self, record: Record) -> list[Key]:
        """The consumers that take from a Resource as it is given."""
        return sorted(key for key in self._by_namespace.values(record.key.namespace) if self._takes(key, record))

    def refresh(self, consumer: ConsumerRecord) -> None:
        """A consumer is another, or gone."""
        current = self._consumers.record(consumer.key)
        state, namespaces = _state(current)
        known, before = self._known.get(consumer.key, (None, frozenset[str]()))
        if state == known:
            return
        self._index(consumer.key, state, before, namespaces)
        for namespace in before | namespaces:
            self._reconsider(namespace)

    def _index(self, key: Key, state: object, before: frozenset[str], namespaces: frozenset[str]) -> None:
        for namespace in before - namespaces:
            self._by_namespace.remove(namespace, key)
        for namespace in namespaces:
            self._by_namespace.add(namespace, key)
        if state is None:
            self._known.pop(key, None)
        else:
            self._known[key] = state, namespaces

    def _takes(self, key: Key, record: Record) -> bool:
        consumer = self._consumers.record(key)
        if consumer is None or consumer.parsed is None or consumer.deleting:
            return False
        where = record.key.namespace
        return takes(key.namespace, consumer.parsed, where, record.labels, record.allowed_namespaces)


def _state(consumer: ConsumerRecord | None) -> tuple[object, frozenset[str]]:
    if consumer is None:
        return None, frozenset()
    spec = consumer.parsed
    namespaces = frozenset(source.namespace for source in spec.from_) if spec and not consumer.deleting else frozenset()
    return (consumer.uid, consumer.spec, consumer.deleting), namespaces
