"""What was imported, and what not, for people and for programs. Pure. Never a value."""

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from tracardi_operator.api.problems import Problem, Severity
from tracardi_operator.cli.hiding import quoted
from tracardi_operator.cli.importing.mapping import Imported
from tracardi_operator.cli.importing.omissions import printable, told
from tracardi_operator.cli.importing.writing import SECRETS
from tracardi_operator.tracardi.models import Context

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def as_json(imported: Sequence[Imported], malformed: int, context: Context, files: Sequence[Path]) -> str:
    """The shape that programs may rely on."""
    report = {
        "context": context,
        "resources": [_entry(item) for item in imported],
        "malformed": malformed,
        "files": [str(path) for path in files],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _entry(item: Imported) -> dict[str, object]:
    return {
        "tracardi": {"id": item.origin.id, "name": told(item.origin.name), "type": told(item.origin.type)},
        "name": item.name,
        "type": item.type or None,
        "imported": not item.refusal,
        "valid": item.is_valid,
        "refusal": item.refusal or None,
        "secrets": [secret["metadata"]["name"] for secret in item.secrets],
        "problems": [_problem(problem) for problem in item.problems],
        "leftOut": [{"about": o.about, "reason": o.why, "message": o.words} for o in item.omissions],
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "environment": problem.environment,
        "field": problem.field,
        "severity": problem.severity,
        "reason": problem.reason,
        "message": problem.message,
    }


def as_text(imported: Sequence[Imported], malformed: int) -> str:
    """A paragraph for each resource of which there is something to say."""
    paragraphs = ["\n".join([_title(item), *lines]) for item in imported if (lines := list(_lines(item)))]
    if malformed:
        paragraphs.append(f"{_plural(malformed, 'entry', 'entries')} of Tracardi's list without an id or a type")
    return "\n\n".join(paragraphs)


def _title(item: Imported) -> str:
    origin = item.origin
    known_as = f"{quoted(origin.name)} in Tracardi, type {told(origin.type)}, id {printable(origin.id)}"
    return f"{click.style(item.name, bold=True)} ({known_as})"


def _lines(item: Imported) -> Iterator[str]:
    if item.refusal:
        yield f"  {click.style('not imported', fg='red')}: {item.refusal}"
    for problem in item.problems:
        severity = click.style(problem.severity, fg=_COLOURS[problem.severity])
        where = ".".join(filter(None, (problem.environment, problem.field)))
        yield f"  {severity}: {where}{': ' if where else ''}{problem.message}"
    for omission in item.omissions:
        yield f"  left out: {omission.about}: {omission.words}"


def conclusion(imported: Sequence[Imported], context: Context, directory: Path | None, stream: bool) -> str:
    """How it went in a line, and what comes next."""
    refused = sum(bool(item.refusal) for item in imported)
    invalid = sum(not item.refusal and not item.is_valid for item in imported)
    parts = [
        (len(imported) - refused - invalid, "right"),
        (invalid, "to mend"),
        (refused, "not imported"),
    ]
    counts = ", ".join(f"{count} {what}" for count, what in parts if count) or "none"
    head = f"{_plural(len(imported), 'resource', 'resources')} in the context {context}: {counts}"
    return head if stream or refused == len(imported) else f"{head}\n{_next(directory)}"


def _next(directory: Path | None) -> str:
    if directory is None:
        return "Nothing was written: give --directory DIR to write files."
    return (
        f"Written to {directory}; the Secrets, for their owner alone and not for Git, to {directory / SECRETS}. Next:\n"
        f"  tracardi-operator lint {_quoted(directory)}\n"
        f"  kubectl apply --server-side -f {_quoted(directory / SECRETS)} -f {_quoted(directory)}"
    )


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
