"""What the files hold: Resources, and the data of Secrets and ConfigMaps; judged by the `evaluate` of the operator."""

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from tracardi_operator.api.hints import did_you_mean
from tracardi_operator.api.manifest import parse_manifest, type_faults
from tracardi_operator.api.names import API_VERSION, CONSUMER_KIND, GROUP, KIND, TYPE_KIND
from tracardi_operator.api.parse import Flaw
from tracardi_operator.api.problems import Problem, Reason, SourceKind
from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.api.resource_type import Fault
from tracardi_operator.cli.hiding import conceal, quoted, values_in
from tracardi_operator.cli.manifests import data, keys
from tracardi_operator.cli.manifests.absent import Absent, Unchecked
from tracardi_operator.cli.manifests.files import Location, Meant, Unreadable
from tracardi_operator.cli.manifests.identity import Identity
from tracardi_operator.cli.manifests.keys import WholeSecret
from tracardi_operator.cli.manifests.objects import Document, KubernetesObject, read_objects
from tracardi_operator.cli.manifests.outputs import Outputs
from tracardi_operator.cli.manifests.places import place_of
from tracardi_operator.cli.manifests.renamed import Renamed, references
from tracardi_operator.custom import define
from tracardi_operator.evaluate import Catalogue, Verdict, evaluate
from tracardi_operator.resolve import Data, InputRef, Inputs, Missing, all_references
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import ServiceType
from tracardi_operator.services.shown import shown

_KINDS = (KIND, TYPE_KIND, CONSUMER_KIND)


@dataclass(frozen=True, slots=True)
class Input:
    """A Secret or ConfigMap of the files."""

    manifest: KubernetesObject
    data: Data = field(repr=False)


