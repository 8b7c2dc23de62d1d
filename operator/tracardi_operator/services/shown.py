"""Names as they may be repeated: not those that look like a credential, which was pasted where a name belongs. Pure."""

from dataclasses import replace
from typing import Final

from tracardi_operator.api.problems import Source
from tracardi_operator.services.signatures import looks_like_a_value

NOT_SHOWN: Final = "(not shown: looks like a value, not a name)"
_SHORTEST: Final = 16
"""Characters. Nearly all names are shorter, and need no closer look."""


def is_hidden(name: str) -> bool:
    return len(name) >= _SHORTEST and looks_like_a_value(name)


def shown(name: str) -> str:
    return NOT_SHOWN if is_hidden(name) else name


def shown_source(source: Source) -> Source:
    parts = source.name, source.key, source.member
    if not any(part and is_hidden(part) for part in parts):
        return source
    name, key, member = (part and shown(part) for part in parts)
    return replace(source, name=name, key=key, member=member)
