"""One YAML document: its nodes, what they mean, and in which line each stands.

Scalars mean what they mean to kubectl (go.yaml.in/yaml/v2, `resolve.go`), which is not quite YAML 1.1:
`1e3` is a number, `12:30` and dates are text, `y` is true.
Contents are built here and not by PyYAML, which takes twice as long: nearly all scalars are text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final, NamedTuple

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

MAX_DEPTH: Final = 100
"""Nested collections. libyaml would take some 20 KB of stack for each."""
MAX_MERGED: Final = 100_000
"""Entries that the merge keys (`<<`) of one document may add; unlike aliases they copy."""

Path = tuple[object, ...]
"""Keys and indices that lead to a node."""

_TAG: Final = "tag:yaml.org,2002:"
_TEXT, _MAPPING, _SEQUENCE, _MERGE = (f"{_TAG}{name}" for name in ("str", "map", "seq", "merge"))


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key that stands in its mapping twice. The last one counts, as for kubectl."""

    key: str = field(repr=False)
    line: int
    first_line: int
    """Both lines count from the document's first, which is 0."""
    at_top: bool
    """Whether the mapping is the document itself."""


class Loaded(NamedTuple):
    root: yaml.Node | None
    content: object
    """What the root means."""
    repeated: list[Repeated]


def load(document: str) -> Loaded:
    """The root node, if there is one, and what it means.

    Raises YAMLError; no text of a MarkedYAMLError that is raised here quotes the document.
    """
    _refuse_deep_nesting(document)
    loader = _Loader(_without_surrogates(document) if document.lstrip().startswith("{") else document)
    try:
        node = loader.get_single_node()
        return Loaded(node, loader.build(node) if node else None, loader.repeated(node))
    finally:
        loader.dispose()


_SURROGATES = re.compile(r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


def _without_surrogates(document: str) -> str:
    """JSON escapes a character beyond U+FFFF as two halves, which YAML does not know."""
    return _SURROGATES.sub(lambda found: found[0] if found[0] == r"\\" else json.loads(f'"{found[0]}"'), document)


def line_of(node: yaml.Node | None, path: Path) -> int:
    """The line, from zero, of what the path leads to, or of the last that is there of what it leads through."""
    line = node.start_mark.line if node else 0
    for part in path:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node | None, part: object) -> tuple[int, yaml.Node] | None:
    """The line and the node of an entry: its key's line in a mapping."""
    if isinstance(node, yaml.SequenceNode):
        item = node.value[part] if isinstance(part, int) and part < len(node.value) else None
        return (item.start_mark.line, item) if item else None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in reversed(node.value):
        if key.value == str(part):
            return key.start_mark.line, value
    merged = (_child(mapping, part) for key, value in node.value if key.tag == _MERGE for mapping in _merges(value))
    return next(filter(None, merged), None)


def _merges(value: yaml.Node) -> list[yaml.Node]:
    return value.value if isinstance(value, yaml.SequenceNode) else [value]


_UNFINISHED: Final = object()


class _Loader(_SafeLoader):
    """Builds what JSON can express, from the scalars that kubectl knows."""

    yaml_implicit_resolvers: ClassVar = {}  # type: ignore[misc]  # types-PyYAML calls it an instance's
    yaml_constructors: ClassVar = {
        tag: construct
        for tag, construct in _SafeLoader.yaml_constructors.items()
        if tag is None or tag.removeprefix(_TAG) in {"null", "bool", "int", "float", "str"}
    }
    bool_values: ClassVar = {**_SafeLoader.bool_values, "y": True, "n": False}

    def __init__(self, document: str) -> None:
        super().__init__(document)
        self._built: dict[yaml.Node, object] = {}
        self._merged = 0
        self._with_repeated_keys: list[yaml.MappingNode] = []

    def build(self, node: yaml.Node) -> object:
        """What a node means. Aliases share what is built."""
        if node.tag == _TEXT and isinstance(node, yaml.ScalarNode):
            return node.value
        if node.tag not in (_MAPPING, _SEQUENCE):
            return self._scalar(node)
        built = self._built.get(node)
        if built is _UNFINISHED:
            raise _error("an anchor contains itself", node)
        if built is None:
            self._built[node] = _UNFINISHED
            built = self._built[node] = self._collection(node)
        return built

    def _scalar(self, node: yaml.Node) -> object:
        try:
            return self.construct_object(node)
        except (ValueError, KeyError):  # their texts quote the value
            raise _error("a value does not fit its tag", node) from None

    def _collection(self, node: yaml.Node) -> object:
        if node.tag == _SEQUENCE and isinstance(node, yaml.SequenceNode):
            return [self.build(item) for item in node.value]
        if node.tag == _MAPPING and isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        raise _error("a value does not fit its tag", node)

    def _mapping(self, node: yaml.MappingNode) -> dict[object, object]:
        mapping, merges = {}, []
        for key, value in node.value:
            if key.tag == _TEXT:
                mapping[key.value] = self.build(value)
            elif key.tag == _MERGE:
                merges += _merges(value)
            else:
                mapping[self._key(key)] = self.build(value)
        if len(mapping) != len(node.value):
            self._with_repeated_keys.append(node)
        for merged in merges:
            self._merge(mapping, merged)
        return mapping

    def repeated(self, root: yaml.Node | None) -> list[Repeated]:
        """In the order of their lines. Mappings with a merge key were noted as well: they are told apart only here."""
        found = (again for node in self._with_repeated_keys for again in _repeated_in(node, node is root))
        return sorted(found, key=lambda again: again.line)

    def _key(self, node: yaml.Node) -> object:
        if not isinstance(node, yaml.ScalarNode):
            raise _error("a key is a list or a mapping; put a value that starts with '{' in quotes", node)
        return self._scalar(node)

    def _merge(self, mapping: dict[object, object], node: yaml.Node) -> None:
        """What is there already wins."""
        merged = self.build(node)
        if not isinstance(merged, dict):
            raise _error("a merge key takes mappings only", node)
        self._merged += len(merged)
        if self._merged > MAX_MERGED:
            raise _error("too many merged entries", node)
        for key, value in merged.items():
            mapping.setdefault(key, value)


def _repeated_in(mapping: yaml.MappingNode, at_top: bool) -> Iterator[Repeated]:
    first: dict[str, int] = {}
    for key, _ in mapping.value:
        line = key.start_mark.line
        if key.tag == _MERGE:
            continue
        if key.value in first:
            yield Repeated(key.value, line, first[key.value], at_top)
        first.setdefault(key.value, line)


def _error(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


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

for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(rf"(?:{_pattern})\Z"), _first)


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
