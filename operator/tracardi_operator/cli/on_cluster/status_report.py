"""How the objects of ours in a cluster stand, for people and for programs. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import click

from tracardi_operator.api.names import CONSUMER_KIND, FINALIZER_ROWS, KIND, TYPE_KIND
from tracardi_operator.api.problems import Severity
from tracardi_operator.api.status import EnvironmentStatus, ProblemStatus
from tracardi_operator.cli.on_cluster.standing import Standing, State
from tracardi_operator.cli.tables import count, printable, table, time_since

_HEADINGS: Final = ("NAMESPACE", "NAME", "TYPE", "READY", "REASON", "ENVIRONMENTS", "STALE SINCE", "AGE")
_CONSUMER_HEADINGS: Final = (
    *("NAMESPACE", "RESOURCECONSUMER", "TARGET", "READY", "REASON"),
    *("RESOURCES", "OMITTED", "REVISION", "CHANGED", "AGE"),
)
_TYPE_HEADINGS: Final = ("RESOURCETYPE", "READY", "REASON", "AGE")
_COLOURS: Final = {
    "True": "green",
    "False": "red",
    "Unknown": "yellow",
    "Pending": "yellow",
    "Deleting": "yellow",
    "Unreadable": "red",
}
_WORDS: Final = {
    State.READY: "ready",
    State.NOT_READY: "not ready",
    State.PENDING: "pending",
    State.DELETING: "being deleted",
    State.SUSPENDED: "suspended",
    State.UNREADABLE: "unreadable",
}
_NAMED: Final = 5
"""So many of the pending are named."""


@dataclass(frozen=True, slots=True)
class Report:
    resources: Sequence[Standing]
    consumers: Sequence[Standing]
    types: Sequence[Standing]
    unread: Sequence[str]
    """What could not be read, in words."""
    scope: str
    """Where was looked: "namespace marketing"."""
    now: datetime

    @property
    def all(self) -> list[Standing]:
        return [*self.resources, *self.consumers, *self.types]

    @property
    def all_ready(self) -> bool:
        return all(one.is_ready for one in self.all)

    def shown(self, standings: Sequence[Standing], *, only_failed: bool) -> list[Standing]:
        return [one for one in standings if not (only_failed and one.is_ready)]


def as_data(report: Report, *, only_failed: bool = False) -> dict[str, Any]:
    """The shape that programs may rely on. `summary` counts all, whatever is shown."""
    return {
        "resources": [_resource(one) for one in report.shown(report.resources, only_failed=only_failed)],
        "consumers": [_consumer(one) for one in report.shown(report.consumers, only_failed=only_failed)],
        "resourceTypes": [_type(one) for one in report.shown(report.types, only_failed=only_failed)],
        "unread": list(report.unread),
        "summary": {
            "resources": len(report.resources),
            "consumers": len(report.consumers),
            "resourceTypes": len(report.types),
            **{state.value: sum(one.state is state for one in report.all) for state in State},
            "stale": sum(one.is_stale for one in report.all),
        },
    }


def _resource(one: Standing) -> dict[str, Any]:
    environments = [_environment(name, environment) for name, environment in one.environments.items()]
    return {
        "namespace": one.namespace,
        "name": one.name,
        "type": one.type,
        **_shared(one),
        "environments": environments,
        "consumers": list(one.receivers),
    }


def _consumer(one: Standing) -> dict[str, Any]:
    delivered = one.delivered
    bundle = delivered.bundle if delivered else None
    return {
        "namespace": one.namespace,
        "name": one.name,
        "target": one.type,
        **_shared(one),
        "delivered": delivered.resources if delivered else None,
        "omitted": [omitted.model_dump(mode="json", by_alias=True) for omitted in one.omitted],
        "revision": delivered.revision if delivered else None,
        "lastChange": _time(delivered.last_change if delivered else None),
        "bundle": bundle.name if bundle else None,
    }


def _type(one: Standing) -> dict[str, Any]:
    problems = [{"path": fault.path, "message": fault.message} for fault in one.faults]
    return {"name": one.name, **_shared(one), "problems": problems}


def _shared(one: Standing) -> dict[str, Any]:
    return {
        "state": one.state.value,
        "ready": one.is_ready,
        "stale": one.is_stale,
        "reason": one.reason,
        "message": one.ready.message if one.ready else None,
        "generation": one.generation,
        "observedGeneration": one.observed_generation,
        "created": _time(one.created),
    }


def _environment(name: str, environment: EnvironmentStatus) -> dict[str, Any]:
    return {
        "environment": name,
        "ready": environment.ready,
        "revision": environment.revision,
        "stale": bool(environment.stale),
        "since": _time(environment.since),
        "output": environment.output.name if environment.output else None,
        "problems": [problem.model_dump(mode="json", by_alias=True) for problem in environment.problems or ()],
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def as_tables(report: Report, *, only_failed: bool = False) -> Iterator[str]:
    """One for each kind of which there is something to show."""
    if resources := report.shown(report.resources, only_failed=only_failed):
        yield table(_HEADINGS, (_row(one, report.now) for one in resources), _COLOURS)
    if consumers := report.shown(report.consumers, only_failed=only_failed):
        yield table(_CONSUMER_HEADINGS, (_consumer_row(one, report.now) for one in consumers), _COLOURS)
    if types := report.shown(report.types, only_failed=only_failed):
        rows = ((one.name, _ready(one), one.reason or "-", time_since(one.created, report.now)) for one in types)
        yield table(_TYPE_HEADINGS, rows, _COLOURS)


def _row(one: Standing, now: datetime) -> tuple[str, ...]:
    environments = (f"{name}:{environment.revision or '-'}" for name, environment in one.environments.items())
    stale = (f"{name}:{time_since(e.since, now)}" for name, e in one.environments.items() if e.stale)
    return (
        one.namespace,
        one.name,
        one.type or "-",
        _ready(one),
        one.reason or "-",
        ",".join(environments) or "-",
        ",".join(stale) or "-",
        time_since(one.created, now),
    )


def _consumer_row(one: Standing, now: datetime) -> tuple[str, ...]:
    delivered = one.delivered
    figures = (delivered.resources, len(one.omitted), delivered.revision) if delivered else (None, None, None)
    return (
        one.namespace,
        one.name,
        one.type,
        _ready(one),
        one.reason or "-",
        *("-" if figure is None else str(figure) for figure in figures),
        time_since(delivered.last_change if delivered else None, now),
        time_since(one.created, now),
    )


def _ready(one: Standing) -> str:
    return one.ready.status if one.ready and one.state is not State.DELETING else one.state.value.capitalize()


def as_paragraphs(report: Report, *, only_failed: bool = False) -> Iterator[str]:
    """What is wrong and where, a paragraph for each problem; one for all that are pending."""
    for one in report.shown(report.all, only_failed=only_failed):
        yield from _paragraphs(one, report.now)
    if pending := [one for one in report.all if one.state is State.PENDING]:
        yield _pending(pending)


def _paragraphs(one: Standing, now: datetime) -> Iterator[str]:
    if one.state is State.UNREADABLE:
        words = "its status is none that this version of the command understands; use that of the operator"
        yield _paragraph(Severity.ERROR, one.title, words)
    elif one.state is State.DELETING:
        yield _paragraph(Severity.WARNING, f"{one.title}: being deleted", _awaited(one))
    elif problems := one.problems:
        for environment, problem in problems:
            yield _problem(one, environment, problem, now)
    elif one.faults:
        for fault in one.faults:
            yield _paragraph(Severity.ERROR, f"{one.title}: {one.reason}", f"{fault.path} {fault.message}")
    elif one.omitted:
        for omitted in one.omitted:
            heading = f"{one.title}: {omitted.reason} (Resource {omitted.namespace}/{omitted.name})"
            yield _paragraph(Severity.ERROR, heading, omitted.message)
    elif one.ready and not one.is_ready:
        stale = (_stale(name, environment, now) for name, environment in one.environments.items())
        severity = Severity.WARNING if one.state is State.SUSPENDED else Severity.ERROR
        yield _paragraph(severity, f"{one.title}: {one.reason}", one.ready.message, *stale)


def _awaited(one: Standing) -> str:
    if FINALIZER_ROWS in one.finalizers:
        return "waits until its resources are out of Tracardi, for some five minutes at most"
    return f"waits for its finalizers: {', '.join(one.finalizers)}" if one.finalizers else ""


def _problem(one: Standing, environment: str, problem: ProblemStatus, now: datetime) -> str:
    place = f"{environment}.{problem.field}" if problem.field else environment
    heading = f"{one.title} {place}: {problem.reason}{_source(problem)}"
    is_error = problem.severity is Severity.ERROR
    notes = [_stale(environment, one.environments[environment], now)] if is_error else []
    return _paragraph(problem.severity, heading, problem.message, *notes)


def _source(problem: ProblemStatus) -> str:
    source = problem.source
    if not source or not source.name:
        return f" ({source.kind})" if source else ""
    return f" ({source.kind} {source.name}, key {source.key})" if source.key else f" ({source.kind} {source.name})"


def _stale(name: str, environment: EnvironmentStatus, now: datetime) -> str:
    if not environment.stale:
        return ""
    output = f" in Secret {environment.output.name}" if environment.output else ""
    since = f", for {time_since(environment.since, now)} now" if environment.since else ""
    return f"{name}: the last good values, revision {environment.revision}, are still published{output}{since}"


def _pending(pending: Sequence[Standing]) -> str:
    more = len(pending) - _NAMED
    names = ", ".join(one.title for one in pending[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    words = "not processed yet as they are now; if this lasts, see whether the operator runs and serves the namespace"
    return _paragraph(Severity.WARNING, f"pending: {names}", words)


def _paragraph(severity: Severity, heading: str, *lines: str) -> str:
    mark = click.style(severity, fg="red" if severity is Severity.ERROR else "yellow")
    body = "".join(f"\n    {line}" for text in lines if text for line in printable(text).split("\n"))
    return f"{mark}: {click.style(printable(heading, newline=' '), bold=True)}{body}"


def summary(report: Report) -> str:
    """One line that says how it went."""
    if not report.all:
        elsewhere = "" if report.scope == "all namespaces" else "; -A looks in all namespaces"
        return f"no Resources in {report.scope}{elsewhere}"
    kinds = ((KIND, report.resources), (CONSUMER_KIND, report.consumers), (TYPE_KIND, report.types))
    return "; ".join(_counts(kind, standings) for kind, standings in kinds if standings)


def _counts(noun: str, standings: Sequence[Standing]) -> str:
    by_state = Counter(one.state for one in standings)
    if by_state[State.READY] == len(standings):
        return f"{count(len(standings), noun)}: all ready"
    stale = sum(one.is_stale for one in standings)
    counts = [f"{by_state[state]} {_WORDS[state]}" for state in State if by_state[state]]
    return f"{count(len(standings), noun)}: {', '.join([*counts, *_if_any(stale)])}"


def _if_any(stale: int) -> Iterable[str]:
    return [f"{stale} of them stale"] if stale else []
