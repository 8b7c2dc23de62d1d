"""Specs made from the CRDs' schemas, so that every field is set, changed, emptied and misused.

After Acto (SOSP 2023).
"""

import copy
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml

from tests.chaos.seeded.cluster import Document

CRDS: Final = Path(__file__).parents[3] / "crds"
KEY: Final = "{}"
"""In a path: whatever key of a map."""
ITEM: Final = "[]"
"""In a path: an item of a list."""
EXCLUSIVE: Final = (
    {"value", "valueFrom"},
    {"secretKeyRef", "configMapKeyRef"},
    {"bundle", "tracardi"},
)
"""Of which the schema takes one at a time: who sets one takes the others away."""
_FAR_TOO_MANY: Final = 70
_NEVER: Final = 99

FieldPath = tuple[str, ...]


class Change(StrEnum):
    SET = "set"
    """The field was not there, or is set to what it may be."""
    CHANGE = "change"
    EMPTY = "empty"
    """Removed, or nothing in it."""
    MISUSE = "misuse"
    """What the schema or its rules refuse, or what makes no sense."""


@cache
def spec_schema(plural: str) -> Document:
    text = (CRDS / f"{plural}.yaml").read_text()
    schema: Document = yaml.safe_load(text)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return schema


def fields(schema: Document, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Every named property, whole objects among them."""
    for name, part in schema.get("properties", {}).items():
        yield (*path, name)
        yield from fields(part, (*path, name))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from fields(schema["additionalProperties"], (*path, KEY))
    if "items" in schema:
        yield from fields(schema["items"], (*path, ITEM))


class Vocabulary:
    """What is put into fields and maps whose schema does not say it: by the end of their path."""

    def __init__(
        self,
        words: dict[str, list[Any]],
        keys: dict[str, list[str]],
        companions: dict[str, Document] | None = None,
    ) -> None:
        """`companions`: what has to be beside a field, or (None) must not be."""
        self._words = words
        self._keys = keys
        self._companions = companions or {}

    def words(self, path: FieldPath) -> list[Any] | None:
        """The longest end counts."""
        ends = (".".join(path[start:]) for start in range(len(path)))
        return next((self._words[end] for end in ends if end in self._words), None)

    def accompany(self, holder: Document, path: FieldPath) -> None:
        """Put beside a field what has to be there."""
        for name, value in self._companions.get(".".join(path), {}).items():
            if value is None:
                holder.pop(name, None)
            else:
                holder[name] = value

    def keys(self, path: FieldPath) -> list[str]:
        """For a map at a path."""
        return self._keys[path[-1]]


class Generator:
    """Makes specs of one kind. Everything is drawn from `dice`."""

    def __init__(self, plural: str, vocabulary: Vocabulary, dice: Random) -> None:
        self.schema = spec_schema(plural)
        self._vocabulary = vocabulary
        self._dice = dice

    def changed(self, spec: Document, path: FieldPath, change: Change) -> Document:
        """A copy of a spec in which one field was changed."""
        made = copy.deepcopy(spec)
        holder, schema, last = self._reach(made, path)
        part = schema["properties"][last]
        if change is Change.EMPTY:
            self._empty(holder, last, part)
        elif change is Change.MISUSE:
            holder[last] = self._dice.choice(list(misuses(part)))
        else:
            _make_room(holder, last)
            holder[last] = self._other(part, path, holder.get(last), change)
            self._vocabulary.accompany(holder, path)
        return made

    def sample(self, schema: Document, path: FieldPath) -> Any:
        """Something that the schema takes."""
        kind = schema.get("type")
        if kind == "object" and "properties" in schema:
            return self._object(schema, path)
        if kind == "object":
            keys = self._dice.sample(self._vocabulary.keys(path), k=1)
            return {key: self.sample(schema["additionalProperties"], (*path, KEY)) for key in keys}
        if kind == "array":
            count = max(schema.get("minItems", 1), 1)
            made = [self.sample(schema["items"], (*path, ITEM)) for _ in range(count)]
            return _unlike(made) if schema.get("x-kubernetes-list-type") else made
        return self._scalar(schema, path)

    def _scalar(self, schema: Document, path: FieldPath) -> Any:
        if (words := self._vocabulary.words(path)) is not None:
            return self._dice.choice(words)
        if "enum" in schema:
            return self._dice.choice(schema["enum"])
        if schema.get("type") == "boolean":
            return self._dice.choice((True, False))
        if schema.get("type") == "integer":
            low = schema.get("minimum", 1)
            return self._dice.randint(low, low + 40)
        if "pattern" in schema:
            raise LookupError(f"nothing in the vocabulary fits {'.'.join(path)}: {schema['pattern']}")
        return self._dice.choice(("some words", "other words", "w" * schema.get("maxLength", 10)))

    def _object(self, schema: Document, path: FieldPath) -> Document:
        required = set(schema.get("required", ()))
        names = [name for name in schema["properties"] if name in required or self._dice.random() < 0.3]
        for group in EXCLUSIVE:
            if group & schema["properties"].keys():
                chosen = self._dice.choice(sorted(group & schema["properties"].keys()))
                names = [*(name for name in names if name not in group), chosen]
        names = names or [self._dice.choice(list(schema["properties"]))]
        made = {name: self.sample(schema["properties"][name], (*path, name)) for name in names}
        for name in names:
            if name in made:
                self._vocabulary.accompany(made, (*path, name))
        return made

    def _reach(self, spec: Document, path: FieldPath) -> tuple[Document, Document, str]:
        """What holds the field, made where it was missing, and its schema."""
        holder: Any = spec
        schema = self.schema
        for depth, step in enumerate(path[:-1]):
            here = path[: depth + 1]
            if step == KEY:
                schema = schema["additionalProperties"]
                key = self._dice.choice(sorted(holder) or self._vocabulary.keys(path[:depth]))
                holder = _entered(holder, key, self.sample(schema, here))
            elif step == ITEM:
                schema = schema["items"]
                if not holder:
                    holder.append(self.sample(schema, here))
                holder = holder[self._dice.randrange(len(holder))]
            else:
                schema = schema["properties"][step]
                if step not in holder:
                    _make_room(holder, step)
                holder = _entered(holder, step, self.sample(schema, here))
        return holder, schema, path[-1]

    def _other(self, schema: Document, path: FieldPath, present: Any, change: Change) -> Any:
        made = self.sample(schema, path)
        if change is Change.CHANGE:
            for _ in range(10):
                if made != present:
                    break
                made = self.sample(schema, path)
        return made

    def _empty(self, holder: Document, name: str, schema: Document) -> None:
        nothing: dict[str, Any] = {"object": {}, "array": [], "string": ""}
        if schema.get("type") in nothing and self._dice.random() < 0.3:
            holder[name] = nothing[schema["type"]]
        else:
            holder.pop(name, None)


def misuses(schema: Document) -> Iterator[Any]:
    kind = schema.get("type")
    if kind == "object":
        yield from ("text", ["a list"])
        if "additionalProperties" in schema:
            yield {f"key-{number}": {} for number in range(_FAR_TOO_MANY)}
            yield {"staging": "unknown"}
        else:
            yield {"unknown": True}
    elif kind == "array":
        yield from ("text", [[]], ["/"] * 2, ["x"] * _FAR_TOO_MANY)
    elif kind == "boolean":
        yield from ("yes", 1)
    elif kind == "integer":
        yield from ("many", -_NEVER, 1.5, 10**12)
    elif "enum" in schema:
        yield from ("nothing-of-these", 1)
    else:
        yield from (True, ["a list"], {"a": "map"}, "x" * 5000, "/../ and\nmore", "ẞ" * 30)


def _entered(holder: Document, key: str, new: Any) -> Any:
    """What stands under a key, put there if there is nothing."""
    if not isinstance(holder.get(key), dict | list) or not holder[key]:
        holder[key] = new
    return holder[key]


def _make_room(holder: Document, name: str) -> None:
    for group in EXCLUSIVE:
        if name in group:
            for other in group - {name}:
                holder.pop(other, None)


def _unlike(made: list[Any]) -> list[Any]:
    return [each for number, each in enumerate(made) if each not in made[:number]]
