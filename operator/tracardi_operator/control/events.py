"""Kubernetes Events on transitions: a few words for `kubectl describe`, never in the way of the work."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from cachetools import TTLCache

from tracardi_operator.api.names import API_VERSION, MANAGER
from tracardi_operator.control.records import OwnRecord
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import ApiError, Unreachable, place
from tracardi_operator.kube.kinds import EVENTS

_BURST: Final = 10
_SECONDS_PER_TOKEN: Final = 60.0
"""An object may have ten Events at once and then one a minute: a flapping Secret does not flood the API server."""
_WAITING: Final = 1000
_SECONDS_BETWEEN: Final = 0.05
"""Events are told to people: twenty a second at most, so that a thousand changes at once come first."""
_MESSAGE_LIMIT: Final = 1024

log = logging.getLogger(__name__)

Type = Literal["Normal", "Warning"]


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class EventRecorder:
    """Events wait in a bounded queue and are sent one after the other; one that can't be sent is dropped."""

    def __init__(self, client: Client, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._buckets: TTLCache[str, _Bucket] = TTLCache(4096, _BURST * _SECONDS_PER_TOKEN, timer=clock)
        """By uid. One that was not used for so long is full, and need not be kept."""
        self._queue: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(_WAITING)

    def record(self, record: OwnRecord, kind: Type, reason: str, message: str) -> None:
        if self._take_token(record.uid) and not self._queue.full():
            self._queue.put_nowait((record.key.namespace, _body(record, kind, reason, message, datetime.now(UTC))))

    async def run(self) -> None:
        while True:
            namespace, body = await self._queue.get()
            try:
                await self._client.create(EVENTS, namespace, body)
            except (ApiError, Unreachable) as error:
                log.debug("Event dropped", extra={"namespace": namespace, "cause": str(error)})
            except Exception as error:
                log.error("Event dropped", extra={"namespace": namespace, "cause": place(error)})
            await asyncio.sleep(_SECONDS_BETWEEN)

    def _take_token(self, uid: str) -> bool:
        now = self._clock()
        bucket = self._buckets.get(uid) or _Bucket(_BURST, now)
        bucket.tokens = min(_BURST, bucket.tokens + (now - bucket.at) / _SECONDS_PER_TOKEN)
        bucket.at = now
        self._buckets[uid] = bucket
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


def _body(record: OwnRecord, kind: Type, reason: str, message: str, now: datetime) -> dict[str, Any]:
    namespace, name = record.key
    time = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name[:200].rstrip('-.')}.{uuid.uuid4().hex[:16]}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": record.kind.kind,
            "namespace": namespace,
            "name": name,
            "uid": record.uid,
        },
        "type": kind,
        "reason": reason,
        "message": message[:_MESSAGE_LIMIT],
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
