"""`import`: from what was typed into Tracardi's forms to files."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import click

from tracardi_operator.cli import report
from tracardi_operator.cli.importing import summary
from tracardi_operator.cli.importing.mapping import Imported, import_all
from tracardi_operator.cli.importing.writing import ExistsError, as_yaml, files_of, write
from tracardi_operator.cli.manifests.offline import read
from tracardi_operator.cli.options import INVALID, NOTHING_WRONG, UNREADABLE
from tracardi_operator.evaluate import Catalogue
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.tracardi.client import Login, check_url, open_client
from tracardi_operator.tracardi.errors import TracardiError, Untrusted
from tracardi_operator.tracardi.models import Context, Listing, Values

_PASSWORD_VARIABLE = "TRACARDI_PASSWORD"

_EPILOG = """
\b
Examples:
  export TRACARDI_PASSWORD                            as `read -rs TRACARDI_PASSWORD` sets it
  tracardi-operator import --url https://tracardi.example.com --user operator
                                                      what would come of it; nothing is written
  tracardi-operator import --url … --user operator -n marketing -d marketing/
                                                      marketing/*.yaml for Git, marketing/secrets/*.yaml not
  tracardi-operator import --url … --user operator -n marketing --stream | kubectl apply --server-side -f -
                                                      straight into a cluster, no file with a value in between

\b
The user needs Tracardi's role developer or admin. Take one of its own: Tracardi has one token for a user, and whoever
logs that user out ends it for all.

\b
What comes of a resource:
  id, name, description, tags, groups, icon, destination, enabled   as they are, so that workflows find it again
  credentials for production and test                               the environments of the same names
  a sensitive value, or one that its field does not expect          in a Secret
  any other value                                                   in the Resource
  what the type does not know, what was never filled in             left out, and told

\b
Exit code:
  0  all was imported and passes the checks
  1  something was imported that does not pass, or could not be imported
  2  Tracardi could not be read, or the files could not be written: there are none then
"""


@click.command("import", epilog=_EPILOG)
@click.option(
    "--url", required=True, help="Address of Tracardi's API, not of its GUI; https, for all credentials come over it."
)
@click.option("--user", required=True, envvar="TRACARDI_USER", show_envvar=True, help="Who reads.")
@click.option(
    "--password-file", type=click.File(encoding="utf-8"), help="Holds the password; or set TRACARDI_PASSWORD."
)
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False),
    help="Certificates of the authorities to trust, instead of the system's.",
)
@click.option(
    "--context",
    type=click.Choice([context.value for context in Context]),
    default=Context.PRODUCTION.value,
    show_default=True,
    help="Tracardi keeps separate resources for each; import each into a folder and a namespace of its own.",
)
@click.option("-n", "--namespace", default="", help="Written into the objects; otherwise kubectl's own is meant.")
@click.option(
    "-f",
    "--filename",
    "type_files",
    multiple=True,
    type=click.Path(),
    help="Files with ResourceTypes of your own, for types that are not built in. May be repeated.",
)
@click.option("-d", "--directory", type=click.Path(file_okay=False, path_type=Path), help="Write files into it.")
@click.option("--stream", is_flag=True, help="Print all objects, VALUES INCLUDED, for kubectl.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the report."
)
@click.pass_context
def import_(
    ctx: click.Context,
    url: str,
    user: str,
    password_file: TextIO | None,
    ca_file: str | None,
    context: str,
    namespace: str,
    type_files: tuple[str, ...],
    directory: Path | None,
    stream: bool,
    force: bool,
    output: str,
) -> None:
    """Read the resources of a running Tracardi and write Resources and Secrets.

    Tracardi is only read. Each value is checked as the operator and `lint` do it, and no value is ever shown: values
    are in the Secrets alone. Without --directory or --stream it tells what would come of it.
    """
    _refuse_bad_options(url, directory, stream)
    login = Login(user, _password(password_file))
    catalogue = _catalogue(type_files)
    listing, templates = _read(url, login, ca_file, Context(context))
    imported = import_all(listing.resources, templates, namespace, catalogue)
    files = _write(directory, imported, force) if directory else []
    if stream:
        click.echo(_as_stream(imported), nl=False)
    if output == "json":
        click.echo(summary.as_json(imported, listing.malformed, Context(context), files), err=stream)
    else:
        _report(imported, listing, Context(context), directory, stream)
    is_right = all(item.is_valid for item in imported) and not listing.malformed
    ctx.exit(NOTHING_WRONG if is_right else INVALID)


def _refuse_bad_options(url: str, directory: Path | None, stream: bool) -> None:
    if wrong := check_url(url):
        raise click.UsageError(f"--url {wrong}.")
    if directory and stream:
        raise click.UsageError("Give --directory or --stream, not both.")
    if stream and sys.stdout.isatty():
        raise click.UsageError("--stream would show values on the terminal; pipe it into kubectl apply -f -.")


def _password(file: TextIO | None) -> str:
    password = file.read().rstrip("\r\n") if file else os.environ.get(_PASSWORD_VARIABLE)
    if not password:
        raise click.UsageError(f"Give the password by --password-file FILE or the variable {_PASSWORD_VARIABLE}.")
    return password


def _catalogue(files: tuple[str, ...]) -> Catalogue:
    found = read(files, "default")
    if found.unreadable:
        raise _Failure("\n".join(map(report.unreadable_as_text, found.unreadable)))
    return found.catalogue(builtin())


def _read(url: str, login: Login, ca_file: str | None, context: Context) -> tuple[Listing, Mapping[str, Values]]:
    async def ask() -> tuple[Listing, Mapping[str, Values]]:
        async with open_client(url, login, ca_file=ca_file) as client:
            return await client.resources(context), await client.templates()

    try:
        return asyncio.run(ask())
    except TracardiError as error:
        hint = " (--ca-file)" if isinstance(error, Untrusted) else ""
        raise _Failure(f"can't read Tracardi: {error}{hint}") from None


def _write(directory: Path, imported: list[Imported], force: bool) -> list[Path]:
    files = files_of(directory, imported)
    try:
        write(directory, files, overwrite=force)
    except ExistsError as error:
        listed = ", ".join(str(path) for path in error.paths)
        raise _Failure(f"nothing was written, for these files are there; --force overwrites them: {listed}") from None
    except OSError as error:
        raise _Failure(f"can't write to {directory}: {error.strerror}") from None
    return [file.path for file in files]


def _as_stream(imported: list[Imported]) -> str:
    """Secrets first, so that no Resource waits for one."""
    secrets = [secret for item in imported for secret in item.secrets]
    return as_yaml([*secrets, *(item.resource for item in imported if item.resource)])


def _report(imported: list[Imported], listing: Listing, context: Context, directory: Path | None, stream: bool) -> None:
    if text := summary.as_text(imported, listing.malformed):
        click.echo(f"{text}\n", err=stream)
    click.echo(summary.conclusion(imported, context, directory, stream), err=stream)


class _Failure(click.ClickException):
    exit_code = UNREADABLE
