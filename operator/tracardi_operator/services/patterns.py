"""Patterns that somebody else wrote, matched in linear time: Rust's regex engine, which comes with pydantic.

The engine knows neither look-around nor back references, and refuses them when a pattern is built. Its time grows with
the length of the text times the size of the compiled pattern, so both are bounded here.
"""

import re
from collections.abc import Callable
from typing import Final

from pydantic_core import SchemaError, SchemaValidator, core_schema

MAX_CHARACTERS: Final = 8192
"""Nothing longer is matched. Longest known credentials (certificate chains aside): service accounts, 3,000."""
_COPIES: Final = 64
"""The engine refuses what takes more than 10 MiB; a pattern must fit in it this many times."""
_TOO_LARGE: Final = (
    "is too large when its repetitions are written out; use smaller counts, and [0-9] or [0-9A-Za-z_] instead of \\d "
    "or \\w, which stand for all digits and letters of Unicode"
)


class BadPattern(ValueError):  # noqa: N818  # it names the state of affairs
    """The message says why, as a predicate of the pattern."""


def full_match(pattern: str) -> Callable[[str], bool]:
    """A test whether a whole text matches. Raises BadPattern."""
    _build(pattern)  # by itself, so that `a)|(b` is not made whole by what is put around it
    whole = _build(rf"\A(?:{pattern})\z")
    _build(rf"(?:{pattern}){{{_COPIES}}}")

    def matches(text: str) -> bool:
        return len(text) <= MAX_CHARACTERS and whole.isinstance_python(text)

    return matches


def _build(pattern: str) -> SchemaValidator:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        raise BadPattern(_words(str(error))) from None


def _words(text: str) -> str:
    if "size limit" in text:
        return _TOO_LARGE
    reason = re.search(r"^\s*error: (.*)$", text, re.MULTILINE)
    return f"is not a pattern that the engine knows: {reason[1] if reason else 'syntax error'}"
