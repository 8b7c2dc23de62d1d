"""How often a consumer is delivered to: after a moment, and not again within a second, so that many changes make few.

The moment is for what one change brings about: an input or a Resource is told of before its output is written.
"""

import asyncio
from typing import Final

from cachetools import LRUCache, TTLCache

from tracardi_operator.control.records import Key

MOMENT_SECONDS: Final = 0.1
INTERVAL_SECONDS: Final = 1.0

_REMEMBERED: Final = 4096
"""Consumers."""


class Pace:
    def __init__(self) -> None:
        self._begun: TTLCache[Key, float] = TTLCache(_REMEMBERED, INTERVAL_SECONDS, timer=_now)
        self._delivered: LRUCache[Key, bool] = LRUCache(_REMEMBERED)
        """To whom the last pass delivered something."""

    def begin(self, key: Key) -> None:
        self._begun[key] = _now()

    def end(self, key: Key, *, delivered: bool) -> None:
        """A pass went well.

        If it found nothing and follows a delivery, it came perhaps of a watch's word of that, told before the write was
        answered: it starts no second of its own, and holds up no change.
        """
        followed_delivery = self._delivered.pop(key, False)
        if delivered:
            self._delivered[key] = True
        elif followed_delivery:
            self._begun.pop(key, None)

    def forget(self, key: Key) -> None:
        """The consumer is gone; one that is made anew need not wait."""
        self._begun.pop(key, None)
        self._delivered.pop(key, None)

    def rest(self, key: Key) -> float:
        """Seconds until the next delivery may begin."""
        begun = self._begun.get(key)
        return 0.0 if begun is None else max(0.0, begun + INTERVAL_SECONDS - _now())

    def wait(self, key: Key) -> float:
        """The same after a change of what is delivered."""
        return max(MOMENT_SECONDS, self.rest(key))


def _now() -> float:
    return asyncio.get_running_loop().time()
