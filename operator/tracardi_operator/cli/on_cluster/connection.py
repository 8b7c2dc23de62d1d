"""What the commands that read a cluster have in common: which part of it, as whom, and words for what goes wrong.

They read with the rights of the caller and with no others.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import click

from tracardi_operator.api.names import TYPE_PLURAL
from tracardi_operator.kube.client import Client, Object
from tracardi_operator.kube.errors import (
    ApiError,
    BadConfiguration,
    Forbidden,
    Gone,
    NotFound,
    Unauthorized,
    Unreachable,
)
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.session import connect

ALL_WELL, NOT_WELL, UNREAD = 0, 1, 2

_Command = TypeVar("_Command", bound=Callable[..., object])


def cluster_options(command: _Command) -> _Command:
    """Adds `-n`, `-A`, `--kubeconfig` and `--context`, which make up a `Where`."""
    for add in (
        click.option("--context", metavar="NAME", help="The kubeconfig's context to use."),
        click.option(
            "--kubeconfig",
            metavar="FILE",
            type=click.Path(),
            help="Default: $KUBECONFIG, ~/.kube/config, or the service account of the Pod that it runs in.",
        ),
        click.option("-A", "--all-namespaces", is_flag=True, help="Look in all namespaces."),
        click.option("-n", "--namespace", metavar="NAME", help="Default: the namespace of the kubeconfig's context."),
    ):
        command = add(command)
    return command


@dataclass(frozen=True, slots=True)
class Where:
    """The part of a cluster that the caller asked for."""

    namespace: str | None
    all_namespaces: bool
    kubeconfig: str | None
    context: str | None

    def __post_init__(self) -> None:
        if self.namespace is not None and (self.all_namespaces or not self.namespace):
            raise click.UsageError("Give -n NAMESPACE or -A, not both, and a name that is not empty.")


class CannotRead(Exception):  # noqa: N818  # it names the state of affairs
    """What could not be read, why, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One API server, and the namespace to look into; None: all."""

    client: Client
    server: str
    namespace: str | None

    @property
    def scope(self) -> str:
        return "all namespaces" if self.namespace is None else f"namespace {self.namespace}"

    async def list(self, kind: Kind, namespace: str | None) -> list[Object]:
        """All objects of a kind, in order of their names. Raises CannotRead."""
        found: list[Object] = []
        try:
            async for page in self.client.list_pages(kind, namespace):
                found += page["items"]
        except (ApiError, Unreachable) as error:
            raise CannotRead(self.explain(error, kind, namespace)) from None
        return sorted(found, key=lambda item: (item["metadata"].get("namespace", ""), item["metadata"]["name"]))

    def explain(self, error: ApiError | Unreachable, kind: Kind, namespace: str | None) -> str:
        """Words for a failed list."""
        match error:
            case NotFound():
                return (
                    f"the API server at {self.server} does not know the kind {kind.kind}: install the CRDs "
                    "(kubectl apply -k crds), or choose another cluster with --context"
                )
            case Forbidden():
                return _forbidden(kind, namespace)
            case Gone():
                return f"reading {kind} took so long that the list expired; try again"
        return explain_connection(error, self.server)


def _forbidden(kind: Kind, namespace: str | None) -> str:
    if namespace is None:
        where, how = "in the whole cluster", "-A"
        role = "tracardi-resourcetypes-view" if kind.plural == TYPE_PLURAL else "view"
        advice = f"look into one namespace with -n, or ask for a ClusterRoleBinding to the role '{role}'"
    else:
        where, how = f"in namespace {namespace}", f"-n {namespace}"
        advice = "ask for the role 'view' there"
    return f"you may not list {kind} {where}: {advice}; to see whether you may: kubectl auth can-i list {kind} {how}"


def explain_connection(error: ApiError | Unreachable, server: str) -> str:
    """Words for an API server that does not answer, or not as it should."""
    match error:
        case BadConfiguration():
            return f"{error}; choose another with --kubeconfig or --context"
        case Unauthorized():
            return (
                f"the API server at {server} does not accept your credentials: log in anew, "
                "or choose others with --kubeconfig or --context"
            )
        case Unreachable():
            return f"no answer from the API server at {server} ({error}): is it running, and is it the right one?"
    return f"the API server at {server} refused: {error}"


_CONNECTIONS: Final = 16


@asynccontextmanager
async def reach(where: Where) -> AsyncIterator[Cluster]:
    """Raises CannotRead."""
    try:
        connection = await connect(where.kubeconfig, where.context)
    except BadConfiguration as error:
        raise CannotRead(explain_connection(error, "")) from None
    namespace = None if where.all_namespaces else where.namespace or connection.namespace
    async with connection.session(_CONNECTIONS) as session:
        yield Cluster(Client(connection, session, concurrency=_CONNECTIONS), connection.server, namespace)
