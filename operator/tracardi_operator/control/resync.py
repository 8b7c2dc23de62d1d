"""The comparison of everything: our own kinds by a metadata LIST, all else in memory. It finds what a watch missed."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from tracardi_operator.control.comparison import PATIENCE_SECONDS, Comparison
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.order import Behind
from tracardi_operator.control.records import ConsumerRecord, Key
from tracardi_operator.control.store import Store
from tracardi_operator.control.type_sync import TypeComparison
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import ApiError, Unreachable, place, severity
from tracardi_operator.kube.reflector import Reflector
from tracardi_operator.kube.workqueue import Priority, WorkQueue

log = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 1.0


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
        types: TypeComparison | None = None,
        consumers: KindStore[ConsumerRecord] | None = None,
        caches: Sequence[Reflector] = (),
        relist: float = float("inf"),
        on_missed: Callable[[], None],
        on_done: Callable[[], None],
    ) -> None:
        """`types` are the ResourceTypes, if they are read; `consumers` the ResourceConsumers. `caches` are compared
        too, once in `relist` seconds: they hold what is in the whole cluster.

        `on_missed` is called when the watch of our kinds did not tell of something, `on_done` after each comparison.
        """
        self._store = store
        self._queue = queue
        self._interval = interval
        where: Sequence[str | None] = namespaces or (None,)
        self._comparisons = [Comparison(client, store, namespace, on_missed=on_missed) for namespace in where]
        self._consumers: list[Comparison] = []
        if consumers is not None:
            self._consumers = [Comparison(client, consumers, namespace, on_missed=on_missed) for namespace in where]
        self._types = types
        self._relist = relist
        self._relisted = dict.fromkeys(caches, asyncio.get_running_loop().time())
        self._on_done = on_done
        self.errors: dict[str, str] = {}
        """What could not be compared the last time, and why; fit to be shown."""
        self.last_done: float | None = None
        """On the loop's clock."""

    @property
    def is_late(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self.last_done is not None and now - self.last_done > 3 * self._interval + PATIENCE_SECONDS

    async def run(self) -> None:
        """For ever: compare, and have worked on whatever is not as it was when it was last found to be right."""
        while True:
            await asyncio.sleep(self._interval * random.uniform(0.9, 1.1))  # noqa: S311  # jitter
            await self._compare_types()
            if await self.compare():
                await self._for_each(self._consumers, Comparison.run)
                await self._compare_caches()
                for key in list(self._store.unreconciled()):
                    self._queue.add(key, Priority.RESYNC)
                self._done()

    async def until_served(self) -> None:
        """Return once the API server knows our kinds: a watch that starts before finds nothing, for ever."""
        while not await self._for_each(self._comparisons, Comparison.ask):  # noqa: ASYNC110  # nothing in this process tells
            await asyncio.sleep(_RETRY_SECONDS)

    async def first(self) -> None:
        """Return once the store holds every Resource of the namespaces that can be listed, be it only one."""
        while not await self.compare():  # noqa: ASYNC110  # nothing in this process tells when the API server is back
            await asyncio.sleep(_RETRY_SECONDS)
        await self._for_each(self._consumers, Comparison.run)
        await self._compare_types()
        self._done()

    async def compare(self) -> bool:
        """Make the store hold what the API server lists. False if no namespace could be listed."""
        return await self._for_each(self._comparisons, Comparison.run)

    @property
    def knows_consumers(self) -> bool:
        """Whether every ResourceConsumer is known."""
        return all(comparison.is_complete for comparison in self._consumers)

    def knows_resources(self, namespace: str) -> bool:
        """Whether every Resource of a namespace is known. One that is not served has none, as far as we know."""
        return all(one.is_complete for one in self._comparisons if one.namespace in (None, namespace))

    async def _for_each(self, them: Sequence[Comparison], step: Callable[[Comparison], Awaitable[None]]) -> bool:
        """Whether a step succeeds for any namespace. One that is not there, or not ours to see, stops no other."""
        done = [await self._try(f"list of {one.kind.kind}s{_in(one.namespace)}", step(one)) for one in them]
        return any(done)

    async def _compare_types(self) -> None:
        if self._types:
            await self._try("list of ResourceTypes", self._types.run())

    async def _compare_caches(self) -> None:
        now = asyncio.get_running_loop().time()
        for cache, relisted in self._relisted.items():
            subject = f"list of {cache.kind}{_in(cache.namespace)}"
            if now - relisted >= self._relist and await self._try(subject, cache.compare()):
                self._relisted[cache] = now

    async def _try(self, subject: str, step: Awaitable[None]) -> bool:
        try:
            await step
        except (ApiError, Unreachable, Behind) as error:
            self._note(subject, str(error), severity(error))
        except Exception as error:  # a defect of ours, or an object that makes no sense: the words may quote it
            self._note(subject, place(error))
        else:
            self.errors.pop(subject, None)
            return True
        return False

    def _note(self, subject: str, error: str, level: int = logging.WARNING) -> None:
        if error != self.errors.get(subject):
            log.log(level, "Can't be compared", extra={"subject": subject, "cause": error})
        self.errors[subject] = error

    def _done(self) -> None:
        self.last_done = asyncio.get_running_loop().time()
        self._on_done()


def _in(namespace: str | None) -> str:
    return f" in {namespace}" if namespace else ""
