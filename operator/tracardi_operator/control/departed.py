"""Objects that are gone for good. A late answer, or a server that lags behind, may tell of one as if it were there."""

import time
from collections.abc import Callable
from typing import Final

from cachetools import TTLCache

SECONDS: Final = 600.0
"""Longer than any request takes and any server lags. Not for ever: a restore from a backup brings back the dead."""
_REMEMBERED: Final = 4096
"""Far more deletions than there are requests under way."""


def departed(clock: Callable[[], float] = time.monotonic) -> TTLCache[str, int]:
    """A memory of uids, with the resourceVersion of each deletion (0 where it does not matter)."""
    return TTLCache(_REMEMBERED, SECONDS, timer=clock)
