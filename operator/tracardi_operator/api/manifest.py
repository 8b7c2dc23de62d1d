"""Reading our kinds as their author wrote them: what the API server would refuse or drop, and the path of each. Pure.

The rules are those of the CRD, of Kubernetes for every object, and of what the output Secrets are made of.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, ValidationError

from tracardi_operator.api.consumer import ResourceConsumerSpec, TakenFrom
from tracardi_operator.api.parse import (
    NOT_A_KEY,
    QUALIFIED_KEY,
    Flaw,
    Path,
    faults,
    flaw,
    flaws,
    parse_consumer_spec,
    parse_spec,
)
from tracardi_operator.api.resource import LabelValue, MetadataKey, Model, ObjectName, ResourceSpec
from tracardi_operator.api.resource_type import Fault, ResourceTypeSpec, TypeName

MAX_NAME: Final = 63
"""The name of a Resource, or of a ResourceConsumer, is a label's value on what is made for it."""
MAX_LITERAL: Final = 4096
_INT64: Final = range(-(2**63), 2**63)
_STRICT: Final[dict[str, Any]] = {"strict": True, "extra": "forbid", "by_alias": True, "by_name": False}

_Spec = TypeVar("_Spec")
_Read = Callable[[Mapping[str, object]], _Spec]

_Name = Annotated[ObjectName, Field(max_length=MAX_NAME)]
_Key = Annotated[MetadataKey, Field(pattern=QUALIFIED_KEY)]


class ObjectMeta(Model):
    """The fields of every object's metadata (Kubernetes API, "ObjectMeta"). A null counts as absent."""

    name: _Name
    namespace: str | None = None
    labels: dict[_Key, LabelValue | None] | None = None
    annotations: dict[_Key, str | None] | None = None
    generate_name: object = None
    self_link: object = None
    uid: object = None
    resource_version: object = None
    generation: object = None
    creation_timestamp: object = None
    deletion_timestamp: object = None
    deletion_grace_period_seconds: object = None
    owner_references: object = None
    finalizers: object = None
    managed_fields: object = None


class Manifest(Model):
    """A whole Resource."""

    api_version: Literal["tracardi.com/v1alpha1"]
    kind: Literal["Resource"]
    metadata: ObjectMeta
    spec: ResourceSpec
    status: object = None


class ConsumerManifest(Model):
    """A whole ResourceConsumer."""

    api_version: Literal["tracardi.com/v1alpha1"]
    kind: Literal["ResourceConsumer"]
    metadata: ObjectMeta
    spec: ResourceConsumerSpec
    status: object = None


class TypeMeta(ObjectMeta):
    name: TypeName


class TypeManifest(Model):
    """A whole ResourceType."""

    api_version: Literal["tracardi.com/v1alpha1"]
    kind: Literal["ResourceType"]
    metadata: TypeMeta
    spec: ResourceTypeSpec
    status: object = None


def type_faults(content: Mapping[str, object]) -> tuple[Fault, ...]:
    """What the models have against a ResourceType; a field that they do not know counts too."""
    try:
        TypeManifest.model_validate(content, **_STRICT)
    except ValidationError as error:
        return faults(error)
    return ()


def parse_manifest(content: Mapping[str, object]) -> tuple[ResourceSpec | None, tuple[Flaw, ...]]:
    """The spec, if the operator could use it, and all that the API server would refuse or drop.

    The operator ignores a field that it does not know; whoever wrote it meant something by it, so here it is an error.
    """
    spec, found = _validate(content, lambda body: Manifest.model_validate(body, **_STRICT).spec, parse_spec)
    return spec, (*found, *(_refusals(spec) if spec else ()))


def parse_consumer_manifest(content: Mapping[str, object]) -> tuple[ResourceConsumerSpec | None, tuple[Flaw, ...]]:
    """As `parse_manifest`, for a ResourceConsumer."""
    spec, found = _validate(
        content, lambda body: ConsumerManifest.model_validate(body, **_STRICT).spec, parse_consumer_spec
    )
    return spec, (*found, *(_consumer_refusals(spec) if spec else ()))


def _validate(
    content: Mapping[str, object], read: _Read[_Spec], parse: _Read[tuple[_Spec | None, object]]
) -> tuple[_Spec | None, tuple[Flaw, ...]]:
    """By `read`, which is strict; what that refuses, `parse` may still make sense of."""
    try:
        return read(content), ()
    except ValidationError as error:
        spec = content.get("spec")
        return parse(spec)[0] if isinstance(spec, dict) else None, flaws(error)


def _refusals(spec: ResourceSpec) -> Iterator[Flaw]:
    """What the models let through."""
    for path, words in (*_repeated(spec), *_unfit_literals(spec), *_illegal_keys(spec)):
        yield flaw(("spec", *path), words)


def _repeated(spec: ResourceSpec) -> Iterator[tuple[Path, str]]:
    """Lists of the type `set`."""
    settings = spec.tracardi
    lists: list[tuple[Path, list[str]]] = [(("allowedNamespaces",), spec.allowed_namespaces or [])]
    if settings:
        lists += [(("tracardi", "tags"), settings.tags or []), (("tracardi", "groups"), settings.groups or [])]
    for path, items in lists:
        yield from _duplicates(path, items)


def _duplicates(path: Path, items: list[str]) -> Iterator[tuple[Path, str]]:
    for index, item in enumerate(items):
        if item in items[:index]:
            yield (*path, index), "stands in the list already; leave it out"


def _unfit_literals(spec: ResourceSpec) -> Iterator[tuple[Path, str]]:
    for environment, credentials in spec.credentials.items():
        for name, source in (credentials.fields or {}).items():
            path = ("credentials", environment, "fields", name, "value")
            if isinstance(source.value, str) and len(source.value) > MAX_LITERAL:
                yield path, f"may have at most {MAX_LITERAL} characters; put it into a ConfigMap or a Secret"
            elif isinstance(source.value, int) and source.value not in _INT64:
                yield path, "is too large for a whole number; put it in quotes"


def _illegal_keys(spec: ResourceSpec) -> Iterator[tuple[Path, str]]:
    environments = (spec.output.environments if spec.output else None) or {}
    for environment, settings in environments.items():
        for part, entries in (("labels", settings.labels), ("annotations", settings.annotations)):
            for key in entries or ():
                if not re.fullmatch(QUALIFIED_KEY, key):
                    yield ("output", "environments", environment, part, key), NOT_A_KEY


def _consumer_refusals(spec: ResourceConsumerSpec) -> Iterator[Flaw]:
    """What the models let through."""
    for index, source in enumerate(spec.from_):
        for path, words in _selector_refusals(source):
            yield flaw(("spec", "from", index, "selector", *path), words)
    if spec.tracardi:
        for path, words in _duplicates(("spec", "tracardi", "contexts"), list(spec.tracardi.contexts or ())):
            yield flaw(path, words)


def _selector_refusals(source: TakenFrom) -> Iterator[tuple[Path, str]]:
    selector = source.selector
    requirements = (selector.match_expressions if selector else None) or []
    keys: list[tuple[Path, str]] = [(("matchLabels", key), key) for key in (selector and selector.match_labels) or ()]
    keys += [(("matchExpressions", index, "key"), one.key) for index, one in enumerate(requirements)]
    for path, key in keys:
        if not re.fullmatch(QUALIFIED_KEY, key):
            yield path, NOT_A_KEY
    for index, one in enumerate(requirements):
        yield from _duplicates(("matchExpressions", index, "values"), one.values or [])
