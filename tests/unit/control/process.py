"""The operator as a process on virtual time: all of `control.app`, with another watch of Resources in Kopf's place."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from unittest import mock

from tests.unit.control.faults import FaultyClient
from tracardi_operator.control import app
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.metrics import Metrics
from tracardi_operator.control.records import Key
from tracardi_operator.control.settings import Settings
from tracardi_operator.kube.errors import ApiError, Unreachable
from tracardi_operator.services.catalogue import builtin

RESYNC: Final = 60.0
RELIST: Final = 2 * RESYNC
_SETTINGS: Final = Settings(
    resync_seconds=RESYNC, relist_seconds=RELIST, silence_seconds=90.0, workers=4, resource_types=False
)
_CATALOGUE: Final = {"matomo": builtin()["matomo"]}
_PAUSE_SECONDS: Final = 1.0


class Feed:
    """As `control.watch.ResourceWatch`, whose thread can't live on virtual time, and with the weaknesses of Kopf.

    It goes on from the last version after a stream ended, lists anew after an error, never tells of objects that were
    deleted meanwhile, and does not notice a silent stream.
    """

    def __init__(
        self,
        client: FaultyClient,
        namespaces: Sequence[str],
        stores: Sequence[KindStore[Any]],
        types: object,
        serve: object,
    ) -> None:
        self._client = client
        self._stores = stores
        self._limits: dict[str, asyncio.Timeout] = {}
        self.is_running = True

    async def run(self) -> None:
        async with asyncio.TaskGroup() as watches:
            for store in self._stores:
                watches.create_task(self._feed(store))

    def restart(self) -> None:
        for limit in self._limits.values():
            limit.reschedule(asyncio.get_running_loop().time())
        self._limits.clear()

    async def _feed(self, store: KindStore[Any]) -> None:
        while True:
            with contextlib.suppress(ApiError, Unreachable, TimeoutError):
                async with asyncio.timeout(None) as self._limits[store.kind.plural]:
                    await self._list_and_watch(store)
            self._limits.pop(store.kind.plural, None)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _list_and_watch(self, store: KindStore[Any]) -> None:
        async for page in self._client.list_pages(store.kind, None):
            version = page["metadata"]["resourceVersion"]
            for item in page["items"]:
                store.take_in(item)
        while True:
            async with self._client.watch(store.kind, None, resource_version=version, silence=1e9) as events:
                async for event, content in events:
                    version = content["metadata"]["resourceVersion"]
                    _take_in(store, event, content)


def _take_in(store: KindStore[Any], event: str, content: Mapping[str, Any]) -> None:
    meta = content["metadata"]
    if event == "DELETED":
        store.drop(Key(meta["namespace"], meta["name"]), meta["uid"])
    elif event != "BOOKMARK":
        store.take_in(content)


class Process:
    """From its start to its kill. To be made inside the loop."""

    def __init__(self, client: FaultyClient) -> None:
        self.client = client
        with mock.patch.object(app, "ResourceWatch", Feed):
            operator = app.Operator(_SETTINGS, _CATALOGUE, _as_any(client), client, client, Metrics(), _as_any(None))
        self._main = asyncio.get_running_loop().create_task(operator._main())

    @property
    def is_over(self) -> bool:
        """It died at a request."""
        return self.client.is_dead

    def require_alive(self) -> None:
        """Raises what ended the operator, if anything did."""
        if self._main.done():
            self._main.result()
            raise AssertionError("the operator ended")

    async def kill(self) -> None:
        self.client.is_dead = True
        others = asyncio.all_tasks() - {asyncio.current_task()}  # only the process has tasks
        while others:
            for task in others:
                task.cancel()
            _, others = await asyncio.wait(others, timeout=0.001)


def _as_any(content: object) -> Any:
    return content
