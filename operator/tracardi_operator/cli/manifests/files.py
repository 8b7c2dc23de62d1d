"""Which files are meant: folders and patterns become the files that they hold; and what stands in them."""

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tracardi_operator.api.names import GROUP

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Location:
    """A file as it was named, and the line where something stands in it."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        file = "<stdin>" if self.file == STDIN else self.file
        return file if self.line is None else f"{file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Meant:
    """An object that seems to stand where nothing can be read."""

    kind: str
    namespace: str
    """Empty: it names none."""
    name: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, a document or an object about which nothing can be said."""

    location: Location
    message: str
    meant: tuple[Meant, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """What a file holds."""

    file: str
    content: str = field(repr=False)


def read_files(names: Iterable[str]) -> Iterator[Text | Unreadable]:
    """Each file once, in the order of the names. What a folder holds beside Kubernetes objects is left out."""
    seen: set[str] = set()
    for name in names:
        for file in _expand(name):
            if isinstance(file, Unreadable):
                yield file
            elif (real := os.path.realpath(file)) not in seen:
                seen.add(real)
                text = _read(file)
                if file == name or isinstance(text, Unreadable) or _may_hold_objects(text):
                    yield text


def _expand(name: str) -> Iterator[str | Unreadable]:
    if os.path.isdir(name):
        yield from _in_folder(name)
    elif name == STDIN or os.path.exists(name) or not (matches := sorted(glob.glob(name, recursive=True))):
        yield name
    else:
        for match in matches:
            yield from _in_folder(match) if os.path.isdir(match) else [match]


def _in_folder(folder: str) -> Iterator[str | Unreadable]:
    """All files of our suffixes, also in its folders. Hidden ones, and links to folders, are left out."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Unreadable(Location(folder), error.strerror or "can't be read")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _in_folder(entry.path)
        elif entry.name.endswith(SUFFIXES) and entry.is_file():
            yield entry.path


def _read(file: str) -> Text | Unreadable:
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        return Text(file, data.decode("utf-8-sig"))
    except OSError as error:
        return Unreadable(Location(file), error.strerror or "can't be read")
    except UnicodeDecodeError as error:
        return Unreadable(Location(file, error.object.count(b"\n", 0, error.start) + 1), "is not UTF-8 text")


def _may_hold_objects(text: Text) -> bool:
    """False for the settings of other tools, which are none of our business, even if they are no YAML."""
    return "apiVersion" in text.content or GROUP in text.content
