"""The credentials of one environment as Tracardi has them, made into texts by the fields of a type."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tracardi_operator.cli.importing.omissions import Omission, Why, told
from tracardi_operator.services.model import ServiceType
from tracardi_operator.tracardi.agreement import WRITTEN_BACK
from tracardi_operator.tracardi.models import Values

_PLACEHOLDER: Final = re.compile(r"\s*<[^<>]*>\s*|US \| EU")
"""What Tracardi's forms begin with (tracardi: service/setup/setup_resources.py)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The texts by field, and what was not taken."""

    texts: dict[str, str] = field(default_factory=dict, repr=False)
    omissions: tuple[Omission, ...] = ()


def take(service: ServiceType, environment: str, given: Values, template: Values) -> Taken:
    """`template` is what Tracardi's form for the type begins with: one that nobody changed gives nothing."""
    filled = {name: value for name, value in given.items() if not _is_unfilled(value)}
    known = {name: value for name, value in filled.items() if service.field(name)}
    if _is_untouched(service, given, filled, template):
        return Taken(omissions=(Omission(Why.NEVER_FILLED_IN, environment, "was never filled in"),))
    texts: dict[str, str] = {}
    twice: list[str] = []
    for definition in service.fields:
        found = {name: _text(known[name]) for name in definition.names if name in known}
        if found:
            first = next(iter(found))
            texts[definition.name] = found[first]
            twice += [name for name in found if found[name] != found[first]]
    return Taken(texts, tuple(_omissions(service, environment, given, filled, twice)))


def _is_unfilled(value: object) -> bool:
    return value in (None, "", {}, []) or _is_placeholder(value)


def _is_placeholder(value: object) -> bool:
    return isinstance(value, str) and bool(_PLACEHOLDER.fullmatch(value))


def _is_untouched(service: ServiceType, given: Values, filled: Values, template: Values) -> bool:
    """Nothing but placeholders, and defaults of the form or of the type beside at least one of those."""
    if not any(_is_placeholder(value) for value in given.values()):
        return False
    return all(value in _defaults(service, name, template) for name, value in filled.items())


def _defaults(service: ServiceType, name: str, template: Values) -> Iterator[object]:
    if name in template:
        yield template[name]
    if definition := service.field(name):
        yield definition.default


def _omissions(
    service: ServiceType, environment: str, given: Values, filled: Values, twice: list[str]
) -> Iterator[Omission]:
    for name, value in given.items():
        about = f"{environment}.{told(name)}"
        if _is_placeholder(value):
            yield Omission(Why.NEVER_FILLED_IN, about, "holds the placeholder of Tracardi's form")
        elif name in twice:
            yield Omission(Why.GIVEN_TWICE, about, "differs from another name of the same field, which is taken")
        elif name in filled and name == WRITTEN_BACK.get(service.name):
            yield Omission(Why.WRITTEN_BACK, about, "is stored by Tracardi itself after a login")
        elif name in filled and not service.field(name):
            words = f"the type {service.name!r} has no such field (it has: {_names(service)})"
            yield Omission(Why.UNKNOWN_FIELD, about, words)


def _names(service: ServiceType) -> str:
    return ", ".join(definition.name for definition in service.fields)


def _text(value: object) -> str:
    """As the operator reads it back: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def encode(texts: Mapping[str, str]) -> dict[str, bytes]:
    """Byte for byte, also what is no text: the checks tell that."""
    return {name: text.encode(errors="surrogatepass") for name, text in texts.items()}
