"""The service types that there are: the built-in ones and, overlaid, those that ResourceTypes define. No I/O.

A verdict that a type is unknown needs the list of all ResourceTypes. Until it is there, and again while it can't be
had, nothing is said about Resources of types that are not known: otherwise each restart would call them unknown for a
while. A definition that is known stays in force meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.control.departed import departed
from tracardi_operator.custom import Definition, define
from tracardi_operator.evaluate import Catalogue, unknown_type
from tracardi_operator.services.model import ServiceType


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why no Resource can be judged by a type. `digest` takes the place of the type's in what is recorded."""

    problem: Problem
    digest: str


@dataclass(slots=True)
class TypeRecord:
    """A ResourceType."""

    name: str
    uid: str
    resource_version: int
    generation: int
    definition: Definition = field(repr=False)
    status: Mapping[str, Any] = field(repr=False)


class TypeRegistry:
    """`wake` is called with a test for the types whose Resources are to be looked at again.

    `reads_custom` is false where the operator does not read ResourceTypes.
    """

    def __init__(
        self,
        builtin: Catalogue,
        *,
        reads_custom: bool = False,
        wake: Callable[[Callable[[str], bool]], None] = lambda _: None,
        report: Callable[[], None] = lambda: None,
    ) -> None:
        """`report` is called when the status of a ResourceType may have to be written."""
        self.reads_custom = reads_custom
        self._builtin = builtin
        self._wake = wake
        self._report = report
        self._records: dict[str, TypeRecord] = {}
        self._deleted = departed()
        self._is_complete = not reads_custom

    # What is asked

    def find(self, name: str) -> ServiceType | Unusable | None:
        """A type, or why there is none that can be used; None while that can't be told."""
        if name in self._builtin:
            return self._builtin[name]
        if record := self._records.get(name):
            return record.definition.service or Unusable(_broken(name), "broken")
        if not self._is_complete:
            return None
        if not self.reads_custom:
            return Unusable(_unread(name, self._builtin), "unread")
        return Unusable(unknown_type(name, [*self._builtin, *self._records]), "unknown")

    def records(self) -> list[TypeRecord]:
        return list(self._records.values())

    def is_taken(self, record: TypeRecord) -> bool:
        """Whether a built-in type has this name: the ResourceType is then without effect."""
        return record.name in self._builtin

    # What watch and list tell

    def take_in(self, event: str | None, body: Mapping[str, Any]) -> None:
        """Take in what the watch told: the type of the event (None: part of a list) and the object."""
        if event == "DELETED":
            self.forget(body["metadata"]["name"], body["metadata"]["uid"])
        else:
            self.observe(body)

    def observe(self, body: Mapping[str, Any]) -> None:
        """Take in a ResourceType as the API server has it; older versions than the known one are ignored."""
        meta = body["metadata"]
        old = self._records.get(meta["name"])
        version = int(meta["resourceVersion"])
        if meta["uid"] in self._deleted or (old and old.resource_version >= version):
            return
        with_same_spec = old if old and (old.uid, old.generation) == (meta["uid"], meta["generation"]) else None
        with self._telling(meta["name"]):
            self._records[meta["name"]] = TypeRecord(
                name=meta["name"],
                uid=meta["uid"],
                resource_version=version,
                generation=meta["generation"],
                definition=with_same_spec.definition
                if with_same_spec
                else define(meta["name"], body.get("spec") or {}),
                status=body.get("status") or {},
            )

    def forget(self, name: str, uid: str) -> None:
        self._deleted[uid] = 0
        if (record := self._records.get(name)) and record.uid == uid:
            with self._telling(name):
                del self._records[name]

    def replace(self, bodies: Iterable[Mapping[str, Any]], version: int) -> None:
        """Take in a whole list. What is known, not newer than the list and not in it, is gone.

        A later state than the listed one, that is not later than the list, never came about: the cluster was restored.
        """
        listed = {body["metadata"]["name"]: body for body in bodies}
        passed = [record for record in self.records() if record.name in listed and record.resource_version <= version]
        self._rewind(r for r in passed if int(listed[r.name]["metadata"]["resourceVersion"]) < r.resource_version)
        for body in listed.values():
            self.observe(body)
        for record in self.records():
            if record.name not in listed and record.resource_version <= version:
                self.forget(record.name, record.uid)
        if not self._is_complete:
            self._is_complete = True
            self._wake(lambda name: name not in self._builtin)

    def rewind(self) -> None:
        """The cluster was restored to an earlier state: lower versions count from now on, and the dead may live."""
        self._deleted.clear()
        self._rewind(self.records())

    def lose(self) -> None:
        """The list can't be had: what is not known may be there all the same."""
        self._is_complete = False

    def _rewind(self, records: Iterable[TypeRecord]) -> None:
        for record in records:
            record.resource_version = record.generation = 0

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        """Wake the Resources of a type if it is another one afterwards."""
        before = self.find(name)
        yield
        if _identity(self.find(name)) != _identity(before):
            self._wake(name.__eq__)
        self._report()


def _identity(found: ServiceType | Unusable | None) -> str | None:
    return found.digest if found else None


def _broken(name: str) -> Problem:
    message = (
        f"the ResourceType {name!r} is broken, so nothing can be checked and what is published stays as it is; "
        f"`kubectl describe resourcetype {name}` says what is wrong with it"
    )
    return Problem(Reason.UNKNOWN_TYPE, message)


def _unread(name: str, builtin: Catalogue) -> Problem:
    known = unknown_type(name, builtin)
    return Problem(known.reason, f"{known.message}. This installation does not read ResourceTypes (--resource-types)")
