"""Writes what was imported: all files or none, Secrets readable by their owner alone."""

import contextlib
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from tracardi_operator.cli.importing.mapping import Imported
from tracardi_operator.cli.importing.settings import Manifest

SECRETS: Final = "secrets"
"""The folder beside the Resources."""
_PRIVATE, _PRIVATE_FOLDER, _PUBLIC = 0o600, 0o700, 0o666
_IGNORE_ALL: Final = "*\n"
"""For Git: what stands in the folder of Secrets, this file too, is never committed."""


@dataclass(frozen=True, slots=True)
class File:
    path: Path
    content: str = field(repr=False)
    mode: int = _PUBLIC
    """Less what the umask takes."""


class ExistsError(Exception):
    """These files are there already, and nothing was written."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__(paths)
        self.paths = paths


def files_of(directory: Path, imported: Iterable[Imported]) -> list[File]:
    """One file for each Resource, and one for its Secrets."""
    files: list[File] = []
    for item in imported:
        if item.resource:
            files.append(File(directory / f"{item.name}.yaml", as_yaml([item.resource])))
        if item.secrets:
            files.append(File(directory / SECRETS / f"{item.name}.yaml", as_yaml(item.secrets), _PRIVATE))
    return files


def write(directory: Path, files: Sequence[File], *, overwrite: bool) -> None:
    """Raises ExistsError, OSError. No file is ever there in part."""
    taken = [file.path for file in files if os.path.lexists(file.path)]
    if taken and not overwrite:
        raise ExistsError(taken)
    directory.mkdir(parents=True, exist_ok=True)
    if any(file.mode == _PRIVATE for file in files):
        (directory / SECRETS).mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        rules = directory / SECRETS / ".gitignore"
        files = [*([] if os.path.lexists(rules) else [File(rules, _IGNORE_ALL)]), *files]
    _put(files)


def as_yaml(manifests: Iterable[Manifest]) -> str:
    return str(yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000))


class _Dumper(yaml.SafeDumper):
    """Quotes what is not printable: PyYAML would write a NEL as it is, and read it back as another line break."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _represent_text)


def _put(files: Sequence[File]) -> None:
    """Write all of it under other names first."""
    suffix = f".{secrets.token_hex(4)}.tmp"
    staged = {file.path: file.path.with_name(f".{file.path.name}{suffix}") for file in files}
    try:
        for file in files:
            descriptor = os.open(staged[file.path], os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(file.content)
        for path, temporary in staged.items():
            temporary.replace(path)
    finally:
        for temporary in staged.values():
            with contextlib.suppress(OSError):
                temporary.unlink()
