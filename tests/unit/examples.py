"""Objects that the unit tests of the core share. All values are made up."""

from typing import Any

from tracardi_operator.api.names import API_VERSION, KIND
from tracardi_operator.api.problems import SourceKind
from tracardi_operator.api.resource import ResourceSpec
from tracardi_operator.kube.meta import ObjectMeta, OwnerReference
from tracardi_operator.resolve import InputRef

TOKEN = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"
OTHER_TOKEN = "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"
UID = "11111111-1111-1111-1111-111111111111"
SECRET = InputRef(SourceKind.SECRET, "sendgrid")


def secret_ref(name: str = "sendgrid", key: str = "token", **more: Any) -> dict[str, Any]:
    return {"valueFrom": {"secretKeyRef": {"name": name, "key": key, **more}}}


def config_map_ref(name: str, key: str) -> dict[str, Any]:
    return {"valueFrom": {"configMapKeyRef": {"name": name, "key": key}}}


def spec(kind: str = "sendgrid", *, environments: tuple[str, ...] = ("production",), **more: Any) -> ResourceSpec:
    """A spec whose environments take `token` from the Secret `sendgrid`, unless `credentials` says otherwise."""
    credentials = {environment: {"fields": {"token": secret_ref()}} for environment in environments}
    return ResourceSpec.model_validate({"type": kind, "credentials": credentials, **more})


def owner(uid: str = UID, name: str = "r", *, controller: bool = True) -> OwnerReference:
    return OwnerReference(API_VERSION, KIND, name, uid, controller, None)


def meta(
    name: str = "r-production-resolved",
    version: int = 10,
    *,
    uid: str = "output-uid",
    namespace: str = "ns",
    owners: tuple[OwnerReference, ...] = (),
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> ObjectMeta:
    return ObjectMeta(
        namespace=namespace,
        name=name,
        uid=uid,
        resource_version=str(version),
        labels=labels or {},
        annotations=annotations or {},
        owner_references=owners,
        finalizers=(),
        deletion=None,
    )


def body(name: str = "r", version: int = 1, **more: Any) -> dict[str, Any]:
    """A Resource as the API server has it."""
    metadata = {"namespace": "ns", "name": name, "uid": UID, "resourceVersion": str(version), "generation": 1}
    content: dict[str, Any] = {
        "metadata": metadata | more.pop("metadata", {}),
        "spec": spec().model_dump(mode="json", by_alias=True, exclude_none=True),
        "status": {"observedGeneration": -1},
    }
    return content | more
