"""kustomize's `nameReference` configuration: the places where our kinds name a Secret or a ConfigMap.

With it a name that kustomize changes, by a hash, prefix or suffix, is changed there too. Its paths know no wildcard for
the keys of a map (kustomize: api/filters/fieldspec), so each field of the catalogue has a path of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tracardi_operator.api.names import CONSUMER_KIND, GROUP, KIND
from tracardi_operator.api.resource import ENVIRONMENTS
from tracardi_operator.services.model import ServiceType

_KEY_REFS: Final = {"Secret": "secretKeyRef", "ConfigMap": "configMapKeyRef"}
_CONSUMER_CA: Final = "spec/tracardi/tls/ca"
_CONSUMER_LOGIN: Final = "spec/tracardi/login/name"


def name_references(catalogue: Mapping[str, ServiceType]) -> dict[str, Any]:
    """The configuration, for `configurations` of a kustomization."""
    fields = sorted({name for service in catalogue.values() for field in service.fields for name in field.names})
    return {
        "nameReference": [
            {
                "kind": target,
                "version": "v1",
                "fieldSpecs": [
                    *(_spec(KIND, path) for path in _resource_paths(target, fields)),
                    *(_spec(CONSUMER_KIND, path) for path in _consumer_paths(target)),
                ],
            }
            for target in _KEY_REFS
        ]
    }


def _resource_paths(target: str, fields: list[str]) -> Iterator[str]:
    for environment in ENVIRONMENTS:
        credentials = f"spec/credentials/{environment}"
        if target == "Secret":
            yield f"{credentials}/secretRef/name"
        for name in fields:
            yield f"{credentials}/fields/{name}/valueFrom/{_KEY_REFS[target]}/name"


def _consumer_paths(target: str) -> Iterator[str]:
    if target == "Secret":
        yield _CONSUMER_LOGIN
    yield f"{_CONSUMER_CA}/{_KEY_REFS[target]}/name"


def _spec(kind: str, path: str) -> dict[str, str]:
    return {"group": GROUP, "kind": kind, "path": path}
