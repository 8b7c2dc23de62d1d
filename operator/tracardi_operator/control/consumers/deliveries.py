"""Everything about consumers in one place: what wakes them, who works on them, and what the rest is told of them."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from tracardi_operator.api.names import DOCUMENT_KEY
from tracardi_operator.control.consumers.bundles import BundlePublisher
from tracardi_operator.control.consumers.documents import Documents
from tracardi_operator.control.consumers.finalizer import Finalizers
from tracardi_operator.control.consumers.gather import ConsumerGatherer
from tracardi_operator.control.consumers.login import LoginReader
from tracardi_operator.control.consumers.pace import Pace
from tracardi_operator.control.consumers.receivers import Receivers
from tracardi_operator.control.consumers.reconcile import ConsumerReconciler
from tracardi_operator.control.consumers.tracardi import TracardiPublisher
from tracardi_operator.control.events import EventRecorder
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.inputs import InputReader
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.metrics import Metrics
from tracardi_operator.control.records import CONSUMERS, ConsumerRecord, Key, Record, consumer_record_of
from tracardi_operator.control.store import Store
from tracardi_operator.control.type_registry import TypeRegistry
from tracardi_operator.control.workers import work
from tracardi_operator.control.writer import Writer
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.workqueue import Priority, WorkQueue
from tracardi_operator.plan import Observed
from tracardi_operator.publish.secret import OutputSecret

_WORKERS: Final = 4
"""Of each queue."""


class Deliveries:
    """`knows` tells whether all is known that a namespace has, `knows_consumers` whether every consumer is.

    `reconsider` is called with a namespace of whose Resources some have other receivers now.
    """

    kind = CONSUMERS

    def __init__(
        self,
        client: Client,
        resources: Store,
        types: TypeRegistry,
        tracardi: TracardiPublisher,
        fingerprints: Fingerprints,
        recorder: EventRecorder,
        metrics: Metrics,
        *,
        knows: Callable[[str], bool],
        knows_consumers: Callable[[], bool],
        reconsider: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._bundles = _queue("bundles", metrics)
        self._pushes = _queue("tracardi", metrics)
        self._metrics = metrics
        self._tracardi = tracardi
        self._endings: set[asyncio.Task[None]] = set()
        self._pace = Pace()
        self._documents = Documents(client, resources)
        self.store = KindStore(CONSUMERS, consumer_record_of, self._enqueue, self._consumer_changed)
        self.receivers = Receivers(self.store, knows_consumers, reconsider)
        self._logins = LoginReader(self.store, InputReader(client))
        gatherer = ConsumerGatherer(resources, types, self._documents, fingerprints)
        writer = Writer(client, self.store, fingerprints)
        self._finalizers = Finalizers(client, self.store)
        self._reconciler = ConsumerReconciler(
            store=self.store,
            gatherer=gatherer,
            bundles=BundlePublisher(client, self.store, gatherer, writer, fingerprints),
            tracardi=tracardi,
            logins=self._logins,
            finalizers=self._finalizers,
            writer=writer,
            recorder=recorder,
            knows=knows,
            delivered=metrics.delivered,
            now=now,
        )

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as workers:
                for queue in (self._bundles, self._pushes):
                    for _ in range(_WORKERS):
                        workers.create_task(work(queue, self, self._metrics.consumer_reconciles))
        finally:
            await self._tracardi.close()
            await asyncio.gather(*self._endings, return_exceptions=True)

    async def reconcile(self, key: Key) -> None:
        self._pace.begin(key)
        consumer = self.store.record(key)
        try:
            delivered = await self._reconciler.reconcile(key)
            self._pace.end(key, delivered=delivered)
        finally:
            if consumer:
                self._forget_if_gone(consumer)  # if it went meanwhile, it left something since

    def resource_changed(self, record: Record) -> None:
        """A Resource, or an output of it, is or was as given: those who take it are to have it as it is now."""
        for key in self.receivers.keys(record):
            self._queue_of(key).add(key, Priority.EVENT, self._pace.wait(key))

    def written(self, record: Record, secret: OutputSecret, output: Observed) -> None:
        """An output was written: who takes it need not read it."""
        if self.receivers.keys(record):
            self._documents.offer(output, secret.data[DOCUMENT_KEY])

    def forget_output(self, uid: str) -> None:
        """It is gone."""
        self._documents.forget(uid)

    def resync(self) -> None:
        for key in self.store:
            self._queue_of(key).add(key, Priority.RESYNC)

    def _queue_of(self, key: Key) -> WorkQueue[Key]:
        """A Tracardi that is slow or down, and may be anybody's, holds up no bundle."""
        consumer = self.store.record(key)
        return self._pushes if consumer and consumer.parsed and consumer.parsed.tracardi else self._bundles

    def _consumer_changed(self, consumer: ConsumerRecord) -> None:
        if self.store.record(consumer.key) is None:  # a standby would remember for ever what there was
            for queue in (self._bundles, self._pushes):
                queue.discard(consumer.key)
        self.receivers.refresh(consumer)
        self._forget_if_gone(consumer)

    def _forget_if_gone(self, consumer: ConsumerRecord) -> None:
        """Its login, its session with Tracardi, since when it could not be withdrawn, and when it was delivered to."""
        if not self.store.holds(consumer):
            self._logins.forget(consumer.uid)
            self._finalizers.forget(consumer.uid)
            self._pace.forget(consumer.key)
            ending = asyncio.get_running_loop().create_task(self._tracardi.forget(consumer.uid))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    def _enqueue(self, consumer: ConsumerRecord) -> None:
        """It changed, or something that it names or owns: perhaps our own write, told of before it is answered."""
        self._queue_of(consumer.key).add(consumer.key, Priority.EVENT, self._pace.rest(consumer.key))


def _queue(name: str, metrics: Metrics) -> WorkQueue[Key]:
    observer = metrics.queue(name)
    queue: WorkQueue[Key] = WorkQueue(group=lambda key: key.namespace, observer=observer)
    observer.watch(queue)
    return queue
