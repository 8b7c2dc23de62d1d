"""What the operator knows of Resources, and which of them are to be looked at again."""

from collections.abc import Callable, Iterator

from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.records import RESOURCES, Key, Record, record_of

Receivers = Callable[[Record], tuple[str, ...] | None]
"""The consumers that take from a Resource, as `namespace/name`; None while they are not known."""


class Store(KindStore[Record]):
    def __init__(
        self,
        enqueue: Callable[[Record], None],
        changed: Callable[[Record], None] = lambda _: None,
        receivers: Receivers = lambda _: (),
    ) -> None:
        super().__init__(RESOURCES, record_of, enqueue, changed)
        self.receivers = receivers

    def wake_types(self, is_meant: Callable[[str], bool]) -> None:
        """The definitions of these service types have changed: what was found by the former ones is no longer so."""
        for record in self._records.values():
            if is_meant(record.type):
                record.reconciled = None
                self._tell(record)

    def unreconciled(self) -> Iterator[Key]:
        """The Resources of which something has changed since they were last found to be right."""
        return (key for key, record in self._records.items() if not self.is_settled(record))

    def is_settled(self, record: Record) -> bool:
        """Whether nothing has changed since it was last found to be right."""
        return record.reconciled is not None and record.reconciled == self.snapshot(record)

    def snapshot(self, record: Record) -> object:
        """Everything that the last verdict on a Resource depends on, cheap to compare."""
        outputs = tuple(self._output_version(record.key.namespace, name) for name in record.outputs)
        left_over = tuple(output for output in self.owned(record) if output.name not in record.outputs)
        own = (record.uid, record.generation, record.requested_at, record.status)
        return own, self.versions(record), outputs, left_over, self.receivers(record)

    def _output_version(self, namespace: str, name: str) -> str | None:
        output = self.output(namespace, name)
        return output.meta.resource_version if output else None
