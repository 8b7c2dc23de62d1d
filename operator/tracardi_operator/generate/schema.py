"""Pydantic's JSON schema turned into a structural schema, as CustomResourceDefinitions want it.

The rules for structural schemas: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

Schema = dict[str, Any]

SPARE_KEYS: Final = 2
"""Room beyond the known keys of a map: past `maxProperties` the API server says "too many" and no rule speaks."""

_VALIDATIONS: Final = "x-kubernetes-validations"
_ORDER: Final = ("description", "type", "format", "default", "enum", "minLength", "maxLength", "pattern", "minItems")
_DROPPED: Final = {"title", "default", "$defs", "propertyNames"}


def structural(model: type[BaseModel]) -> Schema:
    """The structural schema of a model, without references, nulls and titles."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    return _convert(schema, schema.get("$defs", {}))


def _convert(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    merged = _without_null(_without_reference(schema, definitions), definitions)
    if "anyOf" in merged:
        merged = _int_or_string(merged)
    result = {key: value for key, value in merged.items() if key not in _DROPPED}
    if "properties" in result:
        result["properties"] = {name: _convert(sub, definitions) for name, sub in result["properties"].items()}
    if "items" in result:
        result["items"] = _convert(result["items"], definitions)
    if "additionalProperties" in result:
        _convert_map(result, merged.get("propertyNames", {}), definitions)
    if "description" in result:
        result["description"] = " ".join(result["description"].split())
    return _ordered(result)


def _without_reference(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """What a field says about itself wins over what its type says."""
    if "$ref" not in schema:
        return schema
    own = {key: value for key, value in schema.items() if key != "$ref"}
    return definitions[schema["$ref"].removeprefix("#/$defs/")] | own


def _without_null(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """An optional field is one that may be absent; null is no value."""
    branches = [branch for branch in schema.get("anyOf", ()) if branch != {"type": "null"}]
    if not branches:
        return schema
    own = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(branches) > 1:
        return own | {"anyOf": branches}
    return _without_reference(branches[0], definitions) | own


def _int_or_string(schema: Schema) -> Schema:
    kinds = sorted(branch["type"] for branch in schema["anyOf"])
    if kinds != ["integer", "string"]:
        raise ValueError(f"a structural schema has no union of {kinds}")
    return {key: value for key, value in schema.items() if key != "anyOf"} | {"x-kubernetes-int-or-string": True}


def _convert_map(result: Schema, keys: Schema, definitions: Mapping[str, Schema]) -> None:
    result["additionalProperties"] = _convert(result["additionalProperties"], definitions)
    if "enum" in keys:
        result["maxProperties"] = len(keys["enum"]) + SPARE_KEYS
    rules = [*_key_rules(keys), *result.get(_VALIDATIONS, [])]
    if rules:
        result[_VALIDATIONS] = rules


def _key_rules(keys: Schema) -> list[Schema]:
    """CEL in place of `propertyNames`, which structural schemas lack; fixed properties would be silently pruned."""
    if "enum" in keys:
        rule = f"self.all(key, key in [{', '.join(map(repr, keys['enum']))}])"
        return [{"message": f"the only keys here are {' and '.join(keys['enum'])}", "rule": rule}]
    if "maxLength" in keys:
        rule = f"self.all(key, key.size() <= {keys['maxLength']})"
        return [{"message": f"a key here may have at most {keys['maxLength']} characters", "rule": rule}]
    return []


def _ordered(schema: Schema) -> Schema:
    first = {key: schema[key] for key in _ORDER if key in schema}
    return first | {key: schema[key] for key in sorted(schema.keys() - first.keys())}
