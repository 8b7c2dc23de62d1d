"""A Resource as consumers get it: read from its output Secrets, so never what was not checked. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tracardi_operator.api.problems import Problem
from tracardi_operator.api.resource import Environment, TracardiSettings
from tracardi_operator.services.model import ServiceType, Value

Values = Mapping[str, Value]
"""By the names of fields, aliases included: the document of an output Secret (`names.DOCUMENT_KEY`)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A Resource that a consumer may take. `repr` never shows a value."""

    namespace: str
    name: str
    uid: str
    created: str
    """`creationTimestamp`, as Kubernetes writes it: it sorts by time."""
    service: ServiceType
    description: str = ""
    settings: TracardiSettings = field(default_factory=TracardiSettings)
    unreadable: Problem | None = None
    """Why of `settings` nothing but the id is known."""
    credentials: Mapping[Environment, Values] = field(default_factory=dict, repr=False)
    """Of the environments that are published."""
    declared: Collection[Environment] = ()
    """The environments that the Resource has, published or not: none of them is to be made up from another."""


@dataclass(frozen=True, slots=True)
class Omission:
    """A Resource that a consumer may take but does not get, and why."""

    namespace: str
    name: str
    problem: Problem
