"""What the files hold: Resources, and the data of Secrets and ConfigMaps; judged by the `evaluate` of the operator."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tracardi_operator.api.hints import did_you_mean
from tracardi_operator.api.manifest import parse_manifest, type_faults
from tracardi_operator.api.names import API_VERSION, GROUP, KIND, TYPE_KIND
from tracardi_operator.api.parse import Flaw
from tracardi_operator.api.problems import Problem, Reason, Source, SourceKind
from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.api.resource_type import Fault
from tracardi_operator.cli import data
from tracardi_operator.cli.files import Location, Unreadable
from tracardi_operator.cli.objects import KubernetesObject, read_objects
from tracardi_operator.cli.outputs import Outputs
from tracardi_operator.cli.places import place_of
from tracardi_operator.custom import define
from tracardi_operator.evaluate import Catalogue, Verdict, evaluate
from tracardi_operator.resolve import Data, InputRef, Inputs, Missing, all_references
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import ServiceType

_KINDS = (KIND, TYPE_KIND, "ResourceConsumer")


@dataclass(frozen=True, slots=True)
class Identity:
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


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
    """A Resource and all that can be said about it."""

    location: Location
    identity: Identity
    type: str
    spec: ResourceSpec | None
    problems: tuple[Located, ...]
    unchecked: tuple[Source, ...] = ()
    verdicts: Mapping[Environment, Verdict] = field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        return any(located.problem.is_error for located in self.problems)

    def is_valid(self, strict: bool) -> bool:
        """Whether there is no error, nor, if strict, a warning. What is unchecked is not wrong."""
        return not (self.problems if strict else self.has_errors)


@dataclass(frozen=True, slots=True)
class Files:
    """The objects of the files by identity. One that can't be read is as if it were not there."""

    resources: dict[Identity, KubernetesObject] = field(default_factory=dict)
    inputs: dict[Identity, Input] = field(default_factory=dict)
    types: dict[str, ServiceType] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)

    def catalogue(self, known: Catalogue) -> Catalogue:
        """The built-in types and, as far as they bear no name of those, the types of the files."""
        return self.types | dict(known)


class _UnreadableError(Exception):
    """An object about which nothing can be said, why, without a value, and where if not at its beginning."""

    def __init__(self, message: str, location: Location | None = None) -> None:
        super().__init__(message)
        self.location = location


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
    for item in read_objects(files):
        if isinstance(item, Unreadable):
            found.unreadable.append(item)
            continue
        try:
            _add(found, seen, item, default_namespace)
        except _UnreadableError as error:
            found.unreadable.append(Unreadable(error.location or item.location, str(error)))
    return found


def _add(found: Files, seen: dict[Identity, Location], item: KubernetesObject, default_namespace: str) -> None:
    group = item.api_version.partition("/")[0]
    if group == GROUP or (item.kind in _KINDS and not item.api_version):
        _refuse_unknown(item)
    if group == GROUP and item.kind == KIND:
        found.resources[_identify(item, seen, default_namespace)] = item
    elif group == GROUP and item.kind == TYPE_KIND:
        _add_type(found, _identify(item, seen, "").name, item)
    elif item.api_version == "v1" and item.kind in data.KINDS:
        identity = _identify(item, seen, default_namespace)
        found.inputs[identity] = Input(item, _read_data(identity, item))


def _add_type(found: Files, name: str, item: KubernetesObject) -> None:
    """A broken one is told, and is as if it were not there."""
    spec = item.content.get("spec")
    definition = define(name, spec if isinstance(spec, dict) else {})
    taken = Fault(("metadata", "name"), "is the name of a built-in type, which can't be replaced")
    told = dict.fromkeys((*type_faults(item.content), *definition.faults, *([taken] if name in builtin() else ())))
    found.unreadable.extend(Unreadable(item.locate(*fault.path), f"{TYPE_KIND} {name!r}: {fault}") for fault in told)
    if definition.service:
        found.types[name] = definition.service


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
        raise _UnreadableError(f"{identity}: {error}", item.locate(*error.path)) from None


@_no_garbage_collection()
def judge(files: Files, catalogue: Catalogue) -> list[Judged]:
    """Each Resource by itself and, as to the names of outputs, together with the others."""
    parsed = {identity: parse_manifest(manifest.content) for identity, manifest in files.resources.items()}
    outputs = Outputs(
        ((identity.namespace, identity.name), spec) for identity, (spec, _) in parsed.items() if spec is not None
    )
    return [_judge(files, outputs, catalogue, identity, spec, found) for identity, (spec, found) in parsed.items()]


def _judge(
    files: Files,
    outputs: Outputs,
    catalogue: Catalogue,
    identity: Identity,
    spec: ResourceSpec | None,
    flaws: tuple[Flaw, ...],
) -> Judged:
    manifest = files.resources[identity]
    located = [Located(found.problem, manifest.locate(*found.path)) for found in flaws]
    if spec is None:
        return Judged(manifest.location, identity, _type_of(manifest), None, tuple(located))
    inputs = _inputs(files, outputs, identity.namespace, spec)
    verdicts = evaluate(spec, inputs, catalogue)
    conflicts = outputs.conflicts((identity.namespace, identity.name), spec)
    said = [*conflicts, *(problem for verdict in verdicts.values() for problem in verdict.problems)]
    located += [_locate(files, manifest, identity.namespace, spec, problem) for problem in dict.fromkeys(said)]
    unchecked = dict.fromkeys(source for verdict in verdicts.values() for source in verdict.unchecked)
    return Judged(manifest.location, identity, spec.type, spec, tuple(located), tuple(unchecked), verdicts)


def _type_of(manifest: KubernetesObject) -> str:
    spec = manifest.content.get("spec")
    name = spec.get("type") if isinstance(spec, dict) else None
    return name if isinstance(name, str) else ""


def _inputs(files: Files, outputs: Outputs, namespace: str, spec: ResourceSpec) -> Inputs:
    inputs: dict[InputRef, Data | Missing] = {}
    for ref in all_references(spec):
        found = files.inputs.get(Identity(ref.kind, namespace, ref.name))
        if found:
            inputs[ref] = found.data
        else:
            is_output = ref.kind is SourceKind.SECRET and outputs.include(namespace, ref.name)
            inputs[ref] = Missing.OUTPUT if is_output else Missing.UNKNOWN
    return inputs


def _locate(files: Files, manifest: KubernetesObject, namespace: str, spec: ResourceSpec, problem: Problem) -> Located:
    """At the value itself if its object is among the files and has the key, else at what refers to it."""
    source = problem.source
    found = files.inputs.get(Identity(source.kind, namespace, source.name)) if source and source.name else None
    if source and source.key and found:
        if source.key in found.data:
            return Located(
                problem, found.manifest.locate(*data.path_of_key(source.kind, found.manifest.content, source.key))
            )
        if problem.reason is Reason.KEY_NOT_FOUND:
            return Located(problem, manifest.locate(*place_of(problem, spec)), _keys(source, found.data))
    return Located(problem, manifest.locate(*place_of(problem, spec)))


_SHOWN_KEYS = 10


def _keys(source: Source, present: Data) -> str:
    """The keys that a Secret has: told here, of one's own files, and never by the operator."""
    names = sorted(present)
    more = f" and {len(names) - _SHOWN_KEYS} more" if len(names) > _SHOWN_KEYS else ""
    listed = f"{', '.join(names[:_SHOWN_KEYS])}{more}" if names else "no key"
    return f"{source.kind} {source.name!r} has: {listed}{did_you_mean(source.key or '', names)}"
