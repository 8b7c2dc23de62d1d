"""The command `tracardi-operator`. Each subcommand is a module of its own, imported only when it is called."""

import importlib
import keyword
import os
from typing import Any

import click

from tracardi_operator import __version__

PROGRAM = "tracardi-operator"


class LazyGroup(click.Group):
    """A group whose commands are stubs, known by name and summary, until one is called.

    The real command is the attribute of the same name in the module of the same name (`import_` for `import`).
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, stub, rest = super().resolve_command(ctx, args)
        return name, _load(name) if name and stub else None, rest

    def invoke(self, ctx: click.Context) -> Any:
        """An exception that nobody expected must not end with 1, which says that something is invalid."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            from tracardi_operator.cli import crash

            click.echo("\n".join(crash.describe(error, with_places=bool(ctx.obj))), err=True)
            ctx.exit(crash.EXIT_CODE)


def _load(name: str) -> click.Command:
    name = f"{name}_" if keyword.iskeyword(name) else name
    command: click.Command = getattr(importlib.import_module(f"{__name__}.{name}"), name)
    return command


_SUMMARIES = {
    "lint": "Check files of Resources and Secrets, without a cluster.",
    "render": "Show what would be published of them.",
    "types": "List the service types.",
    "explain": "Say what a service type needs, with a YAML to copy.",
    "status": "Show how the Resources of a cluster stand, and what is wrong.",
    "recheck": "Find older Resources that the admission policies would refuse now.",
    "import": "Make Resources and Secrets of what was typed into Tracardi's forms.",
    "run": "Run the operator.",
    "dev": "Start a control plane of your own to try it on.",
    "completion": "Print the completion script of your shell.",
}


_EPILOG = """
\b
First steps, none of which needs a cluster:
  tracardi-operator types                   which services there are
  tracardi-operator explain sendgrid        what one of them needs, and a YAML to copy
  tracardi-operator lint -f sendgrid.yaml   is what I wrote right?
  tracardi-operator render -f sendgrid.yaml what would be published?
"""


@click.group(
    cls=LazyGroup,
    epilog=_EPILOG,
    commands={name: click.Command(name, short_help=summary) for name, summary in _SUMMARIES.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--debug", is_flag=True, envvar="TRACARDI_OPERATOR_DEBUG", help="If it fails unexpectedly, say where.")
@click.version_option(__version__, prog_name=PROGRAM)
@click.pass_context
def main(ctx: click.Context, debug: bool) -> None:
    """Check the credentials of outside services, and publish them to those who use them.

    You describe a connection to a service once, as a Resource (tracardi.com/v1alpha1) that refers to Secrets.
    The operator reads them, checks every value by the rules of the service, and publishes what passes.
    A value that is wrong never replaces one that worked.
    """
    ctx.obj = debug
    if os.environ.get("NO_COLOR"):
        ctx.color = False
