"""What the shipped admission policies demand of an object, evaluated on one that is stored already. Pure.

The twin of `generate/policies.py`, as a whole list of findings where an API server tells the first alone.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal

from tracardi_operator.api.consumer import ResourceConsumerSpec
from tracardi_operator.api.parse import NOT_A_KEY, QUALIFIED_KEY
from tracardi_operator.api.resource import ResourceSpec
from tracardi_operator.generate.policies import policy_name
from tracardi_operator.services.model import ServiceType

LITERALS: Final = policy_name("literals")
OUTPUTS: Final = policy_name("outputs")
CONSUMERS: Final = policy_name("consumers")


@dataclass(frozen=True, slots=True)
class Right:
    """What somebody may do with core objects of a namespace: with one, or with all where `name` is empty."""

    verb: Literal["get", "create"]
    resource: Literal["secrets", "configmaps"]
    namespace: str
    name: str = ""

    @property
    def on_all(self) -> "Right":
        return Right(self.verb, self.resource, self.namespace)

    def __str__(self) -> str:
        kind = {"secrets": "Secret", "configmaps": "ConfigMap"}[self.resource]
        return f"{self.verb} {kind} {self.name}" if self.name else f"{self.verb} {kind}s"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a policy objects to, or might."""

    policy: str
    path: str
    """In `spec`: `credentials.production.fields.token`."""
    message: str
    """What is so and what to do, in words that follow the path."""
    right: Right | None = None
    """The author's right that makes it acceptable; None: nobody's does."""


def findings(
    spec: ResourceSpec, namespace: str, catalogue: Mapping[str, ServiceType], domains: AbstractSet[str] | None
) -> Iterator[Finding]:
    """All that policies would refuse, if not for the author's rights.

    `domains` are those that the installation allows on outputs; None: not known, nothing is said about keys with one.
    """
    yield from _references(spec, namespace)
    yield from _literals(spec, catalogue)
    yield from _own_outputs(spec, namespace)
    yield from _keys(spec, domains)


def consumer_findings(spec: ResourceConsumerSpec, namespace: str) -> Iterator[Finding]:
    """As `findings`, of a ResourceConsumer: it is for those who have these rights."""
    words = "says where credentials go, which is for those who may get all Secrets"
    yield Finding(CONSUMERS, "from", words, Right("get", "secrets", namespace))
    if spec.bundle:
        words = "is a Secret, which its author must be allowed to create"
        yield Finding(CONSUMERS, "bundle", words, Right("create", "secrets", namespace))
    tls = spec.tracardi.tls if spec.tracardi else None
    if tls and tls.ca.config_map_key_ref:
        right = Right("get", "configmaps", namespace, tls.ca.config_map_key_ref.name)
        yield Finding(CONSUMERS, "tracardi.tls.ca", "names an object that its author must be allowed to get", right)


def domains_named(spec: ResourceSpec) -> list[str]:
    """The paths of labels and annotations whose key has a domain."""
    return [path for path, key in _own_keys(spec) if "/" in key]


def _references(spec: ResourceSpec, namespace: str) -> Iterator[Finding]:
    first: dict[Right, str] = {}
    for path, right in _named(spec, namespace):
        first.setdefault(right, path)
    for right, path in first.items():
        policy = policy_name("secret-references" if right.resource == "secrets" else "configmap-references")
        yield Finding(policy, path, "names an object that its author must be allowed to get", right)


def _named(spec: ResourceSpec, namespace: str) -> Iterator[tuple[str, Right]]:
    for environment, credentials in spec.credentials.items():
        path = f"credentials.{environment}"
        if credentials.secret_ref:
            yield f"{path}.secretRef", Right("get", "secrets", namespace, credentials.secret_ref.name)
        for name, source in (credentials.fields or {}).items():
            reference = source.value_from
            if reference and reference.secret_key_ref:
                yield f"{path}.fields.{name}", Right("get", "secrets", namespace, reference.secret_key_ref.name)
            if reference and reference.config_map_key_ref:
                yield f"{path}.fields.{name}", Right("get", "configmaps", namespace, reference.config_map_key_ref.name)


def _literals(spec: ResourceSpec, catalogue: Mapping[str, ServiceType]) -> Iterator[Finding]:
    service = catalogue.get(spec.type)
    sensitive = {name for f in service.fields if f.sensitive for name in f.names} if service else set()
    message = (
        f"is a literal, but sensitive for the type {spec.type}: change the credential at the service, "
        "and put the new one into a Secret"
    )
    for environment, credentials in spec.credentials.items():
        for name, source in (credentials.fields or {}).items():
            if name in sensitive and source.value is not None:
                yield Finding(LITERALS, f"credentials.{environment}.fields.{name}", message)


def _own_outputs(spec: ResourceSpec, namespace: str) -> Iterator[Finding]:
    for environment, output in ((spec.output and spec.output.environments) or {}).items():
        if any(part is not None for part in (output.name, output.labels, output.annotations)):
            message = "chooses a name, labels or annotations, which is for those who may create Secrets"
            right = Right("create", "secrets", namespace)
            yield Finding(OUTPUTS, f"output.environments.{environment}", message, right)


def _keys(spec: ResourceSpec, domains: AbstractSet[str] | None) -> Iterator[Finding]:
    for path, key in _own_keys(spec):
        if not re.fullmatch(QUALIFIED_KEY, key):
            yield Finding(OUTPUTS, path, NOT_A_KEY)
        if "/" in key and domains is not None and key.split("/")[0] not in domains:
            yield Finding(OUTPUTS, path, "has a domain that this installation does not allow; use a key without one")


def _own_keys(spec: ResourceSpec) -> Iterator[tuple[str, str]]:
    for environment, output in ((spec.output and spec.output.environments) or {}).items():
        for part, entries in (("labels", output.labels), ("annotations", output.annotations)):
            for key in entries or ():
                yield f"output.environments.{environment}.{part}.{key}", key
