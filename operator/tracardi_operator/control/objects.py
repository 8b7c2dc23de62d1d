"""Secrets and ConfigMaps by their metadata: the versions of what objects of one of our kinds name, and what they own.

Only what one of them names or owns is kept, so memory grows with our own kinds and not with all that is in the cluster.
"""

from collections.abc import Callable, Set
from typing import Final, NamedTuple

from tracardi_operator.api.names import GROUP, KIND
from tracardi_operator.api.problems import SourceKind
from tracardi_operator.control.departed import departed
from tracardi_operator.control.multimap import MultiMap
from tracardi_operator.control.records import Key, OwnRecord
from tracardi_operator.kube.kinds import SECRETS, Kind
from tracardi_operator.kube.meta import Kept, ObjectMeta, OwnerReference
from tracardi_operator.plan import Observed
from tracardi_operator.provenance import ABSENT
from tracardi_operator.resolve import InputRef

_EARLIEST: Final = "/0"
"""A version that is older than any: there is, or was, such an object."""


class Place(NamedTuple):
    """The identity of a Secret or ConfigMap."""

    kind: SourceKind
    namespace: str
    name: str


class Objects:
    """`changed` is called with the keys, known or not, of those of `owner_kind` that an observation may concern."""

    def __init__(self, changed: Callable[[Set[Key]], None], owner_kind: str = KIND) -> None:
        self._changed = changed
        self._owner_kind = owner_kind
        self._inputs: MultiMap[Place, Key] = MultiMap()
        self._output_names: MultiMap[Place, Key] = MultiMap()
        self._versions: dict[Place, str] = {}
        self._deleted = departed()
        self._outputs: dict[Place, Observed] = {}
        self._owned: MultiMap[str, Place] = MultiMap()

    # Whose objects are kept

    def track(self, record: OwnRecord, before: OwnRecord | None = None) -> None:
        """Keep what `record` names, in place of what it named before."""
        for place in _inputs(record):
            self._inputs.add(place, record.key)
        for place in _outputs(record):
            self._output_names.add(place, record.key)
        if before:
            self._drop(before, _inputs(before) - _inputs(record), _outputs(before) - _outputs(record))

    def untrack(self, record: OwnRecord) -> None:
        self._drop(record, _inputs(record), _outputs(record))

    # What is known of them

    def version(self, record: OwnRecord, ref: InputRef) -> str | None:
        """`uid/resourceVersion`, `absent`, or None while nothing is known (then a read tells)."""
        return self._versions.get(_input(record, ref))

    def output(self, namespace: str, name: str) -> Observed | None:
        return self._outputs.get(Place(SourceKind.SECRET, namespace, name))

    def owned(self, record: OwnRecord) -> list[Observed]:
        """The outputs of `record`. A Secret elsewhere that claims to belong to it is none."""
        places = (place for place in self._owned.values(record.uid) if place.namespace == record.key.namespace)
        return [self._outputs[place] for place in sorted(places)]

    # What answers tell

    def learn(self, record: OwnRecord, ref: InputRef, version: str) -> None:
        """Take in the version that a read came upon; a watch may have told more meanwhile."""
        place = _input(record, ref)
        known = self._versions.get(place)
        outdated = known is not None if version == ABSENT else self._is_deleted(version) or _is_newer(known, version)
        if self._is_named(place) and not outdated:
            self._versions[place] = version
            if known not in (None, version):  # the watch will have no news any more for those that name it
                self._tell(place)

    def forget_output(self, namespace: str, name: str, uid: str) -> None:
        known = self.output(namespace, name)
        if known and known.meta.uid == uid:
            self._leave(Place(SourceKind.SECRET, namespace, name), ABSENT)

    # What the metadata reflectors tell

    def observe(self, kind: Kind, meta: ObjectMeta, writer: Set[Key] = frozenset()) -> bool:
        """Take in metadata, from a watch or from the answer to a write. True if the object is of interest.

        To `writer`, who wrote the object just now, it is no news, unless it names it as an input too.
        """
        place = _place(kind, meta)
        version = meta.version
        known = self._versions.get(place)
        if _is_newer(known, version) or self._is_deleted(version):
            return known is not None
        is_output = kind == SECRETS and (self._owner_of(meta) is not None or place in self._output_names)
        if not self._is_named(place) and not is_output:
            self._leave(place)
            return False
        before, former = self._outputs.get(place), self._owners(place)
        self._versions[place] = version
        self._remove_output(place)
        if is_output:  # perhaps only now: the version alone may be known, from a read or when it was but an input
            self._keep_output(place, meta)
        if known != version or before != self._outputs.get(place):
            self._tell(place, former, but=writer - self._inputs.values(place))
        return True

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        """Take in a deletion, unless a later object of the same name is known already."""
        place = _place(kind, meta)
        if place in self._versions or self._is_named(place):
            self._deleted[meta.uid] = int(meta.resource_version)
        if not _is_newer(self._versions.get(place), meta.version):
            self._leave(place, ABSENT)

    def replace(self, kind: Kind, namespace: str | None, kept: Kept, version: str) -> bool:
        """End of a list: what was known, is not newer than the list and was not in it, is known no more.

        Unknown, not absent: an object that came to be of interest while the list was under way is not in it either.
        False if the list is younger than what is known of an object, and has an earlier state of it.
        """
        passed = [p for p in self._present(kind, namespace) if not _is_newer(self._versions[p], f"/{version}")]
        for place in passed:
            if (place.namespace, place.name) not in kept:
                self._leave(place)
        listed = ((Place(SourceKind(kind.kind), *key), state) for key, state in kept.items())
        return not any(self._contradicts(place, state, version) for place, state in listed)

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        """The cluster was restored to an earlier state: lower versions count from now on, and the dead may live."""
        self.revive()
        self._versions.update(dict.fromkeys(self._present(kind, namespace), _EARLIEST))

    def revive(self) -> None:
        """The dead may live."""
        self._deleted.clear()

    # Internals

    def _contradicts(self, place: Place, state: str, version: str) -> bool:
        """Whether more was known of what is listed in this state, and nothing later than the list of this version."""
        known, gone = self._versions.get(place), self._deleted.get(state.partition("/")[0])
        is_later = _is_newer(known, state) and not _is_newer(known, f"/{version}")
        return is_later or (gone is not None and gone <= int(version))

    def _drop(self, record: OwnRecord, inputs: Set[Place], outputs: Set[Place]) -> None:
        for place in inputs:
            self._inputs.remove(place, record.key)
        for place in outputs:
            self._output_names.remove(place, record.key)
        for place in inputs | outputs:
            if not self._is_named(place) and not self._owner(place):  # an output stays, so that it can be withdrawn
                self._leave(place)

    def _leave(self, place: Place, known: str | None = None) -> None:
        """An object leaves the indexes. From now on it is known to be absent, or nothing is known of it."""
        if self._versions.get(place) == known:
            return
        self._tell(place)
        self._remove_output(place)
        if known and self._is_named(place):
            self._versions[place] = known
        else:
            self._versions.pop(place, None)

    def _keep_output(self, place: Place, meta: ObjectMeta) -> None:
        output = self._outputs[place] = Observed(meta)
        if output.controller:
            self._owned.add(output.controller.uid, place)

    def _remove_output(self, place: Place) -> None:
        output = self._outputs.pop(place, None)
        if output and output.controller:
            self._owned.remove(output.controller.uid, place)

    def _tell(self, place: Place, former: Set[Key] = frozenset(), but: Set[Key] = frozenset()) -> None:
        """`former` are those that owned it until now."""
        named = self._inputs.values(place) | self._output_names.values(place)
        self._changed((named | self._owners(place) | former) - but)

    def _owners(self, place: Place) -> set[Key]:
        owner = self._owner(place)
        return {Key(place.namespace, owner.name)} if owner else set()

    def _present(self, kind: Kind, namespace: str | None) -> list[Place]:
        """The objects of a kind that are, or were, there."""
        present = (place for place, version in self._versions.items() if version != ABSENT)
        return [place for place in present if place.kind == kind.kind and namespace in (None, place.namespace)]

    def _is_named(self, place: Place) -> bool:
        return place in self._inputs or place in self._output_names

    def _is_deleted(self, version: str) -> bool:
        return version.partition("/")[0] in self._deleted

    def _owner(self, place: Place) -> OwnerReference | None:
        output = self._outputs.get(place)
        return self._owner_of(output.meta) if output else None

    def _owner_of(self, meta: ObjectMeta) -> OwnerReference | None:
        return owner_of(meta, self._owner_kind)


def owner_of(meta: ObjectMeta, kind: str) -> OwnerReference | None:
    """The object of one of our kinds that controls another object, if one does."""
    controllers = (owner for owner in meta.owner_references if owner.controller)
    return next((o for o in controllers if o.kind == kind and o.api_version.startswith(f"{GROUP}/")), None)


def _inputs(record: OwnRecord) -> set[Place]:
    return {_input(record, ref) for ref in record.references}


def _input(record: OwnRecord, ref: InputRef) -> Place:
    return Place(ref.kind, record.key.namespace, ref.name)


def _outputs(record: OwnRecord) -> set[Place]:
    return {Place(SourceKind.SECRET, record.key.namespace, name) for name in record.outputs}


def _place(kind: Kind, meta: ObjectMeta) -> Place:
    return Place(SourceKind(kind.kind), meta.namespace, meta.name)


def _is_newer(known: str | None, version: str) -> bool:
    """Whether what is known is later than a version. Resource versions are comparable since Kubernetes 1.35."""
    if known is None or known == ABSENT or version == ABSENT:
        return False
    return int(known.rpartition("/")[2]) > int(version.rpartition("/")[2])
