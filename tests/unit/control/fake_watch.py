"""One watch of the API server in memory, and all that can go wrong with one."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from tests.unit.control.fake_server import Change, FakeServer, refused, selects
from tracardi_operator.kube.client import Object, WatchEvent
from tracardi_operator.kube.errors import Gone, Silent, Unreachable
from tracardi_operator.kube.kinds import Kind

_BOOKMARK_SECONDS: Final = 60.0
_LAG_SECONDS: Final = 3.0
_LIST_ENDS: Final = {"k8s.io/initial-events-end": "true"}


class Stream:
    """`version`: after which it begins. `initial`: with a list before. `seconds`: until the server ends it."""

    def __init__(
        self,
        server: FakeServer,
        kind: Kind,
        namespace: str | None,
        *,
        version: str,
        initial: bool,
        selector: str,
        seconds: float,
        silence: float,
    ) -> None:
        self.kind = kind
        self.version = int(version or server.version)
        """What it has told."""
        self.behind = 0
        """So many versions in the past is the server that it was opened to."""
        self.lag = 0.0
        """Seconds after which it tells of a change."""
        self.drop_in: int | None = None
        """After so many more changes it leaves one out."""
        self.is_silent = False
        self._server = server
        self._namespace = namespace
        self._initial = initial
        self._selector = selector
        self._seconds = seconds
        self._silence = silence
        self._news = asyncio.Event()
        self._end: Exception | None = None
        self._is_ended = False
        self.is_open = True
        server.listeners.append(self._hear)

    def close(self) -> None:
        self.is_open = False
        self._server.listeners.remove(self._hear)

    def end(self, error: Exception | None = None) -> None:
        """In good order, or as a broken network or an ERROR event does."""
        self._end, self._is_ended = error, True
        self._news.set()

    def suffer(self, how: str) -> None:
        match how:
            case "drop":
                self.drop_in = 0
            case "lag":
                self.lag = _LAG_SECONDS
            case "silent":
                self.is_silent = True
            case "end":
                self.end()
            case "tear":
                self.end(Unreachable("torn"))
            case "410":
                self.end(refused(410, "Expired", Gone))

    async def events(self) -> AsyncGenerator[WatchEvent, None]:
        """Raises Gone, Silent and whatever the stream was ended with."""
        ends = self._clock() + self._seconds
        if self._initial:
            for event in self._list():
                yield event
        else:
            self.version -= self.behind
            list(self._server.since(self.kind, self._namespace, self.version))  # too old?
        while not self._is_ended and self._clock() < ends:
            for event in self._due():
                yield event
            if not await self._wait():
                yield self._bookmark()
        if self._end:
            raise self._end

    def _list(self) -> list[WatchEvent]:
        at = self._server.version - self.behind
        self.version = at
        found = self._server.select(self.kind, self._namespace, selector=self._selector, at=at if self.behind else None)
        return [*(WatchEvent("ADDED", one) for one in found), self._bookmark(_LIST_ENDS)]

    def _due(self) -> list[WatchEvent]:
        due: list[WatchEvent] = []
        if self.is_silent:
            return due
        for change in self._server.since(self.kind, self._namespace, self.version):
            self.version = change.version
            if selects(self._selector, change.object) and not self._is_dropped():
                due.append(WatchEvent(change.type, change.object))
        return due

    def _is_dropped(self) -> bool:
        countdown = self.drop_in
        if countdown is not None:
            self.drop_in = countdown - 1 if countdown else None
        return countdown == 0

    async def _wait(self) -> bool:
        """For news, until it is time for a bookmark. Raises Silent where nothing comes for so long."""
        self._news.clear()
        if self._is_ended:
            return True
        patience = self._silence if self.is_silent else _BOOKMARK_SECONDS
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
                await asyncio.sleep(self.lag)
        except TimeoutError:
            if self.is_silent:
                raise Silent("not one byte for too long") from None
            return False
        return True

    def _hear(self, change: Change) -> None:
        if change.kind == self.kind and not self.is_silent:
            self._news.set()

    def _bookmark(self, annotations: dict[str, str] | None = None) -> WatchEvent:
        metadata: Object = {"resourceVersion": str(self.version), "annotations": annotations or {}}
        return WatchEvent("BOOKMARK", {"kind": "PartialObjectMetadata", "metadata": metadata})

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()
