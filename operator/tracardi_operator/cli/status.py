"""`status`: how all objects of ours in a cluster stand."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
import yaml

from tracardi_operator.cli.on_cluster.connection import (
    ALL_WELL,
    NOT_WELL,
    UNREAD,
    CannotRead,
    Cluster,
    Where,
    cluster_options,
    reach,
)
from tracardi_operator.cli.on_cluster.standing import Standing, standing, standing_of_consumer, standing_of_type
from tracardi_operator.cli.on_cluster.status_report import Report, as_data, as_paragraphs, as_tables, summary
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.control.type_sync import RESOURCE_TYPES
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.kinds import Kind

_EPILOG = """
\b
Examples:
  tracardi-operator status                     the namespace of the kubeconfig's context
  tracardi-operator status -A --failed         what is not ready in the whole cluster, ResourceTypes too
  tracardi-operator status -A -o json | jq -r '.resources[] | select(.stale) | .name'
  kubectl tracardi status -n marketing         the same command, as a plugin of kubectl

\b
READY is the condition's status, or
  Pending     the operator has not processed the object yet, or not as it is now
  Deleting    it is being deleted, and waits for something before it goes
  Unreadable  the operator is newer than this command

\b
Exit code:
  0  all are ready
  1  something is not ready, stale, suspended, pending or being deleted
  2  something could not be read; what could is shown
"""


@click.command(epilog=_EPILOG)
@cluster_options
@click.option("-o", "--output", type=click.Choice(["table", "json", "yaml"]), default="table", show_default=True)
@click.option("--failed", is_flag=True, help="Show only what is not ready. The summary counts all.")
@click.pass_context
def status(ctx: click.Context, /, output: str, failed: bool, **where: Any) -> None:
    """Show how the Resources and ResourceConsumers of a cluster stand, what is wrong and where.

    It says what `status` of each says, and reads nothing else: the role `view` is enough, no right on Secrets is
    needed, and no value can be shown. ResourceTypes belong to no namespace; they are shown with -A.
    """
    try:
        report = asyncio.run(_read(Where(**where)))
    except CannotRead as error:
        click.echo(f"Error: {error}", err=True)
        ctx.exit(UNREAD)
    for words in report.unread:
        click.echo(f"Error: {words}", err=True)
    if output == "json":
        click.echo(json.dumps(as_data(report, only_failed=failed), indent=2, ensure_ascii=False))
    elif output == "yaml":
        click.echo(yaml.safe_dump(as_data(report, only_failed=failed), sort_keys=False, allow_unicode=True), nl=False)
    else:
        blocks = [*as_tables(report, only_failed=failed), *as_paragraphs(report, only_failed=failed), summary(report)]
        click.echo("\n\n".join(blocks))
    ctx.exit(_exit_code(report))


def _exit_code(report: Report) -> int:
    if report.unread:
        return UNREAD
    return ALL_WELL if report.all_ready else NOT_WELL


async def _read(where: Where) -> Report:
    async with reach(where) as cluster:
        resources = [standing(body) for body in await cluster.list(RESOURCES, cluster.namespace)]
        unread: list[str] = []
        consumers = await _try(cluster, CONSUMERS, standing_of_consumer, unread)
        types = await _try(cluster, RESOURCE_TYPES, standing_of_type, unread) if cluster.namespace is None else []
        return Report(resources, consumers, types, unread, cluster.scope, datetime.now(UTC))


async def _try(
    cluster: Cluster, kind: Kind, standing_of: Callable[[Object], Standing], unread: list[str]
) -> list[Standing]:
    """What can't be read is told in `unread`, and keeps nothing else from being shown."""
    try:
        return [standing_of(body) for body in await cluster.list(kind, cluster.namespace)]
    except CannotRead as error:
        unread.append(str(error))
        return []
