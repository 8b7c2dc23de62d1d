"""What the files hold: Resources, and the data of Secrets and ConfigMaps; judged by the `evaluate` of the operator."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tracardi_operator.api.names import GROUP, KIND
from tracardi_operator.api.parse import parse_manifest
from tracardi_operator.api.problems import Problem, Source, SourceKind
from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.cli.objects import KubernetesObject, Location, Unreadable, read_objects
from tracardi_operator.evaluate import Catalogue, Verdict, evaluate
from tracardi_operator.resolve import Data, InputRef, Missing, all_references


@dataclass(frozen=True, slots=True)
class Identity:
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A Resource and all that can be said about it."""

    location: Location
    identity: Identity
    type: str
    spec: ResourceSpec | None
    problems: tuple[Problem, ...]
    unchecked: tuple[Source, ...] = ()
    verdicts: Mapping[Environment, Verdict] = field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        return any(problem.is_error for problem in self.problems)

    def is_valid(self, strict: bool) -> bool:
        """Whether there is no error, nor, if strict, a warning. What is unchecked is not wrong."""
        return not (self.problems if strict else self.has_errors)


@dataclass(frozen=True, slots=True)
class Files:
    """The objects of the files by identity. One that can't be read is as if it were not there."""

    resources: dict[Identity, KubernetesObject] = field(default_factory=dict)
    data: dict[Identity, Data] = field(default_factory=dict, repr=False)
    unreadable: list[Unreadable] = field(default_factory=list)


def read(files: Iterable[str], default_namespace: str) -> Files:
    found = Files()
    seen: dict[Identity, Location] = {}
    for item in read_objects(files):
        try:
            _add(found, seen, item, default_namespace)
        except _UnreadableError as error:
            found.unreadable.append(Unreadable(item.location, str(error)))
    return found


def judge(files: Files, catalogue: Catalogue) -> list[Judged]:
    return [_judge(identity, manifest, files.data, catalogue) for identity, manifest in files.resources.items()]


def _judge(
    identity: Identity, manifest: KubernetesObject, data: Mapping[Identity, Data], catalogue: Catalogue
) -> Judged:
    spec, problems = parse_manifest(manifest.content)
    if spec is None:
        return Judged(manifest.location, identity, _type_of(manifest.content), None, problems)
    inputs = {ref: data.get(_identity_of(ref, identity.namespace), Missing.UNKNOWN) for ref in all_references(spec)}
    verdicts = evaluate(spec, inputs, catalogue)
    said = dict.fromkeys(problem for verdict in verdicts.values() for problem in verdict.problems)
    unchecked = dict.fromkeys(source for verdict in verdicts.values() for source in verdict.unchecked)
    return Judged(manifest.location, identity, spec.type, spec, (*problems, *said), tuple(unchecked), verdicts)


def _identity_of(ref: InputRef, namespace: str) -> Identity:
    return Identity(ref.kind, namespace, ref.name)


def _type_of(content: Mapping[str, object]) -> str:
    spec = content.get("spec")
    name = spec.get("type") if isinstance(spec, dict) else None
    return name if isinstance(name, str) else ""


class _UnreadableError(Exception):
    """An object about which nothing can be said, and why, without a value."""


def _add(
    found: Files, seen: dict[Identity, Location], item: KubernetesObject | Unreadable, default_namespace: str
) -> None:
    if isinstance(item, Unreadable):
        found.unreadable.append(item)
        return
    if _is_resource(item):
        identity = _identify(item, seen, default_namespace)
        found.resources[identity] = item
    elif item.content["apiVersion"] == "v1" and item.content["kind"] in _READERS:
        identity = _identify(item, seen, default_namespace)
        found.data[identity] = _READERS[identity.kind](identity, item.content)


def _is_resource(item: KubernetesObject) -> bool:
    return item.content["kind"] == KIND and str(item.content["apiVersion"]).partition("/")[0] == GROUP


def _identify(item: KubernetesObject, seen: dict[Identity, Location], default_namespace: str) -> Identity:
    kind, metadata = str(item.content["kind"]), item.content.get("metadata")
    if not isinstance(metadata, dict):
        raise _UnreadableError(f"{kind} without metadata.name")
    name, namespace = metadata.get("name"), metadata.get("namespace") or default_namespace
    if not isinstance(name, str) or not name or not isinstance(namespace, str):
        raise _UnreadableError(f"{kind} whose metadata.name or metadata.namespace is missing or not text")
    identity = Identity(kind, namespace, name)
    if identity in seen:
        raise _UnreadableError(f"{identity} stands in the files already, at {seen[identity]}; this one is not checked")
    seen[identity] = item.location
    return identity


def _read_secret(identity: Identity, content: Mapping[str, object]) -> Data:
    return _map(identity, content, "data", _decode) | _map(identity, content, "stringData", _encode)


def _read_config_map(identity: Identity, content: Mapping[str, object]) -> Data:
    return _map(identity, content, "data", _encode) | _map(identity, content, "binaryData", _decode)


_READERS = {SourceKind.SECRET.value: _read_secret, SourceKind.CONFIG_MAP.value: _read_config_map}


def _map(
    identity: Identity, content: Mapping[str, object], part: str, read_value: Callable[[str], bytes]
) -> dict[str, bytes]:
    entries = content.get(part) or {}
    if not isinstance(entries, dict):
        raise _UnreadableError(f"{identity}: {part} is not a map of keys and values")
    return {
        (key := _key(identity, part, name)): _value(identity, f"{part}.{key}", value, read_value)
        for name, value in entries.items()
    }


_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


def _key(identity: Identity, part: str, name: object) -> str:
    """The key as text, as kubectl makes it. A bad one is not quoted: `{token:abc}`, with no space, is a key alone."""
    key = name if isinstance(name, str) else json.dumps(name)
    if not _KEY.fullmatch(key):
        raise _UnreadableError(
            f"{identity}: {part} has a key that is none (letters, digits, - _ and . are allowed, "
            "and after the colon comes a space), so the API server refuses it"
        )
    return key


def _value(identity: Identity, path: str, value: object, read_value: Callable[[str], bytes]) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise _UnreadableError(f"{identity}: {path} is not text, so the API server refuses it; put it in quotes")
    try:
        return read_value(value)
    except ValueError:
        advice = "encode it, or move it to stringData" if identity.kind == SourceKind.SECRET else "encode it"
        raise _UnreadableError(f"{identity}: {path} is not base64, so the API server refuses it; {advice}") from None


def _encode(text: str) -> bytes:
    return text.encode()


def _decode(text: str) -> bytes:
    """Line breaks are let through, as by the API server."""
    return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
