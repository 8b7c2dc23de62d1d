"""Workers: take a key, reconcile it, and decide from the outcome when it comes again."""

import asyncio
import logging
from typing import Final, Protocol

from prometheus_client import Counter

from tracardi_operator.api.problems import Reason
from tracardi_operator.control.later import Later
from tracardi_operator.control.records import Key
from tracardi_operator.kube.errors import ApiError, Forbidden, Unreachable, place
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.workqueue import WorkQueue

log = logging.getLogger(__name__)

_EXPECTED: Final = (Later, ApiError, Unreachable)


class Reconciles(Protocol):
    kind: Kind
    """Of the objects whose keys it takes."""

    async def reconcile(self, key: Key) -> None: ...


async def work(queue: WorkQueue[Key], reconciler: Reconciles, results: Counter) -> None:
    """Work until cancelled. No failure of one object ends it."""
    while True:
        key = await queue.get()
        try:
            results.labels(await _attempt(queue, reconciler, key)).inc()
        except asyncio.CancelledError:
            queue.add(key)  # leadership is lost, and may be won again: nothing else would tell of what was begun
            raise
        finally:
            queue.done(key)


async def _attempt(queue: WorkQueue[Key], reconciler: Reconciles, key: Key) -> str:
    try:
        await reconciler.reconcile(key)
    except _EXPECTED as error:
        queue.retry(key, error.retry_after if isinstance(error, Later | ApiError) else None)
        level = logging.WARNING if isinstance(error, Forbidden) else logging.INFO
        log.log(level, "Reconciliation is tried again", extra={**_about(reconciler, key), "cause": _cause(error)})
        return type(error).__name__
    except Exception as error:
        # A defect of ours. The message of an exception may quote what it stumbled over, so only its place is told.
        queue.retry(key)
        log.error("Reconciliation failed", extra={**_about(reconciler, key), "cause": place(error)})
        return "error"
    queue.forget(key)
    return "success"


def _about(reconciler: Reconciles, key: Key) -> dict[str, str]:
    return {"kind": reconciler.kind.kind, "object": "/".join(key)}


def _cause(error: Exception) -> str:
    """Of what may be tried later only the reason is told, a word of a fixed list."""
    if isinstance(error, ApiError | Unreachable):
        return str(error)
    return ": ".join([type(error).__name__, *(reason for reason in error.args if isinstance(reason, Reason))])
