"""Which key comes next: each once, urgent ones first, all groups in turn, failed ones later and later.

A key is waiting (ready, or delayed until it is due), being worked on, or both: added while it is being worked on it
waits for `done`, so no two workers ever have the same key. Every operation takes O(1) or, for delayed keys, O(log n).
"""

import asyncio
import heapq
import itertools
import random
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, Protocol, TypeVar

from tracardi_operator.kube.backoff import backoff

K = TypeVar("K", bound=Hashable)

_TURNS = 8
"""Every so many turns the key that has been ready for longest comes, whatever its priority: nothing starves."""


_LONGEST = 600.0
"""Seconds of a Retry-After. Who asks for a year, with each answer anew, would fill the heap of the delayed."""


class Priority(IntEnum):
    """Lower comes first."""

    EVENT = 0
    NEW = 1
    """Something to be published for the first time."""
    RESYNC = 2


class Observer(Protocol):
    """What metrics are made of. Times are in seconds."""

    def added(self, priority: Priority) -> None: ...
    def taken(self, waited: float) -> None: ...
    def finished(self, worked: float) -> None: ...
    def retried(self) -> None: ...


@dataclass(slots=True)
class _Wait:
    priority: Priority
    due: float
    ready: bool = False


@dataclass(slots=True)
class _Work:
    priority: Priority
    since: float
    again: _Wait | None = None


