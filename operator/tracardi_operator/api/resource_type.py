"""The kind `ResourceType` (cluster-scoped): a service type of one's own, as expressive as data can be.

Whoever may write one can learn the credentials that it is applied to: whether a value fits a pattern is told in
`status`. The operator's own checks of a definition, beyond these models, are in `custom.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StrictStr, model_validator
from pydantic.config import JsonDict

from tracardi_operator.api.resource import MAX_COLUMN, MAX_FIELDS, Model, Tag, validations
from tracardi_operator.api.status import Conditions, Message

MAX_TYPE_NAME = 48
"""As `spec.type` of a Resource."""
MAX_PATTERN = 512
MAX_PATTERNS = 16
"""Fields of one type that may have a pattern: building a large one takes a fifth of a second, matching half of that."""
MAX_VALUE = 65536
"""As `checks.value_rules.MAX_BYTES`."""
MAX_PROBLEMS = 64

TYPE_NAME = r"^[a-z0-9]+(-+[a-z0-9]+)*$"
TypeName = Annotated[str, Field(min_length=1, max_length=MAX_TYPE_NAME, pattern=TYPE_NAME)]

_KEY = r"^[-._a-zA-Z0-9]+$"
TypeFieldName = Annotated[str, Field(min_length=1, max_length=64, pattern=_KEY)]
"""A key of Secrets, in inputs and outputs."""
EntryName = Annotated[str, Field(max_length=64)]
BindingName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
Text = Annotated[str, Field(min_length=1, max_length=1024)]
Words = Annotated[str, Field(min_length=1, max_length=MAX_COLUMN)]
Url = Annotated[str, Field(max_length=2048, pattern=r"^https?://[^\s]+$")]
ScalarText = Annotated[StrictInt | StrictStr, Field(json_schema_extra={"maxLength": 4096})]
"""A whole number, or text as a Secret holds it: `"true"` for a boolean, JSON for an object."""
FieldSet = Annotated[list[TypeFieldName], Field(min_length=1, max_length=16)]

_TEXTUAL = " || ".join(f"has(self.{name})" for name in ("pattern", "minLength", "maxLength", "multiline"))
_FIELD_RULES = (
    (
        "!has(self.pattern) || has(self.expected)",
        "a pattern needs 'expected': words that say what it demands, as people don't read patterns",
    ),
    (
        f"!has(self.kind) || self.kind == 'string' || !({_TEXTUAL})",
        "pattern, minLength, maxLength and multiline are for the kind string",
    ),
    (
        "(has(self.kind) && self.kind == 'integer') || !(has(self.minimum) || has(self.maximum))",
        "minimum and maximum are for the kind integer",
    ),
    (
        "!has(self.minimum) || !has(self.maximum) || self.minimum <= self.maximum",
        "minimum is greater than maximum",
    ),
    (
        "!has(self.minLength) || !has(self.maxLength) || self.minLength <= self.maxLength",
        "minLength is greater than maxLength",
    ),
    (
        "!has(self.sensitive) || !self.sensitive || !has(self.default)",
        "a sensitive field has no default: everybody who reads the type would read it",
    ),
)


class TypeField(Model, json_schema_extra=validations(*_FIELD_RULES)):
    """One field of the credentials."""

    name: TypeFieldName
    """As the consumer reads it; also the key in Secrets."""
    title: Words | None = None
    """Default: the name."""
    kind: Literal["string", "integer", "boolean", "object"] | None = None
    """Default: string. An object is JSON."""
    required: bool | None = None
    """True: a Resource without it is not valid, unless it has a default."""
    sensitive: bool | None = None
    """True: the value must come from a Secret, and the rules for keys apply (no white space, no placeholder)."""
    password: bool | None = None
    """True: chosen by a person, so that weak words and outer spaces only warn, and not all need be ASCII."""
    multiline: bool | None = None
    """True: line breaks are part of the value, as in PEM."""
    default: ScalarText | None = None
    enum: (
        Annotated[list[Words], Field(min_length=1, max_length=64, json_schema_extra={"x-kubernetes-list-type": "set"})]
        | None
    ) = None
    """The only values, written as a Secret holds them."""
    pattern: Annotated[str, Field(min_length=1, max_length=MAX_PATTERN)] | None = None
    """The whole value must match. Syntax of Rust's regex crate: no look-around, no back references."""
    expected: Words | None = None
    """What the pattern demands, in words that follow "expected": "an order key: 'ORD-' and 12 digits"."""
    min_length: Annotated[StrictInt, Field(ge=1, le=MAX_VALUE)] | None = None
    """In characters."""
    max_length: Annotated[StrictInt, Field(ge=1, le=MAX_VALUE)] | None = None
    """In characters."""
    minimum: StrictInt | None = None
    maximum: StrictInt | None = None
    example: ScalarText | None = None
    """Made up, never a real credential. It must pass the checks."""
    how_to: Text | None = None
    """Where a person gets this very value."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "TypeField":
        for (_, message), holds in zip(_FIELD_RULES, self._rules_hold(), strict=True):
            if not holds:
                raise ValueError(message)
        return self

    def _rules_hold(self) -> Iterator[bool]:
        """The twins of `_FIELD_RULES`."""
        textual = (self.pattern, self.min_length, self.max_length, self.multiline)
        yield self.pattern is None or self.expected is not None
        yield self.kind in (None, "string") or not any(setting is not None for setting in textual)
        yield self.kind == "integer" or (self.minimum is None and self.maximum is None)
        yield self.minimum is None or self.maximum is None or self.minimum <= self.maximum
        yield self.min_length is None or self.max_length is None or self.min_length <= self.max_length
        yield not self.sensitive or self.default is None


class Requirement(Model):
    """If `field` is given, each of `needs` must be given too."""

    field: TypeFieldName
    needs: FieldSet


class TypeBinding(Model):
    """What Service Binding makes of the fields."""

    type: BindingName | None = None
    """Immutable, because the type of an output Secret can't be changed. Default: the name of the ResourceType."""
    provider: Words | None = None
    """Default: the name of the ResourceType."""
    entries: Annotated[dict[EntryName, TypeFieldName], Field(max_length=16)] | None = None
    """Entry to field: `username: login`. `host` is for a host name or an IP address, never for a URL."""


