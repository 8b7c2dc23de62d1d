"""The objects of our kinds as the operator keeps them in memory, and how they are read from those of the API server."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from tracardi_operator.api.consumer import ResourceConsumerSpec
from tracardi_operator.api.names import (
    ANNOTATION_REQUESTED_AT,
    CONSUMER_KIND,
    CONSUMER_PLURAL,
    GROUP,
    KIND,
    PLURAL,
    VERSION,
    default_bundle_name,
)
from tracardi_operator.api.parse import parse_consumer_spec
from tracardi_operator.api.problems import Problem, SourceKind
from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.control.packing import pack, unpack
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.publish.secret import output_name
from tracardi_operator.resolve import InputRef, all_references

RESOURCES = Kind(GROUP, VERSION, PLURAL, KIND)
CONSUMERS = Kind(GROUP, VERSION, CONSUMER_PLURAL, CONSUMER_KIND)


class Key(NamedTuple):
    """The identity of an object of ours in queues and caches."""

    namespace: str
    name: str


@dataclass(slots=True, kw_only=True)
class OwnRecord:
    """An object of ours. `spec` and `status` are kept packed: a hundredth of the memory of what they describe."""

    kind: ClassVar[Kind]

    key: Key
    uid: str
    created: str
    """`creationTimestamp`."""
    resource_version: int
    generation: int
    requested_at: str
    labels: Mapping[str, str]
    deletion: str
    """`deletionTimestamp`, empty if it is not being deleted."""
    spec: bytes = field(repr=False)
    status: bytes = field(repr=False)
    references: tuple[InputRef, ...] = ()
    """The Secrets and ConfigMaps that it names as inputs."""
    outputs: tuple[str, ...] = ()
    """The names of the Secrets that it asks for."""
    news: int = 0
    """How often it was woken."""

    @property
    def deleting(self) -> bool:
        return bool(self.deletion)

    @property
    def is_rewound(self) -> bool:
        """Whether the cluster was restored since: nothing is to be done by it before it is read again."""
        return self.resource_version == 0

    def about(self) -> dict[str, str]:
        """What log lines about it have."""
        return {"kind": self.kind.kind, "object": "/".join(self.key)}

    @property
    def sort(self) -> str:
        """What metrics count it under."""
        raise NotImplementedError

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever said about it."""
        return "conditions" not in self.load_status()

    def load_spec(self) -> dict[str, Any]:
        return unpack(self.spec)

    def load_status(self) -> dict[str, Any]:
        return unpack(self.status)

    def take_status(self, status: Mapping[str, Any]) -> None:
        self.status = pack(status)

    def differs(self, other: "OwnRecord") -> bool:
        """False for echoes of our own writes and for metadata that says nothing about the object itself.

        Of a cluster that was restored since, nothing is known: another spec may have the same generation.
        """
        return self.is_rewound or self._relevant() != other._relevant()

    def _relevant(self) -> tuple[object, ...]:
        return self.uid, self.generation, self.requested_at, self.deleting, self.status


@dataclass(slots=True, kw_only=True)
class Record(OwnRecord):
    """A Resource."""

    kind: ClassVar[Kind] = RESOURCES

    type: str
    environments: tuple[Environment, ...] = ()
    """In the order of `outputs`."""
    allowed_namespaces: tuple[str, ...] = ()
    reconciled: object = None
    """The snapshot in which the last reconciliation left nothing to do."""

    @property
    def sort(self) -> str:
        return self.type


@dataclass(slots=True, kw_only=True)
class ConsumerRecord(OwnRecord):
    """A ResourceConsumer. Consumers are few: the spec is kept parsed too."""

    kind: ClassVar[Kind] = CONSUMERS

    finalizers: tuple[str, ...]
    parsed: ResourceConsumerSpec | None
    """None if it can't be used."""
    problems: tuple[Problem, ...]

    @property
    def sort(self) -> str:
        return "tracardi" if self.parsed and self.parsed.tracardi else "bundle"

    def _relevant(self) -> tuple[object, ...]:
        return *OwnRecord._relevant(self), self.finalizers


def record_of(body: Mapping[str, Any]) -> Record:
    """A Resource as the API server has it. One whose spec can't be read names nothing."""
    common = _common(body)
    spec = body.get("spec") or {}
    record = Record(**common, type=sys.intern(str(spec.get("type", ""))))
    parsed = _parsed(spec)
    if parsed is None:
        return record
    record.references = tuple(sorted(all_references(parsed)))
    record.environments = tuple(parsed.credentials)
    record.outputs = tuple(output_name(record.key.name, parsed, environment) for environment in parsed.credentials)
    record.allowed_namespaces = tuple(parsed.allowed_namespaces or ())
    return record


def _parsed(spec: Mapping[str, Any]) -> ResourceSpec | None:
    """Without what is said for Tracardi, if that alone is wrong: the API server can't judge all of it, and what a
    Resource names and has published is no other for it.
    """
    for content in (spec, {name: part for name, part in spec.items() if name != "tracardi"}):
        with suppress(ValueError):
            return ResourceSpec.model_validate(content)
    return None


def consumer_record_of(body: Mapping[str, Any]) -> ConsumerRecord:
    """A ResourceConsumer as the API server has it."""
    common = _common(body)
    parsed, problems = parse_consumer_spec(body.get("spec") or {})
    finalizers = tuple(body["metadata"].get("finalizers") or ())
    record = ConsumerRecord(**common, finalizers=finalizers, parsed=parsed, problems=problems)
    if parsed and parsed.bundle:
        record.outputs = (parsed.bundle.secret_name or default_bundle_name(record.key.name),)
    if parsed and parsed.tracardi:
        record.references = tuple(sorted(_tracardi_references(parsed)))
    return record


def _tracardi_references(spec: ResourceConsumerSpec) -> set[InputRef]:
    if spec.tracardi is None:
        return set()
    found = {InputRef(SourceKind.SECRET, spec.tracardi.login.name)}
    ca = spec.tracardi.tls.ca if spec.tracardi.tls else None
    if ca and ca.secret_key_ref:
        found.add(InputRef(SourceKind.SECRET, ca.secret_key_ref.name))
    if ca and ca.config_map_key_ref:
        found.add(InputRef(SourceKind.CONFIG_MAP, ca.config_map_key_ref.name))
    return found


def _common(body: Mapping[str, Any]) -> dict[str, Any]:
    """What objects of all our kinds have."""
    meta = body["metadata"]
    return {
        "key": Key(sys.intern(meta["namespace"]), meta["name"]),
        "uid": meta["uid"],
        "created": meta.get("creationTimestamp", ""),
        "resource_version": int(meta["resourceVersion"]),
        "generation": meta.get("generation", 0),
        "requested_at": (meta.get("annotations") or {}).get(ANNOTATION_REQUESTED_AT, ""),
        "labels": {sys.intern(key): sys.intern(value) for key, value in (meta.get("labels") or {}).items()},
        "deletion": meta.get("deletionTimestamp", ""),
        "spec": pack(body.get("spec") or {}),
        "status": pack(body.get("status") or {}),
    }
