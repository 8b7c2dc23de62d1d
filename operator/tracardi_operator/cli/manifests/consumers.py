"""The ResourceConsumers of the files, each by itself and together with what else is there. Pure.

What is said of consent and selection are warnings: the other half may stand elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracardi_operator.api.consumer import ResourceConsumerSpec, TakenFrom, TracardiTarget
from tracardi_operator.api.manifest import parse_consumer_manifest
from tracardi_operator.api.names import default_bundle_name
from tracardi_operator.api.parse import Flaw
from tracardi_operator.api.problems import Problem, Reason, Severity, Source, SourceKind
from tracardi_operator.api.resource import RequiredKeyRef, ResourceSpec
from tracardi_operator.cli.hiding import quoted
from tracardi_operator.cli.manifests.absent import Absent
from tracardi_operator.cli.manifests.identity import Identity
from tracardi_operator.cli.manifests.keys import listed
from tracardi_operator.cli.manifests.objects import KubernetesObject
from tracardi_operator.cli.manifests.offline import Files, Judged, JudgedResource, Located, concealed
from tracardi_operator.cli.manifests.outputs import Outputs
from tracardi_operator.cli.manifests.renamed import Renamed
from tracardi_operator.resolve import Data
from tracardi_operator.selection import Labels, matches

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Takeable:
    """A Resource, as far as it says who takes it."""

    labels: Labels
    allowed: frozenset[str]
    environments: frozenset[str]


class _Reference(NamedTuple):
    """A key that a consumer names, and where under `spec.tracardi`."""

    path: Path
    source: Source


def judge_consumers(files: Files, resources: Sequence[JudgedResource]) -> list[Judged]:
    """`resources`: all of the files, as they were judged."""
    parsed = {identity: parse_consumer_manifest(manifest.content) for identity, manifest in files.consumers.items()}
    names = {identity: _bundle_name(identity, spec) for identity, (spec, _) in parsed.items()}
    published = {judged.identity: judged.spec for judged in resources if judged.spec}
    outputs = Outputs(published, {identity: name for identity, name in names.items() if name})
    absent = Absent(files.present, files.lost, set)
    judge = _Judge(files, _takeable(files, published), outputs, absent, Renamed(files.inputs))
    return [judge.judge(identity, spec, flaws) for identity, (spec, flaws) in parsed.items()]


def _bundle_name(identity: Identity, spec: ResourceConsumerSpec | None) -> str:
    """Empty if it makes none."""
    return (spec.bundle.secret_name or default_bundle_name(identity.name)) if spec and spec.bundle else ""


def _takeable(files: Files, resources: Mapping[Identity, ResourceSpec]) -> dict[str, list[_Takeable]]:
    """By namespace."""
    found: dict[str, list[_Takeable]] = {}
    for identity, spec in resources.items():
        labels = _labels(files.resources[identity])
        one = _Takeable(labels, frozenset(spec.allowed_namespaces or ()), frozenset(spec.credentials))
        found.setdefault(identity.namespace, []).append(one)
    return found


def _labels(manifest: KubernetesObject) -> Labels:
    metadata = manifest.content.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


@dataclass(frozen=True, slots=True)
class _Judge:
    files: Files
    takeable: Mapping[str, Sequence[_Takeable]]
    outputs: Outputs
    absent: Absent
    renamed: Renamed

    def judge(self, identity: Identity, spec: ResourceConsumerSpec | None, flaws: Iterable[Flaw]) -> Judged:
        manifest = self.files.consumers[identity]
        located = [Located(flaw.problem, manifest.locate(*flaw.path)) for flaw in flaws]
        if spec is None:
            return Judged(manifest.location, identity, _target(manifest), concealed(manifest, located))
        references = list(_references(spec.tracardi))
        located += self._about_sources(identity, spec)
        located += self._about_bundle(identity, spec)
        located += self._about_keys(identity, references)
        located += dict.fromkeys(self._left_behind(identity, references))
        missing = (one.source for one in references if self._data(identity, one.source) is None)
        unchecked = tuple(self.absent.explain(source, identity.namespace) for source in missing)
        return Judged(manifest.location, identity, _target(manifest), concealed(manifest, located), unchecked)

    def _about_sources(self, identity: Identity, spec: ResourceConsumerSpec) -> Iterator[Located]:
        for index, source in enumerate(spec.from_):
            there = self.takeable.get(source.namespace)
            if there and (found := _doubt(identity.namespace, spec, source, there)):
                path, reason, words = found
                location = self.files.consumers[identity].locate("spec", "from", index, *path)
                yield Located(Problem(reason, words, Severity.WARNING), location)

    def _about_bundle(self, identity: Identity, spec: ResourceConsumerSpec) -> Iterator[Located]:
        name = _bundle_name(identity, spec)
        owner = self.outputs.owner(identity.namespace, name)
        if owner and owner != identity:
            words = (
                f"the name of the bundle, {name!r}, is that of a Secret of {owner.kind} {owner.name!r} too; "
                "set another in spec.bundle.secretName"
            )
            location = self.files.consumers[identity].locate("spec", "bundle", "secretName")
            yield Located(Problem(Reason.NAME_TAKEN, words), location)

    def _about_keys(self, identity: Identity, references: Iterable[_Reference]) -> Iterator[Located]:
        for path, source in references:
            data = self._data(identity, source)
            if data is not None and source.key not in data:
                words = f"{source.kind} {source.name!r} has no key {source.key!r}; add it, or name another"
                location = self.files.consumers[identity].locate("spec", "tracardi", *path)
                yield Located(Problem(Reason.KEY_NOT_FOUND, words, source=source), location, listed(source, data))

    def _left_behind(self, identity: Identity, references: Iterable[_Reference]) -> Iterator[Located]:
        for path, source in references:
            if problem := self.renamed.doubt(Source(source.kind, source.name), identity.namespace):
                yield Located(problem, self.files.consumers[identity].locate("spec", "tracardi", *path[:-1], "name"))

    def _data(self, identity: Identity, source: Source) -> Data | None:
        found = self.files.inputs.get(Identity(source.kind, identity.namespace, source.name or ""))
        return found.data if found else None


def _target(manifest: KubernetesObject) -> str:
    """To be shown: the first that is there, be it right or not."""
    spec = manifest.content.get("spec")
    return next((name for name in ("bundle", "tracardi") if isinstance(spec, dict) and name in spec), "")


def _references(target: TracardiTarget | None) -> Iterator[_Reference]:
    if target is None:
        return
    login, ca = target.login, target.tls.ca if target.tls else None
    for field, key in (("usernameKey", login.username_key), ("passwordKey", login.password_key)):
        source = Source(SourceKind.SECRET, login.name, key or field.removesuffix("Key"))
        yield _Reference(("login", field), source)
    if ca and ca.secret_key_ref:
        yield _to_key(SourceKind.SECRET, "secretKeyRef", ca.secret_key_ref)
    if ca and ca.config_map_key_ref:
        yield _to_key(SourceKind.CONFIG_MAP, "configMapKeyRef", ca.config_map_key_ref)


def _to_key(kind: SourceKind, field: str, reference: RequiredKeyRef) -> _Reference:
    source = Source(kind, reference.name, reference.key)
    return _Reference(("tls", "ca", field, "key"), source)


_Doubt = tuple[Path, Reason, str]


def _doubt(namespace: str, spec: ResourceConsumerSpec, source: TakenFrom, there: Sequence[_Takeable]) -> _Doubt | None:
    """Why nothing is taken of the Resources in the files that a namespace has, if so."""
    selected = [one for one in there if matches(source.selector, one.labels)]
    allowed = [one for one in selected if source.namespace == namespace or namespace in one.allowed]
    resource = f"Resource of namespace {quoted(source.namespace)} in the files"
    if not selected:
        return ("selector",), Reason.INCOMPLETE, f"selects no {resource}; compare their labels"
    if not allowed:
        words = f"no {resource} that it selects has {quoted(namespace)} in spec.allowedNamespaces; add it there"
        return ("namespace",), Reason.NOT_ALLOWED, words
    environment = spec.bundle.environment if spec.bundle else None
    if environment and not any(environment in one.environments for one in allowed):
        words = f"no {resource} that it takes has the environment {environment}"
        return ("namespace",), Reason.NOT_PUBLISHED, words
    return None
