"""`tracardi-operator run`: the operator itself."""

import asyncio
import signal
import sys
from functools import partial
from typing import Any

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from tracardi_operator.control import app, logs
from tracardi_operator.control.settings import Settings
from tracardi_operator.handlers import watch_our_kinds
from tracardi_operator.kube.errors import BadConfiguration
from tracardi_operator.services.catalogue import builtin


def _option(name: str, field: FieldInfo) -> click.Option:
    """A flag for a setting; its default and its environment variable are told in the help."""
    if field.annotation in (bool, bool | None):
        return click.Option(
            [f"--{name.replace('_', '-')}/--no-{name.replace('_', '-')}"], default=None, help=field.description
        )
    default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
    shown = f" [default: {default}]" if default not in (None, "") else ""
    return click.Option(
        [f"--{name.replace('_', '-')}"], metavar=name.rpartition("_")[2].upper(), help=f"{field.description}{shown}"
    )


_EPILOG = """Every flag can be given as an environment variable too: --log-level is TRACARDI_OPERATOR_LOG_LEVEL.

\b
Try it on a control plane of your own:
  tracardi-operator dev up
  kubectl apply -k crds
  tracardi-operator run --log-format console
"""


@click.command(
    params=[_option(name, field) for name, field in Settings.model_fields.items()],
    epilog=_EPILOG,
)
def run(**flags: Any) -> None:
    """Run the operator until it is told to stop (SIGTERM, SIGINT)."""
    settings = _settings({name: value for name, value in flags.items() if value is not None})
    logs.configure(settings.log_format, settings.log_level)
    try:
        asyncio.run(_run(settings))
    except* BadConfiguration as group:
        click.echo(f"Error: {group.exceptions[0]}", err=True)
        sys.exit(2)


def _settings(flags: dict[str, Any]) -> Settings:
    try:
        return Settings(**flags)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        names = (f"--{str(detail['loc'][0]).replace('_', '-')}: {detail['msg']}" for detail in details)
        raise click.UsageError("; ".join(names)) from None


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await app.run(settings, builtin(), partial(watch_our_kinds, types=settings.reads_types), stop)
