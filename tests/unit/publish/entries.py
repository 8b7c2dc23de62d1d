"""Entries for the tests of bundles. All values are made up."""

from collections.abc import Mapping
from typing import Any

from tracardi_operator.publish.entry import Entry
from tracardi_operator.publish.secret import under_all_names
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Field, ServiceType

LONG_AGO = "2026-01-01T00:00:00Z"
LATER = "2026-02-01T00:00:00Z"


def service(*fields: str, **more: Any) -> ServiceType:
    definitions = tuple(Field(name=name, title=name) for name in fields)
    return ServiceType(
        **{"name": "made-up", "title": "M", "fields": definitions, "example": {}, "how_to": "", "url": ""} | more
    )


def entry(
    name: str = "r",
    values: Mapping[str, Any] | None = None,
    *,
    namespace: str = "ns",
    of: ServiceType | None = None,
    uid: str | None = None,
    created: str = LONG_AGO,
    **more: Any,
) -> Entry:
    """Published for production alone, unless `credentials` say otherwise."""
    given = {"token": "x"} if values is None else dict(values)
    content = {"credentials": {"production": given}} | more
    return Entry(namespace, name, uid or f"uid-{namespace}-{name}", created, of or service(*given), **content)


def example(name: str) -> Entry:
    """A Resource of a built-in type with its example, as it is published."""
    kind = builtin()[name]
    return entry(name.replace("_", "-"), under_all_names(kind, kind.example), of=kind)


def examples() -> list[Entry]:
    """One of each built-in type."""
    return [example(name) for name in builtin()]
