"""Faults and how they are drawn: what befalls the operator on the way to the API server, and what befalls processes."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

Args = dict[str, Any]

_WRITES: Final = (
    ("create", "secrets"),
    ("update", "secrets"),
    ("delete", "secrets"),
    ("patch", "resources/status"),
)
_WATCHED: Final = ("secrets", "configmaps", "resources", "resourcetypes")
_CODES: Final = (409, 410, 429, 500, 503, 504, 403, 401)


def draw(dice: Random, replicas: int) -> tuple[str, Args, int]:
    """Name, arguments and for how many more steps it lasts."""
    drawers = [*_ALWAYS, *(_IN_PAIRS if replicas > 1 else ())]
    weights = [weight for weight, *_ in drawers]
    _, name, make, longest = dice.choices(drawers, weights)[0]
    return name, make(dice), dice.randint(1, longest) if longest else 0


def _requests(dice: Random) -> Args:
    """Which requests are befallen: every so many of those of these verbs and kinds."""
    verb, resource = dice.choice((("", ""), ("get", ""), ("list", ""), ("watch", ""), *_WRITES))
    return {"verb": verb, "resource": resource, "every": dice.choice((1, 1, 2, 3))}


def _answers(dice: Random) -> Args:
    return {"code": dice.choice(_CODES), **_requests(dice)}


def _breaks(dice: Random) -> Args:
    return {"after": dice.random() < 0.6, **_requests(dice)}


def _slow(dice: Random) -> Args:
    return {"seconds": dice.choice((0.05, 0.3, 1.0)), **_requests(dice)}


def _watches(dice: Random) -> Args:
    return {"how": dice.choice(("closed", "torn", "broken", "gone", "silent"))}


def _kind(dice: Random) -> Args:
    return {"resource": dice.choice(_WATCHED), "every": dice.choice((1, 2))}


def _at_write(dice: Random) -> Args:
    verb, resource = dice.choice(_WRITES)
    return {"verb": verb, "resource": resource, "after": dice.random() < 0.7}


def _seconds(dice: Random) -> Args:
    return {"seconds": dice.choice((0.3, 0.8, 1.5))}


def _replica(dice: Random) -> Args:
    return {"replica": dice.randrange(2)}


def _clock(dice: Random) -> Args:
    """A little, more than a day and more than a year."""
    return {"hours": dice.choice((-26, -2, 2, 9000)), **_replica(dice)}


def _rights(dice: Random) -> Args:
    return {"resource": dice.choice(("", "secrets", "configmaps", "resources", "resources/status"))}


def _hours(dice: Random) -> Args:
    return {"hours": dice.choice((-2, 2))}


def _tracardi_answers(dice: Random) -> Args:
    """`done`: it does what it is asked for, and says that it has not."""
    return {"status": dice.choice((500, 502, 429, 401, 403)), "done": dice.random() < 0.3}


def _tracardi_lies(dice: Random) -> Args:
    return {"body": dice.choice(("", "<html>", "[]", '{"total": 0, "grouped": {}}', '{"access_token": null}'))}


_ALWAYS: Final[tuple[tuple[float, str, Callable[[Random], Args], int], ...]] = (
    (10, "answers", _answers, 5),
    (7, "connections break", _breaks, 5),
    (5, "slow", _slow, 6),
    (5, "watches end", _watches, 0),
    (4, "events get lost", _kind, 5),
    (3, "behind", _kind, 5),
    (2, "operator killed", _replica, 0),
    (5, "operator killed at a write", _at_write, 8),
    (1, "operator stopped", _replica, 0),
    (2, "operator paused", _replica, 4),
    (2, "clock jumps", _clock, 5),
    (0.5, "API server killed", _seconds, 0),
    (2, "etcd paused", _seconds, 0),
    (2, "rights withdrawn", _rights, 5),
    (2, "Tracardi down", lambda _: {}, 6),
    (2, "Tracardi answers", _tracardi_answers, 6),
    (2, "Tracardi lies", _tracardi_lies, 6),
    (1, "Tracardi slow", _seconds, 5),
)
"""Weight, name, arguments, and the most steps that it lasts."""
_IN_PAIRS: Final[tuple[tuple[float, str, Callable[[Random], Args], int], ...]] = (
    (6, "leader lost", _replica, 0),
    (2, "lease stolen", _replica, 0),
    (3, "clock of the lease jumps", _hours, 0),
)
NAMES: Final = tuple(name for _, name, *_ in (*_ALWAYS, *_IN_PAIRS))
