"""Names that look like a credential: one was pasted where a name belongs, and is not repeated. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from tracardi_operator.api.problems import Problem, Source
from tracardi_operator.services.shown import NOT_SHOWN, is_hidden, shown, shown_source


def quoted(name: str) -> str:
    return NOT_SHOWN if is_hidden(name) else repr(name)


def source_in_words(source: Source) -> str:
    return str(shown_source(source)).replace(repr(NOT_SHOWN), NOT_SHOWN)


def values_in(content: object) -> frozenset[str]:
    """All texts of an object, names and values, that look like a value."""
    return frozenset(text for text in _texts(content, set()) if is_hidden(text))


def _texts(content: object, seen: set[int]) -> Iterator[str]:
    """Each collection once: aliases lead to the same one by more paths than anybody can walk."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list) and id(content) not in seen:
        seen.add(id(content))
        for part in _parts(content):
            yield from _texts(part, seen)


def _parts(content: dict[object, object] | list[object]) -> Iterable[object]:
    return chain(content, content.values()) if isinstance(content, dict) else content


def conceal(problem: Problem, values: Iterable[str]) -> Problem:
    """The problem without any of the values in its words."""
    message = problem.message
    for value in sorted(values, key=len, reverse=True):
        message = message.replace(repr(value), NOT_SHOWN).replace(value, NOT_SHOWN)
    return replace(
        problem,
        message=message,
        environment=problem.environment and shown(problem.environment),
        field=problem.field and shown(problem.field),
        source=problem.source and shown_source(problem.source),
    )
