"""What an output was made from: enough to know, without reading a value, whether it is still right. Pure.

Written as one annotation with the data in the same request, so that the two can't disagree.
It holds identities and versions only. A literal in the Resource is covered by the generation, never by a hash of it.
"""

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Self

from tracardi_operator.api.digests import short_digest
from tracardi_operator.api.resource import Environment, EnvironmentCredentials, ResourceSpec
from tracardi_operator.publish.secret import output_settings, refused_metadata
from tracardi_operator.resolve import InputRef

ABSENT = "absent"
"""The version of an input that does not exist."""

Versions = Mapping[InputRef, str]
"""`uid/resourceVersion` of each input, or `absent`."""


@dataclass(frozen=True, slots=True)
class Provenance:
    spec: str
    service: str
    inputs: tuple[tuple[str, str], ...]
    labels: tuple[str, ...] = ()
    """The keys of labels that the Resource asked for: what it no longer asks for is removed."""
    annotations: tuple[str, ...] = ()

    def dump(self) -> str:
        content = {
            "spec": self.spec,
            "type": self.service,
            "inputs": dict(self.inputs),
            "labels": self.labels,
            "annotations": self.annotations,
        }
        return json.dumps({k: v for k, v in content.items() if v}, sort_keys=True, separators=(",", ":"))

    @classmethod
    def load(cls, text: str | None) -> Self | None:
        """None for anything that we did not write like this; the output is then looked at anew."""
        try:
            content = json.loads(text or "")
            return cls(
                spec=content["spec"],
                service=content["type"],
                inputs=tuple(sorted(content.get("inputs", {}).items())),
                labels=tuple(map(_text, content.get("labels", ()))),
                annotations=tuple(map(_text, content.get("annotations", ()))),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def digest(self) -> str:
        """For status: which state of things a verdict is about."""
        return short_digest(self.dump())


def provenance(
    spec: ResourceSpec,
    environment: Environment,
    generation: int,
    service_digest: str,
    versions: Versions,
    domains: Set[str] = frozenset(),
    requested_at: str = "",
) -> Provenance:
    """`domains` are those of labels and annotations that the installation allows on outputs.

    `requested_at`, an annotation of the Resource, has everything examined anew whenever it is changed.
    """
    settings = output_settings(spec, environment)
    return Provenance(
        spec=_spec_digest(
            spec,
            environment,
            generation=generation,
            refused=refused_metadata(spec, environment, domains),
            requested=requested_at,
        ),
        service=service_digest,
        inputs=tuple(sorted((f"{ref.kind}/{ref.name}", version) for ref, version in versions.items())),
        labels=tuple(sorted(settings.labels or ())),
        annotations=tuple(sorted(settings.annotations or ())),
    )


def _spec_digest(
    spec: ResourceSpec, environment: Environment, *, generation: int, refused: list[str], requested: str
) -> str:
    credentials = spec.credentials[environment]
    content: dict[str, Any] = {
        "type": spec.type,
        "credentials": credentials.model_dump(mode="json", exclude_none=True, exclude=_literals(credentials)),
        "output": output_settings(spec, environment).model_dump(mode="json", exclude_none=True),
        "generation": generation if _literals(credentials) else None,
        "refused": refused,
        "requested": requested,
    }
    return short_digest(json.dumps(content, sort_keys=True))


def _literals(credentials: EnvironmentCredentials) -> dict[str, Any]:
    """The `exclude` of pydantic that leaves out what stands in the Resource as a literal."""
    names = [name for name, source in (credentials.fields or {}).items() if source.value is not None]
    return {"fields": {name: {"value"} for name in names}} if names else {}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
