"""Which generated file holds what, by its path in the repository."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from tracardi_operator.generate.crd import resource_definition
from tracardi_operator.generate.documents import to_yaml
from tracardi_operator.generate.policies import policies
from tracardi_operator.services.model import ServiceType

CRDS: Final = PurePosixPath("crds")
POLICIES: Final = PurePosixPath("manifests/base/policies")


def generated(catalogue: Mapping[str, ServiceType]) -> dict[PurePosixPath, str]:
    """The text of every generated file."""
    by_policy = {f"{name}.yaml": to_yaml(*documents) for name, documents in policies(catalogue).items()}
    return {
        CRDS / "resources.yaml": to_yaml(resource_definition()),
        CRDS / "kustomization.yaml": _kustomization("resources.yaml"),
        POLICIES / "kustomization.yaml": _kustomization(*by_policy),
        **{POLICIES / name: text for name, text in by_policy.items()},
    }


def _kustomization(*resources: str) -> str:
    return to_yaml(
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(resources)}
    )
