"""How often a consumer is delivered to: at once, and then not again within a second, so that many changes make few."""

import asyncio
from typing import Final

from cachetools import LRUCache

from tracardi_operator.control.records import Key

INTERVAL_SECONDS: Final = 1.0


class Pace:
    def __init__(self) -> None:
        self._begun: LRUCache[Key, float] = LRUCache(4096)

    def begin(self, key: Key) -> None:
        self._begun[key] = _now()

    def wait(self, key: Key) -> float:
        """Seconds until the next delivery may begin."""
        begun = self._begun.get(key)
        return 0.0 if begun is None else max(0.0, begun + INTERVAL_SECONDS - _now())


def _now() -> float:
    return asyncio.get_running_loop().time()
