"""`recheck`: what the admission policies would refuse of what is stored already."""

import ast
import asyncio
import json
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple, TypeVar

import click

from tracardi_operator.api.consumer import ResourceConsumerSpec
from tracardi_operator.api.parse import parse_consumer_spec, parse_spec
from tracardi_operator.api.problems import Problem
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
from tracardi_operator.cli.on_cluster.policy_rules import (
    OUTPUTS,
    Finding,
    Right,
    consumer_findings,
    domains_named,
    findings,
)
from tracardi_operator.cli.on_cluster.recheck_report import Rechecked, Report, as_data, as_table, summary
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.generate.policies import ALLOWED_DOMAINS
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.errors import ApiError, Forbidden, NotFound, Unreachable
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.services.catalogue import builtin

_POLICIES: Final = Kind(
    "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy"
)

_Spec = TypeVar("_Spec")
_Key = tuple[str, str]
"""Namespace and name."""


class _Examined(NamedTuple):
    """An object, and what policies object to if not for the author's rights."""

    kind: str
    key: _Key
    sort: str
    findings: Sequence[Finding]
    doubts: Sequence[Finding]
    """What can't be judged, whoever the author is."""


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
  not create Secrets; ResourceConsumers where this user may not get all Secrets, or not create a bundle
What nobody can find afterwards:
  who wrote an object, or its status, and what they were allowed to then: Kubernetes does not keep it in the object
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
    """Find older Resources and ResourceConsumers that the admission policies would refuse now.

    Policies look at what is written: not at what was there before them, nor at rights that were lost since. Each
    object is judged as if it were created now, by the policies of this version. It is only read: nothing is sent
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
        resources, unread = _parse(RESOURCES, await cluster.list(RESOURCES, cluster.namespace), parse_spec)
        consumers, also_unread = await _consumers(cluster)
        domains = given or await _allowed_domains(cluster)
        found = [
            *(_examine_resource(key, spec, domains) for key, spec in resources),
            *(_examine_consumer(key, spec) for key, spec in consumers),
        ]
        rights = {finding.right for one in found for finding in one.findings if finding.right}
        lacks = await lacking(cluster, author, rights) if author else None
    return Report([_judge(one, lacks) for one in found], author, unread + also_unread, cluster.scope)


async def _consumers(cluster: Cluster) -> tuple[list[tuple[_Key, ResourceConsumerSpec]], list[str]]:
    """What can't be read is told, and keeps no Resource from being judged."""
    try:
        return _parse(CONSUMERS, await cluster.list(CONSUMERS, cluster.namespace), parse_consumer_spec)
    except CannotRead as error:
        return [], [str(error)]


def _parse(
    kind: Kind, bodies: Sequence[Object], parse: Callable[[Object], tuple[_Spec | None, Sequence[Problem]]]
) -> tuple[list[tuple[_Key, _Spec]], list[str]]:
    specs, unread = [], []
    for body in bodies:
        key = body["metadata"]["namespace"], body["metadata"]["name"]
        spec, problems = parse(body.get("spec") or {})
        if spec:
            specs.append((key, spec))
        else:
            words = "; ".join(problem.message for problem in problems)
            unread.append(f"{kind.kind} {'/'.join(key)}: its spec is not valid, so it was not judged: {words}")
    return specs, unread


def _examine_resource(key: _Key, spec: ResourceSpec, domains: AbstractSet[str] | None) -> _Examined:
    unknown = [] if domains is not None else domains_named(spec)
    words = "has a domain; which ones this installation allows is not known"
    doubts = [Finding(OUTPUTS, path, words) for path in unknown]
    return _Examined(RESOURCES.kind, key, spec.type, list(findings(spec, key[0], builtin(), domains)), doubts)


def _examine_consumer(key: _Key, spec: ResourceConsumerSpec) -> _Examined:
    target = "bundle" if spec.bundle else "tracardi"
    return _Examined(CONSUMERS.kind, key, target, list(consumer_findings(spec, key[0])), [])


def _judge(one: _Examined, lacks: AbstractSet[Right] | None) -> Rechecked:
    refused = [f for f in one.findings if f.right is None or (lacks is not None and f.right in lacks)]
    unjudged = [f for f in one.findings if f.right is not None and lacks is None]
    return Rechecked(one.kind, *one.key, one.sort, refused, [*unjudged, *one.doubts])


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
