"""How an object of ours stands, from what its status says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from tracardi_operator.api.consumer import OmittedResource, ResourceConsumerStatus
from tracardi_operator.api.names import CONSUMER_KIND, KIND, TYPE_KIND
from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.api.resource import ENVIRONMENTS
from tracardi_operator.api.resource_type import ResourceTypeStatus, TypeProblem
from tracardi_operator.api.status import Condition, EnvironmentStatus, ProblemStatus, ResourceStatus


class State(StrEnum):
    READY = "ready"
    NOT_READY = "notReady"
    PENDING = "pending"
    """Its present generation was not processed yet: what status says is about another one, or nothing."""
    DELETING = "deleting"
    """It is being deleted, and something is waited for before it goes."""
    SUSPENDED = "suspended"
    UNREADABLE = "unreadable"
    """Its status is none that this version understands."""


@dataclass(frozen=True, slots=True)
class Standing:
    kind: str
    namespace: str
    """Empty for a ResourceType."""
    name: str
    type: str
    """The service type of a Resource, the target of a ResourceConsumer; empty for a ResourceType."""
    state: State
    generation: int
    observed_generation: int
    created: datetime | None
    ready: Condition | None = None
    """None if it would speak of the past, as it does where the state is pending."""
    environments: Mapping[str, EnvironmentStatus] = field(default_factory=dict)
    """As last examined, in the order of `ENVIRONMENTS`."""
    receivers: Sequence[str] = ()
    """The consumers that take from a Resource, as `namespace/name`."""
    faults: Sequence[TypeProblem] = ()
    """Of a ResourceType."""
    delivered: ResourceConsumerStatus | None = None
    """Of a ResourceConsumer, as last examined."""
    finalizers: Sequence[str] = ()
    """Who has to be done with it before it can go."""

    @property
    def title(self) -> str:
        path = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return path if self.kind == KIND else f"{self.kind} {path}"

    @property
    def is_ready(self) -> bool:
        return self.state is State.READY

    @property
    def is_stale(self) -> bool:
        return any(environment.stale for environment in self.environments.values())

    @property
    def reason(self) -> str | None:
        return self.ready.reason if self.ready else None

    @property
    def problems(self) -> list[tuple[str, ProblemStatus]]:
        """What is wrong or doubtful in each environment; nothing where it is outdated."""
        located = [(name, problem) for name, env in self.environments.items() for problem in env.problems or ()]
        errors = {problem.reason for _, problem in located if problem.severity is Severity.ERROR}
        return located if self.is_ready or self.reason in errors else []

    @property
    def omitted(self) -> Sequence[OmittedResource]:
        """The Resources that a ResourceConsumer may take but does not deliver; nothing where it is outdated."""
        is_told = self.is_ready or self.reason == Reason.INCOMPLETE
        return (self.delivered.omitted if self.delivered and is_told else None) or ()


def standing(body: Mapping[str, Any]) -> Standing:
    """`body`: a Resource as the API server gives it."""
    type_ = (body.get("spec") or {}).get("type")
    shared = _shared(KIND, body) | {"type": type_ if isinstance(type_, str) else ""}
    try:
        status = ResourceStatus.model_validate(body.get("status") or {"observedGeneration": -1})
    except ValidationError:
        return Standing(**shared, state=State.UNREADABLE, observed_generation=-1)
    known = status.environments or {}
    environments = {str(name): known[name] for name in ENVIRONMENTS if name in known}
    judged = _judge(status, body["metadata"])
    return Standing(**shared, **judged, environments=environments, receivers=status.consumers or ())


def standing_of_type(body: Mapping[str, Any]) -> Standing:
    """`body`: a ResourceType as the API server gives it."""
    shared = _shared(TYPE_KIND, body) | {"type": ""}
    try:
        status = ResourceTypeStatus.model_validate(body.get("status") or {"observedGeneration": -1})
    except ValidationError:
        return Standing(**shared, state=State.UNREADABLE, observed_generation=-1)
    judged = _judge(status, body["metadata"])
    faults = status.problems if judged["state"] is State.NOT_READY else None
    return Standing(**shared, **judged, faults=faults or ())


def standing_of_consumer(body: Mapping[str, Any]) -> Standing:
    """`body`: a ResourceConsumer as the API server gives it."""
    spec = body.get("spec") or {}
    shared = _shared(CONSUMER_KIND, body) | {"type": "tracardi" if "tracardi" in spec else "bundle"}
    try:
        status = ResourceConsumerStatus.model_validate(body.get("status") or {"observedGeneration": -1})
    except ValidationError:
        return Standing(**shared, state=State.UNREADABLE, observed_generation=-1)
    return Standing(**shared, **_judge(status, body["metadata"]), delivered=status)


def _shared(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    metadata = body["metadata"]
    created = metadata.get("creationTimestamp")
    return {
        "kind": kind,
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "generation": metadata.get("generation", 1),
        "created": datetime.fromisoformat(created) if created else None,
        "finalizers": metadata.get("finalizers") or (),
    }


def _judge(
    status: ResourceStatus | ResourceTypeStatus | ResourceConsumerStatus, metadata: Mapping[str, Any]
) -> dict[str, Any]:
    ready = next((c for c in status.conditions or () if c.type == "Ready"), None)
    current = ready if status.observed_generation >= metadata.get("generation", 1) else None
    state = State.DELETING if metadata.get("deletionTimestamp") else _state(current)
    return {"state": state, "observed_generation": status.observed_generation, "ready": current}


def _state(ready: Condition | None) -> State:
    if ready is None:
        return State.PENDING
    if ready.reason == Reason.SUSPENDED:
        return State.SUSPENDED
    return State.READY if ready.status == "True" else State.NOT_READY
