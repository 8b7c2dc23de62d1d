"""The output Secret of one environment: flat keys, Service Binding entries and one typed document. Pure.

The Service Binding specification (servicebinding.io, "Provisioned Service") reserves `type` and `provider` and gives
`host`, `port`, `uri`, `username`, `password`, `certificates` and `private-key` a meaning. A field that bears a reserved
name without that meaning stands in the document only.
"""

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from tracardi_operator.api.names import (
    BINDING_TYPE_PREFIX,
    DOCUMENT_KEY,
    LABEL_ENVIRONMENT,
    LABEL_MANAGED_BY,
    LABEL_RESOURCE,
    LABEL_TYPE,
    MANAGER,
    default_output_name,
)
from tracardi_operator.api.resource import Environment, OutputEnvironment, ResourceSpec
from tracardi_operator.services.model import ServiceType, Value

_MEANINGFUL = frozenset({"type", "provider", "host", "port", "uri", "certificates", "private-key"})


@dataclass(frozen=True, slots=True)
class OutputSecret:
    """What an output should be. `repr` never shows the data."""

    name: str
    type: str
    data: dict[str, str] = field(repr=False)
    labels: dict[str, str]
    annotations: dict[str, str]


_DEFAULTS: Final = OutputEnvironment()


def output_settings(spec: ResourceSpec, environment: Environment) -> OutputEnvironment:
    configured = (spec.output.environments if spec.output else None) or {}
    return configured.get(environment) or _DEFAULTS


def output_name(resource: str, spec: ResourceSpec, environment: Environment) -> str:
    return output_settings(spec, environment).name or default_output_name(resource, environment)


def refused_metadata(spec: ResourceSpec, environment: Environment, domains: Set[str]) -> list[str]:
    """The labels and annotations asked for in domains that the installation does not allow.

    In the domain of another controller they would make that one act, on the operator's rights.
    """
    settings = output_settings(spec, environment)
    keys = {*(settings.labels or ()), *(settings.annotations or ())}
    return sorted(key for key in keys if "/" in key and key.partition("/")[0] not in domains)


def render_output(
    resource: str, spec: ResourceSpec, environment: Environment, service: ServiceType, values: Mapping[str, Value]
) -> OutputSecret:
    """The output of an environment whose values passed all checks."""
    settings = output_settings(spec, environment)
    binding_type = service.binding_type or service.name
    entries = {"type": binding_type, "provider": service.provider or service.name}
    named = under_all_names(service, values)
    return OutputSecret(
        name=output_name(resource, spec, environment),
        type=BINDING_TYPE_PREFIX + binding_type,
        data=_flat(named) | _binding(service, values) | entries | {DOCUMENT_KEY: _document(named)},
        labels=dict(settings.labels or {}) | own_labels(resource, environment, service.name),
        annotations=dict(settings.annotations or {}),
    )


def own_labels(resource: str, environment: str, service: str) -> dict[str, str]:
    return {
        LABEL_MANAGED_BY: MANAGER,
        LABEL_RESOURCE: resource,
        LABEL_ENVIRONMENT: environment,
        LABEL_TYPE: service,
    }


def under_all_names(service: ServiceType, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values as consumers read them: each under its name and its aliases."""
    aliases = {alias: values[f.name] for f in service.fields if f.name in values for alias in f.aliases}
    return {**values, **aliases}


def _flat(values: Mapping[str, Value]) -> dict[str, str]:
    return {name: as_text(value) for name, value in values.items() if name not in _MEANINGFUL}


def _binding(service: ServiceType, values: Mapping[str, Value]) -> dict[str, str]:
    return dict(service.binding(values)) if service.binding else {}


def _document(values: Mapping[str, Value]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def as_text(value: Value) -> str:
    """A value as a file in a pod would hold it: `true`, `6379`, objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
