"""What Tracardi's API returns (tracardi: domain/resource.py). It checks next to nothing, so we do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

NO_DESCRIPTION = "No description provided"
"""What Tracardi stores where none is given."""

Values = Mapping[str, object]
"""Credentials by name. The values may be anything that JSON has."""


class Context(StrEnum):
    """Tracardi keeps two rows of an id, one for each of its contexts, independent of one another."""

    PRODUCTION = "production"
    STAGING = "staging"


@dataclass(frozen=True, slots=True)
class TracardiResource:
    """A row of its resources. Credentials and destination are never in its `repr`."""

    id: str
    type: str
    name: str = ""
    description: str = ""
    production: Values = field(default_factory=dict, repr=False)
    """What plugins use, unless they debug or run in the staging context: then they use `test`."""
    test: Values = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    icon: str = ""
    destination: Mapping[str, object] | None = field(default=None, repr=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    resources: tuple[TracardiResource, ...]
    malformed: int = 0
    """Entries that have no id or no type."""


def parse_resource(entry: object) -> TracardiResource | None:
    """None if it is no resource. What has another kind than expected counts as absent."""
    if not isinstance(entry, dict):
        return None
    id_, type_ = _text(entry.get("id")), _text(entry.get("type"))
    if not id_ or not type_:
        return None
    credentials = _object(entry.get("credentials")) or {}
    return TracardiResource(
        id=id_,
        type=type_,
        name=_text(entry.get("name")),
        description=_text(entry.get("description")),
        production=_object(credentials.get("production")) or {},
        test=_object(credentials.get("test")) or {},
        tags=_texts(entry.get("tags")),
        groups=_texts(entry.get("groups")),
        icon=_text(entry.get("icon")),
        destination=_object(entry.get("destination")),
        enabled=entry.get("enabled") is not False,
    )


def parse_listing(entries: Sequence[object]) -> Listing:
    parsed = [parse_resource(entry) for entry in entries]
    return Listing(tuple(resource for resource in parsed if resource), parsed.count(None))


def parse_templates(types: Values) -> dict[str, Values]:
    """By id of the type, the values that Tracardi's form begins with, `<token>` and the like."""
    return {name: _object((_object(settings) or {}).get("config")) or {} for name, settings in types.items()}


def _text(value: object) -> str:
    """Half of a surrogate pair, which JSON may hold, can't be written to a file."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    """Older versions store a single one as text."""
    items = value if isinstance(value, list) else [value]
    return tuple(text for item in items if (text := _text(item)))


def _object(value: object) -> dict[str, object] | None:
    return value if isinstance(value, dict) else None
