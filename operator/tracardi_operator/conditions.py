"""Conditions as Kubernetes wants them, of all our kinds. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from tracardi_operator.api.status import Condition

_MESSAGE_LIMIT: Final = 1024

Status = Literal["True", "False", "Unknown"]
Made = tuple[str, Status, str, str]
"""Type, status, reason and message."""


def stamp(
    made: Iterable[Made], generation: int, previous: Iterable[Condition] | None, now: datetime
) -> list[Condition]:
    """Add the times: a condition keeps its transition time as long as its status is the same."""
    before = {condition.type: condition for condition in previous or ()}
    return [
        Condition(
            type=kind,
            status=status,
            observed_generation=generation,
            last_transition_time=before[kind].last_transition_time
            if kind in before and before[kind].status == status
            else now,
            reason=reason,
            message=message,
        )
        for kind, status, reason, message in made
    ]


def ready_of(conditions: Iterable[Condition] | None) -> Condition | None:
    return next((condition for condition in conditions or () if condition.type == "Ready"), None)


def shorten(text: str) -> str:
    return text if len(text) <= _MESSAGE_LIMIT else text[: _MESSAGE_LIMIT - 1] + "…"