_BINDING_TYPE, _OLD_BINDING_TYPE = (
    f"(has({s}.binding) && has({s}.binding.type) ? {s}.binding.type : '')" for s in ("self", "oldSelf")
)
_IMMUTABLE_BINDING_TYPE = (
    f"{_BINDING_TYPE} == {_OLD_BINDING_TYPE}",
    "binding.type can't be added, changed or removed, because the type of an output Secret can't; create a new type",
)
_FEW_PATTERNS = (
    f"self.fields.filter(field, has(field.pattern)).size() <= {MAX_PATTERNS}",
    f"at most {MAX_PATTERNS} fields may have a pattern; use enum, minLength and maxLength for the others",
)
_BY_NAME: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}


class ResourceTypeSpec(Model, json_schema_extra=validations(_IMMUTABLE_BINDING_TYPE, _FEW_PATTERNS)):
    """A service type: its fields and what holds between them."""

    title: Words | None = None
    """Default: the name of the ResourceType."""
    description: Text | None = None
    fields: Annotated[list[TypeField], Field(min_length=1, max_length=MAX_FIELDS, json_schema_extra=_BY_NAME)]
    requires: Annotated[list[Requirement], Field(max_length=32)] | None = None
    one_of: Annotated[list[FieldSet], Field(min_length=2, max_length=8)] | None = None
    """Ways to log in: sets of fields of which exactly one complete set is needed."""
    binding: TypeBinding | None = None
    how_to: Text | None = None
    """Where a person gets the credential: one or two sentences."""
    url: Url | None = None
    """The page about it."""
    tags: Annotated[list[Tag], Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "set"})] | None = None
    """Tracardi finds a resource for a plugin by these."""
    icon: Words | None = None

    @model_validator(mode="after")
    def _has_few_patterns(self) -> "ResourceTypeSpec":
        if sum(field.pattern is not None for field in self.fields) > MAX_PATTERNS:
            raise ValueError(_FEW_PATTERNS[1])
        return self


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that makes a definition unusable."""

    path: tuple[str | int, ...]
    message: str
    """Words that follow the path: "must be set"."""

    @property
    def dotted(self) -> str:
        """The path as in `spec.fields[2].pattern`."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return "".join(parts).removeprefix(".")

    def __str__(self) -> str:
        return f"{self.dotted} {self.message}"


class TypeProblem(Model):
    """One thing that makes the definition unusable."""

    path: Annotated[str, Field(max_length=512)]
    message: Message


class ResourceTypeStatus(Model):
    """What the operator found about the definition."""

    observed_generation: int
    """The `metadata.generation` that was last examined; -1: none yet."""
    conditions: Conditions | None = None
    problems: Annotated[list[TypeProblem], Field(max_length=MAX_PROBLEMS)] | None = None
