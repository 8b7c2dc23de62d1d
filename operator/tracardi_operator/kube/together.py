"""Several things at once that end together."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def together(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run them at once. The first exception ends the others, and is raised once they have ended.

    Not by `asyncio.TaskGroup`: before Python 3.13 it drops a cancellation from outside that comes while it ends by an
    error of its own (python/cpython#116720), and whoever catches that error would go on after a stop.
    """
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
