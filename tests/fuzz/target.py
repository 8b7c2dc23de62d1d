"""A coverage-guided fuzzer on the checks of values: `python tests/fuzz/target.py [libFuzzer's options]`.

An input is two bytes that choose a field of the catalogue, and a value. It must raise nothing, and no message may hold
five characters of the value, unless these are words of the message: they stand in the sources, or the message for
another value holds them too.
"""

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from random import Random

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["tracardi_operator.checks", "tracardi_operator.services"]):
    from tracardi_operator.checks import Raw, check
    from tracardi_operator.services.catalogue import builtin

import tracardi_operator
from tracardi_operator.api.problems import Problem, Source, SourceKind
from tracardi_operator.services.model import Field, ServiceType, Value

_GRAM = 5
_AFRESH = 0.3
_PLACE = Source(SourceKind.SECRET, "input", "key")
FIELDS = [(service, field) for service in builtin().values() for field in service.fields]
_PROBES = (
    *("k7Q-zz9_Lm" * 4, "madeup", "0", "-1", "a b", " a", "a\n", "a\0", "\ufeffx", "\xe9", "xxxxxxxxx", "'a'"),
    *("todo", "sample", "changeme", "<a>", "${A}", "none", "Bearer x", "token=x", "export A_KEY=x", "a<b>c"),
    *("{}", "[", "https://a.example/b?c", "https://u:p@a.example", "x@y.example", "eyJhbGciOi", "LS0tLS1CRUdJTg=="),
)
"""Values of many kinds, to begin with."""


class LeakError(AssertionError):
    """A message tells a part of the value. Its text does not."""


def fuzz(data: bytes) -> None:
    if len(data) < 2:
        return
    service, field = FIELDS[int.from_bytes(data[:2], "big") % len(FIELDS)]
    _refuse_leaks(service, field, data[2:])


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Begin anew from what a field expects now and then: patterns give the fuzzer no coverage to climb by."""
    random = Random(seed)
    if len(data) < 2 or random.random() < _AFRESH:
        data = random.choice(_seeds())
    return data[:2] + bytes(atheris.Mutate(data[2:], max_size - 2))


@cache
def _seeds() -> tuple[bytes, ...]:
    """For each field its example, and the probes."""
    return tuple(
        number.to_bytes(2, "big") + value
        for number, (service, field) in enumerate(FIELDS)
        for value in (_as_bytes(service.example.get(field.name, "")), *map(str.encode, _PROBES))
    )


def _refuse_leaks(service: ServiceType, field: Field, value: bytes) -> None:
    problems = _judge(service, field, value)
    text = value.decode("utf-8", "ignore")
    for message in (problem.message for problem in problems):
        told = {gram for gram in _grams(text) if gram in message}
        if told - _own_words() and not _is_told_of_another(service, field, text, message, told):
            raise LeakError(f"{service.name}.{field.name}")


def _judge(service: ServiceType, field: Field, value: bytes) -> tuple[Problem, ...]:
    """Alone, and if it passes among the values of the example, so that the rules between fields speak."""
    raw = {field.name: Raw(value, _PLACE)}
    problems = check(service, "production", raw, _others(service.name, field.name)).problems
    if any(problem.is_error for problem in problems):
        return problems
    together = check(service, "production", _given(service.name) | raw)
    if service.binding and not any(problem.is_error for problem in together.problems):
        service.binding(together.values)
    return (*problems, *together.problems)


@cache
def _given(service: str) -> dict[str, Raw]:
    return {name: Raw(_as_bytes(value), _PLACE) for name, value in builtin()[service].example.items()}


def _is_told_of_another(service: ServiceType, field: Field, text: str, message: str, grams: Iterable[str]) -> bool:
    """Whether a value without these characters gets the same message."""
    changed = text
    for gram in grams:
        changed = changed.replace(gram, "".join(map(_next, gram)))
    return changed != text and message in {p.message for p in _judge(service, field, changed.encode())}


def _next(character: str) -> str:
    """Another of the same class, so that the value keeps its form."""
    for alphabet in ("abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ", "123456789"):
        if character in alphabet:
            return alphabet[(alphabet.index(character) + 1) % len(alphabet)]
    return character


@cache
def _own_words() -> frozenset[str]:
    """All that stands in the sources of the checks and types, and in the types: what messages are made of."""
    package = Path(tracardi_operator.__file__).parent
    sources = [path.read_text() for folder in ("checks", "services") for path in package.glob(f"{folder}/**/*.py")]
    forms = [form for _, field in FIELDS for form in (field.format, field.usual, *field.mistakes) if form]
    return frozenset(gram for text in (*sources, *(form.words for form in forms)) for gram in _grams(text))


@cache
def _others(service: str, field: str) -> frozenset[str]:
    return frozenset(other.name for other in builtin()[service].fields) - {field}


def _grams(text: str) -> set[str]:
    return {text[start : start + _GRAM] for start in range(len(text) - _GRAM + 1)}


def _as_bytes(value: Value) -> bytes:
    return (str(value).lower() if isinstance(value, bool) else str(value)).encode()


if __name__ == "__main__":
    for service, field in FIELDS:  # what is imported at a first use must not be under the hook, which knows no bytes
        _judge(service, field, _as_bytes(service.example.get(field.name, "")))
    atheris.enabled_hooks.add("RegEx")
    atheris.Setup(sys.argv, fuzz, custom_mutator=mutate)
    atheris.Fuzz()
