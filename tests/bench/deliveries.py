"""What a consumer costs that takes all Resources: until it is served, and until an edit has reached it.

A delivery ends when the consumer's status says so. The bare client reads as much, and delivers the very bundle or rows
that the operator made.
"""

import asyncio
import time
from collections.abc import Callable
from time import perf_counter
from typing import Any

from tests.audit import AuditLog, Request
from tests.bench.bare import BareClient, output_name
from tests.bench.fleet import change_token, for_each
from tests.bench.latency import PROBE, WAIT, serials
from tests.bench.samples import Delivery, Failed, counted
from tests.bench.snapshots import NAMESPACE
from tests.bench.targets import CONSUMER, Target
from tests.cluster.sessions import client, operator_kubeconfig, session
from tracardi_operator.control.records import CONSUMERS
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client

EDITS = 20
INTERVAL = 2.5
"""Seconds between two edits: a consumer is delivered to once a second, and looked at once more after that."""
POLL = 0.05
QUIET = 2.0
TOLD = ("patch", "resourceconsumers/status")


async def by_operator(plane: ControlPlane, count: int, target: Target) -> Delivery:
    """The operator runs, and has published all Resources."""
    audit = AuditLog(plane.audit_log)
    async with client(plane.kubeconfig) as admin:
        await target.prepare(admin)
        audit.mark()
        started = time.time()
        await admin.create(CONSUMERS, NAMESPACE, target.consumer)
        await _until(admin, lambda status: status.get("resources") == count)
        whole = _settled(audit)
        audit.mark()
        sent = [await _edit(admin) for _ in range(EDITS)]
        edits = _settled(audit)
        await target.learn(admin)
    return Delivery(
        seconds=max(_told(whole)) - started,
        edits=[min(told for told in _told(edits) if told > moment) - moment for moment in sent],
        requests=counted(whole),
        edit_requests=counted(edits),
    )


async def by_bare(plane: ControlPlane, count: int, target: Target) -> Delivery:
    """The same, by a client that is told what to read and what to write. Publishes all Resources before."""
    async with session(operator_kubeconfig(plane)) as opened, client(plane.kubeconfig) as admin:
        bare = BareClient(*opened)
        await bare.publish_all(NAMESPACE, count)
        await admin.create(CONSUMERS, NAMESPACE, target.consumer)
        started = perf_counter()
        await for_each(count, lambda index: bare.read(NAMESPACE, output_name(index)))
        await target.deliver_all(bare)
        await bare.tell_consumer(NAMESPACE, CONSUMER, count)
        seconds = perf_counter() - started
        return Delivery(seconds, [await _bare_edit(bare, admin, target, count) for _ in range(EDITS)])


async def _bare_edit(bare: BareClient, admin: Client, target: Target, count: int) -> float:
    await change_token(admin, NAMESPACE, PROBE, next(serials))
    started = perf_counter()
    await bare.republish(NAMESPACE, PROBE)
    await target.deliver_again(bare)
    await bare.tell_consumer(NAMESPACE, CONSUMER, count)
    return perf_counter() - started


async def _edit(admin: Client) -> float:
    """When the edit was sent that has been delivered now."""
    await asyncio.sleep(INTERVAL)
    revision = (await _status(admin))["revision"]
    sent = time.time()
    await change_token(admin, NAMESPACE, PROBE, next(serials))
    await _until(admin, lambda status: status["revision"] > revision)
    return sent


async def _until(admin: Client, holds: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not holds(status := await _status(admin)):
        if time.monotonic() > deadline:
            raise Failed(f"the consumer is not served within {WAIT:.0f} s: {status.get('conditions')}")
        await asyncio.sleep(POLL)


async def _status(admin: Client) -> dict[str, Any]:
    status: dict[str, Any] = (await admin.get(CONSUMERS, NAMESPACE, CONSUMER))["status"]
    return status


def _settled(audit: AuditLog) -> list[Request]:
    audit.settle(QUIET)
    return [request for request in audit.requests() if request.namespace == NAMESPACE]


def _told(requests: list[Request]) -> list[float]:
    """When the consumer's status was written."""
    return [request.answered.timestamp() for request in requests if (request.verb, request.resource) == TOLD]
