"""What can be wrong with a Resource, in words a person can act on and never with a value.

A message names what was expected, what kind of thing was found and what to do.
It may quote names that the Resource itself holds (fields, objects, keys), never a value, a part of one or its length.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The CamelCase reasons of conditions and problems (DESIGN section 2)."""

    SECRET_NOT_FOUND = "SecretNotFound"
    CONFIG_MAP_NOT_FOUND = "ConfigMapNotFound"
    KEY_NOT_FOUND = "KeyNotFound"
    MISSING_FIELD = "MissingField"
    UNKNOWN_FIELD = "UnknownField"
    UNKNOWN_TYPE = "UnknownType"
    EMPTY = "Empty"
    PLACEHOLDER = "Placeholder"
    WHITESPACE = "Whitespace"
    NOT_TEXT = "NotText"
    DOUBLE_ENCODED = "DoubleEncoded"
    PASTED_PREFIX = "PastedPrefix"
    BAD_FORMAT = "BadFormat"
    OUT_OF_RANGE = "OutOfRange"
    SENSITIVE_LITERAL = "SensitiveLiteral"
    CONTRADICTION = "Contradiction"
    INVALID_SPEC = "InvalidSpec"
    NAME_TAKEN = "NameTaken"
    NOT_ALLOWED = "NotAllowed"
    DISCONTINUED = "Discontinued"
    OUTPUT_LOST = "OutputLost"
    UNREACHABLE = "Unreachable"
    REJECTED = "Rejected"
    SUSPENDED = "Suspended"
    INCOMPLETE = "Incomplete"
    NOT_PUBLISHED = "NotPublished"
    NOT_EXPRESSIBLE = "NotExpressible"
    TOO_LARGE = "TooLarge"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class SourceKind(StrEnum):
    SECRET = "Secret"
    CONFIG_MAP = "ConfigMap"
    LITERAL = "Literal"
    """Written as `value` in the Resource itself."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from. A literal has neither name nor key."""

    kind: SourceKind
    name: str | None = None
    key: str | None = None
    member: str | None = None
    """The member of the JSON object under the key, where the value is one."""

    def __str__(self) -> str:
        if self.kind is SourceKind.LITERAL:
            return "the literal value in the Resource"
        if self.member:
            return f"{self.member!r} in key {self.key!r} of {self.kind} {self.name!r}"
        return f"key {self.key!r} of {self.kind} {self.name!r}" if self.key else f"{self.kind} {self.name!r}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (error) or doubtful (warning). Warnings never block."""

    reason: Reason
    message: str
    severity: Severity = Severity.ERROR
    environment: str | None = None
    field: str | None = None
    source: Source | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR
