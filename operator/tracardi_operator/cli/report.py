"""What was found, for people, for programs and for GitHub's annotations. Pure: each function returns text."""

import json
from collections.abc import Iterable, Iterator, Sequence

import click

from tracardi_operator.api.names import CONSUMER_KIND, KIND
from tracardi_operator.api.problems import Problem, Severity, Source
from tracardi_operator.cli.hiding import source_in_words
from tracardi_operator.cli.manifests.absent import Unchecked
from tracardi_operator.cli.manifests.files import STDIN, Location, Unreadable
from tracardi_operator.cli.manifests.offline import Judged, Located
from tracardi_operator.cli.tables import count
from tracardi_operator.services.shown import NOT_SHOWN, shown, shown_source

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def as_json(
    resources: Iterable[Judged], consumers: Iterable[Judged], unreadable: Iterable[Unreadable], strict: bool
) -> str:
    """The shape that programs may rely on."""
    report = {
        "resources": [_judged(judged, "type", strict) for judged in resources],
        "consumers": [_judged(judged, "target", strict) for judged in consumers],
        "unreadable": [{**_place(item.location), "message": item.message} for item in unreadable],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _judged(judged: Judged, sort: str, strict: bool) -> dict[str, object]:
    return {
        "namespace": shown(judged.identity.namespace),
        "name": shown(judged.identity.name),
        sort: judged.sort,
        "valid": judged.is_valid(strict),
        **_place(judged.location),
        "unchecked": [_unchecked(unchecked) for unchecked in judged.unchecked],
        "problems": [_problem(located) for located in judged.problems],
    }


def _problem(located: Located) -> dict[str, object]:
    problem = located.problem
    return {
        "environment": problem.environment,
        "field": problem.field,
        "severity": problem.severity,
        "reason": problem.reason,
        "message": problem.message,
        "hint": located.hint or None,
        "source": _source(problem.source) if problem.source else None,
        **_place(located.location),
    }


def _place(location: Location) -> dict[str, object]:
    return {"file": location.file, "line": location.line}


def _unchecked(unchecked: Unchecked) -> dict[str, object]:
    return {**_source(shown_source(unchecked.source)), "message": unchecked.why}


def _source(source: Source) -> dict[str, object]:
    return {"kind": source.kind, "name": source.name, "key": source.key}


def as_text(resources: Sequence[Judged]) -> str:
    """A block for each Resource with a problem; `file:line: severity: …` is what editors and CI systems look for."""
    return "\n\n".join("\n".join(_block(judged)) for judged in resources if judged.problems)


def unchecked_as_text(resources: Sequence[Judged]) -> str:
    """A line for each reference of which nothing can be said."""
    return "\n".join(f"{r.identity}: {source_in_words(u.source)} {u.why}" for r in resources for u in r.unchecked)


def _block(judged: Judged) -> Iterator[str]:
    for located in judged.problems:
        problem = located.problem
        severity = click.style(problem.severity, fg=_COLOURS[problem.severity])
        yield f"{click.style(located.location, bold=True)}: {severity}: {_message(problem)}"
        yield f"    {problem.reason} in {_title(judged)}{_comma_and_source(problem)}"
        if located.hint:
            yield f"    {located.hint}"


def _title(judged: Judged) -> str:
    if judged.identity.kind == CONSUMER_KIND:
        return str(judged.identity)
    type_name = judged.sort or "no type"
    return f"{judged.identity.path} {type_name if type_name == NOT_SHOWN else f'({type_name})'}"


def _comma_and_source(problem: Problem) -> str:
    return f", {source_in_words(problem.source)}" if problem.source else ""


def _message(problem: Problem) -> str:
    field = ".".join(filter(None, (problem.environment, problem.field)))
    return f"{field}: {problem.message}" if field else problem.message


def summary(
    resources: Sequence[Judged], consumers: Sequence[Judged] = (), unreadable: Sequence[Unreadable] = ()
) -> str:
    """One line that says how it went, and what was not looked at."""
    parts = [_counts(KIND, resources)] if resources or not consumers else []
    parts += [_counts(CONSUMER_KIND, consumers)] if consumers else []
    return f"{'; '.join(parts)}{_not_looked_at([*resources, *consumers])}{_not_read(unreadable)}"


def _counts(kind: str, judged: Sequence[Judged]) -> str:
    counts = [
        (sum(one.has_errors for one in judged), "invalid"),
        (sum(bool(one.problems) and not one.has_errors for one in judged), "with warnings"),
    ]
    good = "nothing wrong" if judged else "nothing was checked"
    found = ", ".join(f"{number} {what}" for number, what in counts if number) or good
    return f"{count(len(judged), kind)}: {found}"


def _not_looked_at(objects: Sequence[Judged]) -> str:
    unchecked = {(judged.identity.namespace, item.source): item for judged in objects for item in judged.unchecked}
    why = ", or could not be read" if any(item.was_there for item in unchecked.values()) else ""
    return f"; {count(len(unchecked), 'reference')} unchecked (not among the files{why})" if unchecked else ""


def _not_read(unreadable: Sequence[Unreadable]) -> str:
    return f"; {count(len(unreadable), 'thing')} could not be read (see above)" if unreadable else ""


def as_github(resources: Iterable[Judged]) -> str:
    """Workflow commands, one a line (GitHub, "Workflow commands for GitHub Actions")."""
    return "\n".join(
        _annotation(
            located.problem.severity,
            located.location,
            f"{located.problem.reason} in {_title(judged)}",
            _with_details(located),
        )
        for judged in resources
        for located in judged.problems
    )


def _with_details(located: Located) -> str:
    problem = located.problem
    source = f" ({source_in_words(problem.source)})" if problem.source else ""
    return f"{_message(problem)}{source}{f'. {located.hint}' if located.hint else ''}"


def unreadable_as_text(unreadable: Unreadable) -> str:
    location = click.style(unreadable.location, bold=True)
    return f"{location}: {click.style('could not read', fg='red')}: {unreadable.message}"


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
