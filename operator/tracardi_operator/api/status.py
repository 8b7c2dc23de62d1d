"""`status` of a Resource, written by the operator alone.

It holds no value, no part of one, no length and no unkeyed hash of one, and no key that the Resource does not name.
Limits are wide: a status that the API server refused would hide everything else that it says.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from pydantic.config import JsonDict

from tracardi_operator.api.problems import Severity, SourceKind
from tracardi_operator.api.resource import Environment, Model

INITIAL: JsonDict = {"observedGeneration": -1}
"""The default of `status`, so that a new object never looks finished."""

Reason = Annotated[str, Field(max_length=64)]
"""Of `problems.Reason`; not an enumeration here, so that an older CRD accepts a newer operator's status."""
Message = Annotated[str, Field(max_length=32768)]
Name = Annotated[str, Field(max_length=253)]
ConsumerName = Annotated[str, Field(max_length=317)]
MAX_CONSUMERS = 256
"""More than these are not listed."""


class Condition(Model):
    """As `metav1.Condition`."""

    type: Annotated[str, Field(max_length=64)]
    """`Ready` (summary), `Resolved`, `Valid`, `Published`; kstatus' `Reconciling` and `Stalled`."""
    status: Literal["True", "False", "Unknown"]
    observed_generation: int | None = None
    """The `metadata.generation` that the condition speaks of."""
    last_transition_time: datetime
    """When `status` of the condition last changed."""
    reason: Reason
    message: Message


_BY_TYPE: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
Conditions = Annotated[list[Condition], Field(max_length=16, json_schema_extra=_BY_TYPE)]


class ProblemSource(Model):
    """Where the value came from."""

    kind: SourceKind
    name: Name | None = None
    key: Name | None = None


class ProblemStatus(Model):
    """One thing that is wrong (error) or doubtful (warning)."""

    field: Annotated[str, Field(max_length=64)] | None = None
    """The field of the service type."""
    reason: Reason
    severity: Severity
    message: Message
    source: ProblemSource | None = None


class OutputStatus(Model):
    """The output Secret that is published."""

    name: Name
    resource_version: Annotated[str, Field(max_length=64)]
    """Of the output when the operator last wrote or examined it."""


class EnvironmentStatus(Model):
    """What is known about one environment."""

    ready: bool
    """True: the output holds what the inputs say now."""
    revision: int | None = None
    """Raised at each real change of the output."""
    observed: Annotated[str, Field(max_length=128)] | None = None
    """Digest of what was examined: references and resourceVersions, never values."""
    stale: bool | None = None
    """True: the last good values are served, because the present ones are bad or missing."""
    since: datetime | None = None
    """Since when it is stale."""
    output: OutputStatus | None = None
    problems: Annotated[list[ProblemStatus], Field(max_length=256)] | None = None


class BindingStatus(Model):
    """What the Service Binding specification asks of a provisioned service."""

    name: Name
    """The output Secret to bind to."""


class ResourceStatus(Model):
    """What the operator found and did."""

    observed_generation: int
    """The `metadata.generation` that was last examined; -1: none yet."""
    conditions: Conditions | None = None
    environments: dict[Environment, EnvironmentStatus] | None = None
    binding: BindingStatus | None = None
    consumers: Annotated[list[ConsumerName], Field(max_length=MAX_CONSUMERS)] | None = None
    """The ResourceConsumers that take from it, as `namespace/name`."""
