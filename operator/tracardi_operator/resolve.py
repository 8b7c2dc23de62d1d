"""From references to raw values: which object and key each field of an environment comes from. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from tracardi_operator.api.hints import closest, did_you_mean
from tracardi_operator.api.problems import Problem, Reason, Source, SourceKind
from tracardi_operator.api.resource import (
    EnvironmentCredentials,
    FieldSource,
    KeyRef,
    ResourceSpec,
    SecretRef,
    ValueFrom,
)
from tracardi_operator.checks import Raw
from tracardi_operator.checks.conversion import convert
from tracardi_operator.checks.value_rules import decode
from tracardi_operator.services.model import Field, Kind, ServiceType
from tracardi_operator.services.signatures import looks_like_a_value, quoted


@dataclass(frozen=True, slots=True, order=True)
class InputRef:
    """A Secret or ConfigMap in the namespace of the Resource."""

    kind: SourceKind
    name: str


class Missing(Enum):
    """Why an input has no data."""

    ABSENT = "absent"
    """The API server says that there is no such object."""
    UNKNOWN = "unknown"
    """Offline: it is not among the files, so nothing can be said about it."""
    OUTPUT = "output"
    """It is the output of a Resource: one that fed on outputs could set off a circle of writes without end."""


Data = Mapping[str, bytes]
Inputs = Mapping[InputRef, Data | Missing]

_NOT_FOUND: Final = {
    SourceKind.SECRET: Reason.SECRET_NOT_FOUND,
    SourceKind.CONFIG_MAP: Reason.CONFIG_MAP_NOT_FOUND,
}

_BY_KEY: Final = "correct the key in the Resource"
_BY_NAME: Final = "name the key that it has in 'fields': secretRef takes each field under its own name"

_IN_CONFIG_MAP: Final = (
    "is sensitive and must not stand in a ConfigMap, which is no place for secrets; replace it at the service, put the "
    "new value into a Secret and refer to that with valueFrom.secretKeyRef"
)
_PASTED: Final = (
    "names an object or a key by what looks like a value (not shown), which now stands in the Resource for all to see; "
    "replace it at the service, put the new value into a Secret and give the name of the Secret and of its key"
)
_SENSITIVE: Final = (
    "is sensitive and must not stand in the Resource itself, where all who read it can see it; replace it at the "
    "service, put the new value into a Secret and refer to that with valueFrom.secretKeyRef"
)


@dataclass(frozen=True, slots=True)
class Resolution:
    raw: dict[str, Raw] = field(default_factory=dict, repr=False)
    problems: list[Problem] = field(default_factory=list)
    unchecked: list[Source] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)
    """Fields about which all is said already: they have a problem here, or can't be checked."""


def references(credentials: EnvironmentCredentials) -> frozenset[InputRef]:
    """The objects that one environment names."""
    sources = (credentials.fields or {}).values()
    refs = {_input_of(source.value_from)[0] for source in sources if source.value_from}
    if credentials.secret_ref:
        refs.add(InputRef(SourceKind.SECRET, credentials.secret_ref.name))
    return frozenset(refs)


def all_references(spec: ResourceSpec) -> frozenset[InputRef]:
    return frozenset[InputRef]().union(*(references(c) for c in spec.credentials.values()))


def resolve(service: ServiceType, environment: str, credentials: EnvironmentCredentials, inputs: Inputs) -> Resolution:
    """Find the raw value of each field that the environment gives: from `fields` first, then from `secretRef`."""
    resolver = _Resolver(service, environment, inputs)
    given = credentials.fields or {}
    for name, source in given.items():
        resolver.take_field(name, source)
    if credentials.secret_ref:
        resolver.take_secret(credentials.secret_ref, [f for f in service.fields if given.keys().isdisjoint(f.names)])
    resolver.take_apart()
    resolver.excuse_misspelt()
    return resolver.resolution


