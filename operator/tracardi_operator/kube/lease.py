"""Leader election by a Lease of coordination.k8s.io, on the monotonic clock.

Clocks are never compared: whether another's lease has run out is told by how long its record has not changed, as
seen from here. The own lease counts from the moment before the request that renewed it was sent, and is given up after
two thirds of its duration, so that what is under way can end before anybody else may lead.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime

from tracardi_operator.kube.client import Client, Object
from tracardi_operator.kube.errors import AlreadyExists, ApiError, Conflict, NotFound, Unreachable
from tracardi_operator.kube.kinds import LEASES
from tracardi_operator.kube.together import together

log = logging.getLogger(__name__)


class _Lost(Exception):  # noqa: N818
    pass


class LeaderElection:
    """`identity` must be this process's alone. `duration` is in whole seconds, `retry` in seconds.

    Give it a client of its own, so that renewing does not wait for other requests.
    """

    def __init__(
        self,
        client: Client,
        *,
        namespace: str,
        name: str,
        identity: str,
        duration: int = 15,
        retry: float = 2.0,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._duration = duration
        self._retry = retry
        self._rng = rng
        self._lease: Object | None = None
        self._seen_at = 0.0
        """When the Lease's record was first seen as it is."""
        self._leads_until = 0.0

    @property
    def is_leader(self) -> bool:
        """Whether this process leads at this very moment: right even in one that was stopped and goes on."""
        return self._clock() < self._leads_until

    @property
    def holder(self) -> str:
        """Who leads, as far as was seen; empty for nobody."""
        return self._record().get("holderIdentity") or ""

    async def run(self, lead: Callable[[], Coroutine[None, None, None]]) -> None:
        """Campaigns for ever. While this process leads, `lead` runs; it is cancelled when the lease is lost.

        When this is cancelled, `lead` is ended first and the lease released after that. What `lead` raises comes out.
        """
        while True:
            await self._campaign()
            log.info("Leading", extra={"identity": self._identity})
            try:
                await self._term(lead)
            finally:
                await self._resign()
                log.info("No longer leading", extra={"identity": self._identity})

    async def _campaign(self) -> None:
        while True:
            if await self._acquire():
                return
            await asyncio.sleep(self._retry * (0.5 + self._rng()))

    async def _term(self, lead: Callable[[], Coroutine[None, None, None]]) -> None:
        with contextlib.suppress(_Lost):
            await together(lead(), self._hold())

    async def _hold(self) -> None:
        """Renews the lease until that fails for too long. Raises _Lost."""
        while True:
            await self._pause(self._duration / 3)
            while not await self._acquire():
                await self._pause(self._retry / 2)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, min(seconds, self._leads_until - self._clock())))
        if not self.is_leader:
            raise _Lost

    async def _acquire(self) -> bool:
        """Tries once to become or to stay the leader."""
        try:
            # Short enough for a leader to try twice: the first request may have gone into a dead connection.
            async with asyncio.timeout(self._duration / 6):
                await self._look()
                if not self._is_free():
                    self._leads_until = 0.0
                    return False
                sent = self._clock()
                await self._write(self._identity)
        except (AlreadyExists, Conflict):
            return False
        except (ApiError, Unreachable, TimeoutError) as error:
            log.warning("Lease out of reach", extra={"cause": str(error) or type(error).__name__})
            return False
        self._leads_until = sent + self._duration * 2 / 3
        return True

    async def _resign(self) -> None:
        holds, self._leads_until = self.is_leader, 0.0
        if not holds:
            return
        try:
            async with asyncio.timeout(self._retry):
                await self._look()
                if self.holder == self._identity:
                    await self._write(None)
        except (ApiError, Unreachable, TimeoutError):
            log.info("Lease not released, it will run out")

    async def _look(self) -> None:
        before = self._record()
        try:
            self._lease = await self._client.get(LEASES, self._namespace, self._name)
        except NotFound:
            self._lease = None
        if self._record() != before:
            self._seen_at = self._clock()

    def _is_free(self) -> bool:
        runs_out = self._seen_at + self._record().get("leaseDurationSeconds", self._duration)
        return self.holder in ("", self._identity) or self._clock() >= runs_out

    async def _write(self, holder: str | None) -> None:
        if self._lease is None:
            body = self._body({"name": self._name, "namespace": self._namespace}, holder)
            self._lease = await self._client.create(LEASES, self._namespace, body)
        else:
            body = self._body(self._lease["metadata"], holder)
            self._lease = await self._client.replace(LEASES, self._namespace, self._name, body)

    def _body(self, metadata: Object, holder: str | None) -> Object:
        record = self._record()
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # for people to read; nothing is decided by it
        changes = {"holderIdentity": holder, "leaseDurationSeconds": self._duration, "renewTime": now}
        if holder and holder != self.holder:
            changes |= {"acquireTime": now, "leaseTransitions": record.get("leaseTransitions", 0) + 1}
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": metadata,
            "spec": {**record, **changes},
        }

    def _record(self) -> Object:
        return (self._lease or {}).get("spec") or {}

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()
