"""The data of Secrets and ConfigMaps as files hold it, and what the API server would refuse of it. Pure."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from tracardi_operator.api.problems import SourceKind
from tracardi_operator.resolve import Data
from tracardi_operator.services.shown import shown

Content = Mapping[str, object]
_Parts = tuple[tuple[str, Callable[[str], bytes]], ...]


class IllegalDataError(Exception):
    """Why the API server would refuse the object, without a value, and the path of what it would refuse."""

    def __init__(self, words: str, *path: str) -> None:
        super().__init__(f"{'.'.join(map(shown, path))} {words}")
        self.path = path


def read_data(kind: str, content: Content) -> Data:
    """The values by key; a later part wins over an earlier one."""
    data: dict[str, bytes] = {}
    for part, read_value in _PARTS[kind]:
        data |= _map(kind, content, part, read_value)
    return data


def path_of_key(kind: str, content: Content, key: str) -> tuple[str, ...]:
    """Where the value of a key stands in the object."""
    for part, _ in reversed(_PARTS[kind]):
        entries = content.get(part)
        if isinstance(entries, dict) and key in entries:
            return part, key
    return ()


def _map(kind: str, content: Content, part: str, read_value: Callable[[str], bytes]) -> dict[str, bytes]:
    entries = content.get(part) or {}
    if not isinstance(entries, dict):
        raise IllegalDataError("is not a map of keys and values", part)
    return {(key := _key(part, name)): _value(kind, (part, key), value, read_value) for name, value in entries.items()}


_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


def _key(part: str, name: object) -> str:
    """The key as text, as kubectl makes it. A bad one is not quoted: `{token:abc}`, with no space, is a key alone."""
    key = name if isinstance(name, str) else json.dumps(name)
    if not _KEY.fullmatch(key):
        raise IllegalDataError(
            "has a key that is none (letters, digits, - _ and . are allowed, and after the colon comes a space), "
            "so the API server refuses it",
            part,
        )
    return key


def _value(kind: str, path: tuple[str, str], value: object, read_value: Callable[[str], bytes]) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise IllegalDataError("is not text, so the API server refuses it; put it in quotes", *path)
    try:
        return read_value(value)
    except ValueError:
        advice = "encode it, or move it to stringData" if kind == SourceKind.SECRET else "encode it"
        raise IllegalDataError(f"is not base64, so the API server refuses it; {advice}", *path) from None


def _encode(text: str) -> bytes:
    return text.encode()


def _decode(text: str) -> bytes:
    """Line breaks are let through, as by the API server."""
    return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)


_PARTS: Final[dict[str, _Parts]] = {
    SourceKind.SECRET: (("data", _decode), ("stringData", _encode)),
    SourceKind.CONFIG_MAP: (("binaryData", _decode), ("data", _encode)),
}
KINDS: Final = frozenset(_PARTS)
"""The kinds that hold data."""
