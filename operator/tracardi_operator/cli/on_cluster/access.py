"""What somebody may do, asked of the API server: one question for each right, nothing is done in anybody's name."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tracardi_operator.cli.on_cluster.connection import CannotRead, Cluster, explain_connection
from tracardi_operator.cli.on_cluster.policy_rules import Right
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.errors import ApiError, Forbidden, Unreachable
from tracardi_operator.kube.kinds import Kind

_REVIEWS: Final = Kind("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview")
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"
_MAY_NOT_ASK: Final = (
    f"you may not ask what others may do (create {_REVIEWS}): ask for the ClusterRole system:auth-delegator, "
    "or leave out --as-user"
)


@dataclass(frozen=True, slots=True)
class Author:
    user: str
    groups: tuple[str, ...] = ()

    @property
    def all_groups(self) -> list[str]:
        """With those that the API server adds by itself."""
        implied = ["system:authenticated"]
        if self.user.startswith(_SERVICE_ACCOUNT):
            namespace = self.user.removeprefix(_SERVICE_ACCOUNT).partition(":")[0]
            implied += ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
        return [*self.groups, *implied]


async def lacking(cluster: Cluster, author: Author, rights: Iterable[Right]) -> set[Right]:
    """Those of `rights` that the author does not have, now. Raises CannotRead.

    Asked in the order of the policies: first about all objects of a namespace, then about single ones.
    """
    wanted = set(rights)
    not_all = await _refused(cluster, author, {right.on_all for right in wanted})
    remaining = {right for right in wanted if right.on_all in not_all}
    by_name = {right for right in remaining if right.name}
    return (remaining - by_name) | await _refused(cluster, author, by_name)


async def _refused(cluster: Cluster, author: Author, rights: set[Right]) -> set[Right]:
    try:
        async with asyncio.TaskGroup() as group:
            answers = {right: group.create_task(_is_allowed(cluster, author, right)) for right in rights}
    except* CannotRead as errors:
        raise CannotRead(str(errors.exceptions[0])) from None
    return {right for right, answer in answers.items() if not answer.result()}


async def _is_allowed(cluster: Cluster, author: Author, right: Right) -> bool:
    try:
        answer = await cluster.client.create(_REVIEWS, None, _question(author, right))
    except Forbidden:
        raise CannotRead(_MAY_NOT_ASK) from None
    except (ApiError, Unreachable) as error:
        raise CannotRead(explain_connection(error, cluster.server)) from None
    return bool(answer["status"].get("allowed"))


def _question(author: Author, right: Right) -> Object:
    attributes = {"namespace": right.namespace, "verb": right.verb, "group": "", "resource": right.resource}
    if right.name:
        attributes["name"] = right.name
    return {
        "apiVersion": _REVIEWS.api_version,
        "kind": _REVIEWS.kind,
        "spec": {"user": author.user, "groups": author.all_groups, "resourceAttributes": attributes},
    }
