"""The metadata of an object, as far as it may be kept."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""Holds the whole object, the data of a Secret included."""

Key = tuple[str, str]
"""Namespace (empty where the kind has none) and name."""
Kept = Mapping[Key, str]
"""Of each object that is kept of a list, which one it is and in which state (`ObjectMeta.version`)."""


class _Metadata(TypedDict, total=False):
    """All but managedFields: they are most of it, and to make objects of them most of the work of decoding."""

    name: Any
    namespace: Any
    uid: Any
    resourceVersion: Any
    generation: Any
    labels: Any
    annotations: Any
    ownerReferences: Any
    finalizers: Any
    creationTimestamp: Any
    deletionTimestamp: Any


class _Item(TypedDict):
    metadata: _Metadata


class _MetadataList(TypedDict):
    kind: NotRequired[Any]
    metadata: dict[str, Any]
    items: NotRequired[list[_Item] | None]


METADATA_LIST: Final = TypeAdapter(_MetadataList)
"""A PartialObjectMetadataList."""


@dataclass(frozen=True, slots=True)
class OwnerReference:
    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool
    block_owner_deletion: bool | None

    def encode(self) -> dict[str, Any]:
        reference = {"apiVersion": self.api_version, "kind": self.kind, "name": self.name, "uid": self.uid}
        optional = {"controller": self.controller or None, "blockOwnerDeletion": self.block_owner_deletion}
        return reference | {key: value for key, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    namespace: str
    name: str
    uid: str
    resource_version: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    owner_references: tuple[OwnerReference, ...]
    finalizers: tuple[str, ...]
    deletion: str | None
    """`deletionTimestamp`."""

    @property
    def key(self) -> Key:
        return self.namespace, self.name

    @property
    def version(self) -> str:
        """`uid/resourceVersion`: which object it is, and in which state."""
        return f"{self.uid}/{self.resource_version}"

    @classmethod
    def decode(cls, metadata: Mapping[str, Any]) -> "ObjectMeta":
        """Drops managedFields and the annotation that `kubectl apply` leaves."""
        annotations = _shared_keys(metadata.get("annotations"))
        annotations.pop(_LAST_APPLIED, None)
        return cls(
            namespace=sys.intern(metadata.get("namespace", "")),
            name=metadata["name"],
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
            labels=_shared_keys(metadata.get("labels")),
            annotations=annotations,
            owner_references=tuple(map(_owner, metadata.get("ownerReferences", ()))),
            finalizers=tuple(metadata.get("finalizers", ())),
            deletion=metadata.get("deletionTimestamp"),
        )


def _shared_keys(texts: Mapping[str, str] | None) -> dict[str, str]:
    # Thousands of objects bear the same few keys; each JSON document makes its own copies.
    return {sys.intern(key): value for key, value in (texts or {}).items()}


def _owner(reference: Mapping[str, Any]) -> OwnerReference:
    return OwnerReference(
        sys.intern(reference["apiVersion"]),
        sys.intern(reference["kind"]),
        reference["name"],
        reference["uid"],
        reference.get("controller", False),
        reference.get("blockOwnerDeletion"),
    )
