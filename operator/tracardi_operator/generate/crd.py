"""The CustomResourceDefinitions of our kinds."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel

from tracardi_operator.api import names
from tracardi_operator.api.consumer import ResourceConsumerSpec, ResourceConsumerStatus
from tracardi_operator.api.manifest import MAX_NAME
from tracardi_operator.api.resource import ENVIRONMENTS, ResourceSpec, validations
from tracardi_operator.api.resource_type import MAX_TYPE_NAME, TYPE_NAME, ResourceTypeSpec, ResourceTypeStatus
from tracardi_operator.api.status import INITIAL, ResourceStatus
from tracardi_operator.generate.schema import Schema, structural

SHORT_NAMES: Final = ("tres",)
"""Of TRacardi RESource. `tr` belongs to Tekton's TaskRun."""
TYPE_SHORT_NAMES: Final = ("trestype",)
CONSUMER_SHORT_NAMES: Final = ("tcon",)

_PROVISIONED_SERVICE: Final = {"servicebinding.io/provisioned-service": "true"}
"""By this, tools of the Service Binding specification find the kinds that can be bound to."""

_READY: Final = '.status.conditions[?(@.type=="Ready")]'

Scope = Literal["Namespaced", "Cluster"]
Column = dict[str, Any]


def resource_definition() -> dict[str, Any]:
    """The whole CRD of `Resource`, ready to be written."""
    schema = _schema(
        "A connection to an outside service: its credentials are checked and published.", ResourceSpec, ResourceStatus
    )
    columns = [
        _column("Type", ".spec.type"),
        *_verdict_columns(),
        _column("Binding", ".status.binding.name", priority=1),
        _message_column(),
    ]
    return _definition(
        "Namespaced",
        _names(names.KIND, names.PLURAL, SHORT_NAMES),
        columns,
        schema | validations(_short_name(names.KIND, "outputs"), _distinct_outputs()),
        selectable=(".spec.type",),
        labels=_PROVISIONED_SERVICE,
    )


def resource_type_definition(builtin: Iterable[str]) -> dict[str, Any]:
    """The whole CRD of `ResourceType`. `builtin` are the names that are taken."""
    schema = _schema(
        "A service type of one's own. Whoever may write one can learn the credentials that it is applied to.",
        ResourceTypeSpec,
        ResourceTypeStatus,
    )
    columns = [_column("Title", ".spec.title"), *_verdict_columns(), _message_column()]
    return _definition(
        "Cluster",
        _names(names.TYPE_KIND, names.TYPE_PLURAL, TYPE_SHORT_NAMES),
        columns,
        schema | {"x-kubernetes-validations": [_type_name(), _not_builtin(builtin)]},
    )


def consumer_definition() -> dict[str, Any]:
    """The whole CRD of `ResourceConsumer`."""
    schema = _schema(
        "Who receives the credentials of which Resources, and in which form.",
        ResourceConsumerSpec,
        ResourceConsumerStatus,
    )
    columns = [
        _column("Resources", ".status.resources", kind="integer"),
        *_verdict_columns(),
        _column("Bundle", ".status.bundle.name", priority=1),
        _column("Tracardi", ".spec.tracardi.url", priority=1),
        _column("Revision", ".status.revision", kind="integer", priority=1),
        _column("Changed", ".status.lastChange", kind="date", priority=1),
        _message_column(),
    ]
    return _definition(
        "Namespaced",
        _names(names.CONSUMER_KIND, names.CONSUMER_PLURAL, CONSUMER_SHORT_NAMES),
        columns,
        schema | validations(_short_name(names.CONSUMER_KIND, "bundle")),
    )


def _definition(
    scope: Scope,
    kind: dict[str, Any],
    columns: list[Column],
    schema: Schema,
    selectable: Iterable[str] = (),
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    fields = [{"jsonPath": path} for path in selectable]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind['plural']}.{names.GROUP}", **({"labels": dict(labels)} if labels else {})},
        "spec": {
            "group": names.GROUP,
            "scope": scope,
            "names": kind,
            "versions": [
                {
                    "name": names.VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    **({"selectableFields": fields} if fields else {}),
                    "additionalPrinterColumns": columns,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def _names(kind: str, plural: str, short: Iterable[str]) -> dict[str, Any]:
    return {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": kind.lower(),
        "shortNames": list(short),
        "categories": [names.CATEGORY],
    }


def _verdict_columns() -> list[Column]:
    return [
        _column("Ready", f"{_READY}.status"),
        _column("Reason", f"{_READY}.reason"),
        _column("Age", ".metadata.creationTimestamp", kind="date"),
    ]


def _message_column() -> Column:
    return _column("Message", f"{_READY}.message", priority=1)


def _column(name: str, path: str, *, kind: str = "string", priority: int = 0) -> Column:
    """Priority 1 shows in the wide output only."""
    return {"name": name, "type": kind, "jsonPath": path, "priority": priority}


def _schema(description: str, spec: type[BaseModel], status: type[BaseModel]) -> Schema:
    return {
        "description": description,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(spec),
            "status": structural(status) | {"default": INITIAL},
        },
    }


def _short_name(kind: str, labelled: str) -> tuple[str, str]:
    message = f"the name of a {kind} may have {MAX_NAME} characters, as it is the value of a label on its {labelled}"
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


def _type_name() -> dict[str, Any]:
    message = (
        f"the name of a ResourceType may have {MAX_TYPE_NAME} characters: letters in lower case, digits and dashes, "
        "as Resources name it in spec.type"
    )
    rule = f"self.metadata.name.size() <= {MAX_TYPE_NAME} && self.metadata.name.matches('{TYPE_NAME}')"
    return {"message": message, "rule": rule}


def _not_builtin(builtin: Iterable[str]) -> dict[str, Any]:
    """Only at creation: a name that a later release takes must not keep status from saying so."""
    return {
        "message": "this is the name of a built-in type, which can't be replaced; choose another name",
        "optionalOldSelf": True,
        "rule": f"oldSelf.hasValue() || !(self.metadata.name in {sorted(builtin)})",
    }
