"""The rows of Tracardi's resources (tracardi: domain/resource.py), as its API returns and takes them.

It checks next to nothing, so we do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

NO_DESCRIPTION = "No description provided"
"""What Tracardi stores where none is given."""

Values = Mapping[str, object]
"""Credentials by name. The values may be anything that JSON has."""

_MADE_BY_THE_SERVER = frozenset({"timestamp", "production", "running"})
"""Never read from a body: the time of the read, and the context that the row lives in."""


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
    context: Context | None = None
    """Where the row lives, if Tracardi says so. With PRODUCTION=yes that is production, whatever was asked for."""
    further: Values = field(default_factory=dict, repr=False)
    """What only other versions know, as `locked`: a full replace has to give it back."""


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
        context=_context(entry.get("production")),
        further={name: value for name, value in entry.items() if name not in _KNOWN},
    )


def to_body(resource: TracardiResource) -> dict[str, object]:
    """What POST /resource takes: it replaces the whole row, and what is left out goes back to its default."""
    return {
        **resource.further,
        "id": resource.id,
        "type": resource.type,
        "name": resource.name,
        "description": resource.description,
        "credentials": {"production": resource.production, "test": resource.test},
        "tags": list(resource.tags),
        "groups": list(resource.groups),
        "icon": resource.icon or None,
        "destination": resource.destination,
        "enabled": resource.enabled,
    }


_KNOWN = _MADE_BY_THE_SERVER | to_body(TracardiResource("", "")).keys()


def parse_listing(entries: Sequence[object]) -> Listing:
    parsed = [parse_resource(entry) for entry in entries]
    return Listing(tuple(resource for resource in parsed if resource), parsed.count(None))


def parse_templates(types: Values) -> dict[str, Values]:
    """By id of the type, the values that Tracardi's form begins with, `<token>` and the like."""
    return {name: _object((_object(settings) or {}).get("config")) or {} for name, settings in types.items()}


def _context(is_production: object) -> Context | None:
    if not isinstance(is_production, bool):
        return None
    return Context.PRODUCTION if is_production else Context.STAGING


def _text(value: object) -> str:
    """Half of a surrogate pair, which JSON may hold, can't be written to a file."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    """Older versions store a single one as text."""
    items = value if isinstance(value, list) else [value]
    return tuple(text for item in items if (text := _text(item)))


def _object(value: object) -> dict[str, object] | None:
    return value if isinstance(value, dict) else None
