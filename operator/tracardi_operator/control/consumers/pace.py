"""How often a consumer is delivered to: after a moment, and not again within a second, so that many changes make few.

The moment is for what one change brings about: an input or a Resource is told of before its output is written.
"""

import asyncio
from typing import Final

from cachetools import TTLCache

from tracardi_operator.control.records import Key

MOMENT_SECONDS: Final = 0.1
INTERVAL_SECONDS: Final = 1.0


class Pace:
    def __init__(self) -> None:
        self._begun: TTLCache[Key, float] = TTLCache(4096, INTERVAL_SECONDS, timer=_now)

    def begin(self, key: Key) -> None:
        self._begun[key] = _now()

    def rest(self, key: Key) -> float:
        """Seconds until the next delivery may begin."""
        begun = self._begun.get(key)
        return 0.0 if begun is None else max(0.0, begun + INTERVAL_SECONDS - _now())

    def wait(self, key: Key) -> float:
        """The same after a change of what is delivered."""
        return max(MOMENT_SECONDS, self.rest(key))


def _now() -> float:
    return asyncio.get_running_loop().time()
