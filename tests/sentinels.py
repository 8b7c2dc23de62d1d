"""Values that are found again wherever they leak to: whole, in part, encoded or hashed."""

import base64
import hashlib
import secrets
import string
from collections.abc import Iterable, Iterator

ALPHANUMERIC = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
WINDOW = 8
"""No so many characters of a value in a row may be anywhere."""


def made_up(length: int, alphabet: str = ALPHANUMERIC) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def traces_of(values: Iterable[str]) -> set[str]:
    """All strings of eight characters that give one of the values away."""
    return {trace for value in values for trace in _traces(value)}


def found(text: str, traces: set[str]) -> set[str]:
    return {text[start : start + WINDOW] for start in range(len(text) - WINDOW + 1)} & traces


def _traces(value: str) -> Iterator[str]:
    yield from _windows(value)
    for offset in range(3):  # as it would be encoded in the midst of something else
        yield from _windows(base64.b64encode(value[offset:].encode()).decode()[:-4])
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s"):
        yield hashlib.new(name, value.encode()).hexdigest()[:WINDOW]


def _windows(text: str) -> Iterator[str]:
    return (text[start : start + WINDOW] for start in range(len(text) - WINDOW + 1))
