"""Why an object that a Resource names is not there to be checked, as far as the files tell. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from tracardi_operator.api.hints import near
from tracardi_operator.api.problems import Source
from tracardi_operator.cli.hiding import quoted
from tracardi_operator.cli.manifests.files import Location
from tracardi_operator.cli.manifests.identity import Identity

_MOST_COMPARED = 20
"""Objects of a namespace whose names are compared with one that is missing."""
_SIMILAR_OBJECT = 0.5
_ABSENT = "is not among the files"


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A reference of which nothing can be said."""

    source: Source
    why: str
    """"is not among the files", and what may be meant."""
    was_there: bool = False
    """Whether the object is among the files, but could not be read."""


class Absent:
    """The objects of the files, to look for what one that is missing may be."""

    def __init__(
        self,
        present: Mapping[Identity, Location],
        unreadable: Mapping[Identity, Location],
        named: Callable[[], Collection[Identity]],
    ) -> None:
        """`named` gives those that a Resource names: they are meant by it. It is asked only if need be."""
        self._present = present
        self._unreadable = unreadable
        self._named = named

    def explain(self, source: Source, namespace: str) -> Unchecked:
        if not self._present and not self._unreadable:
            return Unchecked(source, _ABSENT)
        identity = Identity(source.kind, namespace, source.name or "")
        if identity in self._unreadable:
            return Unchecked(source, f"could not be read: see {self._unreadable[identity]}", was_there=True)
        return Unchecked(source, f"{_ABSENT}{self._in_another_namespace(identity) or self._alike(identity)}")

    @cached_property
    def _elsewhere(self) -> dict[tuple[str, str], Identity]:
        return {(identity.kind, identity.name): identity for identity in self._present}

    @cached_property
    def _unnamed(self) -> dict[tuple[str, str], list[str]]:
        named = self._named()
        unnamed = defaultdict(list)
        for identity in self._present:
            if identity not in named:
                unnamed[identity.kind, identity.namespace].append(identity.name)
        return unnamed

    def _in_another_namespace(self, identity: Identity) -> str:
        other = self._elsewhere.get((identity.kind, identity.name))
        if other is None:
            return ""
        return f" in this namespace, but in {quoted(other.namespace)}, {self._present[other]}"

    def _alike(self, identity: Identity) -> str:
        candidates = self._unnamed.get((identity.kind, identity.namespace), [])
        found = near(identity.name, candidates[:_MOST_COMPARED], _SIMILAR_OBJECT)
        places = (
            f"{quoted(name)}, {self._present[Identity(identity.kind, identity.namespace, name)]}" for name in found
        )
        return f" (did you mean {' or '.join(places)}?)" if found else ""
