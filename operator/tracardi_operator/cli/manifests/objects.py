"""From files to Kubernetes objects, each with the file and line it stands in. Knows YAML, not our kinds.

No message quotes a file: what is wrong may stand beside a credential, or be one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import yaml

from tracardi_operator.cli.manifests.files import Location, Meant, Text, Unreadable, read_files
from tracardi_operator.cli.manifests.loader import Path, Repeated, line_of, load

_COMPOSED = 8
"""Documents whose nodes are kept: problems of one Resource lead to its own document and to those of its Secrets."""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A part of a stream. Equal only to itself."""

    file: str
    first_line: int
    text: str = field(repr=False)

    def at(self, line: int) -> Location:
        """`line` counts from the document's first, which is 0."""
        return Location(self.file, self.first_line + line)


@dataclass(frozen=True, slots=True)
class KubernetesObject:
    """A mapping that stands where an object should."""

    location: Location
    content: dict[str, object] = field(repr=False)
    document: Document
    path: Path = ()
    """Where it stands in the document: `("items", 3)` in a `List`."""
    repeated: tuple[Repeated, ...] = ()
    """Of the whole document."""

    @property
    def api_version(self) -> str:
        return _text(self.content.get("apiVersion"))

    @property
    def kind(self) -> str:
        return _text(self.content.get("kind"))

    def locate(self, *path: object) -> Location:
        """Where a part of it stands, or the last that is there of what the path leads through.

        The document is composed again for it, so that only objects with a problem pay for lines.
        """
        return self.document.at(line_of(_root(self.document), (*self.path, *path)))


@lru_cache(maxsize=_COMPOSED)
def _root(document: Document) -> yaml.Node | None:
    return load(document.text).root


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def read_objects(names: Iterable[str]) -> Iterator[KubernetesObject | Unreadable]:
    """The objects of all files in their order, `List` objects unrolled, and what can't be read where it stood."""
    for text in read_files(names):
        if isinstance(text, Unreadable):
            yield text
            continue
        for document in _split(text):
            yield from _objects(document)


_SEPARATOR = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)


def _split(text: Text) -> Iterator[Document]:
    """The documents of a stream. Split as kubectl does: a bad one spoils no other."""
    line, start = 1, 0
    for end in [*(match.start() for match in _SEPARATOR.finditer(text.content)), len(text.content)]:
        document = text.content[start:end]
        yield Document(text.file, line, document)
        line, start = line + document.count("\n"), end


def _objects(document: Document) -> Iterator[KubernetesObject | Unreadable]:
    try:
        root, content, repeated = load(document.text)
    except yaml.YAMLError as error:
        yield _unreadable(document, error)
        return
    if without_separator := [again for again in repeated if again.at_top and again.key in _HEADINGS]:
        yield _unseparated(document, without_separator[0])
        return
    for path, item in _unroll(content, set()):
        location = document.at(line_of(root, path))
        if isinstance(item, dict):
            yield KubernetesObject(location, item, document, path, tuple(repeated))
        elif path or not isinstance(item, list):
            yield Unreadable(location, "is not a Kubernetes object: it needs apiVersion and kind")


def _unroll(content: object, seen: set[int], path: Path = ()) -> Iterator[tuple[Path, object]]:
    """The items of a `List`, `SecretList` and so on, or the object itself; nothing if there is none.

    Items that aliases or merge keys repeat are the same objects again, and taken once: lists of lists multiply them.
    """
    items = content.get("items") if isinstance(content, dict) and _text(content.get("kind")).endswith("List") else None
    if isinstance(items, list):
        fresh = () if id(items) in seen else enumerate(items)
        seen.add(id(items))
        for index, item in fresh:
            yield from _unroll(item, seen, (*path, "items", index))
    elif content is not None:
        yield path, content


_HEADINGS = {"apiVersion", "kind"}


def _unseparated(document: Document, second: Repeated) -> Unreadable:
    location = document.at(second.line)
    lines = document.text.splitlines()
    parts = ("\n".join(lines[: second.line]), "\n".join(lines[second.line :]))
    return Unreadable(
        location,
        f"{second.key} stands in this document already, in line {document.at(second.first_line).line}; "
        f"is a '---' missing above line {location.line}? Nothing of the document is checked",
        tuple(meant for part in parts for meant in _meant(part)),
    )


_KIND, _NAME, _NAMESPACE = (
    re.compile(rf"\b{key}[\"']?\s*:\s*[\"']?([A-Za-z0-9][A-Za-z0-9.-]*)") for key in ("kind", "name", "namespace")
)
_METADATA = re.compile(r"(?:^|[{,])[ \t]*[\"']?metadata[\"']?\s*:([^\n]*\n(?:[ \t][^\n]*\n)*)", re.MULTILINE)


def _meant(text: str) -> Iterator[Meant]:
    """What a document that can't be read seems to be, for those who miss it."""
    kind, metadata = _KIND.search(text), _METADATA.search(f"{text}\n")
    name = _NAME.search(metadata[1]) if metadata else None
    if kind and metadata and name:
        namespace = _NAMESPACE.search(metadata[1])
        yield Meant(kind[1], namespace[1] if namespace else "", name[1])


_HELM_TEMPLATE = (
    "is the source of a Helm template; check what `helm template` makes of it: helm template . | … lint -f -"
)


def _unreadable(document: Document, error: yaml.YAMLError) -> Unreadable:
    line, message = _line_and_message(document.text, error)
    return Unreadable(document.at(line), message, tuple(_meant(document.text)))


def _line_and_message(text: str, error: yaml.YAMLError) -> tuple[int, str]:
    template = text.find("{{")
    if template >= 0:
        return text.count("\n", 0, template), _HELM_TEMPLATE
    if isinstance(error, yaml.reader.ReaderError):
        return text.encode().count(b"\n", 0, error.position), "holds a character that YAML does not allow"
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return mark.line if mark else 0, _in_words(error)


_QUOTES_NOTHING = re.compile(r"(?:[A-Za-z ,;<>-]|'[]\[{}:,?-]')*")
"""The parser's texts name at most punctuation; others, as of PyYAML without libyaml, quote a word of the file."""

_HINTS = {
    "mapping values are not allowed": "put a value that contains ': ' in quotes",
    "cannot start any token": "put a value that starts with a special character in quotes, and indent with spaces",
    "found undefined alias": "put a value that starts with * in quotes",
}


def _in_words(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError):
        return "invalid YAML: syntax error"
    column = f" at column {error.problem_mark.column + 1}" if error.problem_mark else ""
    if isinstance(error, yaml.constructor.ConstructorError):
        return f"invalid YAML{column}: a tag that Kubernetes does not know; put a value that starts with ! in quotes"
    problem = error.problem if error.problem and _QUOTES_NOTHING.fullmatch(error.problem) else "syntax error"
    hint = next((f"; {words}" for text, words in _HINTS.items() if text in problem), "")
    return f"invalid YAML{column}: {problem}{hint}"
