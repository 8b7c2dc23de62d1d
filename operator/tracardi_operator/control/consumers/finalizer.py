"""The one finalizer of the project: it lets a consumer take its resources out of Tracardi before it goes.

Bounded in time, so that a Tracardi that is down, or a login that is gone, holds no namespace for ever.
"""

import asyncio
from typing import Final

from tracardi_operator.api.consumer import ResourceConsumerSpec
from tracardi_operator.api.names import FINALIZER_ROWS
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.records import ConsumerRecord
from tracardi_operator.control.writer import Outdated
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import Conflict, NotFound

LIMIT_SECONDS: Final = 300.0
"""From the first failed withdrawal until the consumer is let go, whatever is left in Tracardi."""


def is_wanted(spec: ResourceConsumerSpec) -> bool:
    return spec.tracardi is not None and spec.tracardi.deletion_policy == "Delete"


def is_set(consumer: ConsumerRecord) -> bool:
    return FINALIZER_ROWS in consumer.finalizers


class Finalizers:
    def __init__(self, client: Client, store: KindStore[ConsumerRecord]) -> None:
        self._client = client
        self._store = store
        self._held: dict[str, float] = {}
        """Since when a withdrawal has failed, by uid. On the loop's clock: the time of day may jump."""

    def is_overdue(self, consumer: ConsumerRecord) -> bool:
        """To be asked at each failed withdrawal."""
        now = asyncio.get_running_loop().time()
        return now - self._held.setdefault(consumer.uid, now) > LIMIT_SECONDS

    def forget(self, uid: str) -> None:
        """The consumer is gone."""
        self._held.pop(uid, None)

    async def add(self, consumer: ConsumerRecord) -> None:
        """Raises `Outdated` if the consumer has changed meanwhile."""
        await self._write(consumer, [*consumer.finalizers, FINALIZER_ROWS])

    async def remove(self, consumer: ConsumerRecord) -> None:
        """Raises `Outdated` likewise."""
        await self._write(consumer, [name for name in consumer.finalizers if name != FINALIZER_ROWS])

    async def _write(self, consumer: ConsumerRecord, finalizers: list[str]) -> None:
        metadata = {"resourceVersion": str(consumer.resource_version), "finalizers": finalizers}
        try:
            body = await self._client.merge(consumer.kind, *consumer.key, {"metadata": metadata})
        except Conflict as error:
            raise Outdated from error
        except NotFound:
            self._store.drop(consumer.key, consumer.uid, for_good=False)
            return
        self._store.take_in(body)
