"""From what was delivered to a consumer to its `status`: the one place where its conditions are made. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tracardi_operator.api.consumer import MAX_OMITTED, OmittedResource, ResourceConsumerStatus
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.status import OutputStatus
from tracardi_operator.conditions import Made, shorten, stamp
from tracardi_operator.publish.entry import Omission

_AWAITED: Final = {Reason.SECRET_NOT_FOUND, Reason.CONFIG_MAP_NOT_FOUND, Reason.KEY_NOT_FOUND, Reason.NAME_TAKEN} | {
    Reason.REJECTED,
    Reason.UNREACHABLE,
}
"""What may come right without an edit of the consumer."""
_NAMED: Final = 3
"""So many of what is left out are named in the condition; all are in `omitted`."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a target holds now: of `selected` Resources so many as `resources` says. Not all the others are named."""

    selected: int
    resources: int
    omitted: tuple[OmittedResource, ...]
    revision: int
    changed: bool
    barren: tuple[str, ...] = ()
    """The namespaces that it names and that give it nothing, whether they have nothing or allow nothing."""
    observed: str | None = None
    bundle: OutputStatus | None = None


def omitted_resources(omissions: Iterable[Omission]) -> tuple[OmittedResource, ...]:
    """As status tells of them, in order."""
    found = (
        OmittedResource(namespace=o.namespace, name=o.name, reason=o.problem.reason, message=shorten(o.problem.message))
        for o in omissions
    )
    return tuple(sorted(found, key=lambda omitted: (omitted.namespace, omitted.name)))


def summarise_delivery(
    delivered: Delivered, generation: int, previous: ResourceConsumerStatus, now: datetime
) -> ResourceConsumerStatus:
    return ResourceConsumerStatus(
        observed_generation=generation,
        conditions=stamp(_verdict(delivered), generation, previous.conditions, now),
        **_holding(delivered, previous, now),
    )


def summarise_failure(
    problem: Problem,
    generation: int,
    previous: ResourceConsumerStatus,
    now: datetime,
    kept: Delivered | None = None,
) -> ResourceConsumerStatus:
    """Nothing could be delivered now. What was delivered before stays, or `kept` of it, and status goes on telling."""
    progress = "Reconciling" if problem.reason in _AWAITED else "Stalled"
    message = shorten(f"spec.{problem.field}: {problem.message}" if problem.field else problem.message)
    made: list[Made] = [
        ("Ready", "False", problem.reason, message),
        (progress, "True", problem.reason, message),
    ]
    failed = _held(made, generation, previous, now)
    return failed.model_copy(update=_holding(kept, previous, now)) if kept else failed


def suspended_consumer(generation: int, previous: ResourceConsumerStatus, now: datetime) -> ResourceConsumerStatus:
    message = "spec.suspend is set: nothing is read or delivered until it is removed"
    return _held([("Ready", "Unknown", Reason.SUSPENDED, message)], generation, previous, now)


def unreadable_consumer(
    problems: Iterable[Problem], generation: int, previous: ResourceConsumerStatus, now: datetime
) -> ResourceConsumerStatus:
    message = "; ".join(problem.message for problem in problems)
    return summarise_failure(Problem(Reason.INVALID_SPEC, message), generation, previous, now)


def initial_consumer_status() -> ResourceConsumerStatus:
    return ResourceConsumerStatus(observed_generation=-1)


def _verdict(delivered: Delivered) -> list[Made]:
    if delivered.selected == delivered.resources:
        message = shorten(f"{_count(delivered.resources)} delivered{_barren(delivered.barren)}")
        return [("Ready", "True", "Ready", message)]
    named = "; ".join(f"{o.namespace}/{o.name}: {o.message}" for o in delivered.omitted[:_NAMED])
    left_out = delivered.selected - delivered.resources
    message = shorten(f"{_count(delivered.resources)} delivered, {left_out} left out: {named}")
    return [
        ("Ready", "False", Reason.INCOMPLETE, message),
        ("Reconciling", "True", Reason.INCOMPLETE, message),
    ]


def _barren(namespaces: Sequence[str]) -> str:
    """The same words for what is not there and what is not allowed."""
    if not namespaces:
        return ""
    named = ", ".join(map(repr, namespaces[:_NAMED])) + (" and others" if len(namespaces) > _NAMED else "")
    return (
        f"; none from namespace {named}: Resources there need the labels of the selector and, in another namespace "
        "than the consumer's, the consumer's in spec.allowedNamespaces"
    )


def _count(number: int) -> str:
    return "1 Resource is" if number == 1 else f"{number} Resources are"


def _holding(delivered: Delivered, previous: ResourceConsumerStatus, now: datetime) -> dict[str, Any]:
    """What a status tells of that which the target holds."""
    return {
        "resources": delivered.resources,
        "omitted": list(delivered.omitted[:MAX_OMITTED]) or None,
        "revision": delivered.revision,
        "last_change": now if delivered.changed else previous.last_change,
        "observed": delivered.observed,
        "bundle": delivered.bundle,
    }


def _held(
    made: Sequence[Made], generation: int, previous: ResourceConsumerStatus, now: datetime
) -> ResourceConsumerStatus:
    conditions = stamp(made, generation, previous.conditions, now)
    return previous.model_copy(update={"observed_generation": generation, "conditions": conditions})
