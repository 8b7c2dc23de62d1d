"""From a ResourceType to the service type that it defines, or to all that makes it unusable. Pure.

Examples and defaults must pass the very checks that values will have to pass, so that a pattern that nothing fits is
found before a credential is refused. The examples of the fields make the example of the type.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tracardi_operator.api.parse import Path, parse_type_spec
from tracardi_operator.api.resource_type import Fault, ResourceTypeSpec, TypeField
from tracardi_operator.checks import RULES
from tracardi_operator.checks.conversion import convert
from tracardi_operator.services.catalogue import digest
from tracardi_operator.services.logins import needs
from tracardi_operator.services.model import Confidence, Field, Format, Kind, Mistake, ServiceType, Value, Values
from tracardi_operator.services.patterns import MAX_CHARACTERS, BadPattern, full_match

_ANYTHING: Final = r"(?s:.*)"
_FAR_TOO_LONG: Final = Mistake(
    rf"(?s:.{{{MAX_CHARACTERS + 1},}})", f"a whole file: what has a pattern may have {MAX_CHARACTERS} characters"
)
_UNJUDGING: Final = {"title", "description"}
"""What no verdict and no output depends on."""
_OWN_ENTRIES: Final = frozenset({"type", "provider"})


@dataclass(frozen=True, slots=True)
class Definition:
    """What a ResourceType says: a service type, or why it says none."""

    service: ServiceType | None
    faults: tuple[Fault, ...] = ()


def define(name: str, content: Mapping[str, object]) -> Definition:
    """Read the `spec` of the ResourceType of this name. Raises nothing, whatever the spec holds."""
    spec, faults = parse_type_spec(content)
    if spec is None:
        return Definition(None, faults)
    try:
        service = _service(name, spec)
    except _Unusable as error:
        return Definition(None, error.faults)
    faults = tuple(_example_faults(service, spec))
    return Definition(None if faults else service, faults)


class _Unusable(Exception):  # noqa: N818  # it names the state of affairs
    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__()
        self.faults = faults


def _service(name: str, spec: ResourceTypeSpec) -> ServiceType:
    """Raises _Unusable."""
    fields: list[Field] = []
    faults: list[Fault] = [*_reference_faults(spec)]
    for index, definition in enumerate(spec.fields):
        try:
            fields.append(_field(definition))
        except BadPattern as error:
            faults.append(Fault(("spec", "fields", index, "pattern"), str(error)))
    if faults:
        raise _Unusable(tuple(faults))
    binding = spec.binding
    service = ServiceType(
        name=name,
        title=spec.title or name,
        fields=tuple(fields),
        example={},
        how_to=spec.how_to or "",
        url=spec.url or "",
        tags=tuple(spec.tags or ()),
        icon=spec.icon or "plugin",
        provider=(binding and binding.provider) or "",
        binding_type=(binding and binding.type) or "",
        binding=_entries(dict(binding.entries)) if binding and binding.entries else None,
        rules=tuple(needs(r.field, *r.needs) for r in spec.requires or ()),
        alternatives=tuple(map(tuple, spec.one_of or ())),
        digest=digest(spec.model_dump_json(exclude_none=True, exclude=_UNJUDGING)),
    )
    return replace(service, example=_example(service, spec))


def _field(definition: TypeField) -> Field:
    """Raises BadPattern. Without its default if that has the wrong kind, which is told as a fault of its own."""
    kind = Kind(definition.kind or Kind.STRING)
    return Field(
        name=definition.name,
        title=definition.title or definition.name,
        kind=kind,
        required=bool(definition.required),
        sensitive=bool(definition.sensitive),
        default=None if definition.default is None else convert(kind, str(definition.default)),
        format=_format(definition),
        choices=tuple(definition.enum or ()),
        minimum=definition.minimum,
        maximum=definition.maximum,
        mistakes=(_FAR_TOO_LONG,) if definition.pattern else (),
        password=bool(definition.password),
        multiline=bool(definition.multiline),
        how_to=definition.how_to or "",
    )


def _format(definition: TypeField) -> Format | None:
    lengths = _lengths_in_words(definition.min_length, definition.max_length)
    if not definition.pattern and not lengths:
        return None
    matches = full_match(definition.pattern) if definition.pattern else None
    shortest, longest = definition.min_length or 0, definition.max_length

    def accepts(text: str) -> bool:
        return shortest <= len(text) and (longest is None or len(text) <= longest) and (not matches or matches(text))

    return Format(
        words=", ".join(filter(None, (definition.expected, lengths))),
        pattern=_ANYTHING,
        confidence=Confidence.CONFIDENT,
        source="the ResourceType",
        accepts=accepts,
    )


def _lengths_in_words(shortest: int | None, longest: int | None) -> str:
    if shortest == longest:
        return f"{shortest} characters" if shortest else ""
    if longest is None:
        return f"{shortest} or more characters"
    return f"{shortest or 1} to {longest} characters"


def _entries(fields: Mapping[str, str]) -> Callable[[Values], Mapping[str, str]]:
    def binding(values: Values) -> Mapping[str, str]:
        return {entry: _text(values[name]) for entry, name in fields.items() if name in values}

    return binding


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


# What the models can't say


def _reference_faults(spec: ResourceTypeSpec) -> Iterator[Fault]:
    """Names of fields that are none, twice, or where they contradict each other."""
    fields = {definition.name: definition for definition in spec.fields}
    if len(fields) < len(spec.fields):
        yield Fault(("spec", "fields"), "has two fields of the same name")
    for path, name in _names_used(spec):
        if name not in fields:
            yield Fault(path, f"names {name!r}, which is not a field of this type")
    yield from _entry_faults(spec, fields)
    yield from _choice_faults(spec, fields)


def _names_used(spec: ResourceTypeSpec) -> Iterator[tuple[Path, str]]:
    for index, requirement in enumerate(spec.requires or ()):
        yield ("spec", "requires", index, "field"), requirement.field
        yield from ((("spec", "requires", index, "needs"), name) for name in requirement.needs)
    for index, names in enumerate(spec.one_of or ()):
        yield from ((("spec", "oneOf", index), name) for name in names)
    for entry, name in ((spec.binding and spec.binding.entries) or {}).items():
        yield ("spec", "binding", "entries", entry), name


def _entry_faults(spec: ResourceTypeSpec, fields: Mapping[str, TypeField]) -> Iterator[Fault]:
    for entry, name in ((spec.binding and spec.binding.entries) or {}).items():
        path = "spec", "binding", "entries", entry
        if entry in _OWN_ENTRIES:
            yield Fault(path, "is set by the operator; use binding.type or binding.provider")
        elif entry in fields and entry != name:
            yield Fault(path, "bears the name of another field, which it would replace in the output")


def _choice_faults(spec: ResourceTypeSpec, fields: Mapping[str, TypeField]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, names in enumerate(spec.one_of or ()):
        for name in names:
            definition = fields.get(name)
            if name in seen:
                yield Fault(("spec", "oneOf", index), f"names {name!r} again; a field belongs to one set")
            if definition and (definition.required or definition.default is not None):
                yield Fault(("spec", "oneOf", index), f"names {name!r}, which is required or has a default")
            seen.add(name)


# Examples and defaults


def _example(service: ServiceType, spec: ResourceTypeSpec) -> dict[str, Value]:
    """The examples that have the right kind, of one way to log in."""
    chosen = _chosen_way(service, spec)
    others = {name for names in service.alternatives for name in names if names != chosen}
    pairs = {f.name: convert(Kind(f.kind or Kind.STRING), str(f.example)) for f in spec.fields if f.example is not None}
    return {name: value for name, value in pairs.items() if value is not None and name not in others}


def _chosen_way(service: ServiceType, spec: ResourceTypeSpec) -> tuple[str, ...] | None:
    """The first way to log in of which each field has an example."""
    with_example = {definition.name for definition in spec.fields if definition.example is not None}
    return next((names for names in service.alternatives if with_example >= set(names)), None)


def _example_faults(service: ServiceType, spec: ResourceTypeSpec) -> Iterator[Fault]:
    for index, (definition, described) in enumerate(zip(service.fields, spec.fields, strict=True)):
        for part, value in (("example", described.example), ("default", described.default)):
            message = _refusal(definition, str(value)) if value is not None else None
            if message:
                yield Fault(("spec", "fields", index, part), message)


def _refusal(definition: Field, text: str) -> str | None:
    findings = (rule(definition, text) for rule in RULES)
    return next((finding.message for finding in findings if finding and finding.is_error), None)
