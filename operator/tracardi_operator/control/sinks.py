"""One watch of Secrets and ConfigMaps for the stores of all our kinds."""

from collections.abc import Callable, Sequence
from typing import Any

from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.meta import Kept, ObjectMeta


class Sinks:
    """What a reflector tells goes to each store; an object is of interest if it is to one of them.

    `caches` are told the uid of each object that is gone: they need not remember it.
    """

    def __init__(self, stores: Sequence[KindStore[Any]], caches: Sequence[Callable[[str], None]] = ()) -> None:
        self._stores = stores
        self._caches = caches

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        interested = [store.observe(kind, meta) for store in self._stores]  # all are told, whatever the first says
        return any(interested)

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        for store in self._stores:
            store.forget(kind, meta)
        for forget in self._caches:
            forget(meta.uid)

    def replace(self, kind: Kind, namespace: str | None, kept: Kept, version: str) -> bool:
        agree = [store.replace(kind, namespace, kept, version) for store in self._stores]
        return all(agree)

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        for store in self._stores:
            store.rewind(kind, namespace)
