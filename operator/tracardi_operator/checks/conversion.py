"""From the text of a Secret to the kind of a field. Strict: what another reader might take otherwise is refused."""

import re
from collections.abc import Callable
from typing import Final

from tracardi_operator.api.json_text import json_object
from tracardi_operator.services.model import Kind, Value

EXPECTED: Final = {
    Kind.STRING: "text",
    Kind.INTEGER: "a whole number in the digits 0 to 9 (no sign but a minus, no leading zero, no separators)",
    Kind.BOOLEAN: "true or false (yes, no, on, off, 1 and 0 are not accepted: readers differ about them)",
    Kind.OBJECT: "a JSON object (at most 64 levels, no NaN or Infinity, no lone surrogate)",
}
"""What follows "expected" when a conversion fails."""

_WHOLE_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_BOOLEANS: Final = {"true": True, "false": False}


def convert(kind: Kind, text: str) -> Value | None:
    """The value, or None if the text is not of this kind. `true` and `false` may be written in capitals."""
    return _CONVERTERS[kind](text)


def _integer(text: str) -> int | None:
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def _boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.lower())


_CONVERTERS: Final[dict[Kind, Callable[[str], Value | None]]] = {
    Kind.STRING: lambda text: text,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.OBJECT: json_object,
}
