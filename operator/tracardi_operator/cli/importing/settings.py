"""How a resource appears in Tracardi, as `spec.description` and `spec.tracardi`; and what of it is not carried over."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tracardi_operator.api.manifest import parse_manifest
from tracardi_operator.cli.importing.names import perhaps_secret
from tracardi_operator.cli.importing.omissions import Omission, Why
from tracardi_operator.services.model import ServiceType
from tracardi_operator.tracardi.models import NO_DESCRIPTION, TracardiResource

Manifest = dict[str, Any]

_HARMLESS_HEADERS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_SECRET_NAME = re.compile("pass|secret|token|api[-_]?key|auth|credential|cookie", re.IGNORECASE)
_LISTS_IN_ONE_COLUMN = ("tags", "groups")
_DISABLED = {"enabled": False}
_MAY_BE_SECRET = (
    "looks like a credential or may hold one, and a Resource is no place for it; add it by hand if it is none"
)


def settings_of(row: TracardiResource, name: str, service: ServiceType) -> tuple[Manifest, list[Omission]]:
    """The parts of the spec, as far as they differ from what the operator would take anyway."""
    found = {
        "description": "" if row.description == NO_DESCRIPTION else row.description,
        "id": row.id,
        "name": "" if row.name == name else row.name,
        "tags": [] if set(row.tags) <= set(service.tags) else list(dict.fromkeys(row.tags)),
        "groups": list(dict.fromkeys(row.groups)),
        "icon": "" if row.icon == service.icon else row.icon,
        "destination": json.dumps(row.destination) if row.destination else "",
    }
    given = {key: value for key, value in found.items() if value}
    secret = set(_perhaps_secret(row))
    kept = {key: value for key, value in given.items() if key not in secret} | ({} if row.enabled else _DISABLED)
    parts = {"description": kept.pop("description")} if "description" in kept else {}
    omissions = [Omission(Why.PERHAPS_SECRET, key, _MAY_BE_SECRET) for key in given if key in secret]
    return {**parts, "tracardi": kept}, omissions


def drop_unfit(manifest: Manifest) -> list[Omission]:
    """Take out the settings that the API server would refuse. Some flaws only show once others are gone."""
    dropped: list[Omission] = []
    while unfit := [Omission(Why.UNFIT, key, words) for key, words in _unfit(manifest) if _remove(manifest, key)]:
        dropped += unfit
    return dropped


def _unfit(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for flaw in parse_manifest(manifest)[1]:
        match flaw.path:
            case ("spec", "description", *_):
                yield "description", flaw.problem.message
            case ("spec", "tracardi", str(key), *_):
                yield key, flaw.problem.message
            case ("spec", "tracardi"):
                yield from ((key, flaw.problem.message) for key in _LISTS_IN_ONE_COLUMN)


def _remove(manifest: Manifest, key: str) -> bool:
    spec = manifest["spec"]
    return (spec if key == "description" else spec["tracardi"]).pop(key, None) is not None


def _perhaps_secret(row: TracardiResource) -> Iterator[str]:
    texts = {
        "description": (row.description,),
        "name": (row.name,),
        "tags": row.tags,
        "groups": row.groups,
        "icon": (row.icon,),
    }
    for key, parts in texts.items():
        if any(perhaps_secret(part) for part in parts):
            yield key
    if row.destination and _has_secrets(row.destination):
        yield "destination"


def _has_secrets(content: object) -> bool:
    """Whether a destination may hold what it logs in with: in a header, a cookie, an address, or under such a name."""
    match content:
        case str():
            return perhaps_secret(content) or "://" in content
        case list():
            return any(_has_secrets(item) for item in content)
        case dict():
            return any(_is_secret_member(name, value) or _has_secrets(value) for name, value in content.items())
    return False


def _is_secret_member(name: str, value: object) -> bool:
    if name == "headers" and value:
        return not (isinstance(value, dict) and {key.lower() for key in value} <= _HARMLESS_HEADERS)
    return bool(value) and not isinstance(value, bool) and bool(_SECRET_NAME.search(name))
