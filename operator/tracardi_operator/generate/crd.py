"""The CustomResourceDefinition of `Resource`."""

from typing import Any, Final

from tracardi_operator.api import names
from tracardi_operator.api.resource import ENVIRONMENTS, ResourceSpec, validations
from tracardi_operator.api.status import INITIAL, ResourceStatus
from tracardi_operator.generate.schema import Schema, structural

MAX_NAME: Final = 63
"""The name of a Resource is a label's value on its outputs (63); `<name>-production-resolved` fits too (253)."""

SHORT_NAMES: Final = ("tres",)
"""Of TRacardi RESource. `tr` belongs to Tekton's TaskRun."""

_READY: Final = '.status.conditions[?(@.type=="Ready")]'


def resource_definition() -> dict[str, Any]:
    """The whole CRD, ready to be written."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names.PLURAL}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": _names(),
            "versions": [
                {
                    "name": names.VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "selectableFields": [{"jsonPath": ".spec.type"}],
                    "additionalPrinterColumns": _columns(),
                    "schema": {"openAPIV3Schema": _schema()},
                }
            ],
        },
    }


def _names() -> dict[str, Any]:
    return {
        "kind": names.KIND,
        "listKind": f"{names.KIND}List",
        "plural": names.PLURAL,
        "singular": names.KIND.lower(),
        "shortNames": list(SHORT_NAMES),
        "categories": [names.CATEGORY],
    }


def _columns() -> list[dict[str, Any]]:
    return [
        _column("Type", ".spec.type"),
        _column("Ready", f"{_READY}.status"),
        _column("Reason", f"{_READY}.reason"),
        _column("Age", ".metadata.creationTimestamp", kind="date"),
        _column("Binding", ".status.binding.name", priority=1),
        _column("Message", f"{_READY}.message", priority=1),
    ]


def _column(name: str, path: str, *, kind: str = "string", priority: int = 0) -> dict[str, Any]:
    """Priority 1 shows in the wide output only."""
    return {"name": name, "type": kind, "jsonPath": path, "priority": priority}


def _schema() -> Schema:
    return {
        "description": "A connection to an outside service: its credentials are checked and published.",
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(ResourceSpec),
            "status": structural(ResourceStatus) | {"default": INITIAL},
        },
        **validations(_short_name(), _distinct_outputs()),
    }


def _short_name() -> tuple[str, str]:
    message = f"the name of a Resource may have {MAX_NAME} characters, as it is the value of a label on its outputs"
    return f"self.metadata.name.size() <= {MAX_NAME}", message


def _distinct_outputs() -> tuple[str, str]:
    production, test = (_output_name(environment) for environment in ENVIRONMENTS)
    message = "production and test must not have the same output: give them different names in spec.output.environments"
    return f"{production} != {test}", message


def _output_name(environment: str) -> str:
    environments = "self.spec.output.environments"
    own = f"{environments}['{environment}'].name"
    has_own = f"has(self.spec.output) && has({environments}) && '{environment}' in {environments} && has({own})"
    return f"({has_own} ? {own} : self.metadata.name + '{names.default_output_name('', environment)}')"
