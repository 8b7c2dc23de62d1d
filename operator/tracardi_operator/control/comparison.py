"""The comparison of the known Resources of one namespace with a metadata LIST. It finds what the watch missed."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Final

from tracardi_operator.control.records import Key, Record
from tracardi_operator.control.store import Store
from tracardi_operator.control.writer import RESOURCES
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import NotFound

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 5.0
"""How long the watch may bring nothing of what a list has, before the operator reads it itself."""

_POLL_SECONDS: Final = 0.1
_BEHIND_SECONDS: Final = 60.0
"""How long lists may be older than what is known, before it is believed that the cluster was restored."""

Listed = dict[Key, int]
"""The resourceVersion of each Resource."""


class Behind(Exception):  # noqa: N818  # it names the state of affairs
    """The API server is at an earlier point in time than we have seen already: nothing is to be learned from it."""


class Comparison:
    """Of `namespace` (None: of all). `on_missed` is called when the watch did not tell of something."""

    def __init__(
        self, client: Client, store: Store, namespace: str | None, *, on_missed: Callable[[], None] = lambda: None
    ) -> None:
        self.namespace = namespace
        self._client = client
        self._store = store
        self._on_missed = on_missed
        self._newest = 0
        """The version of the last list."""
        self._behind_since: float | None = None

    async def ask(self) -> None:
        """Raises NotFound while the API server does not know our kinds."""
        await anext(self._client.list_pages(RESOURCES, self.namespace, metadata_only=True, limit=1))

    async def run(self) -> None:
        """Make the store hold what the API server lists. Raises Behind and the client's errors."""
        known = self._known()
        listed, version = await self._list()
        self._keep_order(version, known)
        self._rewind(self._contradicted(listed, version))
        await self._await_watch(listed)
        missed = [*self._lagging(listed), *self._vanished(listed, version)]
        for key in missed:
            await self._read(key)
        if missed:
            self._on_missed()

    async def _list(self) -> tuple[Listed, int]:
        listed: Listed = {}
        version = 0
        async for page in self._client.list_pages(RESOURCES, self.namespace, metadata_only=True):
            version = int(page["metadata"]["resourceVersion"])
            for item in page["items"]:
                meta = item["metadata"]
                listed[Key(meta["namespace"], meta["name"])] = int(meta["resourceVersion"])
        return listed, version

    async def _await_watch(self, listed: Listed) -> None:
        """The watch brings what is new all by itself: wait as long as it does."""
        lagging = len(list(self._lagging(listed)))
        waited = 0.0
        while lagging and waited < PATIENCE_SECONDS:
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
        beyond = (record for record in self._records() if record.key not in listed)
        return [record.key for record in beyond if record.resource_version <= version]

    async def _read(self, key: Key) -> None:
        log.info("Resource read because the watch did not tell of it", extra={"resource": "/".join(key)})
        try:
            self._store.observe_resource(await self._client.get(RESOURCES, key.namespace, key.name))
        except NotFound:
            record = self._store.record(key)
            if record:
                self._store.forget_resource(key, record.uid, for_good=False)

    # A cluster that was restored from a backup

    def _keep_order(self, version: int, known: int) -> None:
        """Raises Behind, until that has lasted for so long that it is no lagging API server."""
        now = asyncio.get_running_loop().time()
        if version >= known:
            self._behind_since = None
        elif self._behind_since is None or now - self._behind_since < _BEHIND_SECONDS:
            self._behind_since = self._behind_since or now
            raise Behind(f"the API server is at {version}, behind {known}")
        else:
            self._rewind(self._records())
        self._newest = version

    def _contradicted(self, listed: Listed, version: int) -> list[Record]:
        """What is known in a version that the list is younger than, and has an older one of: it never came about."""
        shared = (record for record in self._records() if record.key in listed)
        return [record for record in shared if listed[record.key] < record.resource_version <= version]

    def _rewind(self, records: list[Record]) -> None:
        if records:
            log.warning("Cluster restored to an earlier state, it seems", extra={"resources": len(records)})
            self._store.rewind_resources(records)

    def _known(self) -> int:
        """The latest version seen."""
        return max([self._newest, *(record.resource_version for record in self._records())])

    def _records(self) -> list[Record]:
        return self._store.records(self.namespace)
