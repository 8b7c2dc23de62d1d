"""Reconcile a consumer: see what it takes, have its target deliver that, and tell the outcome in status."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import ValidationError

from tracardi_operator.api.consumer import ResourceConsumerSpec, ResourceConsumerStatus, TracardiTarget
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import ENVIRONMENTS
from tracardi_operator.conditions import ready_of
from tracardi_operator.consumer_summary import (
    Delivered,
    initial_consumer_status,
    omitted_resources,
    summarise_delivery,
    summarise_failure,
    suspended_consumer,
    unreadable_consumer,
)
from tracardi_operator.control.consumers import finalizer
from tracardi_operator.control.consumers.bundles import BundlePublisher
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.control.consumers.gather import ConsumerGatherer
from tracardi_operator.control.consumers.login import LoginReader
from tracardi_operator.control.consumers.tracardi import Identity, TracardiPublisher
from tracardi_operator.control.events import EventRecorder, Type
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.metrics import SUCCESS
from tracardi_operator.control.records import ConsumerRecord, Key
from tracardi_operator.control.writer import Outdated, Writer

log = logging.getLogger(__name__)

Outcome = tuple[ResourceConsumerStatus, DeliveryFailed | None]

_UNREACHED: Final = {Reason.NOT_ALLOWED, Reason.SECRET_NOT_FOUND, Reason.KEY_NOT_FOUND}
_LEFT: Final = (
    "its resources could not be deleted in Tracardi within five minutes and are still there; delete them by hand"
)


class ConsumerReconciler:
    """`knows` tells whether all is known that a namespace has; `delivered` counts by target and result."""

    def __init__(
        self,
        store: KindStore[ConsumerRecord],
        gatherer: ConsumerGatherer,
        bundles: BundlePublisher,
        tracardi: TracardiPublisher,
        logins: LoginReader,
        finalizers: finalizer.Finalizers,
        writer: Writer,
        recorder: EventRecorder,
        knows: Callable[[str], bool],
        delivered: Callable[[str, str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._gatherer = gatherer
        self._bundles = bundles
        self._tracardi = tracardi
        self._logins = logins
        self._finalizers = finalizers
        self._writer = writer
        self._recorder = recorder
        self._knows = knows
        self._count = delivered
        self._now = now

    async def reconcile(self, key: Key) -> bool:
        """Bring what a consumer has to what it takes. False if it had that already, and its status says so.

        Raises `Unsettled`, `Outdated`, `DeliveryFailed` and the client's errors: the caller tries again later.
        """
        consumer = self._store.record(key)
        if consumer is None or consumer.is_rewound:
            return False
        if consumer.deleting:
            await self._end(consumer)
            return True
        consumer = await self._with_finalizer(consumer)
        previous = _load_status(consumer)
        status, failure = await self._process(consumer, previous)
        if status != previous:
            await self._writer.write_status(consumer, status)
            self._announce(consumer, previous, status)
        if failure:
            raise failure
        return status != previous

    async def _process(self, consumer: ConsumerRecord, previous: ResourceConsumerStatus) -> Outcome:
        spec = consumer.parsed
        if spec is None:
            return unreadable_consumer(consumer.problems, consumer.generation, previous, self._now()), None
        if spec.suspend:
            return suspended_consumer(consumer.generation, previous, self._now()), None
        if unknown := [source.namespace for source in spec.from_ if not self._knows(source.namespace)]:
            failure = DeliveryFailed(_unlisted(unknown[0]))
            return summarise_failure(failure.problem, consumer.generation, previous, self._now()), failure
        return await self._deliver(consumer, spec, previous)

    async def _deliver(
        self, consumer: ConsumerRecord, spec: ResourceConsumerSpec, previous: ResourceConsumerStatus
    ) -> Outcome:
        target = "bundle" if spec.bundle else "tracardi"
        try:
            delivered = await self._to_target(consumer, spec, previous)
        except DeliveryFailed as error:
            self._count(target, error.problem.reason)
            previous = _load_status(consumer)  # it may say by now that a delivery has begun
            return summarise_failure(error.problem, consumer.generation, previous, self._now(), error.kept), error
        if delivered.changed:
            self._count(target, SUCCESS)
        return summarise_delivery(delivered, consumer.generation, previous, self._now()), None

    async def _to_target(
        self, consumer: ConsumerRecord, spec: ResourceConsumerSpec, previous: ResourceConsumerStatus
    ) -> Delivered:
        if spec.bundle:
            return await self._bundles.deliver(consumer, spec.bundle, previous)
        if spec.tracardi:
            return await self._to_tracardi(consumer, spec.tracardi, previous)
        raise ValueError("a consumer without a target")  # the model allows none

    async def _to_tracardi(
        self, consumer: ConsumerRecord, target: TracardiTarget, previous: ResourceConsumerStatus
    ) -> Delivered:
        selection = self._gatherer.select(consumer, ENVIRONMENTS)
        entries, unpublished = await self._gatherer.load(selection)
        login = await self._logins.login(consumer, target.login)
        ca = await self._logins.authorities(consumer, target)
        begin = partial(self._begin, consumer, previous)
        delivery = await self._tracardi.deliver(
            _identity(consumer), target, login, ca, entries, may_delete=True, begin=begin
        )
        return Delivered(
            selected=selection.size,
            resources=delivery.delivered,
            omitted=omitted_resources((*unpublished, *delivery.omitted)),
            revision=(previous.revision or 0) + bool(delivery.changed),
            changed=bool(delivery.changed),
            barren=selection.barren,
            observed=selection.digest(),
        )

    async def _begin(self, consumer: ConsumerRecord, previous: ResourceConsumerStatus) -> None:
        """Once in a consumer's life: status has a revision, 0, before there is a row that may never be told of."""
        if previous.revision is not None:
            return
        if not await self._writer.write_status(consumer, previous.model_copy(update={"revision": 0})):
            raise Outdated

    # The finalizer

    async def _with_finalizer(self, consumer: ConsumerRecord) -> ConsumerRecord:
        """The consumer as it is then: status is written to this version of it."""
        spec = consumer.parsed
        if spec is None or spec.suspend or finalizer.is_wanted(spec) == finalizer.is_set(consumer):
            return consumer
        change = self._finalizers.add if finalizer.is_wanted(spec) else self._finalizers.remove
        await change(consumer)
        current = self._store.record(consumer.key)
        if current is None or current.uid != consumer.uid or current.generation != consumer.generation:
            raise Outdated
        return current

    async def _end(self, consumer: ConsumerRecord) -> None:
        """Take its resources out of Tracardi and let the consumer go; let it go in any case when its time is up."""
        if not finalizer.is_set(consumer):
            return
        try:
            await self._withdraw(consumer)
        except Exception as error:  # whatever it is: a login that can't be decrypted would hold the namespace too
            if _was_never_reached(consumer, error):
                await self._finalizers.remove(consumer)
                return
            if not self._finalizers.is_overdue(consumer):
                raise
            self._recorder.record(consumer, "Warning", "LeftInTracardi", _LEFT)
            log.warning("Resources left in Tracardi", extra=consumer.about())
        await self._finalizers.remove(consumer)

    async def _withdraw(self, consumer: ConsumerRecord) -> None:
        target = consumer.parsed.tracardi if consumer.parsed else None
        if target is None:
            return
        login = await self._logins.login(consumer, target.login)
        ca = await self._logins.authorities(consumer, target)
        await self._tracardi.withdraw(_identity(consumer), target, login, ca)

    def _announce(
        self, consumer: ConsumerRecord, previous: ResourceConsumerStatus, status: ResourceConsumerStatus
    ) -> None:
        """One Event for each transition of readiness or its reason; the first success is none."""
        now, before = ready_of(status.conditions), ready_of(previous.conditions)
        if now is None or (before is None and now.status == "True"):
            return
        if before is None or (before.status, before.reason) != (now.status, now.reason):
            kind: Type = "Warning" if now.status == "False" else "Normal"
            self._recorder.record(consumer, kind, now.reason, now.message)
            log.info("Readiness changed", extra={**consumer.about(), "reason": now.reason})
        elif status.resources != previous.resources:
            self._recorder.record(consumer, "Normal", "Delivered", now.message)
        if status.revision != previous.revision:
            log.info("Delivered", extra={**consumer.about(), "resources": status.resources})


def _was_never_reached(consumer: ConsumerRecord, error: Exception) -> bool:
    """Whether no delivery ever began, and where to could not even be told."""
    is_unknown = isinstance(error, DeliveryFailed) and error.problem.reason in _UNREACHED
    return is_unknown and consumer.load_status().get("revision") is None


def _unlisted(namespace: str) -> Problem:
    """Whatever it has may not be taken away before it is known."""
    message = (
        f"not all that namespace {namespace!r} has can be listed: it is not there, or the operator has no rights "
        "in it; what was delivered stays"
    )
    return Problem(Reason.UNREACHABLE, message)


def _identity(consumer: ConsumerRecord) -> Identity:
    return Identity(consumer.key.namespace, consumer.key.name, consumer.uid)


def _load_status(consumer: ConsumerRecord) -> ResourceConsumerStatus:
    """What status says; one that can't be read (an older or newer form) counts as none, and is written anew."""
    try:
        return ResourceConsumerStatus.model_validate(consumer.load_status())
    except ValidationError:
        return initial_consumer_status()
