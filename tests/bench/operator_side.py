"""The operator's part of a repetition, on a control plane to itself: what it did is read from the audit log."""

import time
from collections.abc import Container, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.audit import AuditLog, Request
from tests.bench.fleet import change_token, for_each
from tests.bench.latency import edits_through, load, serials
from tests.bench.processes import Meter, Others, cpu_seconds, peak_mb, resident_mb
from tests.bench.samples import Bulk, Cold, Failed, Idle, Period, Restart, counted
from tests.bench.snapshots import NAMESPACE, Tell
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.sessions import client, operator_kubeconfig
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client

STALLED = 120.0
"""Seconds without one more reconciliation after which a step has failed."""
PERIOD = 180.0
"""Seconds within which a resync comes."""
POLL = 0.5
SCRAPE = 5.0
"""Seconds between two looks at the metrics of an idle operator: each costs it some milliseconds."""
PERIODS = 11
"""Resyncs within which there is a relist, with the defaults of both."""
SETTLED = 5.0
"""Seconds after which what was begun is done."""
QUIET = 2.0
"""Seconds without a request after which none is to come: Events follow in the background."""
STATUS = ("patch", "resources/status")
WATCHING = ("list", "watch")
DONE = 'tracardi_operator_reconciles_total{result="success"}'
RESYNCED = "tracardi_operator_resync_timestamp_seconds"
LEFT = ('workqueue_depth{name="resources"}', 'workqueue_unfinished_work_seconds{name="resources"}')


class Work(NamedTuple):
    done: float
    """Reconciliations that succeeded since the process began."""
    left: bool


class OperatorSide:
    """One operator on one control plane. The steps are to be taken in the order in which they stand here."""

    def __init__(
        self,
        plane: ControlPlane,
        log: Path,
        count: int,
        tell: Tell,
        others: Others,
        flags: Iterable[str] = (),
        namespaces: Container[str] = (NAMESPACE,),
    ) -> None:
        self._plane = plane
        self._count = count
        self._tell = tell
        self._others = others
        self._namespaces = namespaces
        self._audit = AuditLog(plane.audit_log)
        self._meter = Meter(plane)
        self._started = time.time()
        self._operator = OperatorProcess(operator_kubeconfig(plane), log, *flags)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._operator.exit_code is None:
            self.stop()

    @property
    def pid(self) -> int:
        return self._operator.pid

    def cold(self) -> Cold:
        """From nothing until all outputs and statuses are written."""
        self._operator.wait_until_ready()
        self._await_reconciled(self._count, "operator: cold start")
        requests, finished = self._written(self._count)
        cpu, peak = self._meter.read(self.pid), peak_mb(self.pid)
        time.sleep(SETTLED)
        return Cold(
            seconds=finished - min(request.received for request in requests).timestamp(),
            with_start=finished - self._started,
            requests=counted(requests),
            cpu=cpu,
            peak_mb=peak,
            settled_mb=resident_mb(self.pid),
        )

    async def bulk(self, changes: int) -> Bulk:
        """So many inputs changed at once."""
        self._audit.mark()
        before = self._work().done
        async with client(self._plane.kubeconfig) as admin:
            started = time.time()
            await for_each(changes, partial(_change, admin))
        self._await_reconciled(changes, "operator: many changed at once", before)
        requests, finished = self._written(changes)
        return Bulk(finished - started, counted(requests))

    async def edits(self, edits: int, *, loaded: bool) -> list[float]:
        """Seconds from an edit to the output, one after the other."""
        self._tell(f"operator: edits {'beside a load' if loaded else 'one by one'}", edits)
        async with client(self._plane.kubeconfig) as admin:
            if not loaded:
                return await edits_through(admin, NAMESPACE, edits)
            async with load(self._count, partial(_change, admin)):
                return await edits_through(admin, NAMESPACE, edits)

    def idle(self) -> Idle:
        """Whole periods of the resync, at least one without a relist before the one with it."""
        told = self._tell("operator: idle, resyncs until a relist", PERIODS)
        self._await_quiet()
        self._await_resync()
        periods: list[Period] = []
        for number in range(3 * PERIODS):
            if len(periods) > 1 and periods[-1].relisted:
                return Idle(periods)
            if periods and periods[-1].relisted:
                periods.clear()  # nothing usual came before it
            told(number)
            periods.append(self._period())
        raise Failed(f"operator: no relist between resyncs without one; {self._operator.log} says more")

    def _period(self) -> Period:
        self._audit.mark()
        started, cpu = time.monotonic(), cpu_seconds(self.pid)
        self._await_resync()
        seconds, spent = time.monotonic() - started, cpu_seconds(self.pid) - cpu
        self._audit.settle()
        requests = self._audit.requests()
        return Period(seconds, spent, _writes(requests), _values_read(requests), any(map(_is_relist, requests)))

    def memory(self) -> tuple[float, float]:
        """The most that there was so far, and what there is now, in MB."""
        return peak_mb(self.pid), resident_mb(self.pid)

    def restart(self) -> Restart:
        """Stop it and start it again, when there is nothing to do."""
        self._await_quiet()
        self.stop()
        self._audit.mark()
        started = time.monotonic()
        self._operator.restart()
        self._operator.wait_until_ready()
        ready = time.monotonic() - started
        self._await_reconciled(self._count, "operator: restart")
        seconds = time.monotonic() - started
        time.sleep(SETTLED)
        self._audit.settle()
        requests = self._audit.requests()
        return Restart(ready, seconds, _writes(requests), _values_read(requests), peak_mb(self.pid))

    def stop(self) -> None:
        self._others.ours(self.pid)
        self._operator.stop()

    def _await_reconciled(self, count: int, step: str, before: float = 0) -> None:
        """Until so many reconciliations more than `before` have succeeded, and nothing is left to do."""
        told = self._tell(step, count)
        last, moved = -1.0, time.monotonic()
        while (work := self._work()).done < before + count or work.left:
            if work.done != last:
                last, moved = work.done, time.monotonic()
                told(int(last - before))
            if time.monotonic() - moved > STALLED or self._operator.exit_code is not None:
                raise Failed(f"{step}: {last - before:,.0f} of {count:,} done; {self._operator.log} says more")
            time.sleep(POLL)

    def _await_quiet(self) -> None:
        while self._work().left:
            time.sleep(POLL)
        self._audit.settle(QUIET)

    def _await_resync(self) -> None:
        """Until the next one is done: its list may be of many pages."""
        before, deadline = self._metrics()[RESYNCED], time.monotonic() + PERIOD
        while self._metrics()[RESYNCED] == before:
            if time.monotonic() > deadline:
                raise Failed(f"operator: no resync within {PERIOD:.0f} s; {self._operator.log} says more")
            time.sleep(SCRAPE)

    def _work(self) -> Work:
        values = self._metrics()
        return Work(values.get(DONE, 0), any(values.get(name, 0) for name in LEFT))

    def _metrics(self) -> dict[str, float]:
        lines = self._operator.fetch("/metrics")[1].splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name[:1] != "#"}

    def _written(self, count: int) -> tuple[list[Request], float]:
        """What was asked about the fleet since the last mark, lists and watches aside; and when it was finished.

        Raises Failed if no more statuses are written though so many Resources do not have one.
        """
        last = -1
        while True:
            self._audit.settle(QUIET)
            mine = [r for r in self._audit.requests() if r.namespace in self._namespaces and r.verb not in WATCHING]
            statuses = {(r.namespace, r.name): r.answered.timestamp() for r in mine if (r.verb, r.resource) == STATUS}
            if len(statuses) == count:
                return mine, max(statuses.values())
            if len(statuses) == last:
                raise Failed(f"status of {last:,} Resources written, not of {count:,}; {self._operator.log} says more")
            last = len(statuses)


async def _change(admin: Client, index: int) -> None:
    await change_token(admin, NAMESPACE, index, next(serials))


def _writes(requests: Iterable[Request]) -> int:
    return sum(request.is_write for request in requests)


def _values_read(requests: Iterable[Request]) -> int:
    return sum(request.reads_value for request in requests)


def _is_relist(request: Request) -> bool:
    return (request.verb, request.resource) == ("list", "secrets")
