"""JSON that people write as text."""

import json
import math
from typing import Any, Final, NoReturn

_LEVELS: Final = 64
"""Far more than a configuration has. Readers and writers end somewhere, Python's where its own stack does."""


def json_object(text: str) -> dict[str, Any] | None:
    """The object, or None if it is none, can't be read, or is none that all readers take (RFC 8259, 6, 8.2 and 9).

    That is one with a number that JSON has no words for, with a lone surrogate, or nested too deeply.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _depth(value) <= _LEVELS else None


def _depth(value: object) -> int:
    depth, layer = 0, _nested([value])
    while layer:
        depth, layer = depth + 1, [inner for each in layer for inner in _nested(each)]
    return depth


def _nested(value: dict[str, Any] | list[Any]) -> list[Any]:
    members = value.values() if isinstance(value, dict) else value
    return [member for member in members if isinstance(member, dict | list)]


def _refuse(_: str) -> NoReturn:
    raise ValueError("JSON has no NaN and no Infinity")


def _finite(digits: str) -> float:
    """Python reads 1e999 as infinity, and would write it as `Infinity`, which no other reader takes."""
    value = float(digits)
    return value if math.isfinite(value) else _refuse(digits)
