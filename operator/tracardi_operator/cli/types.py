"""`types`: the catalogue as a list."""

import json
from collections.abc import Iterable

import click

from tracardi_operator.cli.tables import table
from tracardi_operator.describe import describe, must_give
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import ServiceType

_HEADINGS = ("TYPE", "TITLE", "REQUIRED", "TAGS")
_WIDTHS = (28, 28, 41, 17)
"""With two spaces between them 120 columns; `explain` and the JSON say all."""


_EPILOG = """
\b
Examples:
  tracardi-operator types
  tracardi-operator types -o json
  tracardi-operator types -o name | fzf --preview 'tracardi-operator explain {}'
"""


@click.command(epilog=_EPILOG)
@click.option("-o", "--output", type=click.Choice(["text", "json", "name"]), default="text", show_default=True)
def types(output: str) -> None:
    """List the service types that a Resource can have.

    `tracardi-operator explain TYPE` says more about one.
    """
    services = builtin().values()
    if output == "json":
        click.echo(json.dumps([describe(service) for service in services], indent=2, ensure_ascii=False))
    elif output == "name":
        click.echo("\n".join(service.name for service in services))
    else:
        click.echo(_table(services))


def _table(services: Iterable[ServiceType]) -> str:
    rows = [(s.name, s.title, must_give(s) or "-", ", ".join(s.tags)) for s in services]
    return table(_HEADINGS, [[_cut(*cell) for cell in zip(row, _WIDTHS, strict=True)] for row in rows])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
