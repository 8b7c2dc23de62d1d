"""The comparison of what is known of one of our kinds with a metadata LIST. It finds what the watch missed."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.order import Order
from tracardi_operator.control.records import Key, OwnRecord
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import NotFound

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 5.0
"""How long the watch may bring nothing of what a list has, before the operator reads it itself."""

_POLL_SECONDS: Final = 0.1
_MANY: Final = 500
"""More missed objects than a page of a list holds are read by the page: a busy API server may take longer than our
patience to begin a watch, and thousands of requests in a row would not make it faster."""

Listed = dict[Key, int]
"""The resourceVersion of each object."""


class Comparison:
    """Of `namespace` (None: of all). `on_missed` is called when the watch did not tell of something."""

    def __init__(
        self,
        client: Client,
        store: KindStore[Any],
        namespace: str | None,
        *,
        on_missed: Callable[[], None] = lambda: None,
    ) -> None:
        self.kind = store.kind
        self.namespace = namespace
        self.is_complete = False
        """Whether the store has held all that a list has."""
        self._client = client
        self._store = store
        self._on_missed = on_missed
        self._order = Order()

    async def ask(self) -> None:
        """Raises NotFound while the API server does not know our kinds."""
        await anext(self._client.list_pages(self.kind, self.namespace, metadata_only=True, limit=1))

    async def run(self) -> None:
        """Make the store hold what the API server lists. Raises Behind and the client's errors."""
        known = self._known()
        listed, version = await self._list()
        restored = self._order.keep(version, known)
        if outdated := self._records() if restored else self._contradicted(listed, version):
            self._rewind(outdated)
        await self._await_watch(listed)
        if await self._read_missed(listed, version):
            self._on_missed()
        self.is_complete = True

    async def _list(self) -> tuple[Listed, int]:
        listed: Listed = {}
        version = 0
        async for page in self._client.list_pages(self.kind, self.namespace, metadata_only=True):
            version = int(page["metadata"]["resourceVersion"])
            for item in page["items"]:
                meta = item["metadata"]
                listed[Key(meta["namespace"], meta["name"])] = int(meta["resourceVersion"])
        return listed, version

    async def _await_watch(self, listed: Listed) -> None:
        """The watch brings what is new all by itself: wait as long as it does."""
        lagging = self._count_lagging(listed)
        waited = 0.0
        while lagging and waited < PATIENCE_SECONDS:
            await asyncio.sleep(_POLL_SECONDS)
            before, lagging = lagging, self._count_lagging(listed)
            waited = waited + _POLL_SECONDS if lagging == before else 0.0

    def _count_lagging(self, listed: Listed) -> int:
        return sum(self._is_lagging(key, version) for key, version in listed.items())

    def _missed(self, listed: Listed, version: int) -> list[Key]:
        beyond = (record.key for record in self._records() if record.key not in listed)
        return [key for key in (*listed, *beyond) if self._is_missed(key, listed, version)]

    def _is_missed(self, key: Key, listed: Listed, version: int) -> bool:
        return self._is_lagging(key, listed[key]) if key in listed else self._is_vanished(key, version)

    def _is_lagging(self, key: Key, version: int) -> bool:
        record = self._store.record(key)
        return record is None or record.resource_version < version

    def _is_vanished(self, key: Key, version: int) -> bool:
        """Of one that the list does not have: whether it is known, and not younger than the list."""
        record = self._store.record(key)
        return record is not None and record.resource_version <= version

    async def _read_missed(self, listed: Listed, version: int) -> bool:
        """Whether the watch missed anything. It may begin to tell meanwhile: then it need not be read."""
        missed = self._missed(listed, version)
        many = self._count_lagging(listed) > _MANY
        if many:
            await self._read_pages()
        read = [await self._read(key) for key in missed if self._is_missed(key, listed, version)]
        return many or any(read)

    async def _read_pages(self) -> None:
        log.info("All objects of a kind read because the watch did not tell of many", extra={"kind": self.kind.kind})
        async for page in self._client.list_pages(self.kind, self.namespace):
            for body in page["items"]:
                self._store.take_in(body)

    async def _read(self, key: Key) -> bool:
        """Whether it was news. Gone since it was listed, and never known, it is none: a watch that began later has
        nothing to tell of it.
        """
        log.info(
            "Object read because the watch did not tell of it",
            extra={"kind": self.kind.kind, "object": "/".join(key)},
        )
        known = self._store.record(key)
        try:
            await self._get(key)
        except NotFound:
            if known:  # and not one that was made, and told of, since this was asked
                self._store.drop(key, known.uid, for_good=False)
            return known is not None
        return True

    async def _get(self, key: Key) -> None:
        self._store.take_in(await self._client.get(self.kind, key.namespace, key.name))
        if self._store.record(key) is None:  # it is remembered as gone: an answer to what is asked now comes after that
            body = await self._client.get(self.kind, key.namespace, key.name)
            self._rewind([])
            self._store.take_in(body)

    # A cluster that was restored from a backup

    def _contradicted(self, listed: Listed, version: int) -> list[OwnRecord]:
        """What is known in a version that the list is younger than, and has an older one of: it never came about."""
        shared = (record for record in self._records() if record.key in listed)
        return [record for record in shared if listed[record.key] < record.resource_version <= version]

    def _rewind(self, records: list[OwnRecord]) -> None:
        log.warning(
            "Cluster restored to an earlier state, it seems",
            extra={"kind": self.kind.kind, "objects": len(records)},
        )
        self._store.rewind_records(records)

    def _known(self) -> int:
        """The latest version seen."""
        return max((record.resource_version for record in self._records()), default=0)

    def _records(self) -> list[OwnRecord]:
        return self._store.records(self.namespace)
