"""The bare client's part of a repetition, on a control plane to itself."""

import os
from functools import partial
from time import perf_counter

from tests.bench.bare import BareClient
from tests.bench.fleet import change_token
from tests.bench.latency import bare_edits, load, serials
from tests.bench.processes import Meter
from tests.bench.samples import Bare, Cpu
from tests.bench.snapshots import NAMESPACE, Tell
from tests.cluster.sessions import client, operator_kubeconfig, session
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client


async def measure_bare(plane: ControlPlane, count: int, changes: int, edits: int, tell: Tell) -> Bare:
    """Publish all Resources, edit one, and change many at once; with the rights of the operator's own user."""
    async with session(operator_kubeconfig(plane)) as opened, client(plane.kubeconfig) as admin:
        bare = BareClient(*opened)
        cold, cpu = await _publish_all(plane, bare, count, tell)
        lists = await _list_all(bare)
        tell("bare client: many changed at once", changes)
        bulk = await bare.republish_all(NAMESPACE, changes, partial(_change, admin))
        tell("bare client: edits, one by one and beside a load", 2 * edits)
        idle = await bare_edits(bare, admin, NAMESPACE, edits)
        loaded = await _edit_beside_load(bare, admin, count, edits)
        return Bare(cold, cpu, lists, bulk, idle, loaded)


async def _publish_all(plane: ControlPlane, bare: BareClient, count: int, tell: Tell) -> tuple[float, Cpu]:
    meter = Meter(plane, os.getpid())
    seconds = await bare.publish_all(NAMESPACE, count, tell("bare client: publishing", count))
    return seconds, meter.read(os.getpid())


async def _list_all(bare: BareClient) -> float:
    started = perf_counter()
    await bare.list_all()
    return perf_counter() - started


async def _edit_beside_load(bare: BareClient, admin: Client, count: int, edits: int) -> list[float]:
    async def change(index: int) -> None:
        await _change(admin, index)
        await bare.republish(NAMESPACE, index)

    async with load(count, change):
        return await bare_edits(bare, admin, NAMESPACE, edits)


async def _change(admin: Client, index: int) -> None:
    await change_token(admin, NAMESPACE, index, next(serials))
