"""Plays a script: its steps, then peace, then the checks."""

import secrets
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.chaos.seeded.checker import Checker, Picture
from tests.chaos.seeded.cluster import Cluster, Document
from tests.chaos.seeded.expectation import is_written_by_operator, owner
from tests.chaos.seeded.history import History
from tests.chaos.seeded.infliction import inflict
from tests.chaos.seeded.journal import Journal
from tests.chaos.seeded.leaks import leaks
from tests.chaos.seeded.rig import Rig, rig_for
from tests.chaos.seeded.script import KINDS, Script, Step
from tests.chaos.seeded.site import Site
from tests.chaos.seeded.users import Users, let_go
from tests.chaos.seeded.vocabulary import GUINEA_TYPE, HERE, OWN_TYPE, TRACARDI
from tracardi_operator.devcluster import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Callable

SETTLED_WITHIN: Final = 90.0
"""Seconds from the end of the last fault until all is as it should be."""
IDLE_SECONDS: Final = 1.3
"""More than a resync takes to come round: nothing may be written meanwhile."""
_POLL: Final = 0.25


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    violations: list[str] = field(default_factory=list)
    steps: int = 0
    settled: float = 0.0
    """Seconds from the end of the last fault until all was as it should be."""
    seconds: float = 0.0
    published: int = 0
    """Environments that had to be published at the end."""
    writes: int = 0
    """Of outputs, by the operator."""
    faults: Counter[str] = field(default_factory=Counter)
    changes: list[Document] = field(default_factory=list)
    """Of fields of the CRDs: kind, path, change, and whether the API server took it."""

    seen: Picture | None = field(default=None, repr=False)
    """The cluster at the end, if all was as it should be."""
    journal: Journal | None = field(default=None, repr=False)
    site: Site | None = field(default=None, repr=False)

    @property
    def failed(self) -> bool:
        return bool(self.violations)


class Play:
    """One script in one namespace with one rig."""

    def __init__(self, script: Script, rig: Rig, cluster: Cluster) -> None:
        self._script = script
        self._rig = rig
        self._cluster = cluster
        self._users = Users(cluster, rig.journal, {HERE: cluster.namespace, TRACARDI: rig.site.url})
        self._checker = Checker(rig.journal, rig.site)
        self._delivered = 0
        """Rows that were written to Tracardi until all was as it should be."""
        self._ends: list[tuple[int, Callable[[], object]]] = []
        self.outcome = Outcome(steps=len(script.steps), journal=rig.journal, site=rig.site)

    def run(self) -> Outcome:
        outcome = self.outcome
        try:
            for number, step in enumerate(self._script.steps):
                self._turn(number, step)
            self._end_faults(len(self._script.steps), everything=True)
            self._rig.heal()
            self._settle()
            outcome.published = self._checker.right
            outcome.violations += History(self._rig.journal).violations()
            outcome.violations += leaks(self._rig.journal, self._rig.logs(), self._metrics(), self._cluster)
        except AssertionError as error:
            outcome.violations.append(str(error))
        outcome.writes = len(self._rig.journal.operator)
        return outcome

    def _turn(self, number: int, step: Step) -> None:
        self._end_faults(number)
        self._rig.revive()
        if step.do == "fault":
            self.outcome.faults[step.name] += 1
            self._ends.append((number + step.lasts, inflict(self._rig, step.name, step.args)))
        elif step.do == "tracardi":
            self._rig.site.do(step.args["how"], step.args.get("number", 0))
        elif step.do == "rest":
            self._rest(step.args["seconds"])
        else:
            taken = self._users.do(step)
            if note := step.args.get("note"):
                self.outcome.changes.append({"kind": step.args["kind"], **note, "taken": taken})
        time.sleep(step.pause)

    def _rest(self, seconds: float) -> None:
        """Until the operator is ready and has had time for what was done last."""
        deadline = time.monotonic() + seconds
        while self._unready() and time.monotonic() < deadline:
            time.sleep(_POLL)
        time.sleep(_POLL)

    def _end_faults(self, number: int, *, everything: bool = False) -> None:
        for end, undo in list(self._ends):
            if end < number or everything:
                self._ends.remove((end, undo))
                undo()

    def _settle(self) -> None:
        """Until all is as it should be, and stays so while nothing is written."""
        began = time.monotonic()
        while True:
            seen = Picture.of(self._cluster)
            wrong = [*self._checker.violations(seen), *self._unready()]
            if not wrong:
                self.outcome.settled = time.monotonic() - began
                self._delivered = len(self._rig.site.tracardi.writes())
                time.sleep(IDLE_SECONDS)
                if not (wrong := self._unrest(seen)):
                    self.outcome.seen = seen
                    return
            if time.monotonic() - began > SETTLED_WITHIN:
                self.outcome.violations += wrong
                return
            self._collect(seen)
            time.sleep(_POLL)

    def _unrest(self, before: Picture) -> list[str]:
        now = Picture.of(self._cluster).versions
        writes = len(self._rig.site.tracardi.writes()) - self._delivered
        if writes:
            return [f"{writes} rows were still written to Tracardi"]
        changed = {place for place in now | before.versions if now.get(place) != before.versions.get(place)}
        return [f"still written: {sorted(changed)}"] if changed else []

    def _unready(self) -> list[str]:
        self._rig.revive()
        answers = [replica.fetch("/readyz") for replica in self._rig.replicas]
        return [f"/readyz: {text}" for code, text in answers if code != 200]

    def _collect(self, seen: Picture) -> None:
        """The part of the garbage collector, which takes minutes to come back after the API server was killed."""
        for name, secret in seen.secrets.items():
            holder = owner(secret) or owner(secret, "ResourceConsumer")
            if is_written_by_operator(secret) and holder not in seen.uids:
                self._cluster.delete("secrets", name, secret["metadata"]["uid"])

    def _metrics(self) -> str:
        return "\n".join(replica.fetch("/metrics")[1] for replica in self._rig.replicas)


def play(script: Script, plane: ControlPlane) -> Outcome:
    """In a namespace of its own, which is emptied afterwards."""
    began = time.monotonic()
    namespace = f"chaos-{secrets.token_hex(4)}"
    cluster = Cluster(plane.kubeconfig, namespace)
    cluster.create("namespaces", {"metadata": {"name": namespace}})
    try:
        with (
            tempfile.TemporaryDirectory(prefix="chaos-") as folder,
            rig_for(plane, Path(folder), script.replicas) as rig,
        ):
            rig.journal.namespace = namespace
            outcome = Play(script, rig, cluster).run()
    finally:
        empty(cluster)
    outcome.seconds = time.monotonic() - began
    return outcome


def empty(cluster: Cluster) -> None:
    """By hand: the controllers take minutes to come back after the API server was killed."""
    for consumer in cluster.list("resourceconsumers"):
        cluster.change("resourceconsumers", consumer["metadata"]["name"], let_go)
    for plural in (*(kind for kind in KINDS if kind != "resourcetypes"), "secrets", "configmaps"):
        cluster.delete_all(plural)
    for name in (OWN_TYPE, GUINEA_TYPE):
        cluster.delete("resourcetypes", name)
    cluster.delete("namespaces", cluster.namespace)
    cluster.close()
