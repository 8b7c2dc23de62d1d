"""Several values under a key, where most keys have but one."""

from collections.abc import Hashable, Set
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)


class MultiMap(Generic[K, V]):
    """A lone value is kept without a set of its own, which would be 216 bytes more: most of what an index takes."""

    def __init__(self) -> None:
        self._lone: dict[K, V] = {}
        self._several: dict[K, set[V]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._lone or key in self._several

    def values(self, key: K) -> Set[V]:
        """Those under `key`; none is no error."""
        if key in self._several:
            return self._several[key]
        return {self._lone[key]} if key in self._lone else frozenset()

    def add(self, key: K, value: V) -> None:
        if key in self._several:
            self._several[key].add(value)
        elif self._lone.setdefault(key, value) != value:
            self._several[key] = {self._lone.pop(key), value}

    def remove(self, key: K, value: V) -> None:
        """One that is not there is no error."""
        if several := self._several.get(key):
            several.discard(value)
            if not several:
                del self._several[key]
        elif key in self._lone and self._lone[key] == value:
            del self._lone[key]
