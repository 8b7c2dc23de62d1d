"""What a service type is: fields, formats, rules between fields, and where a person gets the credential.

A type is data wherever data can say it; a rule between fields is a small pure function.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tracardi_operator.api.problems import Reason, Severity

Value = str | int | bool | dict[str, object]
"""A field's value after conversion to its kind."""


class Kind(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    OBJECT = "object"


class Confidence(StrEnum):
    """How sure we are of a format."""

    CONFIDENT = "confident"
    """The vendor states it or two independent detectors agree: a mismatch is refused."""
    HEURISTIC = "heuristic"
    """One detector or examples only: a mismatch is a warning."""
    UNKNOWN = "unknown"
    """Nothing is known: only the general rules apply."""


@dataclass(frozen=True, slots=True)
class Format:
    """The form of a value. `pattern` is a full match over ASCII; `accepts` says what a pattern cannot."""

    words: str
    """What is expected, in words that follow "expected": "SG. followed by …, 69 characters in all"."""
    pattern: str
    confidence: Confidence
    source: str
    """The vendor page or document that the rule comes from."""
    accepts: Callable[[str], bool] | None = None

    def matches(self, text: str) -> bool:
        return bool(re.fullmatch(self.pattern, text, re.ASCII)) and (self.accepts is None or self.accepts(text))


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something else that people paste into a field, recognised to be told apart by name."""

    pattern: str
    """A full match over ASCII."""
    words: str
    """What it looks like: "the API Key ID (the part shown in the list), not the key"."""
    severity: Severity = Severity.ERROR
    reason: Reason = Reason.BAD_FORMAT

    def matches(self, text: str) -> bool:
        return bool(re.fullmatch(self.pattern, text, re.ASCII))


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    title: str
    aliases: tuple[str, ...] = ()
    """Other names that consumers read the value under: may be given under them too, and is published under each."""
    kind: Kind = Kind.STRING
    required: bool = True
    """Always in the output. One with a default need not be given."""
    sensitive: bool = False
    default: Value | None = None
    format: Format | None = None
    usual: Format | None = None
    """A narrower form that nearly all real values have: a mismatch warns, however sure we are of `format`."""
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    mistakes: tuple[Mistake, ...] = ()
    generated: bool = False
    """An id that the service made. Not secret, but the rules for keys apply."""
    password: bool = False
    """Chosen by a person: weak words and outer spaces only warn."""
    multiline: bool = False
    """PEM and the like: line breaks are part of the value."""
    document: bool = False
    """A file with other fields of the type as the members of one JSON object: these are taken out of it, and it is not
    published itself. It stands before them, and a type has at most one."""
    known_examples: tuple[str, ...] = ()
    """Values printed in documentation, refused as placeholders."""
    how_to: str = ""
    """Where a person gets this very value, if that differs from the type's own `how_to`."""
    inside: "Callable[[str], Iterable[tuple[Field, str]]] | None" = None
    """Finds values inside one that has the right form (user and password of a URI): they are checked as well."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)

    @property
    def must_be_given(self) -> bool:
        return self.required and self.default is None

    @property
    def is_key(self) -> bool:
        """A key, token or id that a service made: no white space, never a word, no long repetition."""
        return (self.sensitive or self.generated) and not self.password


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule between fields found. `field` is the field to point at."""

    field: str
    reason: Reason
    message: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


Values = Mapping[str, Value]
"""The typed values of one environment, defaults filled in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule between fields. It is silent when something else is wrong with one of `needs`."""

    needs: tuple[str, ...]
    find: Callable[[Values], Iterable[Finding]]
    words: str
    """What it demands, or warns of, as a sentence: "Give both username and password, or neither."."""


@dataclass(frozen=True, slots=True)
class AirflowConnection:
    """A connection of Apache Airflow, as the hook of its type reads it. `repr` shows no value of a field."""

    conn_type: str
    host: str | None = field(default=None, repr=False)
    port: int | None = None
    login: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    schema: str | None = field(default=None, repr=False)
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ServiceType:
    name: str
    title: str
    fields: tuple[Field, ...]
    example: Mapping[str, Value]
    """Values that pass all checks. Made up, never a real credential."""
    how_to: str
    """Where a person gets the credential: one or two sentences."""
    url: str
    """The vendor's page about it."""
    tags: tuple[str, ...] = ()
    """Tracardi finds a resource for a plugin by these."""
    icon: str = "plugin"
    provider: str = ""
    """The Service Binding entry `provider`; empty: the type's own name."""
    binding_type: str = ""
    """The Service Binding `type`; empty: the type's own name."""
    discontinued: str = ""
    """That the service has ended, or this way into it, and since when; empty while it goes on. A warning says so."""
    binding: Callable[[Values], Mapping[str, str]] | None = None
    """The well-known Service Binding entries of these values: `host port uri username password` when they are really
    that, and what Spring Cloud Bindings reads for the type (`uris`, `client-id` …)."""
    airflow: Callable[[Values], AirflowConnection | None] | None = None
    """The connection that the Airflow provider of this service takes; None: it has no place for these values. Without
    a provider there is no function: the bundle makes a `generic` connection."""
    rules: tuple[Rule, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    """Sets of fields of which exactly one complete set is needed (Twilio's two pairs). None of them is `required`."""
    digest: str = field(default="", compare=False)
    """Identifies this version of the type; set by the catalogue."""

    @property
    def document(self) -> Field | None:
        return next((f for f in self.fields if f.document), None)

    def field(self, name: str) -> Field | None:
        """The field that has this name or alias."""
        return next((f for f in self.fields if name in f.names), None)
