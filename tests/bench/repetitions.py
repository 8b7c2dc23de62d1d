"""All that is measured of one number of Resources: repetitions of both sides, and the operator beside a crowd."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.bare_side import measure_bare
from tests.bench.deliveries import by_bare, by_operator
from tests.bench.operator_side import OperatorSide
from tests.bench.processes import Others
from tests.bench.samples import Bare, Crowded, Deliveries, Operator, Sample
from tests.bench.snapshots import Snapshots, Tell, restored
from tests.bench.targets import Bundle, Rows, Target
from tests.bench.tracardi_server import HOST, TracardiSession, tracardi_process
from tracardi_operator.devcluster import ControlPlane

CHANGES = 1_000
"""Inputs changed at once, or all where there are fewer."""
DELIVERED = 1_000
"""The number of Resources with which consumers are measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what is measured."""

    repeats: int
    edits: int
    """One by one, and as many again beside a load."""
    crowd: int
    """Secrets that no Resource names; 0: not measured."""
    flags: tuple[str, ...] = ()
    """Of the operator."""


class Repetitions:
    """`logs` is the folder for what the operator says."""

    def __init__(self, snapshots: Snapshots, plan: Plan, logs: Path, tell: Tell) -> None:
        self._snapshots = snapshots
        self._plan = plan
        self._logs = logs
        self._tell = tell

    def samples(self, count: int) -> list[Sample]:
        """Idle periods cost ten minutes and are the same each time: the first repetition has them."""
        return [self._sample(count, with_idle=number == 0) for number in range(self._plan.repeats)]

    def crowded(self, count: int) -> Crowded | None:
        if not self._plan.crowd:
            return None
        others = Others()
        with (
            restored(self._snapshots.of(count, self._plan.crowd)) as plane,
            self._operator(plane, count, others) as operator,
        ):
            return Crowded(self._plan.crowd, operator.cold(), operator.restart())

    def deliveries(self, count: int) -> dict[str, Deliveries]:
        """By target. Once only: they are many requests each."""
        if count != DELIVERED:
            return {}
        return asyncio.run(self._deliveries(self._snapshots.of(count), count))

    async def _deliveries(self, snapshot: Path, count: int) -> dict[str, Deliveries]:
        with tracardi_process() as url:
            async with aiohttp.ClientSession() as opened:
                targets: dict[str, Target] = {"bundle": Bundle(), "tracardi": Rows(TracardiSession(url, opened))}
                return {name: await self._delivered(snapshot, count, name, target) for name, target in targets.items()}

    async def _delivered(self, snapshot: Path, count: int, name: str, target: Target) -> Deliveries:
        """The operator has been started anew, so that it has no value in memory."""
        with (
            restored(snapshot) as plane,
            self._operator(plane, count, Others(), "--allowed-hosts", HOST) as operator,
        ):
            operator.cold()
            operator.restart()
            self._tell(f"operator: {name}", count)
            delivered = await by_operator(plane, count, target)
        with restored(snapshot) as plane:
            self._tell(f"bare client: {name}", count)
            return Deliveries(await by_bare(plane, count, target), delivered)

    def _sample(self, count: int, *, with_idle: bool) -> Sample:
        snapshot = self._snapshots.of(count)
        others = Others()
        with restored(snapshot) as plane:
            bare = self._bare(plane, count)
            others.ours(*plane.pids.values())
        with restored(snapshot) as plane:
            with self._operator(plane, count, others) as operator:
                measured = self._steps(operator, count, with_idle=with_idle)
            others.ours(*plane.pids.values())
            return Sample(bare, measured, others.share())

    def _bare(self, plane: ControlPlane, count: int) -> Bare:
        return asyncio.run(measure_bare(plane, count, min(count, CHANGES), self._plan.edits, self._tell))

    def _operator(self, plane: ControlPlane, count: int, others: Others, *flags: str) -> OperatorSide:
        log = self._logs / f"operator-{count}"
        return OperatorSide(plane, log, count, self._tell, others, (*self._plan.flags, *flags))

    def _steps(self, operator: OperatorSide, count: int, *, with_idle: bool) -> Operator:
        cold = operator.cold()
        bulk = asyncio.run(operator.bulk(min(count, CHANGES)))
        edits_idle = asyncio.run(operator.edits(self._plan.edits, loaded=False))
        edits_loaded = asyncio.run(operator.edits(self._plan.edits, loaded=True))
        idle = operator.idle() if with_idle else None
        peak, settled = operator.memory()
        return Operator(cold, bulk, edits_idle, edits_loaded, idle, peak, settled, operator.restart())
