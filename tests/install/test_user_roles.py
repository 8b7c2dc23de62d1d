"""The roles for others than the operator: without each right of a role a command is refused, and with it it is not."""

import json
import secrets
import subprocess
from collections.abc import Iterator

import pytest

from tests.cluster.builders import consumer, resource
from tests.cluster.install import install
from tests.install.behaviours import until
from tests.install.chart import Document
from tests.install.rights import COMMANDS, USER_ROLES, by_words
from tracardi_operator.devcluster import ControlPlane

RBAC = "rbac.authorization.k8s.io"
BESIDES = {
    "tracardi-resources-edit": "tracardi-resources-view",
    "tracardi-resourcetypes-edit": "tracardi-resourcetypes-view",
}
"""What kubectl reads before it writes."""
AUTHOR = "author"
"""A role for what the admission policies ask of authors."""
RIGHTS = [(name, right) for name, role in USER_ROLES.items() for right in by_words(role)]


@pytest.fixture(scope="module")
def users() -> Iterator[ControlPlane]:
    """Somebody who has all of a role, and for each of its rights somebody who lacks it."""
    with ControlPlane.start() as plane:
        install(plane)
        author = _role(AUTHOR, [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create"]}])
        documents = [author, *(document for role in USER_ROLES.values() for document in _users_of(role))]
        plane.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
        yield plane


def _users_of(role: Document) -> Iterator[Document]:
    name, rules = role["metadata"]["name"], by_words(role)
    yield from _bind(name, name)
    for right in rules:
        without = _without(name, right)
        yield _role(without, [rule for other, rule in rules.items() if other != right])
        yield from _bind(without, name, without)


def _without(name: str, right: str) -> str:
    return f"{name}.without.{'.'.join(right.split()).replace('/', '.')}"


def _role(name: str, rules: list[Document]) -> Document:
    return {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}


def _bind(user: str, name: str, given: str = "") -> Iterator[Document]:
    """Give a user a role, or another in its stead, and what is needed besides."""
    for role in filter(None, (given or name, BESIDES.get(name), AUTHOR)):
        yield {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{user}.{role}"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user}],
        }


@pytest.fixture
def namespace(users: ControlPlane) -> str:
    name = f"test-{secrets.token_hex(4)}"
    users.kubectl("create", "namespace", name)
    return name


@pytest.mark.parametrize(("role", "right"), RIGHTS, ids=map(" ".join, RIGHTS))
async def test_without_a_right_of_a_role_a_command_is_refused(
    users: ControlPlane, namespace: str, role: str, right: str
) -> None:
    verb, kind = right.split()
    body = _body(kind.partition(".")[0], namespace)
    if verb != "create":
        users.kubectl("apply", "-f", "-", "--namespace", namespace, input=json.dumps(body))
    assert "Forbidden" in _try(users, namespace, _without(role, right), verb, body).stderr

    async def succeeds() -> bool:
        return not _try(users, namespace, role, verb, body).returncode

    await until(succeeds, f"{right}, with the whole role")


def _body(plural: str, namespace: str) -> Document:
    bodies = {
        "resources": resource("mail"),
        "resourceconsumers": consumer("mail", namespace),
        "resourcetypes": {
            "apiVersion": "tracardi.com/v1alpha1",
            "kind": "ResourceType",
            "metadata": {"name": namespace},
            "spec": {"fields": [{"name": "key"}]},
        },
    }
    return bodies[plural]


def _try(users: ControlPlane, namespace: str, user: str, verb: str, body: Document) -> subprocess.CompletedProcess[str]:
    """The command of a verb, as a user."""
    scope = "" if body["kind"] == "ResourceType" else f"namespaces/{namespace}/"
    places = {"plural": f"{body['kind'].lower()}s", "name": body["metadata"]["name"], "scope": scope}
    command = [part.format(**places) for part in COMMANDS[verb]]
    options = ("--as", user, "--namespace", namespace)
    return users.kubectl(*command, *options, input=json.dumps(body), check=False)
