"""What the offline commands have in common: which files to read, and the exit codes."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from tracardi_operator.cli.manifests.offline import Files, Judged

NOTHING_WRONG, INVALID, UNREADABLE = 0, 1, 2

_Command = TypeVar("_Command", bound=Callable[..., object])


def files_and_namespace(command: _Command) -> _Command:
    """Adds `-f FILE…` (further files may follow without it, as a shell's `*.yaml` gives them) and `-n`."""
    for add in (
        click.argument("more", nargs=-1, type=click.Path(), metavar="[FILE]..."),
        click.option(
            "-f",
            "--filename",
            "files",
            multiple=True,
            type=click.Path(),
            metavar="FILE",
            help="YAML or JSON to read: a file, a folder with all that is in it, a pattern like 'deploy/**/*.yaml', "
            "or - for standard input. The flag may be repeated, or left out.",
        ),
        click.option(
            "-n",
            "--namespace",
            default="default",
            show_default=True,
            help="The namespace of objects that name none.",
        ),
    ):
        command = add(command)
    return command


def required(files: Sequence[str]) -> Sequence[str]:
    if not files:
        raise click.UsageError("Give the files to read: -f FILE, or -f - for standard input.")
    return files


def exit_code(files: Files, objects: Sequence[Judged], strict: bool = False) -> int:
    """Strictly, a run that found nothing to check has failed: a wrong folder, or an empty pipe."""
    if files.unreadable or (strict and not objects):
        return UNREADABLE
    return NOTHING_WRONG if all(judged.is_valid(strict) for judged in objects) else INVALID
