"""`recheck`: what the admission policies would refuse of what is stored already."""

import ast
import asyncio
import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

import click

from tracardi_operator.api.parse import parse_spec
from tracardi_operator.api.resource import ResourceSpec
from tracardi_operator.cli.on_cluster.access import Author, lacking
from tracardi_operator.cli.on_cluster.connection import (
    ALL_WELL,
    NOT_WELL,
    UNREAD,
    CannotRead,
    Cluster,
    Where,
    cluster_options,
    explain_connection,
    reach,
)
from tracardi_operator.cli.on_cluster.policy_rules import OUTPUTS, Finding, Right, domains_named, findings
from tracardi_operator.cli.on_cluster.recheck_report import Rechecked, Report, as_data, as_table, summary
from tracardi_operator.control.writer import RESOURCES
from tracardi_operator.generate.policies import ALLOWED_DOMAINS
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.errors import ApiError, Forbidden, NotFound, Unreachable
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.services.catalogue import builtin

_POLICIES: Final = Kind(
    "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy"
)

_EPILOG = """
\b
Examples:
  tracardi-operator recheck -A
  tracardi-operator recheck -n marketing --as-user alice --as-group marketing-team
  tracardi-operator recheck -A --as-user system:serviceaccount:argocd:argocd-application-controller -o json

\b
What it finds by itself:
  literals for sensitive fields; labels and annotations of outputs with a key that is none, or in a domain that the
  installation does not allow
What it finds with --as-user:
  Secrets and ConfigMaps that this user may not get; names, labels and annotations of outputs, where this user may
  not create Secrets
What nobody can find afterwards:
  who wrote a Resource, or its status, and what they were allowed to then: Kubernetes does not keep it in the object
  (the API server's audit log has it)

\b
Exit code:
  0  nothing would be refused; what was not judged is told, and is not counted
  1  something would be refused
  2  something could not be read; what could is judged
"""


@click.command(epilog=_EPILOG)
@cluster_options
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--as-user", "user", metavar="NAME", help="Judge by what this user may do; takes create on subjectaccessreviews."
)
@click.option(
    "--as-group", "groups", metavar="NAME", multiple=True, help="A group of that user, besides the implied ones."
)
@click.option(
    "--allowed-domain",
    "domains",
    metavar="DOMAIN",
    multiple=True,
    help="A domain that outputs may bear. Default: those of the installed policy.",
)
@click.pass_context
def recheck(
    ctx: click.Context,
    /,
    output: str,
    user: str | None,
    groups: tuple[str, ...],
    domains: tuple[str, ...],
    **where: Any,
) -> None:
    """Find older Resources that the admission policies would refuse now.

    Policies look at what is written: not at what was there before them, nor at rights that were lost since. Each
    Resource is judged as if it were created now, by the policies of this version. It is only read: nothing is sent
    in anybody's name, and with --as-user the API server is asked what that user may do.
    """
    if groups and not user:
        raise click.UsageError("--as-group needs --as-user.")
    try:
        report = asyncio.run(_recheck(Where(**where), Author(user, groups) if user else None, frozenset(domains)))
    except CannotRead as error:
        click.echo(f"Error: {error}", err=True)
        ctx.exit(UNREAD)
    for words in report.unread:
        click.echo(f"Error: {words}", err=True)
    if output == "json":
        click.echo(json.dumps(as_data(report), indent=2, ensure_ascii=False))
    else:
        click.echo("\n\n".join([*as_table(report), summary(report)]))
    ctx.exit(UNREAD if report.unread else NOT_WELL if report.refused else ALL_WELL)


async def _recheck(where: Where, author: Author | None, given: AbstractSet[str]) -> Report:
    async with reach(where) as cluster:
        specs, unread = _parse(await cluster.list(RESOURCES, cluster.namespace))
        domains = given or await _allowed_domains(cluster)
        found = [(key, spec, _findings(key, spec, domains)) for key, spec in specs]
        rights = {finding.right for _, _, here in found for finding in here if finding.right}
        lacks = await lacking(cluster, author, rights) if author else None
    resources = [_judge(key, spec, here, lacks, domains) for key, spec, here in found]
    return Report(resources, author, unread, cluster.scope)


_Key = tuple[str, str]
"""Namespace and name."""


def _parse(bodies: Sequence[Object]) -> tuple[list[tuple[_Key, ResourceSpec]], list[str]]:
    specs, unread = [], []
    for body in bodies:
        key = body["metadata"]["namespace"], body["metadata"]["name"]
        spec, problems = parse_spec(body.get("spec") or {})
        if spec:
            specs.append((key, spec))
        else:
            words = "; ".join(problem.message for problem in problems)
            unread.append(f"{'/'.join(key)}: its spec is not valid, so it was not judged: {words}")
    return specs, unread


def _findings(key: _Key, spec: ResourceSpec, domains: AbstractSet[str] | None) -> list[Finding]:
    return list(findings(spec, key[0], builtin(), domains))


def _judge(
    key: _Key,
    spec: ResourceSpec,
    found: Sequence[Finding],
    lacks: AbstractSet[Right] | None,
    domains: AbstractSet[str] | None,
) -> Rechecked:
    refused = [f for f in found if f.right is None or (lacks is not None and f.right in lacks)]
    unjudged = [f for f in found if f.right is not None and lacks is None]
    if domains is None:
        words = "has a domain; which ones this installation allows is not known"
        unjudged += [Finding(OUTPUTS, path, words) for path in domains_named(spec)]
    return Rechecked(*key, spec.type, refused, unjudged)


async def _allowed_domains(cluster: Cluster) -> frozenset[str] | None:
    """As the installed policy has them, or as it is shipped if none is installed; None: the caller may not look."""
    try:
        policy = await cluster.client.get(_POLICIES, None, OUTPUTS)
    except NotFound:
        click.echo("Note: the admission policies are not installed here; they refuse nothing until they are.", err=True)
        return _domains(ALLOWED_DOMAINS)
    except Forbidden:
        return None
    except (ApiError, Unreachable) as error:
        raise CannotRead(explain_connection(error, cluster.server)) from None
    variables = {variable["name"]: variable["expression"] for variable in policy["spec"].get("variables", ())}
    return _domains(variables.get("allowedDomains", ""))


def _domains(expression: str) -> frozenset[str] | None:
    """A list of texts, which CEL writes as Python does. Another expression would have to be evaluated: not known."""
    try:
        content = ast.literal_eval(expression)
    except (ValueError, SyntaxError):
        return None
    is_list = isinstance(content, list) and all(isinstance(item, str) for item in content)
    return frozenset(content) if is_list else None
