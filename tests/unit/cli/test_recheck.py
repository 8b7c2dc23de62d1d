"""`recheck`: what the policies would refuse, whose rights are asked about, and what is not judged."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.fake_cluster import FakeCluster, Run, consumer, data, resource, serving
from tests.unit.kube.fake import Object

World = tuple[FakeCluster, Run]

HIDDEN = "a-value-to-hide"
LITERAL = {"production": {"fields": {"token": {"value": HIDDEN}}}}
HARMLESS = {"production": {"fields": {"anything": {"value": 1}}}}
BOTH = {
    "production": {"fields": {"token": {"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "k"}}}}},
    "test": {"secretRef": {"name": "sandbox"}},
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with serving(tmp_path) as world:
        yield world


def output(**settings: Any) -> Object:
    return {"environments": {"production": settings}}


def policy(expression: str) -> Object:
    return {
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "tracardi-operator-outputs"},
        "spec": {"variables": [{"name": "allowedDomains", "expression": expression}]},
    }


def refusals(answer: Any) -> list[tuple[str, str]]:
    """The policy, without what is before its own name, and the path."""
    return [
        (finding["policy"].removeprefix("tracardi-operator-"), finding["path"])
        for one in answer["resources"]
        for finding in one["refused"]
    ]


async def test_a_literal_for_a_sensitive_field_is_found_by_its_path_and_its_value_is_not_shown(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", credentials=LITERAL))
    as_json, as_table = await run("recheck", "-o", "json"), await run("recheck")
    assert refusals(data(as_json)) == [("literals", "spec.credentials.production.fields.token")]
    assert (as_json.exit_code, as_table.exit_code) == (1, 1)
    assert "tracardi-operator-literals" in as_table.stdout
    assert "and put the new one into a Secret" in as_table.stdout
    assert HIDDEN not in as_json.output + as_table.output


@pytest.mark.parametrize("changed", [{"credentials": HARMLESS}, {"credentials": LITERAL, "type": "one-of-ones-own"}])
async def test_a_literal_that_no_built_in_type_calls_sensitive_is_accepted(
    world: World, changed: dict[str, Any]
) -> None:
    cluster, run = world
    cluster.add(resource("mail", **changed))
    result = await run("recheck")
    assert result.exit_code == 0
    assert result.stdout == "1 Resource: none would be refused\n"


@pytest.mark.parametrize(
    ("key", "policies"), [("team", 0), ("two words", 1), ("example.com/team", 1), ("allowed.example/team", 0)]
)
async def test_keys_of_outputs_are_judged_by_the_domains_of_the_installed_policy(
    world: World, key: str, policies: int
) -> None:
    cluster, run = world
    cluster.add(policy("['allowed.example']"))
    cluster.add(resource("mail", credentials=HARMLESS, output=output(labels={key: "x"})))
    found = refusals(data(await run("recheck", "-o", "json")))
    assert found == [("outputs", f"spec.output.environments.production.labels.{key}")] * policies


async def test_domains_can_be_given_by_who_may_not_read_the_policy(world: World) -> None:
    cluster, run = world
    cluster.refuse("tracardi-operator-outputs", 403, "Forbidden")
    cluster.add(resource("mail", credentials=HARMLESS, output=output(annotations={"example.com/a": "x"})))
    unknown = await run("recheck")
    assert unknown.exit_code == 0
    assert "1 key with a domain (you may not get the policy; give --allowed-domain)" in unknown.stdout
    accepted, refused = [await run("recheck", "--allowed-domain", domain) for domain in ("example.com", "example.org")]
    assert (accepted.exit_code, refused.exit_code) == (0, 1)
    assert "with a domain (" not in accepted.stdout


@pytest.mark.parametrize("expression", ["['a'] + ['b']", "'a'", "[1]", "params.domains"])
async def test_domains_that_are_no_plain_list_of_texts_are_not_guessed(world: World, expression: str) -> None:
    cluster, run = world
    cluster.add(policy(expression))
    cluster.add(resource("mail", credentials=HARMLESS, output=output(labels={"a/b": "x"})))
    (one,) = data(await run("recheck", "-o", "json"))["resources"]
    assert one["refused"] == []
    assert [finding["path"] for finding in one["unjudged"]][-1] == "spec.output.environments.production.labels.a/b"


async def test_without_policies_it_says_that_nothing_is_refused_yet(world: World) -> None:
    _, run = world
    assert "the admission policies are not installed here" in (await run("recheck")).stderr


# Whose rights


async def test_nobodys_rights_are_judged_unless_a_user_is_named(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", credentials=BOTH, output=output(name="mine")))
    result = await run("recheck")
    assert result.exit_code == 0
    assert "not judged: 3 rights of authors (who wrote an object is not recorded; give --as-user)" in result.stdout
    assert cluster.questions == []
    (one,) = data(await run("recheck", "-o", "json"))["resources"]
    assert [finding["needs"] for finding in one["unjudged"]] == [
        "get ConfigMap settings",
        "get Secret sandbox",
        "create Secrets",
    ]


async def test_what_the_user_may_not_is_found_and_the_right_is_named(world: World) -> None:
    cluster, run = world
    cluster.allowed = {("alice", "get", "configmaps", "settings")}
    cluster.add(resource("mail", credentials=BOTH, output=output(name="mine")))
    answer, text = (
        data(await run("recheck", "--as-user", "alice", "-o", "json")),
        await run("recheck", "--as-user", "alice"),
    )
    assert refusals(answer) == [
        ("secret-references", "spec.credentials.test.secretRef"),
        ("outputs", "spec.output.environments.production"),
    ]
    assert text.exit_code == 1
    assert "alice may not get Secret sandbox\n" in text.stdout
    assert "alice may not create Secrets\n" in text.stdout
    assert text.stdout.endswith("1 Resource: 1 would be refused if alice created it now\n")


async def test_who_may_get_all_is_not_asked_about_single_ones(world: World) -> None:
    cluster, run = world
    cluster.allowed = {("alice", "get", "secrets", ""), ("alice", "get", "configmaps", "")}
    cluster.add(*(resource(f"r{number}", credentials=BOTH) for number in range(3)))
    result = await run("recheck", "--as-user", "alice")
    assert result.exit_code == 0
    assert len(cluster.questions) == 2


async def test_each_right_is_asked_about_once_and_nothing_else_is_sent(world: World) -> None:
    cluster, run = world
    cluster.allowed = {("alice", "get", "secrets", "mail")}
    cluster.add(*(resource(f"r{number}") for number in range(3)))
    assert (await run("recheck", "--as-user", "alice")).exit_code == 0
    asked = [question["resourceAttributes"].get("name") for question in cluster.questions]
    assert asked == [None, "mail"]
    assert {path.rpartition("/")[2] for method, path in cluster.requests if method != "GET"} == {"subjectaccessreviews"}


async def test_the_groups_that_the_api_server_implies_are_asked_about_too(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail"))
    await run("recheck", "--as-user", "system:serviceaccount:argocd:controller", "--as-group", "deployers")
    assert cluster.questions[0]["groups"] == [
        "deployers",
        "system:authenticated",
        "system:serviceaccounts",
        "system:serviceaccounts:argocd",
    ]


async def test_no_request_is_made_in_the_name_of_the_user(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail"))
    await run("recheck", "--as-user", "alice", "--as-group", "team")
    assert not any(name.lower().startswith("impersonate") for headers in cluster.headers for name in headers)


async def test_an_object_named_twice_is_found_once_where_it_stands_first(world: World) -> None:
    cluster, run = world
    fields = {name: {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}} for name in ("first", "second")}
    cluster.add(resource("mail", credentials={"production": {"fields": fields}, "test": {"secretRef": {"name": "s"}}}))
    found = refusals(data(await run("recheck", "--as-user", "alice", "-o", "json")))
    assert found == [("secret-references", "spec.credentials.production.fields.first")]


# Consumers

CA = {"configMapKeyRef": {"name": "authorities", "key": "ca.crt"}}
TRACARDI = {"url": "http://tracardi.home.svc", "login": {"name": "login"}, "testFallback": "Nothing", "tls": {"ca": CA}}


async def test_consumers_are_judged_by_the_rights_of_their_policy(world: World) -> None:
    cluster, run = world
    cluster.add(consumer("all"), consumer("gui", tracardi=TRACARDI))
    nobody = await run("recheck", "-o", "json")
    needed = {one["name"]: [f["needs"] for f in one["unjudged"]] for one in data(nobody)["consumers"]}
    assert needed == {"all": ["get Secrets", "create Secrets"], "gui": ["get Secrets", "get ConfigMap authorities"]}
    cluster.allowed = {("alice", "get", "secrets", ""), ("alice", "get", "configmaps", "authorities")}
    result = await run("recheck", "--as-user", "alice")
    assert result.exit_code == 1
    assert (
        "ResourceConsumer  all   tracardi-operator-consumers  bundle  alice may not create Secrets\n" in result.stdout
    )
    assert result.stdout.endswith("2 ResourceConsumers: 1 would be refused if alice created it now\n")


async def test_consumers_that_may_not_be_listed_leave_the_resources_judged(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", credentials=LITERAL))
    cluster.refuse("resourceconsumers", 403, "Forbidden")
    result = await run("recheck", "-o", "json")
    assert result.exit_code == 2
    assert refusals(data(result)) == [("literals", "spec.credentials.production.fields.token")]


# What can't be read


async def test_who_may_not_ask_about_others_is_told_what_it_takes(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail"))
    cluster.refuse("subjectaccessreviews", 403, "Forbidden")
    result = await run("recheck", "--as-user", "alice")
    assert result.exit_code == 2
    assert "ask for the ClusterRole system:auth-delegator, or leave out --as-user" in result.stderr


async def test_a_spec_that_is_not_valid_is_told_and_the_rest_is_judged(world: World) -> None:
    cluster, run = world
    cluster.add(resource("bad", credentials={}), resource("mail", credentials=LITERAL))
    result = await run("recheck", "-o", "json")
    assert result.exit_code == 2
    assert result.stderr.count("home/bad: its spec is not valid") == 1
    assert refusals(data(result)) == [("literals", "spec.credentials.production.fields.token")]
    assert len(data(result)["unread"]) == 1


async def test_an_unknown_kind_says_what_to_install(world: World) -> None:
    cluster, run = world
    cluster.refuse("resources", 404, "NotFound")
    result = await run("recheck")
    assert result.exit_code == 2
    assert "install the CRDs" in result.stderr


async def test_a_group_without_a_user_is_a_mistake_of_usage(world: World) -> None:
    _, run = world
    result = await run("recheck", "--as-group", "team")
    assert result.exit_code == 2
    assert "--as-group needs --as-user" in result.stderr