class _Resolver:
    def __init__(self, service: ServiceType, environment: str, inputs: Inputs) -> None:
        self.resolution = Resolution()
        self._service = service
        self._environment = environment
        self._inputs = inputs
        self._document = service.document
        self._meant: set[str] = set()
        self._negotiable = {name for names in service.alternatives for name in names}

    def take_field(self, name: str, source: FieldSource) -> None:
        definition = self._service.field(name)
        if definition is None:
            self._refuse_field(name)
        elif definition.name in self.resolution.raw or definition.name in self.resolution.settled:
            self._refuse(Reason.CONTRADICTION, _given_twice(definition), definition.name)
        elif source.value_from:
            self._take_reference(definition, *_input_of(source.value_from))
        elif source.value is not None:
            self._take_literal(definition, source.value)

    def take_secret(self, secret: SecretRef, fields: list[Field]) -> None:
        ref = InputRef(SourceKind.SECRET, secret.name)
        data = self._inputs[ref]
        if isinstance(data, Missing):
            self._settle_whole(ref, data, fields, optional=bool(secret.optional))
            return
        for definition in fields:
            key = next((name for name in definition.names if name in data), None)
            if key:
                self.resolution.raw[definition.name] = Raw(data[key], Source(ref.kind, ref.name, key))
            elif self._is_needed(definition) and definition.name not in self._meant:
                self._refuse_key(ref, definition.name, definition.name, _BY_NAME)

    def take_apart(self) -> None:
        """The members of a document are fields, as far as these are not given by themselves."""
        document, raw, settled = self._document, self.resolution.raw, self.resolution.settled
        if document is None or not (document.name in raw or document.name in settled):
            return
        rest = [f for f in self._service.fields if f.name not in raw and f.name not in settled]
        members = _members(document, raw[document.name]) if document.name in raw else None
        if members is None:  # what is wrong with the document itself is said already, or by the checks
            settled.update(f.name for f in rest)
            return
        source = raw[document.name].source
        for name in (f.name for f in rest if f.name in members):
            raw[name] = Raw(_as_text(members[name]), replace(source, member=name))

    def _take_literal(self, definition: Field, value: int | str) -> None:
        source = Source(SourceKind.LITERAL)
        if definition.sensitive:
            self._refuse(Reason.SENSITIVE_LITERAL, _SENSITIVE, definition.name, source)
        else:
            self.resolution.raw[definition.name] = Raw(value, source)

    def _take_reference(self, definition: Field, ref: InputRef, key_ref: KeyRef) -> None:
        data = self._inputs[ref]
        name, source = definition.name, Source(ref.kind, ref.name, key_ref.key)
        if definition.sensitive and ref.kind is SourceKind.CONFIG_MAP:
            self._refuse(Reason.NOT_ALLOWED, _IN_CONFIG_MAP, name, source)
        elif data is Missing.UNKNOWN:
            self.resolution.unchecked.append(source)
            self.resolution.settled.add(name)
        elif data is Missing.OUTPUT:
            self._refuse(Reason.NOT_ALLOWED, _is_output(ref), name, source)
        elif not isinstance(data, Missing) and key_ref.key in data:
            self.resolution.raw[name] = Raw(data[key_ref.key], source)
        elif looks_like_a_value(ref.name) or looks_like_a_value(key_ref.key):
            self._refuse(Reason.SENSITIVE_LITERAL, _PASTED, name)
        elif key_ref.optional:
            return
        elif isinstance(data, Missing):
            self._refuse(_NOT_FOUND[ref.kind], _not_there(ref, key_ref.key), name, source)
        else:
            self._refuse_key(ref, key_ref.key, name, _BY_KEY)

    def _settle_whole(self, ref: InputRef, why: Missing, fields: list[Field], *, optional: bool) -> None:
        source = Source(ref.kind, ref.name)
        if why is Missing.UNKNOWN:
            self.resolution.unchecked.append(source)
        elif why is Missing.OUTPUT:
            self._refuse(Reason.NOT_ALLOWED, _is_output(ref), None, source)
        elif looks_like_a_value(ref.name):
            self._refuse(Reason.SENSITIVE_LITERAL, _PASTED, None)
        elif optional:
            return
        else:
            self._refuse(_NOT_FOUND[ref.kind], _not_there(ref), None, source)
        self.resolution.settled.update(definition.name for definition in fields)

    def _is_needed(self, definition: Field) -> bool:
        negotiable = definition.name in self._negotiable or self._has_document()
        return definition.must_be_given and not negotiable

    def _has_document(self) -> bool:
        name = self._document.name if self._document else None
        return name in self.resolution.raw or name in self.resolution.settled

    def excuse_misspelt(self) -> None:
        """A field that was probably meant by an unknown name is not missed besides."""
        self.resolution.settled.update(self._meant - self.resolution.raw.keys())

    def _refuse_field(self, name: str) -> None:
        self._refuse(Reason.UNKNOWN_FIELD, _unknown_field(self._service, name), name)
        meant = self._service.field(closest(name, _field_names(self._service)) or "")
        if meant:
            self._meant.add(meant.name)

    def _refuse_key(self, ref: InputRef, key: str, field_name: str, remedy: str) -> None:
        message = f"{ref.kind} {ref.name!r} has no key {key!r}; add it, or {remedy}"
        self._refuse(Reason.KEY_NOT_FOUND, message, field_name, Source(ref.kind, ref.name, key))

    def _refuse(self, reason: Reason, message: str, name: str | None, source: Source | None = None) -> None:
        problem = Problem(reason, message, environment=self._environment, field=name, source=source)
        self.resolution.problems.append(problem)
        if name:
            self.resolution.settled.add(name)


def _members(document: Field, raw: Raw) -> dict[str, object] | None:
    text = decode(document, raw.value)
    members = convert(Kind.OBJECT, text) if isinstance(text, str) else None
    return members if isinstance(members, dict) else None


def _as_text(member: object) -> str:
    return member if isinstance(member, str) else json.dumps(member)


def _input_of(value_from: ValueFrom) -> tuple[InputRef, KeyRef]:
    if value_from.secret_key_ref:
        return InputRef(SourceKind.SECRET, value_from.secret_key_ref.name), value_from.secret_key_ref
    if value_from.config_map_key_ref:
        return InputRef(SourceKind.CONFIG_MAP, value_from.config_map_key_ref.name), value_from.config_map_key_ref
    raise ValueError("neither secretKeyRef nor configMapKeyRef is set")


def _not_there(ref: InputRef, key: str | None = None) -> str:
    what = f" with the key {key!r}" if key else ""
    return f"{ref.kind} {ref.name!r} does not exist in the namespace of the Resource; create it{what}"


def _is_output(ref: InputRef) -> str:
    return f"{ref.kind} {ref.name!r} is itself the output of a Resource; name the Secret that holds the original"


def _given_twice(definition: Field) -> str:
    return f"is given under more than one of its names ({', '.join(definition.names)}); keep one"


def _unknown_field(service: ServiceType, name: str) -> str:
    known = _field_names(service)
    hint = did_you_mean(name, known)
    return f"the type {service.name!r} has no field {quoted(name)}{hint}; its fields are: {', '.join(known)}"


def _field_names(service: ServiceType) -> list[str]:
    return [name for definition in service.fields for name in definition.names]
