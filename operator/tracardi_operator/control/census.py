"""How the objects of a kind stand, counted with each change of one: to ask costs the same however many there are."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from tracardi_operator.control.records import Key

PENDING: Final = "Pending"
"""The reason while nothing was said about an object yet."""


class Standing(NamedTuple):
    sort: str
    """As `OwnRecord.sort` has it."""
    ready: str
    """`True`, `False` or `Unknown`, as the condition `Ready` says."""
    reason: str


class Stale(NamedTuple):
    """An environment whose last good values are served in place of the present ones."""

    environment: str
    since: float | None
    """Seconds since the epoch, if status tells."""


class Census:
    def __init__(self) -> None:
        self._standings: dict[Key, Standing] = {}
        self._stale: dict[Key, list[Stale]] = {}
        self.counts: Counter[Standing] = Counter()
        """How many stand so; what none does is not in it."""

    def take(self, key: Key, sort: str, status: Mapping[str, Any]) -> None:
        """Take in the present status of an object, in place of the former one."""
        self.forget(key)
        standing = self._standings[key] = _standing(sort, status)
        self.counts[standing] += 1
        if stale := list(_stale(status)):
            self._stale[key] = stale

    def forget(self, key: Key) -> None:
        if standing := self._standings.pop(key, None):
            self.counts[standing] -= 1
            if not self.counts[standing]:
                del self.counts[standing]
        self._stale.pop(key, None)

    def stale(self) -> Iterator[Stale]:
        """All stale environments, of all objects."""
        return (stale for of_one in self._stale.values() for stale in of_one)


def _standing(sort: str, status: Mapping[str, Any]) -> Standing:
    ready = next((c for c in status.get("conditions") or () if c["type"] == "Ready"), None)
    if ready is None:
        return Standing(sort, "Unknown", PENDING)
    # A few words, thousands of times.
    return Standing(sort, sys.intern(str(ready["status"])), sys.intern(str(ready["reason"])))


def _stale(status: Mapping[str, Any]) -> Iterator[Stale]:
    for name, environment in (status.get("environments") or {}).items():
        if environment.get("stale"):
            yield Stale(name, _timestamp(environment.get("since")))


def _timestamp(time: str | None) -> float | None:
    try:
        return datetime.fromisoformat(time).timestamp() if time else None
    except ValueError:  # a leap second, say: no reason to lose sight of the object
        return None
