"""Checks of the values of one environment by the rules of its service type. Pure: no I/O, no clock.

A value is examined from the general to the particular, and a field with an error has that one problem: a token that
ends with a line break has also the wrong length, but the line break is what to repair.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Final

from tracardi_operator.api.problems import Problem, Reason, Source
from tracardi_operator.checks import form_rules, value_rules
from tracardi_operator.checks.conversion import convert
from tracardi_operator.checks.remedies import remedy, where_to_get
from tracardi_operator.services.model import Field, Finding, ServiceType, Value

RULES: Final[tuple[Callable[[Field, str], Finding | None], ...]] = (
    value_rules.empty,
    value_rules.control_character,
    value_rules.markup,
    value_rules.line_break,
    value_rules.invisible_character,
    value_rules.outer_space,
    value_rules.quotes,
    value_rules.known_example,
    value_rules.unresolved,
    value_rules.stock_word,
    value_rules.repeated_character,
    value_rules.scheme,
    value_rules.assignment,
    value_rules.whole_url,
    value_rules.inner_space,
    value_rules.look_alike,
    form_rules.double_encoding,
    form_rules.form,
    form_rules.value_range,
)
"""In the order of how telling they are."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A value as it was found, and where. `repr` never shows it."""

    value: bytes | str | int = field(repr=False)
    source: Source


@dataclass(frozen=True, slots=True)
class Checked:
    """The typed values (defaults filled in) of the fields that passed, and all problems, most telling first."""

    values: dict[str, Value] = field(repr=False)
    problems: tuple[Problem, ...]


def check(service: ServiceType, environment: str, raw: Mapping[str, Raw], settled: Set[str] = frozenset()) -> Checked:
    """Check each field by itself, then the rules between fields.

    `settled` are the fields that have a problem already or can't be checked (their object is not among the files):
    they are not reported as missing, and rules between fields that need them stay silent.
    """
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for definition in service.fields:
        if definition.name in raw:
            value, found = _examine(service, environment, definition, raw[definition.name])
            problems += found
            if value is not None and not definition.document:
                values[definition.name] = value
        elif definition.name not in settled:
            problems += _fill_in(service, environment, definition, values)
    problems += _alternatives(service, environment, raw, settled)
    unknown = settled | {p.field for p in problems if p.is_error}
    problems += _between_fields(service, environment, raw, values, unknown)
    return Checked(values, tuple(sorted(problems, key=lambda problem: not problem.is_error)))


def _examine(service: ServiceType, environment: str, definition: Field, raw: Raw) -> tuple[Value | None, list[Problem]]:
    """The typed value if it may be used, and either the first error or all warnings."""
    text = value_rules.decode(definition, raw.value)
    findings = [text] if isinstance(text, Finding) else _findings(definition, text)
    problems = [
        _problem(environment, finding, raw.source, remedy(service, definition, finding, raw.source))
        for finding in findings
    ]
    if isinstance(text, Finding) or any(p.is_error for p in problems):
        return None, problems
    return convert(definition.kind, text), problems


def _findings(definition: Field, text: str) -> list[Finding]:
    """The first error or all warnings, of the value itself and then of what is inside it."""
    found = _found(definition, text)
    if definition.inside is None or any(finding.is_error for finding in found):
        return found
    for part, value in definition.inside(text):
        message = f"has a {part.title} inside that "
        found += [replace(f, field=definition.name, message=message + f.message) for f in _found(part, value)]
    return found


def _found(definition: Field, text: str) -> list[Finding]:
    warnings: list[Finding] = []
    for rule in RULES:
        finding = rule(definition, text)
        if finding and finding.is_error:
            return [finding]
        if finding:
            warnings.append(finding)
    return warnings


def _fill_in(service: ServiceType, environment: str, definition: Field, values: dict[str, Value]) -> Iterator[Problem]:
    """The default of a field that is not given; a problem if it needs one."""
    if definition.default is not None:
        values[definition.name] = definition.default
    elif definition.required:
        yield _missing(service, environment, definition, "is required but not given")


def _alternatives(
    service: ServiceType, environment: str, raw: Mapping[str, Raw], settled: Set[str]
) -> Iterator[Problem]:
    """Exactly one complete set. Silent if one of the fields is settled: which sets are given is not known then."""
    names = {name for names in service.alternatives for name in names}
    if not names or names & settled:
        return
    begun = [alternative for alternative in service.alternatives if raw.keys() & set(alternative)]
    if len(begun) > 1:
        surplus = next(name for name in begun[1] if name in raw)
        message = f"is given besides another way to log in; give {_ways(service)}, not both"
        yield _problem(environment, Finding(surplus, Reason.CONTRADICTION, message), raw[surplus].source)
        return
    what = "is missing from its pair" if begun else "is not given, nor is another way to log in"
    for name in (begun or service.alternatives)[0]:
        definition = service.field(name)
        if definition and name not in raw:
            yield _missing(service, environment, definition, f"{what} (give {_ways(service)})")


def _ways(service: ServiceType) -> str:
    return " or ".join(" with ".join(map(repr, names)) for names in service.alternatives)


def _between_fields(
    service: ServiceType,
    environment: str,
    raw: Mapping[str, Raw],
    values: Mapping[str, Value],
    unknown: Iterable[str | None],
) -> Iterator[Problem]:
    for rule in service.rules:
        if not set(rule.needs) & set(unknown):
            for finding in rule.find(values):
                yield _problem(environment, finding, raw[finding.field].source if finding.field in raw else None)


def _missing(service: ServiceType, environment: str, definition: Field, what: str) -> Problem:
    where = f"add it to credentials.{environment}.fields, or as the key {definition.name!r} to the Secret of secretRef"
    finding = Finding(definition.name, Reason.MISSING_FIELD, f"{what}; {where}")
    return _problem(environment, finding, None, where_to_get(service, definition))


def _problem(environment: str, finding: Finding, source: Source | None, advice: str = "") -> Problem:
    return Problem(finding.reason, finding.message + advice, finding.severity, environment, finding.field, source)
