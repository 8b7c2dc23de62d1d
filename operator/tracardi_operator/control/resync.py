"""The comparison of everything: our own kinds by a metadata LIST, all else in memory. It finds what a watch missed."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator, Sequence

from tracardi_operator.control.store import Key, Store
from tracardi_operator.control.writer import RESOURCES
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import ApiError, NotFound, Unreachable
from tracardi_operator.kube.reflector import Reflector
from tracardi_operator.kube.workqueue import Priority, WorkQueue

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_RETRY_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0
"""How long the watch may bring nothing of what a list has, before the operator reads it itself."""

Listed = dict[Key, int]
"""The resourceVersion of each Resource."""


class Resync:
    """`interval` in seconds, with a tenth of jitter, so that operators of many clusters don't march in step."""

    def __init__(
        self,
        client: Client,
        store: Store,
        queue: WorkQueue[Key],
        namespaces: Sequence[str],
        interval: float,
        *,
        caches: Sequence[Reflector] = (),
        relist: float = float("inf"),
        on_missed: Callable[[], None],
        on_done: Callable[[], None],
    ) -> None:
        """`caches` are compared too, once in `relist` seconds: they hold what is in the whole cluster.

        `on_missed` is called when the watch of Resources did not tell of something, `on_done` after each comparison.
        """
        self._client = client
        self._store = store
        self._queue = queue
        self._namespaces: Sequence[str | None] = namespaces or [None]
        self._interval = interval
        self._caches = caches
        self._relist = relist
        self._relisted = asyncio.get_running_loop().time()
        self._on_missed = on_missed
        self._on_done = on_done
        self.last_error: str | None = None
        self.last_done: float | None = None
        """On the loop's clock."""

    @property
    def is_late(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self.last_done is not None and now - self.last_done > 3 * self._interval

    async def run(self) -> None:
        """For ever: compare, and have worked on whatever is not as it was when it was last found to be right."""
        while True:
            await asyncio.sleep(self._interval * random.uniform(0.9, 1.1))  # noqa: S311  # jitter
            if await self.compare():
                for key in list(self._store.unsettled()):
                    self._queue.add(key, Priority.RESYNC)
                self._done()

    async def until_served(self) -> None:
        """Return once the API server knows our kinds: a watch that starts before finds nothing, for ever."""
        while not await self._is_served():  # noqa: ASYNC110  # nothing in this process tells
            await asyncio.sleep(_RETRY_SECONDS)

    async def _is_served(self) -> bool:
        try:
            await self._list()
        except (ApiError, Unreachable) as error:
            self._note(str(error))
            return False
        return True

    async def first(self) -> None:
        """Return once the store holds every Resource that there is."""
        while not await self.compare():  # noqa: ASYNC110  # nothing in this process tells when the API server is back
            await asyncio.sleep(_RETRY_SECONDS)
        self._done()

    async def compare(self) -> bool:
        """Make the store hold what the API server lists. False if it could not be asked."""
        try:
            listed, version = await self._list()
            await self._await_watch(listed)
            missed = [*self._lagging(listed), *self._vanished(listed, version)]
            for key in missed:
                await self._read(key)
            if missed:
                self._on_missed()
            await self._compare_caches()
        except (ApiError, Unreachable) as error:
            self._note(str(error))
            return False
        self.last_error = None
        return True

    async def _compare_caches(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._relisted >= self._relist:
            for cache in self._caches:
                await cache.compare()
            self._relisted = now

    async def _list(self) -> tuple[Listed, int]:
        listed: Listed = {}
        version = 0
        for namespace in self._namespaces:
            async for page in self._client.list_pages(RESOURCES, namespace, metadata_only=True):
                version = int(page["metadata"]["resourceVersion"])
                for item in page["items"]:
                    meta = item["metadata"]
                    listed[Key(meta["namespace"], meta["name"])] = int(meta["resourceVersion"])
        return listed, version

    async def _await_watch(self, listed: Listed) -> None:
        """The watch brings what is new all by itself: wait as long as it does."""
        lagging = len(list(self._lagging(listed)))
        waited = 0.0
        while lagging and waited < _PATIENCE_SECONDS:
            await asyncio.sleep(_POLL_SECONDS)
            before, lagging = lagging, len(list(self._lagging(listed)))
            waited = waited + _POLL_SECONDS if lagging == before else 0.0

    def _lagging(self, listed: Listed) -> Iterator[Key]:
        for key, version in listed.items():
            record = self._store.record(key)
            if record is None or record.resource_version < version:
                yield key

    def _vanished(self, listed: Listed, version: int) -> list[Key]:
        """What the store holds beyond the list, unless it is younger than the list."""
        beyond = [key for key in self._store if key not in listed]
        records = [self._store.record(key) for key in beyond]
        return [record.key for record in records if record and record.resource_version <= version]

    async def _read(self, key: Key) -> None:
        log.info("Resource read because the watch did not tell of it", extra={"resource": "/".join(key)})
        try:
            self._store.observe_resource(await self._client.get(RESOURCES, key.namespace, key.name))
        except NotFound:
            record = self._store.record(key)
            if record:
                self._store.forget_resource(key, record.uid, for_good=False)

    def _note(self, error: str) -> None:
        if error != self.last_error:
            log.warning("Resources can't be listed", extra={"error": error})
        self.last_error = error

    def _done(self) -> None:
        self.last_done = asyncio.get_running_loop().time()
        self._on_done()
