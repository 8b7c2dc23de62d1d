"""JSON that people write as text."""

import json
import math
from typing import Any, NoReturn


def json_object(text: str) -> dict[str, Any] | None:
    """The object, or None if it is none, can't be read, or has a number that JSON has no words for (RFC 8259, 6)."""
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse(_: str) -> NoReturn:
    raise ValueError("JSON has no NaN and no Infinity")


def _finite(digits: str) -> float:
    """Python reads 1e999 as infinity, and would write it as `Infinity`, which no other reader takes."""
    value = float(digits)
    return value if math.isfinite(value) else _refuse(digits)
