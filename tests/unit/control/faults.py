"""What can go wrong between one operator process and the API server, on virtual time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.unit.control.fake_client import FakeClient
from tests.unit.control.fake_server import FakeServer, refused
from tests.unit.control.fake_watch import Stream
from tests.unit.control.judge import Judge
from tracardi_operator.kube.errors import (
    ApiError,
    Conflict,
    Forbidden,
    ServerError,
    TooManyRequests,
    Unreachable,
)
from tracardi_operator.kube.kinds import Kind

LATENCY: Final = 0.004
"""Seconds that a request is on its way, and as many that its answer is."""

ERRORS: Final[dict[str, Exception]] = {
    "cut before": Unreachable("cut before the request arrived"),
    "cut after": Unreachable("cut before the answer arrived"),
    "403": refused(403, "Forbidden", Forbidden),
    "409": refused(409, "Conflict", Conflict),
    "429": refused(429, "TooManyRequests", TooManyRequests, 2.0),
    "500": refused(500, "InternalError", ServerError),
}
WRITES: Final = frozenset({"create", "update", "patch", "delete"})


@dataclass(slots=True)
class Crash:
    """The process is killed at a request: `before` it arrives, or when it took effect and the answer is on its way."""

    countdown: int
    before: bool


@dataclass(slots=True)
class Faults:
    """What is going to happen. It is the cluster's and the network's, so it outlives a process."""

    once: list[tuple[str, str]] = field(default_factory=list)
    """Verb and error: what becomes of the next such request."""
    outage: tuple[float, str] = (0.0, "500")
    """Until when every request ends in which error."""
    crash: Crash | None = None
    intrusion: tuple[int, Callable[[], None]] | None = None
    """After so many more requests somebody does something, just before the next one arrives."""
    behind: Counter[str] = field(default_factory=Counter)
    """By plural: so many versions in the past is the server that the next stream or list is opened to."""
    streams: list[Stream] = field(default_factory=list)
    """The open ones."""

    def end(self) -> None:
        """From now on all is well; streams that are dead remain so until the operator notices."""
        self.once.clear()
        self.behind.clear()
        self.outage, self.crash, self.intrusion = (0.0, "500"), None, None
        for stream in self.streams:
            stream.drop_in, stream.lag = None, 0.0

    def take(self, verb: str, now: float) -> str | None:
        """The error of a request, if it has one."""
        if now < self.outage[0]:
            return self.outage[1]
        for one in self.once:
            if one[0] == verb:
                self.once.remove(one)
                return one[1]
        return None

    def intrude(self) -> None:
        """Somebody does what he does at this request."""
        if self.intrusion:
            countdown, act = self.intrusion
            self.intrusion = (countdown - 1, act) if countdown else None
            if not countdown:
                act()

    def take_crash(self) -> Crash | None:
        """The crash, if this request is the one."""
        crash = self.crash
        if crash is None or crash.countdown:
            if crash:
                crash.countdown -= 1
            return None
        self.crash = None
        return crash


class FaultyClient(FakeClient):
    """The client of one process."""

    def __init__(self, server: FakeServer, faults: Faults, judge: Judge) -> None:
        super().__init__(server)
        server.listeners.pop()  # nobody takes the changes: they come by `watch`
        self.is_dead = False
        self._faults = faults
        self._judge = judge

    def open(self, stream: Stream) -> Stream:
        stream.behind = min(self._faults.behind.pop(stream.kind.plural, 0), stream.version)
        self._faults.streams = [*(one for one in self._faults.streams if one.is_open), stream]
        return stream

    def behind(self, kind: Kind, *, at_least: str | None) -> int:
        """A list that asks for the newest state gets it: every replica reads it from etcd."""
        return 0 if at_least == "" else self._faults.behind.pop(kind.plural, 0)

    @asynccontextmanager
    async def _asked(self, verb: str, kind: Kind, name: str = "", part: str = "") -> AsyncIterator[None]:
        self.requests.append(f"{verb} {kind.plural}" + (f"/{name}" if name else "") + part)
        await self._travel()
        error, crash = self._faults.take(verb, asyncio.get_running_loop().time()), self._faults.take_crash()
        self._faults.intrude()
        if crash and crash.before:
            await self._die()
        if error and error != "cut after":
            raise ERRORS[error]
        try:
            with self._judge.operator_acts(writes=verb in WRITES):
                yield
        except ApiError:
            if crash:
                await self._die()
            raise
        if crash:
            await self._die()
        if error:
            raise ERRORS[error]
        await self._travel()

    async def _travel(self) -> None:
        await asyncio.sleep(LATENCY)
        if self.is_dead:
            await asyncio.Event().wait()

    async def _die(self) -> None:
        self.is_dead = True
        await asyncio.Event().wait()
