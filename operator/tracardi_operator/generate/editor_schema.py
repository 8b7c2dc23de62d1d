"""JSON Schemas (draft 7, which editors know) of our kinds; that of `Resource` checks the fields of the chosen type.

Editors have no notion of the admission policies and CEL rules: what these say is said again here as far as it can be.
"""

from collections.abc import Mapping
from typing import Any, Final

from tracardi_operator.api import names
from tracardi_operator.api.consumer import ResourceConsumerSpec
from tracardi_operator.api.resource import ENVIRONMENTS, ResourceSpec
from tracardi_operator.generate.schema import Schema, structural
from tracardi_operator.services.model import Confidence, Field, Kind, ServiceType

_INT_OR_STRING: Final = "x-kubernetes-int-or-string"
_LITERALS: Final[Mapping[Kind, Schema]] = {
    Kind.STRING: {"type": ["string", "integer"]},
    Kind.INTEGER: {"type": ["integer", "string"]},
    Kind.BOOLEAN: {"enum": ["true", "false"]},
    Kind.OBJECT: {"type": "string"},
}


def editor_schema(catalogue: Mapping[str, ServiceType]) -> Schema:
    """The schema of a Resource's manifest. Types of one's own are let through, unchecked."""
    definitions = {name: _environment(service) for name, service in sorted(catalogue.items())}
    return _manifest(names.KIND, _spec(sorted(catalogue))) | {"definitions": definitions}


def consumer_editor_schema() -> Schema:
    """The schema of a ResourceConsumer's manifest."""
    one_target: Schema = {"oneOf": [{"required": ["bundle"]}, {"required": ["tracardi"]}]}
    return _manifest(names.CONSUMER_KIND, _closed(structural(ResourceConsumerSpec)) | one_target)


def _manifest(kind: str, spec: Schema) -> Schema:
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"{kind} ({names.API_VERSION})",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": names.API_VERSION},
            "kind": {"const": kind},
            "metadata": {"type": "object", "required": ["name"]},
            "spec": spec,
            "status": {"type": "object"},
        },
        "additionalProperties": False,
    }


def _spec(types: list[str]) -> Schema:
    spec = _closed(structural(ResourceSpec))
    properties = spec["properties"]
    one = properties["credentials"].pop("additionalProperties")
    properties["credentials"] |= {"properties": dict.fromkeys(ENVIRONMENTS, one), "additionalProperties": False}
    properties["type"]["anyOf"] = [{"enum": types}, {"pattern": properties["type"].pop("pattern")}]
    return spec | {"allOf": [_credentials_of(name) for name in types]}


def _credentials_of(name: str) -> Schema:
    of_type = {"$ref": f"#/definitions/{name}"}
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": {"properties": {"credentials": {"properties": dict.fromkeys(ENVIRONMENTS, of_type)}}},
    }


def _closed(schema: Schema) -> Schema:
    """A structural schema as JSON Schema has it: no rules in CEL, and nothing that is not named."""
    kept = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    if _INT_OR_STRING in schema:
        kept["type"] = ["integer", "string"]
    if "properties" in kept:
        kept["properties"] = {name: _closed(sub) for name, sub in kept["properties"].items()}
        kept["additionalProperties"] = False
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _closed(kept[key])
    return kept


def _environment(service: ServiceType) -> Schema:
    """The credentials of one environment; what must be given, only where no whole Secret may give it."""
    fields = {name: _field(service, field) for field in service.fields for name in field.names}
    return {
        "title": service.title,
        "properties": {"fields": {"properties": fields, "additionalProperties": False}},
        "if": {"not": {"required": ["secretRef"]}},
        "then": {"required": ["fields"], "properties": {"fields": _needed(service)}},
    }


def _needed(service: ServiceType) -> Schema:
    required = [field.name for field in service.fields if field.must_be_given]
    if service.document:
        return {"anyOf": [{"required": [service.document.name]}, {"required": required}]}
    ways: Schema = {"anyOf": [{"required": list(way)} for way in service.alternatives]}
    return {"required": required} | (ways if service.alternatives else {})


def _field(service: ServiceType, field: Field) -> Schema:
    literal: Schema | bool = False if field.sensitive else _literal(field)
    return {"description": _description(service, field), "properties": {"value": literal}}


def _literal(field: Field) -> Schema:
    if field.choices:
        return {"enum": list(field.choices)}
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    told: dict[str, Any] = {key: value for key, value in limits.items() if value is not None}
    return dict(_LITERALS[field.kind]) | told | ({"default": field.default} if field.default is not None else {})


def _description(service: ServiceType, field: Field) -> str:
    need = "required" if field.must_be_given else "optional"
    place = ", from a Secret" if field.sensitive else ""
    where = (field.how_to or service.how_to) if field.sensitive else field.how_to
    return " ".join(part for part in (f"{field.title} ({need}{place}).", _expected(field), where) if part)


def _expected(field: Field) -> str:
    form = field.format
    return f"Expected: {form.words}." if form and form.confidence is not Confidence.UNKNOWN else ""
