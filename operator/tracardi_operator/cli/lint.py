"""`lint`: the operator's own checks, offline."""

import click

from tracardi_operator.api.names import API_VERSION, CONSUMER_KIND, KIND
from tracardi_operator.cli import report
from tracardi_operator.cli.manifests.consumers import judge_consumers
from tracardi_operator.cli.manifests.offline import judge, read
from tracardi_operator.cli.options import exit_code, files_and_namespace, required
from tracardi_operator.services.catalogue import builtin

_EPILOG = """
\b
Examples:
  tracardi-operator lint resource.yaml secret.yaml
  tracardi-operator lint deploy/                          all .yaml, .yml and .json files in it
  kustomize build . | tracardi-operator lint -f -
  helm template . | tracardi-operator lint --strict -f - -o json
  tracardi-operator lint --strict -o github deploy/       annotations of a pull request

\b
Each problem is told with the file and the line to mend: that of the value if its Secret is among the files,
else that of the reference. The keys that such a Secret has are told too, and one that was probably meant as a
field is warned of; never their values, nor a name that looks like one.

\b
Exit code:
  0  nothing wrong
  1  something is invalid (with --strict also: there is a warning)
  2  something could not be read; the rest was checked (with --strict also: there was nothing to check)
  3  tracardi-operator itself failed
"""

_NOTHING_CHECKED = f"There is no {KIND} or {CONSUMER_KIND} ({API_VERSION}) in what was given, so nothing was checked."


@click.command(epilog=_EPILOG)
@files_and_namespace
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github: annotations of a pull request.",
)
@click.option("--strict", is_flag=True, help="Count warnings as invalid, and expect at least one object of ours.")
@click.pass_context
def lint(
    ctx: click.Context, files: tuple[str, ...], more: tuple[str, ...], namespace: str, output: str, strict: bool
) -> None:
    """Check files of Resources and ResourceConsumers as the operator would, with the Secrets, ConfigMaps and
    ResourceTypes beside them.

    Nothing is sent anywhere, and no value is ever shown. A reference whose object is not among the files is
    "unchecked", which is not wrong: Resources can be checked without their Secrets. Objects of other kinds, and
    YAML of other tools, are passed over.
    """
    found = read(required([*files, *more]), namespace)
    resources = judge(found, found.catalogue(builtin()))
    consumers = judge_consumers(found, resources)
    judged = [*resources, *consumers]
    describe = report.unreadable_as_github if output == "github" else report.unreadable_as_text
    for unreadable in found.unreadable:
        click.echo(describe(unreadable), err=True)
    if not judged:
        click.echo(_NOTHING_CHECKED if not strict else f"{_NOTHING_CHECKED} --strict expects one.", err=True)
    if output == "json":
        click.echo(report.as_json(resources, consumers, found.unreadable, strict))
    elif output == "github":
        _echo_unless_empty(report.as_github(judged))
    else:
        _echo_unless_empty(report.as_text(judged), "")
        _echo_unless_empty(report.unchecked_as_text(judged), "")
        click.echo(report.summary(resources, consumers, found.unreadable))
    ctx.exit(exit_code(found, judged, strict))


def _echo_unless_empty(text: str, *then: str) -> None:
    for part in (text, *then) if text else ():
        click.echo(part)
