"""What a format makes of the entries, and how those that two would name alike are told apart."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.publish.entry import Entry, Omission

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A bundle. `repr` never shows the document."""

    document: str = field(repr=False)
    resources: int
    """How many are in the document."""
    omitted: tuple[Omission, ...] = ()
    """In the order of their names."""


class NotExpressible(Exception):  # noqa: N818  # it names the state of affairs
    """The format can't hold an entry. The message says why, without a value."""


@dataclass(frozen=True, slots=True)
class Naming(Generic[T]):
    """How a format names things, and what it makes of an entry under these names."""

    what: str
    """What a name is one of: "variable"."""
    names: Callable[[Entry], Iterable[str]]
    express: Callable[[Entry], Mapping[str, T]]
    """Raises NotExpressible."""


@dataclass(frozen=True, slots=True)
class Collected(Generic[T]):
    """What entries become, by the names that it has in the document."""

    content: dict[str, T] = field(repr=False)
    resources: int
    omitted: tuple[Omission, ...]

    def rendered(self, document: str) -> Rendered:
        return Rendered(document, self.resources, self.omitted)


def collect(eldest_first: Iterable[Entry], naming: Naming[T]) -> Collected[T]:
    """Each entry with all of its names, or with none if an older one has one of them.

    The older one has its names even while it can't be expressed: else they would then mean another service.
    """
    content: dict[str, T] = {}
    owners: dict[str, Entry] = {}
    omitted: list[Omission] = []
    resources = 0
    for entry in eldest_first:
        names = sorted(naming.names(entry))
        try:
            _refuse_taken(naming.what, names, owners)
            owners |= dict.fromkeys(names, entry)
            content |= naming.express(entry)
            resources += 1
        except _NameTaken as error:
            omitted.append(_omission(entry, Reason.NAME_TAKEN, error))
        except NotExpressible as error:
            omitted.append(_omission(entry, Reason.NOT_EXPRESSIBLE, error))
    return Collected(content, resources, by_name(omitted))


def by_name(omitted: Iterable[Omission]) -> tuple[Omission, ...]:
    return tuple(sorted(omitted, key=lambda omission: (omission.namespace, omission.name)))


def as_json(content: object) -> str:
    """ASCII alone, which is read alike in every locale, and a line for each value, for the people who look."""
    return json.dumps(content, sort_keys=True, indent=1) + "\n"


class _NameTaken(Exception):  # noqa: N818
    pass


def _refuse_taken(what: str, names: Iterable[str], owners: Mapping[str, Entry]) -> None:
    """Raises _NameTaken."""
    for name in names:
        if owner := owners.get(name):
            raise _NameTaken(
                f"the {what} {name!r} is that of Resource {owner.namespace}/{owner.name}, which is older; "
                "rename one of the two, or take them by different consumers"
            )


def _omission(entry: Entry, reason: Reason, why: Exception) -> Omission:
    return Omission(entry.namespace, entry.name, Problem(reason, str(why)))
