"""`recheck` and the API server about the same specs: what one finds of older objects, the other refuses of new ones.

On a control plane of its own, where Resources were written before the admission policies were installed.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.audit import AuditLog
from tests.cluster.builders import Document, consumer, literal, reference, resource, role, rule
from tests.cluster.commands import Done, run, wait_until_allowed
from tests.cluster.install import CRDS, ROOT, install
from tracardi_operator.api.resource import MAX_REFERENCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.services.catalogue import builtin

NAMESPACE: Final = "older"
AUTHOR: Final = "alice"
HIDDEN: Final = "a-value-to-hide"
WRITE_RESOURCES = rule("tracardi.com", ["resources", "resourceconsumers"], ["*"])
CA = {"name": "authorities", "key": "ca.crt"}
TRACARDI: Document = {"url": "http://t.older.svc", "login": {"name": "mine00"}, "testFallback": "Nothing"}
MINE = [f"mine{number:02}" for number in range(MAX_REFERENCES)]

Places = dict[str, set[str]]
"""By name of a Resource, what is found."""


def _output(resource_name: str, **settings: Any) -> Document:
    return resource(resource_name, output={"environments": {"production": settings}})


def _all_literal(service: str, fields: list[str]) -> Document:
    given = {field: literal(HIDDEN) for field in fields}
    return resource(f"type-{service.replace('_', '-')}", given, type=service)


CASES = [
    resource("harmless"),
    resource("literal", {"token": literal(HIDDEN)}),
    resource("own-type", {"token": literal(HIDDEN)}, type="a-type-of-ones-own"),
    resource("mine", {"token": reference("secretKeyRef", "mine00")}),
    resource("yours", {"token": reference("secretKeyRef", "yours")}),
    resource("optional", {"a": {"valueFrom": {"secretKeyRef": {"name": "yours", "key": "k", "optional": True}}}}),
    resource("whole", credentials={"test": {"secretRef": {"name": "yours"}}}),
    resource("settings", {"a": reference("configMapKeyRef", "yours")}),
    resource("sixteen", {name: reference("secretKeyRef", name) for name in MINE}),
    resource("last", {name: reference("secretKeyRef", name) for name in [*MINE[1:], "yours"]}),
    _output("own-name", name="chosen"),
    _output("own-labels", labels={"team": "a"}),
    _output("empty-labels", labels={}),
    _output("foreign-label", labels={"argocd.argoproj.io/instance": "x", "team": "a"}),
    _output("foreign-annotation", annotations={"example.com/a": "x"}),
    _output("two-words", labels={"two words": "x"}),
    _output("nothing-own"),
]
CONSUMERS = [
    consumer("into-a-bundle", NAMESPACE),
    consumer("from-another", "another"),
    consumer("to-a-server", NAMESPACE, tracardi=TRACARDI),
    consumer("by-authorities", NAMESPACE, tracardi=TRACARDI | {"tls": {"ca": {"configMapKeyRef": CA}}}),
]
TYPES = [_all_literal(service.name, [n for f in service.fields for n in f.names]) for service in builtin().values()]


@dataclass(frozen=True)
class World:
    plane: ControlPlane
    author: Path

    def recheck(self, *options: str) -> Done:
        return run(self.plane.kubeconfig, "recheck", "-n", NAMESPACE, *options)

    def found(self, *options: str) -> Places:
        """Policy of each refusal."""
        return _by_name(self.recheck(*options, "-o", "json").data, lambda f: f["policy"])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with ControlPlane.start() as plane:
        plane.kubectl("apply", "-k", str(ROOT / "crds"))
        plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", *CRDS)
        plane.kubectl("create", "namespace", NAMESPACE)
        plane.kubectl("create", "-n", NAMESPACE, "-f", "-", input=_list([*CASES, *TYPES, *CONSUMERS]))
        install(plane)
        rights = role(AUTHOR, AUTHOR, WRITE_RESOURCES, rule("", ["secrets"], ["get"], MINE))
        plane.kubectl("create", "-n", NAMESPACE, "-f", "-", input=rights)
        author = plane.user_kubeconfig(AUTHOR)
        wait_until_allowed(plane, author, "get", "secrets/mine00", "-n", NAMESPACE)
        yield World(plane, author)


def _list(documents: list[Document]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})


def _by_name(answer: Any, place: Any) -> Places:
    objects = answer["resources"] + answer["consumers"]
    return {one["name"]: {place(f) for f in one["refused"]} for one in objects if one["refused"]}


_REFUSED = re.compile(r'"(?P<name>[^"]+)" is (?:forbidden|invalid).*?ValidatingAdmissionPolicy \'(?P<policy>[^\']+)\'')


def _refused_as_new(kubeconfig: Path, plane: ControlPlane, documents: list[Document]) -> dict[str, tuple[str, str]]:
    """By name, the policy that the API server refuses it by if it is created now, and its words."""
    copies = [document | {"metadata": {"name": f"new-{document['metadata']['name']}"}} for document in documents]
    command = ("--kubeconfig", str(kubeconfig), "create", "-n", NAMESPACE, "--dry-run=server", "-f", "-")
    done = plane.kubectl(*command, input=_list(copies), check=False)
    found = [(match, line) for line in done.stderr.splitlines() if (match := _REFUSED.search(line))]
    assert len(found) + len(done.stdout.splitlines()) == len(documents), done.stderr
    return {match["name"].removeprefix("new-"): (match["policy"], line) for match, line in found}


def test_it_finds_what_the_api_server_refuses_of_the_author_and_nothing_else(world: World) -> None:
    refused = _refused_as_new(world.author, world.plane, CASES)
    found = {name: policies for name, policies in world.found("--as-user", AUTHOR).items() if name in _names(CASES)}
    assert found.keys() == refused.keys()
    assert all(policy in found[name] for name, (policy, _) in refused.items())
    assert {"literal", "yours", "settings", "last", "own-name", "empty-labels", "foreign-label"} <= found.keys()
    assert not {"harmless", "own-type", "mine", "sixteen", "nothing-own"} & found.keys()


def _names(documents: list[Document]) -> set[str]:
    return {document["metadata"]["name"] for document in documents}


RIGHTS: dict[str, list[Document]] = {
    "none": [],
    "get-by-name": [rule("", ["secrets"], ["get"], ["mine00"]), rule("", ["secrets"], ["create"])],
    "get-all": [rule("", ["secrets"], ["get"])],
    "get-all-and-create": [rule("", ["secrets"], ["get", "create"])],
    "everything": [rule("", ["secrets"], ["get", "create"]), rule("", ["configmaps"], ["get"], ["authorities"])],
}


@pytest.mark.parametrize("rights", RIGHTS)
def test_it_finds_the_consumers_that_the_api_server_refuses_of_their_author(world: World, rights: str) -> None:
    user = f"consumes-with-{rights}"
    given = role(user, user, WRITE_RESOURCES, *RIGHTS[rights])
    world.plane.kubectl("create", "-n", NAMESPACE, "-f", "-", input=given)
    kubeconfig = world.plane.user_kubeconfig(user)
    wait_until_allowed(world.plane, kubeconfig, "create", "resourceconsumers.tracardi.com", "-n", NAMESPACE)
    refused = _refused_as_new(kubeconfig, world.plane, CONSUMERS)
    found = world.found("--as-user", user)
    assert {name: {policy} for name, (policy, _) in refused.items()} == {
        name: found[name] for name in _names(CONSUMERS) & found.keys()
    }
    assert bool(refused) == (rights != "everything")


def test_it_finds_the_same_literals_as_the_policy_in_every_built_in_type(world: World) -> None:
    refused = _refused_as_new(world.plane.kubeconfig, world.plane, TYPES)
    theirs = {
        name: set(re.findall(r"credentials\.production\.fields\.[^ ,:]+", line)) for name, (_, line) in refused.items()
    }
    answer = world.recheck("-o", "json").data
    ours = {
        name: {path.removeprefix("spec.") for path in paths}
        for name, paths in _by_name(answer, lambda f: f["path"]).items()
    }
    assert {name: ours[name] for name in ours if name in _names(TYPES)} == theirs
    assert len(theirs) > len(TYPES) / 2


def test_without_a_user_it_finds_what_nobody_may_and_says_what_it_did_not_judge(world: World) -> None:
    done = world.recheck()
    refused = _refused_as_new(world.plane.kubeconfig, world.plane, CASES)
    assert done.code == 1
    assert world.found().keys() & _names(CASES) == refused.keys()
    assert refused.keys() == {"literal", "foreign-label", "foreign-annotation", "two-words"}
    assert re.search(r"not judged: \d+ rights of authors", done.stdout)


def test_no_value_is_shown(world: World) -> None:
    for options in ((), ("-o", "json"), ("--as-user", AUTHOR)):
        assert HIDDEN not in world.recheck(*options).text


def test_a_right_that_was_lost_is_found(world: World) -> None:
    user = "bob"
    rights = role(user, user, WRITE_RESOURCES, rule("", ["secrets"], ["get"], ["yours"]))
    world.plane.kubectl("create", "-n", NAMESPACE, "-f", "-", input=rights)
    kubeconfig = world.plane.user_kubeconfig(user)
    wait_until_allowed(world.plane, kubeconfig, "get", "secrets/yours", "-n", NAMESPACE)
    assert "yours" not in world.found("--as-user", user)
    world.plane.kubectl("delete", "rolebinding", user, "-n", NAMESPACE)
    wait_until_allowed(world.plane, kubeconfig, "get", "secrets/yours", "-n", NAMESPACE, answer="no")
    assert world.found("--as-user", user)["yours"] == {"tracardi-operator-secret-references"}


@pytest.mark.parametrize(("user", "options"), [("carol", ("--as-group", "team")), ("system:serviceaccount:ci:x", ())])
def test_rights_of_a_group_count_as_the_users_own(world: World, user: str, options: tuple[str, ...]) -> None:
    group = "team" if options else "system:serviceaccounts:ci"
    name = f"group-{'team' if options else 'ci'}"
    world.plane.kubectl("create", "role", name, "-n", NAMESPACE, "--verb=get", "--resource=secrets,configmaps")
    world.plane.kubectl("create", "rolebinding", name, "-n", NAMESPACE, f"--role={name}", f"--group={group}")
    impersonated = ("--as", user, "--as-group", group, "-n", NAMESPACE)
    wait_until_allowed(world.plane, world.plane.kubeconfig, "get", "secrets", *impersonated)
    assert "yours" not in world.found("--as-user", user, *options)
    assert "yours" in world.found("--as-user", "somebody-else")


def test_it_reads_and_asks_and_writes_nothing(world: World) -> None:
    auditor = "auditor"
    world.plane.kubectl("create", "clusterrolebinding", "audit-view", "--clusterrole=view", f"--user={auditor}")
    delegated = "--clusterrole=system:auth-delegator"
    world.plane.kubectl("create", "clusterrolebinding", "audit-ask", delegated, f"--user={auditor}")
    kubeconfig = world.plane.user_kubeconfig(auditor)
    wait_until_allowed(world.plane, kubeconfig, "list", "resources.tracardi.com", "-A")
    wait_until_allowed(world.plane, kubeconfig, "create", "subjectaccessreviews.authorization.k8s.io")
    audit = AuditLog(world.plane.audit_log, auditor)
    audit.mark()
    done = run(kubeconfig, "recheck", "-A", "--as-user", AUTHOR)
    audit.settle()
    assert done.code == 1
    by_verb: dict[str, set[str]] = defaultdict(set)
    for verb, kind in audit.counts():
        by_verb[verb].add(kind)
    assert by_verb == {
        "list": {"resources", "resourceconsumers"},
        "get": {"validatingadmissionpolicies"},
        "create": {"subjectaccessreviews"},
    }


def test_who_may_not_ask_about_others_is_told_so(world: World) -> None:
    done = run(world.author, "recheck", "-n", NAMESPACE, "--as-user", "bob")
    assert done.code == 2
    assert "system:auth-delegator" in done.stderr


def test_the_domains_of_the_installed_policy_are_allowed(world: World) -> None:
    policy = "tracardi-operator-outputs"
    allow = [{"op": "replace", "path": "/spec/variables/0/expression", "value": '["example.com"]'}]
    assert "foreign-annotation" in world.found()
    world.plane.kubectl("patch", "validatingadmissionpolicy", policy, "--type=json", "-p", json.dumps(allow))
    found = world.found()
    assert "foreign-annotation" not in found
    assert "foreign-label" in found
