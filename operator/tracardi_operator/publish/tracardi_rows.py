"""A Resource as a row of Tracardi's resources. Pure.

A row of ours bears a mark among its groups: `tracardi-operator:<uid of the ResourceConsumer>`. The uid is unique over
all clusters, so two of them can share a Tracardi; a consumer that was made anew is another one. Groups, because
Tracardi makes no use of them but to sort its list, and its form shows each as a label of its own and sends all of them
back with each edit, whereas people write over a description.
"""

import base64
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.publish.entry import Entry, Omission
from tracardi_operator.tracardi.models import NO_DESCRIPTION, TracardiResource

TestFallback = Literal["Nothing", "Production"]

MAX_ID: Final = 40
MAX_NAME: Final = 64
MAX_TYPE: Final = 48
MAX_COLUMN: Final = 255
MAX_CREDENTIALS: Final = 65_535
"""Bytes of a MySQL TEXT."""

_MARK: Final = "tracardi-operator:"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a Tracardi should hold, by id."""

    rows: Mapping[str, TracardiResource]
    entries: Mapping[str, Entry] = field(repr=False)
    """Who holds an id, also one that can't be expressed as a row now."""
    omitted: tuple[Omission, ...] = ()


def mark(consumer_uid: str) -> str:
    return f"{_MARK}{consumer_uid}"


def is_marked(row: TracardiResource) -> bool:
    """Whether it bears a mark, of whomever."""
    return any(group.startswith(_MARK) for group in row.groups)


def want(entries: Sequence[Entry], own_mark: str, test_fallback: TestFallback) -> Wanted:
    """The rows of these Resources. Of several with one id the oldest has it, be it fit for a row or not.

    One without credentials has no row now, but keeps its id.
    """
    holders: dict[str, Entry] = {}
    rows: dict[str, TracardiResource] = {}
    omitted: list[Omission] = []
    for entry in sorted(entries, key=lambda entry: (entry.created, entry.uid)):
        id_ = row_id(entry)
        holder = holders.setdefault(id_, entry)
        row = to_row(entry, own_mark, test_fallback) if holder is entry else _taken(id_, holder)
        if isinstance(row, Problem):
            omitted.append(Omission(entry.namespace, entry.name, row))
        elif entry.credentials:
            rows[id_] = row
    return Wanted(rows, holders, tuple(omitted))


def row_id(entry: Entry) -> str:
    return (entry.settings.id or entry.uid).lower()


def to_row(entry: Entry, own_mark: str, test_fallback: TestFallback) -> TracardiResource | Problem:
    settings, service = entry.settings, entry.service
    if not service.fields:
        words = f"the service type {service.name!r} is not usable now; a row that Tracardi has stays as it is"
        return Problem(Reason.UNKNOWN_TYPE, words, field="type")
    if entry.unreadable:
        return entry.unreadable
    production = entry.credentials.get("production", {})
    destination = _destination(settings.destination)
    if isinstance(destination, Problem):
        return destination
    row = TracardiResource(
        id=row_id(entry),
        type=service.name,
        name=settings.name or entry.name,
        description=entry.description or NO_DESCRIPTION,
        production=production,
        test=entry.credentials.get("test", production if _falls_back(entry, test_fallback) else {}),
        tags=tuple(service.tags if settings.tags is None else settings.tags),
        groups=(*(settings.groups or ()), own_mark),
        icon=settings.icon or service.icon,
        destination=destination,
        enabled=settings.enabled is not False,
    )
    return next((_too_long(limit) for limit in _LIMITS if limit.size(row) > limit.maximum), row)


def _falls_back(entry: Entry, test_fallback: TestFallback) -> bool:
    """Not where there are credentials for tests that can't be published now: those for production are no stand-in."""
    return test_fallback == "Production" and "test" not in entry.declared


def _destination(text: str | None) -> Mapping[str, object] | Problem | None:
    """As Tracardi stores it: with what it fills in where nothing is given (tracardi: domain/destination.py)."""
    if text is None:
        return None
    given = json.loads(text)
    is_one = (
        bool(given.get("package"))
        and isinstance(given["package"], str)
        and all(isinstance(given.get(name, {}), dict) for name in ("init", "form"))
        and isinstance(given.get("pro", False), bool)
    )
    if not is_one:
        return _inexpressible(
            "tracardi.destination",
            "is none for Tracardi, which wants a JSON object with 'package' (a text) and, if needed, 'init' and 'form' "
            "(objects) and 'pro' (true or false)",
        )
    return {"init": {}, "form": {}, "pro": False, **given}


@dataclass(frozen=True, slots=True)
class _Limit:
    """Of a column of Tracardi's table (tracardi: service/storage/mysql/schema/table.py)."""

    field: str
    maximum: int
    size: Callable[[TracardiResource], int]
    words: str


_LIMITS: Final = (
    _Limit("tracardi.id", MAX_ID, lambda row: len(row.id), "40 characters; set another one"),
    _Limit("tracardi.name", MAX_NAME, lambda row: len(row.name), "64 characters; set one that has no more"),
    _Limit("type", MAX_TYPE, lambda row: len(row.type), "48 characters; name the ResourceType shorter"),
    _Limit("description", MAX_COLUMN, lambda row: len(row.description), "255 characters; shorten it"),
    _Limit("tracardi.tags", MAX_COLUMN, lambda row: _joined(row.tags), "255 characters when joined; use fewer"),
    _Limit(
        "tracardi.groups",
        MAX_COLUMN,
        lambda row: _joined(row.groups),
        "255 characters when joined with the one that marks what is the operator's; use fewer",
    ),
    _Limit("tracardi.icon", MAX_COLUMN, lambda row: len(row.icon), "255 characters; use a shorter one"),
    _Limit(
        "tracardi.destination",
        MAX_COLUMN,
        lambda row: _encoded(row.destination) if row.destination else 0,
        "255 bytes as Tracardi stores it (compressed, then base64); leave out what is not needed, headers above all",
    ),
    _Limit(
        "credentials",
        MAX_CREDENTIALS,
        lambda row: _encoded({"production": row.production, "test": row.test}),
        "65535 bytes as Tracardi stores them (compressed, then base64)",
    ),
)


def _joined(items: Sequence[str]) -> int:
    return len(",".join(items))


def _encoded(content: Mapping[str, object]) -> int:
    """Size as Tracardi encodes it (tracardi: service/secrets.py)."""
    return len(base64.b64encode(gzip.compress(json.dumps(content).encode())))


def _too_long(limit: _Limit) -> Problem:
    return _inexpressible(limit.field, f"is longer than Tracardi can hold: at most {limit.words}")


def _inexpressible(name: str, words: str) -> Problem:
    return Problem(Reason.NOT_EXPRESSIBLE, f"{name} {words}", field=name)


def _taken(id_: str, holder: Entry) -> Problem:
    message = (
        f"Tracardi's id {id_!r} belongs to the older Resource {holder.name!r} in namespace {holder.namespace!r}; "
        f"give this one another tracardi.id (in a new Resource, for it can't be changed) or delete one of the two"
    )
    return Problem(Reason.NAME_TAKEN, message, field="tracardi.id")
