"""`render`: what the operator would publish of the files."""

import json
from collections.abc import Iterator

import click
import yaml

from tracardi_operator.cli import report
from tracardi_operator.cli.manifests.offline import JudgedResource, judge, read
from tracardi_operator.cli.options import UNREADABLE, exit_code, files_and_namespace, required
from tracardi_operator.evaluate import Catalogue
from tracardi_operator.publish.secret import OutputSecret, render_output
from tracardi_operator.services.catalogue import builtin

HIDDEN = "(hidden)"

Manifest = dict[str, object]


_EPILOG = """
\b
Examples:
  tracardi-operator render -f resource.yaml -f secret.yaml
  kustomize build . | tracardi-operator render -f - --show-values

\b
Exit code:
  0  all environments are shown
  1  something is invalid
  2  something could not be read, or an object that a Resource names is not among the files
"""


@click.command(epilog=_EPILOG)
@files_and_namespace
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.option("--show-values", is_flag=True, help="Show the values, instead of hiding each.")
@click.pass_context
def render(
    ctx: click.Context, files: tuple[str, ...], more: tuple[str, ...], namespace: str, output: str, show_values: bool
) -> None:
    """Show the Secrets that the operator would publish of the Resources in the files.

    An environment is shown when all of it could be checked and nothing is wrong, so give the Secrets and ConfigMaps
    as well. What keeps the others from being published is said on standard error.
    """
    found = read(required([*files, *more]), namespace)
    catalogue = found.catalogue(builtin())
    resources = judge(found, catalogue)
    manifests = [manifest for judged in resources for manifest in _manifests(judged, catalogue, show_values)]
    if manifests or output == "json":
        click.echo(_as_json(manifests) if output == "json" else _as_yaml(manifests), nl=output == "json")
    for complaint in [*map(report.unreadable_as_text, found.unreadable), *_complaints(resources)]:
        click.echo(complaint, err=True)
    ctx.exit(max(exit_code(found, resources), UNREADABLE * any(judged.unchecked for judged in resources)))


def _complaints(resources: list[JudgedResource]) -> Iterator[str]:
    if text := report.as_text(resources):
        yield text
    for judged in resources:
        if judged.spec and judged.spec.suspend:
            yield f"{judged.identity} is suspended: nothing is published until spec.suspend is removed"
    if text := report.unchecked_as_text(resources):
        yield text


def _manifests(judged: JudgedResource, catalogue: Catalogue, show_values: bool) -> Iterator[Manifest]:
    for environment, verdict in judged.verdicts.items():
        if judged.spec and not judged.spec.suspend and verdict.values is not None:
            service = catalogue[judged.spec.type]
            secret = render_output(judged.identity.name, judged.spec, environment, service, verdict.values)
            yield _manifest(judged.identity.namespace, secret, show_values)


def _manifest(namespace: str, secret: OutputSecret, show_values: bool) -> Manifest:
    metadata: Manifest = {"name": secret.name, "namespace": namespace, "labels": secret.labels}
    if secret.annotations:
        metadata["annotations"] = secret.annotations
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": secret.type,
        "stringData": secret.data if show_values else dict.fromkeys(secret.data, HIDDEN),
    }


def _as_yaml(manifests: list[Manifest]) -> str:
    return yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True, width=1_000_000)


def _as_json(manifests: list[Manifest]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}, indent=2, ensure_ascii=False)
