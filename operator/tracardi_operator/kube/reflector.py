"""Tells a sink of every change to the metadata of one kind's objects, whatever happens to the watch.

    list due ──► list ──► complete: prune ──► follow ──► the stream ends or breaks: follow on from the last version
       ▲                                        │
       └──── too old (410), silent, or out of order

Nothing is cached here: while a list is under way the keys that the sink kept are, and nothing else is.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from tracardi_operator.kube.backoff import backoff
from tracardi_operator.kube.client import Client, Object, WatchEvent
from tracardi_operator.kube.errors import (
    ApiError,
    BadRequest,
    Gone,
    Invalid,
    Silent,
    Unreachable,
    VersionTooLarge,
    place,
    severity,
)
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.meta import Kept, Key, ObjectMeta

log = logging.getLogger(__name__)

_LIST_ENDS = "k8s.io/initial-events-end"
_STREAM_SECONDS = 300
"""The server ends a stream after once to twice this time, so that streams spread over API servers anew."""
_STABLE_SECONDS = 5.0
"""A stream that lasted this long is reopened without a pause."""


class Sink(Protocol):
    """Who wants to know. A state of an object may arrive again, or after a newer one: compare resourceVersions."""

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        """The object is there. True if the sink keeps anything of it."""

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        """The object is gone; `meta` is its last state."""

    def replace(self, kind: Kind, namespace: str | None, kept: Kept, version: str) -> bool:
        """A list of that version is complete: what the sink holds (in `namespace`, if any) beyond `kept` is gone.

        `kept` is what it kept of the list. False if it holds a later state of one of them, or news of its deletion, and
        nothing later than the list: that never came about, for the cluster was restored to an earlier state.
        """

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        """The cluster was restored to an earlier state: what comes now counts, though with lower resourceVersions."""


class _OutOfOrder(Exception):  # noqa: N818
    """The server is at an earlier point in time than we have seen already."""


class Reflector:
    """Metadata of `kind` in `namespace` (None: all namespaces). Times are in seconds.

    `silence`: a stream without a byte for so long is dead; the server sends bookmarks every minute.
    `patience`: how long the server may lag behind what was seen before it is believed that the cluster was restored.
    `stop_on`: errors that `run` raises.
    """

    def __init__(
        self,
        client: Client,
        kind: Kind,
        namespace: str | None,
        *,
        sink: Sink,
        field_selector: str = "",
        silence: float = 90.0,
        patience: float = 60.0,
        stop_on: tuple[type[ApiError], ...] = (),
        backoff_base: float = 0.5,
        backoff_cap: float = 10.0,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self.kind = kind
        self.namespace = namespace
        self.synced = asyncio.Event()
        """Set once a list was completed, for good."""
        self.last_error: str | None = None
        """Why there is no stream at present; fit to be shown."""
        self._level = logging.NOTSET
        """How serious `last_error` was told to be."""
        self.last_contact: float | None = None
        """When the server last sent anything on a stream or list, on the loop's clock."""
        self._client = client
        self._sink = sink
        self._field_selector = field_selector
        self._silence = silence
        self._patience = patience
        self._stop_on = stop_on
        self._base = backoff_base
        self._cap = backoff_cap
        self._rng = rng
        self._version = ""
        """The newest resourceVersion up to which all is known."""
        self._list_due = True
        self._streaming_lists = True
        self._listed: dict[Key, str] | None = None
        """What the sink kept of the list under way."""
        self._spoiled = False
        """Whether anything of the last list was not taken in."""
        self._behind_since: float | None = None
        self._short = 0
        """Lists and streams in a row that failed or ended as soon as they had begun."""
        self._failure = ""
        """Where something was not taken in, for want of sense in it or in our code, since all was listed."""

    @property
    def healthy(self) -> bool:
        """All is known up to at most `silence` ago."""
        return not self.shortcoming

    @property
    def shortcoming(self) -> str:
        """Why it is not healthy; fit to be shown."""
        silent = self.last_contact is None or self._clock() - self.last_contact > self._silence
        if self._failure:
            return self._failure
        return (self.last_error or "not complete") if silent or not self.synced.is_set() else ""

    async def run(self) -> None:
        """Runs until it is cancelled. Whatever the API server does, it goes on. Raises `stop_on`."""
        while True:
            started, was_following = self._clock(), not self._list_due
            error = await self._attempt()
            works = self._clock() - started >= _STABLE_SECONDS or (was_following and isinstance(error, Gone))
            self._short = 0 if works else self._short + 1
            if self._short and error is None:
                self._note(f"watch {self.kind}: the stream ends as soon as it begins")
            await asyncio.sleep(self._pause(self._short, error))

    async def compare(self) -> None:
        """List beside the stream, so that the sink learns what the stream left out. Raises ApiError and Unreachable."""
        if self._list_due or await self._list_beside():
            return
        self._rewind()
        if not await self._list_beside():
            raise Unreachable(f"list {self.kind}: it says something else each time")

    async def _list_beside(self) -> bool:
        """Whether the list agrees with what the sink holds."""
        kept: dict[Key, str] = {}
        known = self._version  # the stream goes on meanwhile
        async for page in self._pages():
            version = page["metadata"]["resourceVersion"]
            if int(version) < int(known):
                raise Unreachable(f"list {self.kind}: the server is at {version}, behind {known}")
            metas = [ObjectMeta.decode(item["metadata"]) for item in page["items"]]
            kept.update({meta.key: meta.version for meta in metas if self._sink.observe(self.kind, meta)})
        if not self._sink.replace(self.kind, self.namespace, kept, version):
            return False
        self._failure = ""
        return True

    async def _attempt(self) -> Exception | None:
        """One list or stream, and what became of it: None where the server ended it in good order."""
        try:
            await self._contact_server()
        except self._stop_on:
            raise
        except (ApiError, Unreachable, _OutOfOrder) as error:
            is_idle = isinstance(error, Silent) and not self._list_due
            self._note(str(error), logging.INFO if is_idle else severity(error))
            self._learn(error)
            return error
        except Exception as error:
            self._fail(error)
            self._list_due = True
            return error
        return None

    async def _contact_server(self) -> None:
        if self._list_due:
            await self._list()
        else:
            await self._follow()

    async def _list(self) -> None:
        self._listed = {}
        self._spoiled = False
        if self._streaming_lists:
            try:
                return await self._follow(initial_events=True)
            except (BadRequest, Invalid):
                log.info("Streaming list refused, reading pages instead", extra={"kind": self.kind.kind})
                self._streaming_lists = False
        await self._list_pages()
        return await self._follow()

    async def _follow(self, *, initial_events: bool = False) -> None:
        async with self._client.watch(
            self.kind,
            self.namespace,
            resource_version=self._version,
            metadata_only=True,
            field_selector=self._field_selector,
            initial_events=initial_events,
            timeout_seconds=int(_STREAM_SECONDS * (1 + self._rng())),
            silence=self._silence,
        ) as events:
            if not (initial_events or self._short):
                self._heard()
            async for event in events:
                self._heard()
                self._receive(event)

    async def _list_pages(self) -> None:
        async for page in self._pages():
            self._heard()
            version = page["metadata"]["resourceVersion"]
            self._require_order(version)
            for item in page["items"]:
                self._take(item["metadata"])
        self._complete(version)

    def _pages(self) -> AsyncIterator[Object]:
        return self._client.list_pages(
            self.kind,
            self.namespace,
            metadata_only=True,
            field_selector=self._field_selector,
            not_older_than=self._version,
        )

    def _receive(self, event: WatchEvent) -> None:
        metadata = event.object["metadata"]
        version = metadata["resourceVersion"]
        if self._listed is None:
            self._require_order(version)
            self._version = version
        match event.type:
            case "ADDED" | "MODIFIED":
                self._take(metadata)
            case "DELETED":
                self._drop(metadata)
            case "BOOKMARK" if self._listed is not None and _ends_list(metadata):
                self._require_order(version)
                self._complete(version)

    def _take(self, metadata: dict[str, Any]) -> None:
        try:
            meta = ObjectMeta.decode(metadata)
            kept = self._sink.observe(self.kind, meta)
        except Exception as error:  # it spoils no other
            self._fail(error)
            return
        if self._listed is not None:
            self._listed.pop(meta.key, None)
            if kept:
                self._listed[meta.key] = meta.version

    def _drop(self, metadata: dict[str, Any]) -> None:
        meta = ObjectMeta.decode(metadata)
        self._sink.forget(self.kind, meta)
        if self._listed is not None:
            self._listed.pop(meta.key, None)

    def _complete(self, version: str) -> None:
        kept, self._listed = self._listed or {}, None
        if not self._sink.replace(self.kind, self.namespace, kept, version):
            self._rewind()
            raise _OutOfOrder(f"watch {self.kind}: objects are older than they were")
        self._version = version
        if not self._spoiled:
            self._failure = ""
        self._list_due = False
        self._behind_since = None
        self.synced.set()

    def _require_order(self, version: str) -> None:
        # Versions are numbers that only grow: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
        if self._version and int(version) < int(self._version):
            raise _OutOfOrder(f"watch {self.kind}: the server is at {version}, behind {self._version}")

    def _learn(self, error: Exception) -> None:
        """What an error says about where to go on."""
        if isinstance(error, Gone | Silent | _OutOfOrder):
            self._list_due = True
        if isinstance(error, _OutOfOrder | VersionTooLarge):
            self._behind()

    def _behind(self) -> None:
        if self._behind_since is None:
            self._behind_since = self._clock()
        elif self._clock() - self._behind_since >= self._patience:
            self._version = ""
            self._rewind()

    def _rewind(self) -> None:
        log.warning("Cluster restored to an earlier state, it seems; all is read anew", extra={"kind": self.kind.kind})
        self._sink.rewind(self.kind, self.namespace)

    def _heard(self) -> None:
        self.last_contact = self._clock()
        if self.last_error is not None:
            log.info("Watching again", extra={"kind": self.kind.kind})
            self.last_error = None

    def _fail(self, error: Exception) -> None:
        """A defect of ours, or something that makes no sense; the words may quote it, so only the place is told."""
        self._spoiled = True
        self._failure = f"watch {self.kind}: failed with {place(error)}"
        self._note(self._failure)

    def _note(self, error: str, level: int = logging.WARNING) -> None:
        if error != self.last_error or level > self._level:
            log.log(level, "Watch interrupted", extra={"kind": self.kind.kind, "cause": error})
        self.last_error, self._level = error, level

    def _pause(self, attempt: int, error: Exception | None) -> float:
        pause = backoff(attempt, base=self._base, cap=self._cap, chance=self._rng()) if attempt else 0.0
        return max(pause, error.retry_after or 0.0) if isinstance(error, ApiError) else pause

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()


def _ends_list(metadata: dict[str, Any]) -> bool:
    return bool((metadata.get("annotations") or {}).get(_LIST_ENDS) == "true")
