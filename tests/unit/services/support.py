"""How the tests of the catalogue call the checks."""

from collections.abc import Mapping

from tracardi_operator.api.problems import Problem, Source, SourceKind
from tracardi_operator.checks import Checked, Raw, check
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Field, ServiceType, Value


def as_data(value: Value | bytes) -> bytes:
    """A value as a Secret holds it."""
    if isinstance(value, bytes):
        return value
    return (str(value).lower() if isinstance(value, bool) else str(value)).encode()


def as_raw(values: Mapping[str, Value | bytes]) -> dict[str, Raw]:
    return {name: Raw(as_data(value), Source(SourceKind.SECRET, "input", name)) for name, value in values.items()}


def check_values(service: ServiceType, values: Mapping[str, Value | bytes]) -> Checked:
    return check(service, "production", as_raw(values))


def check_type(name: str, /, **values: Value | bytes) -> tuple[Problem, ...]:
    """The problems of an environment of a built-in type that has just these values."""
    return check_values(builtin()[name], values).problems


def check_alone(service: ServiceType, definition: Field, value: Value | bytes) -> tuple[Problem, ...]:
    """The problems of one value, whatever the other fields are."""
    others = frozenset(field.name for field in service.fields) - {definition.name}
    return check(service, "production", as_raw({definition.name: value}), others).problems


def verdicts(problems: tuple[Problem, ...]) -> list[tuple[str | None, str, str]]:
    """What tables compare: field, reason and severity."""
    return [(problem.field, problem.reason.value, problem.severity.value) for problem in problems]
