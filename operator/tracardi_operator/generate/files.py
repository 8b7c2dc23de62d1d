"""Which generated file holds what, by its path in the repository."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from tracardi_operator.generate.alerts import prometheus_rule
from tracardi_operator.generate.chart import CHART_CRDS, CHART_DASHBOARD, CHART_POLICIES, CHART_RULES, chart_files
from tracardi_operator.generate.crd import consumer_definition, resource_definition, resource_type_definition
from tracardi_operator.generate.dashboard import dashboard_json
from tracardi_operator.generate.documents import to_json, to_yaml
from tracardi_operator.generate.editor_schema import consumer_editor_schema, editor_schema
from tracardi_operator.generate.name_references import name_references
from tracardi_operator.generate.policies import policies
from tracardi_operator.generate.service_pages import service_pages
from tracardi_operator.services.model import ServiceType

CRDS: Final = PurePosixPath("crds")
POLICIES: Final = PurePosixPath("manifests/base/policies")
MONITORING: Final = PurePosixPath("manifests/components/monitoring")
REFERENCES: Final = PurePosixPath("manifests/gitops/kustomize/references")
SCHEMAS: Final = PurePosixPath("docs/schema")
SERVICES: Final = PurePosixPath("docs/services")
FOLDERS: Final = (CRDS, POLICIES, SCHEMAS, SERVICES, CHART_CRDS, CHART_POLICIES, CHART_RULES, CHART_DASHBOARD)
"""All in them is generated."""


def generated(catalogue: Mapping[str, ServiceType]) -> dict[PurePosixPath, str]:
    """The text of every generated file."""
    by_policy = {f"{name}.yaml": to_yaml(*documents) for name, documents in policies(catalogue).items()}
    by_plural = {
        "resources.yaml": to_yaml(resource_definition()),
        "resourceconsumers.yaml": to_yaml(consumer_definition()),
        "resourcetypes.yaml": to_yaml(resource_type_definition(catalogue)),
    }
    return {
        CRDS / "kustomization.yaml": _kustomization(*by_plural),
        POLICIES / "kustomization.yaml": _kustomization(*by_policy),
        REFERENCES / "name-references.yaml": to_yaml(name_references(catalogue)),
        SCHEMAS / "resource.json": to_json(editor_schema(catalogue)),
        SCHEMAS / "resourceconsumer.json": to_json(consumer_editor_schema()),
        **{CRDS / name: text for name, text in by_plural.items()},
        **{POLICIES / name: text for name, text in by_policy.items()},
        **chart_files(by_plural, by_policy),
        MONITORING / "prometheusrule.yaml": to_yaml(prometheus_rule()),
        MONITORING / "tracardi-operator.json": dashboard_json(),
        **{SERVICES / name: text for name, text in service_pages(catalogue).items()},
    }


def _kustomization(*resources: str) -> str:
    return to_yaml(
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(resources)}
    )