class _Lane(Generic[K]):
    """Ready keys of one priority: in order within a group, the groups in turn."""

    def __init__(self) -> None:
        self._groups: OrderedDict[Hashable, OrderedDict[K, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._groups)

    def add(self, group: Hashable, key: K) -> None:
        self._groups.setdefault(group, OrderedDict())[key] = None

    def remove(self, group: Hashable, key: K) -> None:
        keys = self._groups[group]
        del keys[key]
        if not keys:
            del self._groups[group]

    def next(self) -> K:
        """The key whose turn it is. Its group goes to the end; the key stays until it is removed."""
        group, keys = next(iter(self._groups.items()))
        self._groups.move_to_end(group)
        return next(iter(keys))


class WorkQueue(Generic[K]):
    """`group` is what keys are treated fairly by; `base` and `cap` bound the back-off, in seconds.

    To be used from one event loop.
    """

    def __init__(
        self,
        *,
        group: Callable[[K], Hashable],
        base: float = 0.5,
        cap: float = 60.0,
        rng: Callable[[], float] = random.random,
        observer: Observer | None = None,
    ) -> None:
        self._group = group
        self._base = base
        self._cap = cap
        self._rng = rng
        self._observer = observer
        self._waiting: dict[K, _Wait] = {}
        self._lanes: dict[Priority, _Lane[K]] = {priority: _Lane() for priority in Priority}
        self._ready: OrderedDict[K, None] = OrderedDict()
        """All ready keys, the one that has been ready for longest first."""
        self._delayed: list[tuple[float, int, K]] = []
        """A heap by due time. An entry whose time is no longer that of its key is void."""
        self._order = itertools.count()
        self._working: dict[K, _Work] = {}
        self._failures: dict[K, int] = {}
        self._tokens = asyncio.Semaphore(0)
        """At least one for each ready key."""
        self._turn = itertools.cycle(range(_TURNS))
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many keys are ready."""
        return len(self._ready)

    @property
    def delayed(self) -> int:
        """How many keys wait for their time."""
        return len(self._waiting) - len(self._ready)

    @property
    def working(self) -> int:
        """How many keys are being worked on."""
        return len(self._working)

    @property
    def oldest_wait(self) -> float:
        """Seconds for which some key has been ready."""
        return self._clock() - self._waiting[next(iter(self._ready))].due if self._ready else 0.0

    @property
    def unfinished_work(self) -> float:
        """Seconds for which the keys under way have been worked on, summed up."""
        return sum(self._clock() - work.since for work in self._working.values())

    @property
    def longest_work(self) -> float:
        """Seconds for which some key has been worked on."""
        return max((self._clock() - work.since for work in self._working.values()), default=0.0)

    def add(self, key: K, priority: Priority = Priority.EVENT, delay: float = 0.0) -> None:
        """Makes `key` come after `delay` seconds. Of several wishes the earliest and the most urgent count."""
        if self._observer:
            self._observer.added(priority)
        wish = _Wait(priority, self._clock() + delay)
        if work := self._working.get(key):
            work.again = _merge(work.again, wish)
        else:
            self._wait(key, wish)

    async def get(self) -> K:
        """The next key, which is the caller's until `done`."""
        while True:
            await self._tokens.acquire()
            if self._ready:
                return self._take()

    def done(self, key: K) -> None:
        """The work on `key` is over, well or not."""
        work = self._working.pop(key)
        if self._observer:
            self._observer.finished(self._clock() - work.since)
        if work.again:
            self._wait(key, work.again)

    def retry(self, key: K, retry_after: float | None = None) -> None:
        """Makes `key` come again after its back-off, not before `retry_after` seconds (or ten minutes)."""
        if self._observer:
            self._observer.retried()
        self._failures[key] = attempt = self._failures.get(key, 0) + 1
        delay = backoff(attempt, base=self._base, cap=self._cap, chance=self._rng())
        work = self._working.get(key)
        self.add(key, work.priority if work else Priority.EVENT, delay + min(retry_after or 0.0, _LONGEST))

    def forget(self, key: K) -> None:
        """`key` succeeded: its next failure is its first."""
        self._failures.pop(key, None)

    def discard(self, key: K) -> None:
        """`key` is not to come again, unless it is added again."""
        self.forget(key)
        if work := self._working.get(key):
            work.again = None
        elif wait := self._waiting.pop(key, None):
            self._leave(key, wait)

    def _wait(self, key: K, wish: _Wait) -> None:
        before = self._waiting.get(key)
        if before and before.ready:
            self._promote(key, before, wish.priority)
            return
        wait = self._waiting[key] = _merge(before, wish)
        if wait.due <= self._clock():
            self._make_ready(key, wait)
        elif before is None or wait.due < before.due:
            heapq.heappush(self._delayed, (wait.due, next(self._order), key))
            self._set_timer()

    def _promote(self, key: K, wait: _Wait, priority: Priority) -> None:
        if priority < wait.priority:
            self._lanes[wait.priority].remove(self._group(key), key)
            self._lanes[priority].add(self._group(key), key)
            wait.priority = priority

    def _make_ready(self, key: K, wait: _Wait) -> None:
        wait.ready = True
        self._ready[key] = None
        self._lanes[wait.priority].add(self._group(key), key)
        self._tokens.release()

    def _leave(self, key: K, wait: _Wait) -> None:
        if wait.ready:
            del self._ready[key]
            self._lanes[wait.priority].remove(self._group(key), key)

    def _take(self) -> K:
        key = self._next()
        wait = self._waiting.pop(key)
        self._leave(key, wait)
        now = self._clock()
        self._working[key] = _Work(wait.priority, now)
        if self._observer:
            self._observer.taken(now - wait.due)
        return key

    def _next(self) -> K:
        if next(self._turn) == _TURNS - 1:
            return next(iter(self._ready))
        return next(lane for lane in self._lanes.values() if lane).next()

    def _set_timer(self) -> None:
        due = self._delayed[0][0]
        if self._timer and self._timer.when() <= due:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due, self._ripen)

    def _ripen(self) -> None:
        self._timer = None
        now = self._clock()
        while self._delayed and self._delayed[0][0] <= now:
            due, _, key = heapq.heappop(self._delayed)
            wait = self._waiting.get(key)
            if wait and wait.due == due:
                self._make_ready(key, wait)
        if self._delayed:
            self._set_timer()

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()


def _merge(before: _Wait | None, wish: _Wait) -> _Wait:
    if before is None:
        return wish
    return _Wait(min(before.priority, wish.priority), min(before.due, wish.due))
