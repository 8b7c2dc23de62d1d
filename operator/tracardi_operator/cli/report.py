"""What was found, for people, for programs and for GitHub's annotations. Pure: each function returns text."""

import json
from collections.abc import Iterable, Iterator, Sequence

import click

from tracardi_operator.api.problems import Problem, Severity, Source
from tracardi_operator.cli.objects import STDIN, Location, Unreadable
from tracardi_operator.cli.offline import Judged

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def as_json(resources: Iterable[Judged], strict: bool) -> str:
    """The shape that programs may rely on."""
    return json.dumps({"resources": [_resource(r, strict) for r in resources]}, indent=2, ensure_ascii=False)


def _resource(judged: Judged, strict: bool) -> dict[str, object]:
    return {
        "namespace": judged.identity.namespace,
        "name": judged.identity.name,
        "type": judged.type,
        "valid": judged.is_valid(strict),
        "unchecked": [_source(source) for source in judged.unchecked],
        "problems": [_problem(problem) for problem in judged.problems],
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "environment": problem.environment,
        "field": problem.field,
        "severity": problem.severity,
        "reason": problem.reason,
        "message": problem.message,
        "source": _source(problem.source) if problem.source else None,
    }


def _source(source: Source) -> dict[str, object]:
    return {"kind": source.kind, "name": source.name, "key": source.key}


def as_text(resources: Sequence[Judged]) -> str:
    """A block for each Resource with a problem."""
    return "\n\n".join("\n".join(_block(judged)) for judged in resources if judged.problems)


def unchecked_as_text(resources: Sequence[Judged]) -> str:
    """A line for each reference of which nothing can be said."""
    return "\n".join(f"{r.identity}: {source} is not among the files" for r in resources for source in r.unchecked)


def _block(judged: Judged) -> Iterator[str]:
    yield f"{click.style(_title(judged), bold=True)}, {judged.location}"
    for problem in judged.problems:
        severity = click.style(problem.severity, fg=_COLOURS[problem.severity])
        yield f"  {severity} {_place(problem)}{problem.message}"
        yield f"    {problem.reason}{f', {problem.source}' if problem.source else ''}"


def _title(judged: Judged) -> str:
    return f"{judged.identity.namespace}/{judged.identity.name} ({judged.type or 'no type'})"


def _place(problem: Problem) -> str:
    place = ".".join(filter(None, (problem.environment, problem.field)))
    return f"{place}: " if place else ""


def summary(resources: Sequence[Judged]) -> str:
    """One line that says how it went, and what was not looked at."""
    counts = [
        (sum(judged.has_errors for judged in resources), "invalid"),
        (sum(bool(judged.problems) and not judged.has_errors for judged in resources), "with warnings"),
    ]
    good = "nothing wrong" if resources else "nothing was checked"
    found = ", ".join(f"{count} {what}" for count, what in counts if count) or good
    unchecked = len({(judged.identity.namespace, source) for judged in resources for source in judged.unchecked})
    hint = f"; {_plural(unchecked, 'reference')} unchecked (not among the files)" if unchecked else ""
    return f"{_plural(len(resources), 'Resource')}: {found}{hint}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def as_github(resources: Iterable[Judged]) -> str:
    """Workflow commands, one a line (GitHub, "Workflow commands for GitHub Actions")."""
    return "\n".join(
        _annotation(
            problem.severity,
            judged.location,
            f"{problem.reason} in {_title(judged)}",
            f"{_place(problem)}{problem.message}{f' ({problem.source})' if problem.source else ''}",
        )
        for judged in resources
        for problem in judged.problems
    )


def unreadable_as_text(unreadable: Unreadable) -> str:
    return f"{unreadable.location}: {click.style('could not read', fg='red')}: {unreadable.message}"


def unreadable_as_github(unreadable: Unreadable) -> str:
    return _annotation(Severity.ERROR, unreadable.location, "could not read", unreadable.message)


def _annotation(severity: Severity, location: Location, title: str, message: str) -> str:
    properties = {"title": title}
    if location.file != STDIN:
        properties = {"file": location.file, "line": str(location.line or 1), **properties}
    listed = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    return f"::{severity} {listed}::{_escape(message)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
