"""Leader election: one leader at a time, and soon another when it goes; in virtual time."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from tracardi_operator.kube.errors import AlreadyExists, Conflict, NotFound, ServerError, Unreachable
from tracardi_operator.kube.kinds import LEASES, Kind
from tracardi_operator.kube.lease import LeaderElection

pytestmark = pytest.mark.looptime

DURATION = 15


class Leases:
    """The API server's part of it. `cut_off` holds who can't reach it at present."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.writes: list[str] = []

    def store(self, body: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        body = body | {"metadata": body["metadata"] | {"resourceVersion": str(self.version)}}
        self.lease = body
        self.writes.append(body["spec"]["holderIdentity"] or "")
        return body


@dataclass
class Link:
    """One candidate's client."""

    leases: Leases
    broken: Exception | None = None
    hangs: bool = False
    sent: int = field(default=0)

    async def _pass(self) -> None:
        self.sent += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.broken:
            raise self.broken
        await asyncio.sleep(0.01)

    async def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        await self._pass()
        if self.leases.lease is None:
            raise NotFound("get", kind.path(namespace, name), 404)
        return self.leases.lease

    async def create(self, kind: Kind, namespace: str, body: dict[str, Any]) -> dict[str, Any]:
        await self._pass()
        if self.leases.lease is not None:
            raise AlreadyExists("create", kind.path(namespace), 409)
        return self.leases.store(body)

    async def replace(self, kind: Kind, namespace: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        await self._pass()
        assert self.leases.lease
        if body["metadata"]["resourceVersion"] != self.leases.lease["metadata"]["resourceVersion"]:
            raise Conflict("update", kind.path(namespace, name), 409)
        return self.leases.store(body)


class Candidate:
    def __init__(self, leases: Leases, name: str) -> None:
        self.link = Link(leases)
        self.name = name
        self.election = LeaderElection(
            cast("Any", self.link), namespace="ns", name="lease", identity=name, duration=DURATION, retry=2.0
        )
        self.terms: list[tuple[float, float]] = []
        self.leading = asyncio.Event()

    async def lead(self) -> None:
        started = asyncio.get_running_loop().time()
        self.leading.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.leading.clear()
            self.terms.append((started, asyncio.get_running_loop().time()))

    @asynccontextmanager
    async def campaigning(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.election.run(self.lead))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def leases() -> Leases:
    return Leases()


@pytest.fixture
def first(leases: Leases) -> Candidate:
    return Candidate(leases, "first")


@pytest.fixture
def second(leases: Leases) -> Candidate:
    return Candidate(leases, "second")


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_only_candidate_leads(first: Candidate) -> None:
    async with first.campaigning():
        await first.leading.wait()
        assert first.election.is_leader
        assert first.election.holder == "first"


async def test_leader_goes_on_leading(first: Candidate) -> None:
    async with first.campaigning():
        await first.leading.wait()
        await asyncio.sleep(1000)
        assert first.election.is_leader
        assert not first.terms


async def test_lease_is_renewed_every_third_of_its_duration(first: Candidate, leases: Leases) -> None:
    async with first.campaigning():
        await asyncio.sleep(10 * DURATION)
    assert len(leases.writes) == pytest.approx(30, abs=2)


async def test_second_candidate_waits_while_the_first_leads(first: Candidate, second: Candidate) -> None:
    async with first.campaigning():
        await first.leading.wait()
        async with second.campaigning():
            await asyncio.sleep(1000)
            assert not second.election.is_leader
            assert second.election.holder == "first"


async def test_graceful_stop_releases_the_lease_after_the_work_has_ended(first: Candidate, leases: Leases) -> None:
    async with first.campaigning():
        await first.leading.wait()
    assert first.terms
    assert not first.election.is_leader
    assert leases.writes[-1] == ""


async def test_released_lease_is_taken_within_the_next_tries(first: Candidate, second: Candidate) -> None:
    async with second_after_first(first, second):
        stopped = now()
        await second.leading.wait()
        assert now() - stopped < 4


@asynccontextmanager
async def second_after_first(first: Candidate, second: Candidate) -> AsyncIterator[None]:
    """The first led, the second campaigned meanwhile, and the first has stopped."""
    async with first.campaigning() as leader:
        await first.leading.wait()
        async with second.campaigning():
            await asyncio.sleep(100)
            leader.cancel()
            await asyncio.gather(leader, return_exceptions=True)
            yield


async def test_dead_leader_is_followed_once_its_lease_has_run_out(first: Candidate, second: Candidate) -> None:
    async with first.campaigning(), second.campaigning():
        await first.leading.wait()
        await asyncio.sleep(100)
        first.link.hangs = True
        cut_off = now()
        await second.leading.wait()
        assert DURATION * 2 / 3 < now() - cut_off < DURATION + 4


@pytest.mark.parametrize("broken", [Unreachable("down"), ServerError("get", "/", 500), None])
async def test_leader_that_cannot_renew_ends_its_work_before_anybody_else_begins(
    first: Candidate, second: Candidate, broken: Exception | None
) -> None:
    async with first.campaigning(), second.campaigning():
        await first.leading.wait()
        await asyncio.sleep(100)
        first.link.broken, first.link.hangs = broken, broken is None
        await second.leading.wait()
        assert first.terms[-1][1] < now()
        assert not first.election.is_leader


async def test_one_failed_renewal_is_no_loss(first: Candidate) -> None:
    async with first.campaigning():
        await first.leading.wait()
        first.link.hangs = True
        await asyncio.sleep(DURATION / 2)
        first.link.hangs = False
        await asyncio.sleep(1000)
        assert not first.terms


async def test_loser_campaigns_again(first: Candidate) -> None:
    async with first.campaigning():
        await first.leading.wait()
        first.link.broken = Unreachable("down")
        await asyncio.sleep(100)
        assert len(first.terms) == 1
        first.link.broken = None
        await first.leading.wait()
        assert first.election.is_leader


async def test_leader_replaced_by_another_record_stops_at_its_next_renewal(first: Candidate, leases: Leases) -> None:
    async with first.campaigning():
        await first.leading.wait()
        assert leases.lease
        leases.store(leases.lease | {"spec": leases.lease["spec"] | {"holderIdentity": "usurper"}})
        await asyncio.sleep(DURATION / 3 + 1)
        assert not first.election.is_leader
        assert first.terms


async def test_process_that_slept_past_its_lease_knows_at_once(first: Candidate) -> None:
    async with first.campaigning():
        await first.leading.wait()
        first.link.hangs = True
        await asyncio.sleep(DURATION * 2 / 3 + 0.1)
        assert not first.election.is_leader


async def test_wall_clock_of_the_holder_is_not_looked_at(second: Candidate, leases: Leases) -> None:
    past = {"holderIdentity": "first", "leaseDurationSeconds": DURATION, "renewTime": "1970-01-01T00:00:00.000000Z"}
    leases.store({"metadata": {"name": "lease"}, "spec": past})
    async with second.campaigning():
        started = now()
        await second.leading.wait()
        assert now() - started >= DURATION


async def test_change_of_hands_is_counted(first: Candidate, second: Candidate, leases: Leases) -> None:
    async with second_after_first(first, second):
        await second.leading.wait()
        assert leases.lease
        assert leases.lease["spec"]["leaseTransitions"] == 2


async def test_error_of_the_work_ends_the_term_and_comes_out(first: Candidate, leases: Leases) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await first.election.run(fail)
    assert leases.writes[-1] == ""


async def test_unreachable_server_is_logged(first: Candidate, caplog: pytest.LogCaptureFixture) -> None:
    first.link.broken = Unreachable("down")
    with caplog.at_level(logging.WARNING):
        async with first.campaigning():
            await asyncio.sleep(1)
    assert "Lease out of reach" in caplog.text


def test_lease_lives_in_its_api_group() -> None:
    assert LEASES.path("ns", "lease") == "/apis/coordination.k8s.io/v1/namespaces/ns/leases/lease"


async def test_a_stop_while_a_lost_term_ends_is_a_stop(leases: Leases, first: Candidate) -> None:
    """A TaskGroup that ends by an error of its own drops a cancellation from outside, before Python 3.13."""
    ending = asyncio.Event()

    async def lead() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await asyncio.sleep(1)

    running = asyncio.create_task(first.election.run(lead))
    await asyncio.sleep(1)
    first.link.broken = Unreachable("cut off")
    await ending.wait()
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=60)
    assert done
    assert running.cancelled()
