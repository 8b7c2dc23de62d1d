"""From files to Kubernetes objects, each with the file and line it stands in. Knows YAML, not our kinds.

Scalars mean what they mean to kubectl (go.yaml.in/yaml/v2, `resolve.go`), which is not quite YAML 1.1:
`1e3` is a number, `12:30` and dates are text, `y` is true.
No message quotes a file: what is wrong may stand beside a credential, or be one.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

STDIN = "-"
MAX_DEPTH = 100
"""Nested collections. libyaml would take some 20 KB of stack for each."""
MAX_MERGED = 100_000
"""Entries that the merge keys (`<<`) of one document may add; unlike aliases they copy."""


@dataclass(frozen=True, slots=True)
class Location:
    """A file as it was named, and the line where a document, or what is wrong, begins."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        file = "<stdin>" if self.file == STDIN else self.file
        return file if self.line is None else f"{file}:{self.line}"


@dataclass(frozen=True, slots=True)
class KubernetesObject:
    location: Location
    content: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, a document or an object about which nothing can be said."""

    location: Location
    message: str


def read_objects(files: Iterable[str]) -> Iterator[KubernetesObject | Unreadable]:
    """The objects of all files in their order, `List` objects unrolled, and what can't be read where it stood."""
    for file in dict.fromkeys(files):
        try:
            text = _read(file)
        except OSError as error:
            yield Unreadable(Location(file), error.strerror or "can't be read")
        except UnicodeDecodeError as error:
            yield Unreadable(Location(file, error.object.count(b"\n", 0, error.start) + 1), "is not UTF-8 text")
        else:
            for first_line, document in _split(text):
                yield from _objects(file, first_line, document)


def _read(file: str) -> str:
    data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    return data.decode("utf-8-sig")


_SEPARATOR = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)


def _split(text: str) -> Iterator[tuple[int, str]]:
    """The documents of a stream with their first lines. Split as kubectl does: a bad one spoils no other."""
    line, start = 1, 0
    for end in [*(match.start() for match in _SEPARATOR.finditer(text)), len(text)]:
        document = text[start:end]
        yield line, document
        line, start = line + document.count("\n"), end


def _objects(file: str, first_line: int, document: str) -> Iterator[KubernetesObject | Unreadable]:
    try:
        for line, content in _load(document):
            location = Location(file, first_line + line)
            if isinstance(content, dict) and all(isinstance(content.get(key), str) for key in ("apiVersion", "kind")):
                yield KubernetesObject(location, content)
            else:
                yield Unreadable(location, "is not a Kubernetes object: it needs apiVersion and kind")
    except yaml.reader.ReaderError as error:
        line = document.encode().count(b"\n", 0, error.position)
        yield Unreadable(Location(file, first_line + line), "holds a character that YAML does not allow")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        yield Unreadable(Location(file, first_line + (mark.line if mark else 0)), _in_words(error))
    except (ValueError, KeyError):
        # Raised for a value that does not fit its explicit tag, as in `!!int x`; their texts quote it.
        yield Unreadable(Location(file, first_line), "invalid YAML: a value does not fit its tag")
    except RecursionError:
        yield Unreadable(Location(file, first_line), "invalid YAML: an anchor contains itself")


def _load(document: str) -> Iterator[tuple[int, object]]:
    _refuse_deep_nesting(document)
    loader = _Loader(document)
    try:
        while loader.check_node() and (node := loader.get_node()):
            content = loader.construct_document(node)
            if content is not None:
                yield from _unroll(node, content)
    finally:
        loader.dispose()


def _unroll(node: yaml.Node, content: object) -> Iterator[tuple[int, object]]:
    """The items of a `List`, `SecretList` and so on, or the object itself; each with its line from zero."""
    items = content.get("items") if isinstance(content, dict) and str(content.get("kind")).endswith("List") else None
    if not isinstance(items, list):
        yield node.start_mark.line, content
        return
    nodes = next(value.value for key, value in node.value if key.value == "items")
    for item, item_node in zip(items, nodes, strict=True):
        yield item_node.start_mark.line, item


_MERGE = "tag:yaml.org,2002:merge"


class _Loader(_SafeLoader):
    """Builds what JSON can express, from the scalars that kubectl knows."""

    yaml_implicit_resolvers: ClassVar = {}  # type: ignore[misc]  # types-PyYAML calls it an instance's
    yaml_constructors: ClassVar = {
        tag: construct
        for tag, construct in _SafeLoader.yaml_constructors.items()
        if tag is None or tag.rpartition(":")[2] in {"null", "bool", "int", "float", "str", "seq", "map"}
    }
    bool_values: ClassVar = {**_SafeLoader.bool_values, "y": True, "n": False}

    def __init__(self, document: str) -> None:
        super().__init__(document)
        self._merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        merges = [value for key, value in node.value if key.tag == _MERGE]
        for value in merges:
            self._count_merged(value)
        if merges:
            super().flatten_mapping(node)

    def _count_merged(self, value: yaml.Node) -> None:
        for mapping in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if isinstance(mapping, yaml.MappingNode):
                self.flatten_mapping(mapping)
                self._merged += len(mapping.value)
                if self._merged > MAX_MERGED:
                    raise yaml.MarkedYAMLError(problem="too many merged entries", problem_mark=mapping.start_mark)


_DIGITS = "0123456789"
_SCALARS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (
        "bool",
        r"y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE",
        [*"yYoOtTnNfF"],
    ),
    ("int", r"[-+]?(?:0|0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[1-9][0-9_]*)", [*"-+", *_DIGITS]),
    (
        "float",
        r"[-+]?(?:(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN",
        [*"-+.", *_DIGITS],
    ),
    ("merge", r"<<", ["<"]),
)
"""Tag, plain scalars that bear it, and their first characters; the first that matches counts."""

for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)


_DEEP_INDENTATION = re.compile(rf"^[ ?-]{{{MAX_DEPTH}}}", re.MULTILINE)


def _refuse_deep_nesting(document: str) -> None:
    """Before nodes are composed, which recurses. Few documents have enough brackets or indentation to be counted."""
    if document.count("[") + document.count("{") < MAX_DEPTH and not _DEEP_INDENTATION.search(document):
        return
    depth = 0
    for event in yaml.parse(document, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)  # type: ignore[arg-type]


_QUOTES_NOTHING = re.compile(r"(?:[A-Za-z ,;<>-]|'[]\[{}:,?-]')*")
"""The parser's texts name at most punctuation; others, as of PyYAML without libyaml, quote a word of the file."""

_HINTS = {
    "mapping values are not allowed": "put a value that contains ': ' in quotes",
    "cannot start any token": "put a value that starts with a special character in quotes, and indent with spaces",
    "found undefined alias": "put a value that starts with * in quotes",
}


def _in_words(error: yaml.MarkedYAMLError) -> str:
    column = f" at column {error.problem_mark.column + 1}" if error.problem_mark else ""
    if isinstance(error, yaml.constructor.ConstructorError):
        return f"invalid YAML{column}: a tag that Kubernetes does not know; put a value that starts with ! in quotes"
    problem = error.problem if error.problem and _QUOTES_NOTHING.fullmatch(error.problem) else "syntax error"
    hint = next((f"; {words}" for text, words in _HINTS.items() if text in problem), "")
    return f"invalid YAML{column}: {problem}{hint}"
