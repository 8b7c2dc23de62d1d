"""A Resource as the operator keeps it in memory, and how it is read from an object of the API server."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tracardi_operator.api.names import ANNOTATION_REQUESTED_AT
from tracardi_operator.api.resource import ResourceSpec
from tracardi_operator.publish.secret import output_name
from tracardi_operator.resolve import InputRef, all_references


class Key(NamedTuple):
    """The identity of a Resource in queues and caches."""

    namespace: str
    name: str


@dataclass(slots=True)
class Record:
    """A Resource. `spec` and `status` are kept as JSON: a tenth of the memory of the objects they describe."""

    key: Key
    uid: str
    resource_version: int
    generation: int
    requested_at: str
    deleting: bool
    type: str
    spec: bytes = field(repr=False)
    status: bytes = field(repr=False)
    references: tuple[InputRef, ...] = ()
    outputs: tuple[str, ...] = ()
    reconciled: object = None
    """The snapshot in which the last reconciliation left nothing to do."""

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever said about it."""
        return b'"conditions"' not in self.status

    def load_spec(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.spec)
        return loaded

    def load_status(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.status)
        return loaded

    def take_status(self, status: Mapping[str, Any]) -> None:
        self.status = _compact(status)

    def differs(self, other: "Record") -> bool:
        """False for echoes of our own writes and for metadata that we don't read."""
        return self._relevant() != other._relevant()

    def _relevant(self) -> tuple[object, ...]:
        return self.uid, self.generation, self.requested_at, self.deleting, self.status


def record_of(body: Mapping[str, Any]) -> Record:
    """A Resource as the API server has it."""
    meta = body["metadata"]
    key = Key(meta["namespace"], meta["name"])
    spec = body.get("spec") or {}
    references, outputs = _names(key.name, spec)
    return Record(
        key=key,
        uid=meta["uid"],
        resource_version=int(meta["resourceVersion"]),
        generation=meta.get("generation", 0),
        requested_at=(meta.get("annotations") or {}).get(ANNOTATION_REQUESTED_AT, ""),
        deleting="deletionTimestamp" in meta,
        type=sys.intern(str(spec.get("type", ""))),
        spec=_compact(spec),
        status=_compact(body.get("status") or {}),
        references=references,
        outputs=outputs,
    )


def _names(resource: str, spec: Mapping[str, Any]) -> tuple[tuple[InputRef, ...], tuple[str, ...]]:
    """The inputs and outputs that a spec names; a spec that can't be read names nothing."""
    try:
        parsed = ResourceSpec.model_validate(spec)
    except ValueError:
        return (), ()
    outputs = tuple(output_name(resource, parsed, environment) for environment in parsed.credentials)
    return tuple(sorted(all_references(parsed))), outputs


def _compact(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
