"""Who speaks with the API server, in sessions that end without a trace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.session import Connection, connect

GOODBYE = 0.25
"""Seconds that TLS may take to end, as aiohttp's "Graceful Shutdown" has it.

A session aborts the connections it still has; of those that it closed before, having idled, it no longer knows.
"""


@asynccontextmanager
async def session(kubeconfig: Path) -> AsyncIterator[tuple[Connection, aiohttp.ClientSession]]:
    connection = await connect(str(kubeconfig))
    async with connection.session() as opened:
        yield connection, opened
    await asyncio.sleep(GOODBYE)


@asynccontextmanager
async def client(kubeconfig: Path) -> AsyncIterator[Client]:
    async with session(kubeconfig) as (connection, opened):
        yield Client(connection, opened)


def operator_kubeconfig(plane: ControlPlane) -> Path:
    """Of the operator's own user, whose rights and limits the bare client shares."""
    return plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