@dataclass(frozen=True, slots=True)
class Located:
    """A problem, the place in the files that it is about, and what only the files could tell of it."""

    problem: Problem
    location: Location
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """An object of ours and all that can be said about it."""

    location: Location
    identity: Identity
    sort: str
    """The type of a Resource, the target of a ResourceConsumer; to be shown."""
    problems: tuple[Located, ...]
    unchecked: tuple[Unchecked, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(located.problem.is_error for located in self.problems)

    def is_valid(self, strict: bool) -> bool:
        """Whether there is no error, nor, if strict, a warning. What is unchecked is not wrong."""
        return not (self.problems if strict else self.has_errors)


@dataclass(frozen=True, slots=True)
class JudgedResource(Judged):
    spec: ResourceSpec | None = None
    verdicts: Mapping[Environment, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Files:
    """The objects of the files by identity. One that can't be read is as if it were not there."""

    resources: dict[Identity, KubernetesObject] = field(default_factory=dict)
    consumers: dict[Identity, KubernetesObject] = field(default_factory=dict)
    inputs: dict[Identity, Input] = field(default_factory=dict)
    types: dict[str, ServiceType] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    broken_types: dict[str, Location] = field(default_factory=dict)
    lost: dict[Identity, Location] = field(default_factory=dict)
    """What stands in the files and could not be read, as far as that can be known."""

    @property
    def present(self) -> dict[Identity, Location]:
        """Where the Secrets and ConfigMaps stand."""
        return {identity: found.manifest.location for identity, found in self.inputs.items()}

    def catalogue(self, known: Catalogue) -> Catalogue:
        """The built-in types and, as far as they bear no name of those, the types of the files."""
        return self.types | dict(known)


class _UnreadableError(Exception):
    """An object about which nothing can be said, why, without a value, and where if not at its beginning."""

    def __init__(self, message: str, location: Location | None = None, meant: tuple[Meant, ...] = ()) -> None:
        super().__init__(message)
        self.location = location
        self.meant = meant


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Nothing here makes cycles, and looking for them in all that was read takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_no_garbage_collection()
def read(files: Iterable[str], default_namespace: str) -> Files:
    found = Files()
    seen: dict[Identity, Location] = {}
    repeating: dict[Document, KubernetesObject] = {}
    for item in read_objects(files):
        if isinstance(item, Unreadable):
            found.unreadable.append(item)
            continue
        if item.repeated and (_is_input(item) or _is_ours(item)):
            repeating[item.document] = item
        try:
            _add(found, seen, item, default_namespace)
        except _UnreadableError as error:
            found.unreadable.append(Unreadable(error.location or item.location, str(error), error.meant))
    found.unreadable.extend(again for item in repeating.values() for again in _repeated(item))
    for unreadable in found.unreadable:
        for meant in unreadable.meant:
            identity = Identity(meant.kind, meant.namespace or default_namespace, meant.name)
            found.lost.setdefault(identity, unreadable.location)
    return found


def _is_ours(item: KubernetesObject) -> bool:
    return item.api_version.partition("/")[0] == GROUP


def _is_input(item: KubernetesObject) -> bool:
    return item.api_version == "v1" and item.kind in data.KINDS


def _add(found: Files, seen: dict[Identity, Location], item: KubernetesObject, default_namespace: str) -> None:
    if _is_ours(item) or (item.kind in _KINDS and not item.api_version):
        _refuse_unknown(item)
    if _is_ours(item) and item.kind == KIND:
        found.resources[_identify(item, seen, default_namespace)] = item
    elif _is_ours(item) and item.kind == CONSUMER_KIND:
        found.consumers[_identify(item, seen, default_namespace)] = item
    elif _is_ours(item) and item.kind == TYPE_KIND:
        _add_type(found, _identify(item, seen, "").name, item)
    elif _is_input(item):
        identity = _identify(item, seen, default_namespace)
        found.inputs[identity] = Input(item, _read_data(identity, item))


_NAME = re.compile(r"[A-Za-z0-9._/-]{1,63}")


def _repeated(item: KubernetesObject) -> Iterator[Unreadable]:
    """Keys of the document that stand twice: kubectl takes the last and says nothing, other readers refuse them."""
    for again in item.repeated:
        key = quoted(again.key) if _NAME.fullmatch(again.key) else "this key"
        first = item.document.at(again.first_line)
        words = f"{key} stands in this mapping already, in line {first.line}; only the last one counts: keep one"
        yield Unreadable(item.document.at(again.line), words)


def _add_type(found: Files, name: str, item: KubernetesObject) -> None:
    """A broken one is told, and is as if it were not there."""
    spec = item.content.get("spec")
    definition = define(name, spec if isinstance(spec, dict) else {})
    taken = Fault(("metadata", "name"), "is the name of a built-in type, which can't be replaced")
    told = dict.fromkeys((*type_faults(item.content), *definition.faults, *([taken] if name in builtin() else ())))
    found.unreadable.extend(
        Unreadable(item.locate(*fault.path), f"{TYPE_KIND} {quoted(name)}: {fault}") for fault in told
    )
    if definition.service:
        found.types[name] = definition.service
    else:
        found.broken_types[name] = item.location


def _refuse_unknown(item: KubernetesObject) -> None:
    """What was meant as one of ours. Other tools' YAML is none of our business, and so not wrong."""
    if not item.api_version or not item.kind:
        raise _UnreadableError(f"is not a Kubernetes object: it needs apiVersion ({API_VERSION}) and kind")
    if item.kind not in _KINDS:
        hint = did_you_mean(item.kind, _KINDS)
        raise _UnreadableError(f"has a kind that {GROUP} does not have{hint}; it has: {', '.join(_KINDS)}")


def _identify(item: KubernetesObject, seen: dict[Identity, Location], default_namespace: str) -> Identity:
    metadata = item.content.get("metadata")
    if not isinstance(metadata, dict):
        raise _UnreadableError(f"{item.kind} without metadata.name")
    name, namespace = metadata.get("name"), metadata.get("namespace") or default_namespace
    if not isinstance(name, str) or not name or not isinstance(namespace, str):
        raise _UnreadableError(f"{item.kind} whose metadata.name or metadata.namespace is missing or not text")
    identity = Identity(item.kind, namespace, name)
    if identity in seen:
        raise _UnreadableError(f"{identity} stands in the files already, at {seen[identity]}; this one is not checked")
    seen[identity] = item.location
    return identity


def _read_data(identity: Identity, item: KubernetesObject) -> Data:
    try:
        return data.read_data(item.kind, item.content)
    except data.IllegalDataError as error:
        meant = Meant(identity.kind, identity.namespace, identity.name)
        raise _UnreadableError(f"{identity}: {error}", item.locate(*error.path), (meant,)) from None


@_no_garbage_collection()
def judge(files: Files, catalogue: Catalogue) -> list[JudgedResource]:
    """Each Resource by itself and, as to the names of outputs, together with the others."""
    parsed = {identity: parse_manifest(manifest.content) for identity, manifest in files.resources.items()}
    specs = {identity: spec for identity, (spec, _) in parsed.items() if spec is not None}
    judge = _Judge(files, Outputs(specs), catalogue, _absent(files, specs), Renamed(files.inputs))
    return [judge.judge(identity, spec, found) for identity, (spec, found) in parsed.items()]


def _absent(files: Files, specs: Mapping[Identity, ResourceSpec]) -> Absent:
    def named() -> set[Identity]:
        return {
            Identity(ref.kind, identity.namespace, ref.name)
            for identity, spec in specs.items()
            for ref in all_references(spec)
        }

    return Absent(files.present, files.lost, named)


@dataclass(frozen=True, slots=True)
class _Judge:
    files: Files
    outputs: Outputs
    catalogue: Catalogue
    absent: Absent
    renamed: Renamed

    def judge(self, identity: Identity, spec: ResourceSpec | None, flaws: tuple[Flaw, ...]) -> JudgedResource:
        manifest = self.files.resources[identity]
        located = [self._locate_flaw(manifest, found) for found in flaws]
        if spec is None:
            return self._judged(identity, located)
        verdicts = evaluate(spec, self._inputs(identity.namespace, spec), self.catalogue)
        wholes = list(self._whole_secrets(identity.namespace, spec))
        said = [
            *self.outputs.conflicts(identity, spec),
            *(self._of_broken_type(spec) or (found for verdict in verdicts.values() for found in verdict.problems)),
            *(problem for whole in wholes for problem in keys.ignored(whole, verdicts[whole.environment].problems)),
        ]
        problems = list(dict.fromkeys(said))
        located += [
            Located(problem, self._place(identity, spec, problem), self._hint(identity, wholes, problems, problem))
            for problem in problems
        ]
        located += self._left_behind(identity, spec)
        return self._judged(identity, located, spec, verdicts)

    def _of_broken_type(self, spec: ResourceSpec) -> list[Problem]:
        """Its only problem: without its type nothing can be said of a Resource."""
        location = self.files.broken_types.get(spec.type)
        if location is None or spec.type in self.catalogue:
            return []
        words = f"the {TYPE_KIND} {quoted(spec.type)} among the files is broken, see {location}; mend that first"
        return [Problem(Reason.UNKNOWN_TYPE, words)]

    def _left_behind(self, identity: Identity, spec: ResourceSpec) -> Iterator[Located]:
        for one in references(spec):
            if problem := self.renamed.doubt(one.source, identity.namespace, one.environment, one.field):
                yield Located(problem, self.files.resources[identity].locate(*one.path))

    def _judged(
        self,
        identity: Identity,
        located: list[Located],
        spec: ResourceSpec | None = None,
        verdicts: Mapping[Environment, Verdict] = MappingProxyType({}),
    ) -> JudgedResource:
        manifest = self.files.resources[identity]
        sources = dict.fromkeys(source for verdict in verdicts.values() for source in verdict.unchecked)
        unchecked = tuple(self.absent.explain(source, identity.namespace) for source in sources)
        told = concealed(manifest, located)
        return JudgedResource(
            manifest.location, identity, shown(_type_of(manifest)), told, unchecked, spec=spec, verdicts=verdicts
        )

    def _locate_flaw(self, manifest: KubernetesObject, found: Flaw) -> Located:
        hint = did_you_mean(_type_of(manifest), self.catalogue) if found.path == ("spec", "type") else ""
        return Located(found.problem, manifest.locate(*found.path), hint.strip(" ()"))

    def _inputs(self, namespace: str, spec: ResourceSpec) -> Inputs:
        inputs: dict[InputRef, Data | Missing] = {}
        for ref in all_references(spec):
            found = self.files.inputs.get(Identity(ref.kind, namespace, ref.name))
            if found:
                inputs[ref] = found.data
            else:
                is_output = ref.kind is SourceKind.SECRET and self.outputs.owner(namespace, ref.name) is not None
                inputs[ref] = Missing.OUTPUT if is_output else Missing.UNKNOWN
        return inputs

    def _whole_secrets(self, namespace: str, spec: ResourceSpec) -> Iterator[WholeSecret]:
        service = self.catalogue.get(spec.type)
        for environment, credentials in spec.credentials.items():
            name = credentials.secret_ref.name if credentials.secret_ref else ""
            found = self.files.inputs.get(Identity(SourceKind.SECRET, namespace, name))
            if service and found:
                yield WholeSecret(service, environment, credentials, name, found.data)

    def _input_of(self, identity: Identity, problem: Problem) -> Input | None:
        source = problem.source
        return self.files.inputs.get(Identity(source.kind, identity.namespace, source.name or "")) if source else None

    def _place(self, identity: Identity, spec: ResourceSpec, problem: Problem) -> Location:
        """Of the value itself if its object is among the files and has the key, else of what refers to it."""
        source, found = problem.source, self._input_of(identity, problem)
        if source and source.key and found and source.key in found.data:
            return found.manifest.locate(*data.path_of_key(source.kind, found.manifest.content, source.key))
        return self.files.resources[identity].locate(*place_of(problem, spec))

    def _hint(self, identity: Identity, wholes: list[WholeSecret], problems: list[Problem], problem: Problem) -> str:
        source, found = problem.source, self._input_of(identity, problem)
        for whole in wholes:
            if whole.is_about(problem):
                return keys.hint(whole, problem, problems)
        return keys.listed(source, found.data) if source and found and problem.reason is Reason.KEY_NOT_FOUND else ""


def concealed(manifest: KubernetesObject, located: list[Located]) -> tuple[Located, ...]:
    """Without what looks like a value in the words."""
    values = values_in(manifest.content) if located else frozenset()
    return tuple(replace(found, problem=conceal(found.problem, values)) for found in located)


def _type_of(manifest: KubernetesObject) -> str:
    spec = manifest.content.get("spec")
    name = spec.get("type") if isinstance(spec, dict) else None
    return name if isinstance(name, str) else ""
