"""Every type from a literal to its output: what may stand in a Resource, and what consumers get of the example."""

import json

import pytest

from tests.unit.examples import spec
from tests.unit.services.support import as_data, check_values, verdicts
from tracardi_operator.api.names import DOCUMENT_KEY
from tracardi_operator.api.resource import EnvironmentCredentials
from tracardi_operator.checks.conversion import convert
from tracardi_operator.publish.secret import render_output
from tracardi_operator.resolve import resolve
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Field, Kind, ServiceType, Value

TYPES = list(builtin().values())
SENSITIVE = [
    pytest.param(service, field, id=f"{service.name}.{field.name}")
    for service in TYPES
    for field in service.fields
    if field.sensitive
]
PYTHON_TYPES = {Kind.STRING: str, Kind.INTEGER: int, Kind.BOOLEAN: bool, Kind.OBJECT: dict}
RESERVED = {"type", "provider", "host", "port", "uri"}
"""Keys to which the Service Binding specification gives a meaning of its own."""
every_type = pytest.mark.parametrize("service", TYPES, ids=lambda service: service.name)


def example(service: ServiceType) -> dict[str, Value]:
    """Its typed values, defaults filled in."""
    return check_values(service, service.example).values


def output(service: ServiceType) -> dict[str, str]:
    return render_output("r", spec(), "production", service, example(service)).data


def document(service: ServiceType) -> dict[str, Value]:
    parsed: dict[str, Value] = json.loads(output(service)[DOCUMENT_KEY])
    return parsed


@pytest.mark.parametrize(("service", "field"), SENSITIVE)
def test_a_sensitive_field_refuses_a_literal(service: ServiceType, field: Field) -> None:
    literal = as_data(service.example.get(field.name, "made-up")).decode()
    credentials = EnvironmentCredentials.model_validate({"fields": {field.name: {"value": literal}}})
    resolution = resolve(service, "production", credentials, {})
    assert verdicts(tuple(resolution.problems)) == [(field.name, "SensitiveLiteral", "error")]
    assert (resolution.raw, literal in repr(resolution)) == ({}, False)


@every_type
def test_the_document_of_the_example_is_parsed_back_to_the_typed_values_under_all_their_names(
    service: ServiceType,
) -> None:
    typed = example(service)
    named = {name: typed[field.name] for field in service.fields if field.name in typed for name in field.names}
    assert document(service) == named


@every_type
def test_the_values_in_the_document_have_the_kinds_of_their_fields(service: ServiceType) -> None:
    kinds = {field.name: PYTHON_TYPES[field.kind] for field in service.fields}
    found = {name: type(value) for name, value in document(service).items() if name in kinds}
    assert found == {name: kinds[name] for name in found}


@every_type
def test_a_flat_key_of_a_field_reads_back_to_the_typed_value(service: ServiceType) -> None:
    data, typed = output(service), example(service)
    fields = [field for field in service.fields if field.name in typed and field.name not in RESERVED]
    assert {f.name: convert(f.kind, data[f.name]) for f in fields} == {f.name: typed[f.name] for f in fields}
