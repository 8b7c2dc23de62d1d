"""`explain`: one service type, with all that is needed to use it."""

import json
import textwrap
from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from tracardi_operator.api.hints import did_you_mean
from tracardi_operator.describe import (
    binding_entries,
    describe,
    expectations,
    pasted_by_mistake,
    properties,
    resource_yaml,
    rules,
    secret_command,
)
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Field, ServiceType

_WIDTH = 100


def _complete_type(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(s.name, help=s.title) for s in builtin().values() if s.name.startswith(incomplete)]


_EPILOG = """
\b
Examples:
  tracardi-operator explain sendgrid
  tracardi-operator explain sendgrid -o yaml > sendgrid.yaml
  tracardi-operator explain elastic-search -o json
"""


@click.command(epilog=_EPILOG)
@click.argument("name", metavar="TYPE", shell_complete=_complete_type)
@click.option("-o", "--output", type=click.Choice(["text", "yaml", "json"]), default="text", show_default=True)
def explain(name: str, output: str) -> None:
    """Say what a service type needs, where to get it, and how a Resource of it looks.

    The YAML is the Resource alone, to be written to a file. The JSON is that of `types -o json`: a list, with this
    type alone.
    """
    service = builtin().get(name)
    if service is None:
        hint = did_you_mean(name, builtin())
        raise click.UsageError(
            f"There is no built-in service type {name!r}{hint}. `tracardi-operator types` lists them. Types of your "
            "own are not known here: `kubectl get resourcetypes` lists those of a cluster, and `tracardi-operator "
            "lint` checks Resources by a ResourceType among the files."
        )
    if output == "json":
        click.echo(json.dumps([describe(service)], indent=2, ensure_ascii=False))
    elif output == "yaml":
        click.echo(resource_yaml(service))
    else:
        click.echo("\n".join(_text(service)))


def _text(service: ServiceType) -> Iterator[str]:
    yield f"{click.style(service.title, bold=True)} (type: {service.name})"
    if service.discontinued:
        yield from _section("Discontinued", [_paragraph(f"{service.discontinued}.")])
    yield from _section("Where to get the credential", [_paragraph(service.how_to), _paragraph(service.url)])
    yield from _section("Fields", [line for field in service.fields for line in _field(field)])
    yield from _section("Between the fields", [_paragraph(rule) for rule in rules(service)])
    pasted = pasted_by_mistake(service).items()
    yield from _section(
        "Often pasted by mistake", [_paragraph(f"{', '.join(names)}: {words}") for words, names in pasted]
    )
    yield from _section("Tags in Tracardi", [_paragraph(", ".join(service.tags))])
    if entries := binding_entries(service):
        yield from _section("Service Binding entries", [_paragraph(", ".join(entries))])
    if command := secret_command(service):
        yield from _section("Create the Secret, in bash", [_indented(command)])
    yield from _section(
        "Write the Resource, and check it with `tracardi-operator lint -f FILE`", [resource_yaml(service)]
    )


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield click.style(title, bold=True)
        yield from lines


def _field(field: Field) -> Iterator[str]:
    yield f"  {click.style(field.name, fg='cyan')}  {field.title}: {', '.join(properties(field))}"
    for expectation in expectations(field):
        yield _paragraph(f"{expectation.words} ({expectation.mismatch}).", indent=6)
    if field.how_to:
        yield _paragraph(field.how_to, indent=6)


def _paragraph(text: str, indent: int = 2) -> str:
    margin = " " * indent
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
