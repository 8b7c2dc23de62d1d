"""`docs/services`: a page for each service type and an index, in Markdown. `explain` says the same in the terminal."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tracardi_operator.describe import (
    Expectation,
    binding_entries,
    expectations,
    must_give,
    pasted_by_mistake,
    resource_yaml,
    rules,
    secret_command,
)
from tracardi_operator.generate.documents import MARKDOWN_HEADER
from tracardi_operator.services.model import Field, ServiceType

INDEX: Final = "README.md"

_WHY_ASKED: Final = (
    "In bash. Values are asked for, or read from files: on a command line they would stay in the shell's history and "
    "show in the list of processes. `printf` adds no line break; `echo` and most editors do."
)


def service_pages(catalogue: Mapping[str, ServiceType]) -> dict[str, str]:
    """The text of each page by the name of its file."""
    services = [catalogue[name] for name in sorted(catalogue)]
    pages = {f"{service.name}.md": _page(_of_type(service)) for service in services}
    return {INDEX: _page(_of_index(services)), **pages}


def _page(blocks: Iterable[str]) -> str:
    return "\n\n".join([MARKDOWN_HEADER, *blocks]) + "\n"


def _of_index(services: list[ServiceType]) -> Iterator[str]:
    yield "# Service types"
    yield (
        "What `spec.type` of a `Resource` may be. `tracardi-operator explain TYPE` shows the same as the page of a "
        "type, and `tracardi-operator types -o json` all of them for programs."
    )
    yield _table(("Service", "Type", "Must be given", "Remark"), map(_index_row, services))


def _index_row(service: ServiceType) -> tuple[str, ...]:
    link = f"[{_text(service.title)}]({service.name}.md)"
    needed = must_give(service)
    return (
        link,
        _code(service.name),
        _text(_code(needed)) if needed else "",
        "has ended" if service.discontinued else "",
    )


def _of_type(service: ServiceType) -> Iterator[str]:
    yield f"# {_text(service.title)}"
    yield f"`type: {service.name}`"
    if service.discontinued:
        yield f"> **Discontinued.** {_text(service.discontinued)}."
    yield from _section(
        "Where to get the credential", f"{_text(service.how_to)}\n<{service.url}>", *_per_field(service)
    )
    yield from _section("Fields", _fields(service.fields), *_between(service))
    if pasted := pasted_by_mistake(service):
        yield from _section("Often pasted by mistake", _bullets(map(_mistake, pasted.items())))
    yield from _section(
        "Resource", _fence("yaml", resource_yaml(service)), "Check it with `tracardi-operator lint -f FILE`."
    )
    if command := secret_command(service):
        yield from _section("Secret", _fence("bash", command), _WHY_ASKED)
    yield from _section("For consumers", _bullets(_for_consumers(service)))


def _section(title: str, *blocks: str) -> Iterator[str]:
    yield f"## {title}"
    yield from blocks


def _per_field(service: ServiceType) -> Iterator[str]:
    if any(field.how_to for field in service.fields):
        yield _bullets(f"{_code(field.name)}: {_text(field.how_to)}" for field in service.fields if field.how_to)


def _fields(fields: Iterable[Field]) -> str:
    headings = ("Name", "What", "Kind", "Required", "Sensitive", "Default", "Form")
    return _table(headings, [_field(field) for field in fields])


def _field(field: Field) -> tuple[str, ...]:
    return (
        ", ".join(_code(name) for name in field.names),
        _text(field.title),
        field.kind,
        _yes(field.must_be_given),
        _yes(field.sensitive),
        "" if field.default is None else _code(json.dumps(field.default)),
        _text(" ".join(map(_form, expectations(field)))),
    )


def _form(expectation: Expectation) -> str:
    source = f"; source: {expectation.source}" if expectation.source else ""
    return f"{expectation.words} ({expectation.confidence}: {expectation.mismatch}{source})."


def _between(service: ServiceType) -> Iterator[str]:
    if found := list(rules(service)):
        yield _bullets(map(_text, found))


def _mistake(pasted: tuple[str, list[str]]) -> str:
    words, names = pasted
    return f"{_codes(names)}: {_text(words)}"


def _for_consumers(service: ServiceType) -> Iterator[str]:
    yield f"Tags in Tracardi: {_codes(service.tags)}; icon {_code(service.icon)}"
    binding_type, provider = service.binding_type or service.name, service.provider or service.name
    yield f"Service Binding: type {_code(binding_type)}, provider {_code(provider)}"
    if entries := binding_entries(service):
        yield f"Service Binding entries: {_codes(entries)}"


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _fence(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`"


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(map(_code, texts))


def _text(text: str) -> str:
    """Plain text: it neither ends a cell of a table nor is taken for a tag or emphasis."""
    return "".join(f"\\{character}" if character in "|<>*" else character for character in text)


def _yes(condition: bool) -> str:
    return "yes" if condition else "no"
