import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.kube.fake import FakeApi
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.session import Connection, connect


@pytest.fixture(autouse=True)
async def no_task_outlives_its_test() -> AsyncIterator[None]:
    yield
    for _ in range(10):  # transports close in callbacks
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with FakeApi().serve() as fake:
        yield fake


@pytest.fixture
async def connection(api: FakeApi, tmp_path: Path) -> Connection:
    return await connect(api.kubeconfig(tmp_path / "kubeconfig"))


@pytest.fixture
async def client(connection: Connection) -> AsyncIterator[Client]:
    async with connection.session() as session:
        yield Client(connection, session, request_timeout=5.0)
