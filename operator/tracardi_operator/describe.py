"""A service type in words, as data, and as YAML to copy. Pure; `types`, `explain` and `docs/services` show it."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tracardi_operator.api.names import API_VERSION, KIND
from tracardi_operator.services.model import Confidence, Field, Kind, ServiceType

Description = dict[str, object]

_MISMATCH: Final = {
    Confidence.CONFIDENT: "anything else is refused",
    Confidence.HEURISTIC: "anything else is a warning",
    Confidence.UNKNOWN: "anything else is accepted as well",
}

_TO_REPLACE: Final = (
    "# Once it is there, put new values into it by ending the kubectl command with",
    "#   --dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -",
)
"""Forced, since what `kubectl create` wrote belongs to another field manager. Without --server-side the values would be
copied into an annotation."""


@dataclass(frozen=True, slots=True)
class Expectation:
    words: str
    confidence: Confidence
    source: str
    """Empty where the type itself says it: choices and ranges."""

    @property
    def mismatch(self) -> str:
        """What happens to a value that is not so."""
        return _MISMATCH[self.confidence]


def describe(service: ServiceType) -> Description:
    """The shape that programs may rely on. `example` passes all checks and is no real credential."""
    return {
        "type": service.name,
        "title": service.title,
        "fields": [_describe_field(field) for field in service.fields],
        "example": dict(service.example),
        "tags": list(service.tags),
        "icon": service.icon,
        "binding": {
            "type": service.binding_type or service.name,
            "provider": service.provider or service.name,
            "entries": binding_entries(service),
        },
        "howTo": service.how_to,
        "url": service.url,
        "discontinued": service.discontinued or None,
    }


def _describe_field(field: Field) -> Description:
    return {
        "name": field.name,
        "kind": field.kind,
        "required": field.required,
        "sensitive": field.sensitive,
        "default": field.default,
        "format": format_words(field),
        "confidence": field.format.confidence if field.format else Confidence.UNKNOWN,
        "source": field.format.source if field.format else None,
    }


def format_words(field: Field) -> str | None:
    """What is expected of a value, in words that follow "expected"."""
    if field.format:
        return field.format.words
    if field.choices:
        return " or ".join(field.choices)
    if field.minimum is not None and field.maximum is not None:
        return f"{field.minimum} to {field.maximum}"
    return None


def expectations(field: Field) -> Iterator[Expectation]:
    """All that is expected of a value, the strictest first."""
    if words := format_words(field):
        yield Expectation(
            f"Expected {words}",
            field.format.confidence if field.format else Confidence.CONFIDENT,
            field.format.source if field.format else "",
        )
    if field.usual:
        yield Expectation(f"Usually {field.usual.words}", field.usual.confidence, field.usual.source)


def properties(field: Field) -> Iterator[str]:
    """Kind, need and care, each in a word or two."""
    yield field.kind
    if field.default is not None:
        yield f"default {json.dumps(field.default)}"
    else:
        yield "required" if field.required else "optional"
    if field.sensitive:
        yield "sensitive (must come from a Secret)"
    if field.aliases:
        yield f"also published as {', '.join(field.aliases)}"


def binding_entries(service: ServiceType) -> list[str]:
    """The Service Binding entries beside `type` and `provider` that the example would have."""
    if service.binding is None:
        return []
    defaults = {field.name: field.default for field in service.fields if field.default is not None}
    return sorted(service.binding(defaults | dict(service.example)))


def must_give(service: ServiceType) -> str:
    """The fields that one can't leave out: `account_sid, auth_token | api_key_sid + api_key_secret`."""
    names = [field.name for field in service.fields if field.must_be_given]
    if service.document:
        return f"{service.document.name} | {' + '.join(names)}"
    ways = " | ".join(" + ".join(names) for names in service.alternatives)
    return ", ".join([*names, *([ways] if ways else [])])


def secret_command(service: ServiceType) -> str | None:
    """The commands, in bash, that create the Secret of `resource_yaml`. They ask for the values.

    On a command line a value would stay in the shell's history and show in the list of processes. `printf` is part of
    the shell, and adds no line break.
    """
    fields = [field for field in _usual_fields(service) if field.sensitive]
    if not fields:
        return None
    typed = [field for field in fields if not _is_file(field)]
    asked = [_prompt(field) for field in typed]
    create = [f"kubectl create secret generic {_secret_name(service)}", *map(_secret_option, fields)]
    forgotten = [f"unset {' '.join(field.name for field in typed)}"] if typed else []
    return "\n".join([*asked, " \\\n  ".join(create), *forgotten, *_TO_REPLACE])


def _is_file(field: Field) -> bool:
    return field.multiline or field.kind is Kind.OBJECT


def _prompt(field: Field) -> str:
    return f"read -rsp {shlex.quote(f'{field.title}: ')} {field.name} && echo"


def _secret_option(field: Field) -> str:
    if _is_file(field):
        return f"--from-file={field.name}={shlex.quote(f'<file with the {field.title}>')}"
    return f'--from-file={field.name}=<(printf %s "${field.name}")'


def resource_yaml(service: ServiceType) -> str:
    """A Resource to copy: what is sensitive comes from a Secret, the rest stands in it as placeholders."""
    fields = _usual_fields(service)
    lines = [
        f"apiVersion: {API_VERSION}",
        f"kind: {KIND}",
        f"metadata: {{name: {_object_name(service)}-main}}",
        "spec:",
        f"  type: {service.name}",
        "  credentials:",
        "    production:",
    ]
    if any(field.sensitive for field in fields):
        lines.append(f"      secretRef: {{name: {_secret_name(service)}}}")
    return "\n".join([*lines, *_literals(service, [field for field in fields if not field.sensitive])])


def _literals(service: ServiceType, fields: list[Field]) -> Iterator[str]:
    if fields:
        yield "      fields:"
    for field in fields:
        example = json.dumps(service.example[field.name], ensure_ascii=False)
        yield f'        {field.name}: {{value: "<{field.title}>"}}  # for example {example}'


def _usual_fields(service: ServiceType) -> list[Field]:
    """Enough for a Resource that passes: the file that has all, or those that the example gives without a default."""
    if service.document:
        return [service.document]
    return [field for field in service.fields if field.name in service.example and field.default is None]


def _object_name(service: ServiceType) -> str:
    return service.name.replace("_", "-")


def _secret_name(service: ServiceType) -> str:
    return f"{_object_name(service)}-credentials"


def rules(service: ServiceType) -> Iterator[str]:
    """What the checks demand beyond the form of each field, as sentences."""
    if service.document:
        yield f"Give {service.document.name} alone, whose members are the other fields, or give these one by one."
    if service.alternatives:
        yield f"Give exactly one of: {', or '.join(' with '.join(names) for names in service.alternatives)}."
    yield from (rule.words for rule in service.rules)


def pasted_by_mistake(service: ServiceType) -> dict[str, list[str]]:
    """The other things that people paste, in words, each with the names of the fields where it is told apart."""
    found: dict[str, list[str]] = {}
    for field in service.fields:
        for words in dict.fromkeys(mistake.words for mistake in field.mistakes):
            found.setdefault(words, []).append(field.name)
    return found
