"""`status`: what stands in status of each object, told rightly, and what is said when it can't be read."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tests.unit.cli.fake_cluster import (
    FakeCluster,
    Run,
    broken,
    condition,
    consumer,
    data,
    delivered,
    held,
    problem,
    ready,
    resource,
    resource_type,
    serving,
)
from tracardi_operator.cli import main
from tracardi_operator.cli.tables import duration, printable, table

World = tuple[FakeCluster, Run]

PLACEHOLDER = problem("Placeholder", "is a placeholder; paste the real key")
WARNING = problem("OutOfRange", "is unusually long", "warning")
BEHIND = ready(generation=1)
SUSPENDED = held("Unknown", "Suspended", "spec.suspend is set")
INVALID = held("False", "InvalidSpec", "spec.type must be set")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with serving(tmp_path) as world:
        yield world


# What is told


async def test_a_row_has_type_ready_reason_and_the_revision_of_each_environment(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=ready(3)))
    result = await run("status")
    headings, row = result.stdout.splitlines()[:2]
    assert headings.split() == [
        *("NAMESPACE", "NAME", "TYPE", "READY", "REASON", "ENVIRONMENTS", "STALE", "SINCE", "AGE"),
    ]
    assert row.split()[:-1] == ["home", "mail", "sendgrid", "True", "Ready", "production:3", "-"]
    assert re.fullmatch(r"\d+d", row.split()[-1])


@pytest.mark.parametrize(
    ("status", "state", "code", "shown"),
    [
        (ready(), "ready", 0, "True"),
        (ready(3, WARNING), "ready", 0, "True"),
        (broken(PLACEHOLDER), "notReady", 1, "False"),
        (broken(PLACEHOLDER, stale=True), "notReady", 1, "False"),
        (INVALID, "notReady", 1, "False"),
        ({"observedGeneration": -1}, "pending", 1, "Pending"),
        (BEHIND, "pending", 1, "Pending"),
        ({"observedGeneration": 2}, "pending", 1, "Pending"),
        (SUSPENDED, "suspended", 1, "Unknown"),
        ({"observedGeneration": "later"}, "unreadable", 1, "Unreadable"),
    ],
)
async def test_each_state_has_a_word_and_an_exit_code(
    world: World, status: dict[str, object], state: str, code: int, shown: str
) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=status))
    as_json, as_table = await run("status", "-o", "json"), await run("status")
    (one,) = data(as_json)["resources"]
    assert (one["state"], one["ready"], as_json.exit_code, as_table.exit_code) == (state, state == "ready", code, code)
    assert as_table.stdout.splitlines()[1].split()[3] == shown
    assert data(as_json)["summary"][state] == 1


async def test_a_problem_is_told_with_environment_field_secret_and_key(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=broken(PLACEHOLDER)))
    text = (await run("status")).stdout
    assert (
        "\nerror: home/mail production.token: Placeholder (Secret mail, key api-key)\n"
        "    is a placeholder; paste the real key\n"
    ) in text
    assert "still published" not in text


async def test_what_is_stale_is_told_with_what_is_still_published(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=broken(PLACEHOLDER, stale=True)))
    text = (await run("status")).stdout
    assert re.search(r"revision 4, are still published in Secret mail-production-resolved, for \d+d now\n", text)
    assert re.search(r"production:4 +production:\d+d ", text)
    assert "1 Resource: 1 not ready, 1 of them stale" in text


async def test_what_is_still_published_is_told_with_the_error_and_not_again_with_a_warning(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=broken(PLACEHOLDER, WARNING, stale=True)))
    text = (await run("status")).stdout
    assert "warning: home/mail production.token: OutOfRange" in text
    assert text.count("are still published") == 1


async def test_a_warning_is_told_of_a_ready_resource_unless_only_the_failed_are_wanted(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=ready(3, WARNING)))
    assert "warning: home/mail production.token: OutOfRange" in (await run("status")).stdout
    assert (await run("status", "--failed")).stdout == "1 Resource: all ready\n"


@pytest.mark.parametrize("status", [INVALID, SUSPENDED, BEHIND])
async def test_problems_of_an_earlier_spec_are_not_told_as_those_of_now(
    world: World, status: dict[str, object]
) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=status))
    assert "of the past" not in (await run("status")).stdout


async def test_a_held_resource_is_told_with_the_words_of_its_condition(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=INVALID), resource("rest", status=SUSPENDED))
    text = (await run("status")).stdout
    assert "error: home/mail: InvalidSpec\n    spec.type must be set\n" in text
    assert "warning: home/rest: Suspended\n    spec.suspend is set\n" in text


async def test_the_pending_are_one_paragraph_however_many(world: World) -> None:
    cluster, run = world
    cluster.add(*(resource(f"r{number}") for number in range(7)))
    text = (await run("status")).stdout
    assert "warning: pending: home/r0, home/r1, home/r2, home/r3, home/r4 and 2 more\n" in text
    assert text.count("not processed yet") == 1
    assert text.endswith("7 Resources: 7 pending\n")


async def test_resource_types_are_told_with_what_is_wrong_with_them(world: World) -> None:
    cluster, run = world
    fault = {"path": "spec.fields[0].pattern", "message": "is no pattern"}
    wrong = {"observedGeneration": 1, "conditions": [condition("False", "InvalidSpec")], "problems": [fault]}
    good = {"observedGeneration": 1, "conditions": [condition("True", "Ready")]}
    cluster.add(resource("mail", status=ready()), resource_type("acme", wrong), resource_type("crm", good))
    result = await run("status", "-A")
    assert result.exit_code == 1
    assert "error: ResourceType acme: InvalidSpec\n    spec.fields[0].pattern is no pattern\n" in result.stdout
    assert result.stdout.endswith("1 Resource: all ready; 2 ResourceTypes: 1 ready, 1 not ready\n")
    types = data(await run("status", "-A", "-o", "json"))["resourceTypes"]
    assert [(one["name"], one["ready"], one["problems"]) for one in types] == [
        ("acme", False, [fault]),
        ("crm", True, []),
    ]


LEFT_OUT = {"namespace": "shop", "name": "mail", "reason": "NotExpressible", "message": "no such connection type"}
INCOMPLETE = delivered(condition("False", "Incomplete", "1 of 4 Resources is left out"), LEFT_OUT)
UNREACHABLE = delivered(condition("False", "Unreachable", "no answer from http://tracardi.home.svc"), LEFT_OUT)


async def test_a_consumer_has_a_row_with_what_it_delivers(world: World) -> None:
    cluster, run = world
    cluster.add(consumer("all", status=INCOMPLETE), consumer("gui", tracardi={"url": "http://t"}))
    headings, complete, pending = (await run("status")).stdout.splitlines()[:3]
    assert headings.split()[1:] == [
        *("RESOURCECONSUMER", "TARGET", "READY", "REASON", "RESOURCES", "OMITTED", "REVISION", "CHANGED", "AGE"),
    ]
    assert complete.split()[:8] == ["home", "all", "bundle", "False", "Incomplete", "3", "1", "7"]
    assert pending.split()[:9] == ["home", "gui", "tracardi", "Pending", "-", "-", "0", "-", "-"]


async def test_each_resource_that_a_consumer_leaves_out_is_told_with_its_reason(world: World) -> None:
    cluster, run = world
    cluster.add(consumer("all", status=INCOMPLETE))
    result = await run("status")
    assert result.exit_code == 1
    words = "\nerror: ResourceConsumer home/all: NotExpressible (Resource shop/mail)\n    no such connection type\n"
    assert words in result.stdout
    assert result.stdout.endswith("1 ResourceConsumer: 1 not ready\n")


async def test_a_consumer_that_can_not_deliver_is_told_with_the_words_of_its_condition(world: World) -> None:
    cluster, run = world
    cluster.add(consumer("all", status=UNREACHABLE))
    text = (await run("status")).stdout
    assert "error: ResourceConsumer home/all: Unreachable\n    no answer from http://tracardi.home.svc\n" in text
    assert "shop/mail" not in text


@pytest.mark.parametrize(
    ("finalizers", "words"),
    [
        (
            ["tracardi.com/tracardi-resources"],
            "waits until its resources are out of Tracardi, for some five minutes at most",
        ),
        (["acme.example/a", "acme.example/b"], "waits for its finalizers: acme.example/a, acme.example/b"),
    ],
)
async def test_one_that_is_being_deleted_is_told_with_what_it_waits_for(
    world: World, finalizers: list[str], words: str
) -> None:
    cluster, run = world
    leaving = consumer("gui", status=delivered(condition("True", "Ready")), tracardi={"url": "http://t"})
    leaving["metadata"] |= {"deletionTimestamp": "2026-01-03T00:00:00Z", "finalizers": finalizers, "generation": 3}
    cluster.add(leaving)
    result = await run("status")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1].split()[3] == "Deleting"
    assert f"\nwarning: ResourceConsumer home/gui: being deleted\n    {words}\n" in result.stdout
    assert "pending" not in result.stdout
    assert result.stdout.endswith("1 ResourceConsumer: 1 being deleted\n")
    assert data(await run("status", "-o", "json"))["consumers"][0]["state"] == "deleting"


async def test_consumers_count_for_the_exit_code_and_the_summary(world: World) -> None:
    cluster, run = world
    good = delivered(condition("True", "Ready"))
    cluster.add(resource("mail", status=ready()), consumer("all", status=good))
    result = await run("status")
    assert result.exit_code == 0
    assert result.stdout.endswith("1 Resource: all ready; 1 ResourceConsumer: all ready\n")
    cluster.add(consumer("gui"))
    assert (await run("status")).exit_code == 1
    summary = data(await run("status", "-o", "json"))["summary"]
    assert (summary["consumers"], summary["ready"], summary["pending"]) == (2, 2, 1)


async def test_json_has_what_a_consumer_delivers_and_who_receives_a_resource(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=ready() | {"consumers": ["home/all"]}), consumer("all", status=INCOMPLETE))
    found = data(await run("status", "-o", "json"))
    assert found["resources"][0]["consumers"] == ["home/all"]
    (one,) = found["consumers"]
    expected = {
        "target": "bundle",
        "delivered": 3,
        "omitted": [LEFT_OUT],
        "revision": 7,
        "lastChange": "2026-01-02T00:00:00Z",
        "bundle": "all-bundle",
        "reason": "Incomplete",
    }
    assert {name: one[name] for name in expected} == expected


async def test_json_and_yaml_have_the_same_facts(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=broken(PLACEHOLDER, stale=True)), resource("new"))
    as_json = data(await run("status", "-o", "json"))
    assert yaml.safe_load((await run("status", "-o", "yaml")).stdout) == as_json
    mail, new = as_json["resources"]
    assert mail["environments"] == [
        {
            "environment": "production",
            "ready": False,
            "revision": 4,
            "stale": True,
            "since": "2026-01-02T00:00:00Z",
            "output": "mail-production-resolved",
            "problems": [PLACEHOLDER],
        }
    ]
    assert (mail["reason"], mail["created"]) == ("Placeholder", "2026-01-01T00:00:00Z")
    assert (new["state"], new["reason"], new["observedGeneration"]) == ("pending", None, -1)


async def test_only_the_failed_are_shown_and_all_are_counted(world: World) -> None:
    cluster, run = world
    cluster.add(resource("good", status=ready()), resource("mail", status=broken(PLACEHOLDER)))
    result = await run("status", "--failed", "-o", "json")
    assert [one["name"] for one in data(result)["resources"]] == ["mail"]
    assert data(result)["summary"]["ready"] == 1
    assert "good" not in (await run("status", "--failed")).stdout


async def test_what_acts_on_a_terminal_is_not_passed_on(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=broken(problem("Placeholder", "red: \x1b[31m, bell: \x07\nnext line"))))
    text = (await run("status")).stdout
    assert not {"\x1b", "\x07"} & set(text)
    assert "\n    next line\n" in text


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
async def test_colours_are_for_terminals_that_want_them(world: World, no_color: str, coloured: bool) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=broken(PLACEHOLDER)))
    assert ("\x1b" in (await run("status", color=True, env={"NO_COLOR": no_color})).stdout) is coloured
    assert "\x1b" not in (await run("status")).stdout


# Where it looks


async def test_it_looks_into_the_namespace_of_the_context_the_one_named_or_all(world: World) -> None:
    cluster, run = world
    cluster.add(resource("here", status=ready()), resource("there", "away", ready()))
    found = [data(await run("status", "-o", "json", *where)) for where in ((), ("-n", "away"), ("-A",))]
    assert [[one["name"] for one in answer["resources"]] for answer in found] == [
        ["here"],
        ["there"],
        ["there", "here"],
    ]


async def test_a_namespace_without_resources_is_well_and_says_where_to_look(world: World) -> None:
    _, run = world
    result = await run("status")
    assert result.exit_code == 0
    assert result.stdout == "no Resources in namespace home; -A looks in all namespaces\n"


async def test_a_long_list_is_read_page_by_page(world: World) -> None:
    cluster, run = world
    cluster.add(*(resource(f"r{number:04}", status=ready()) for number in range(1001)))
    assert data(await run("status", "-o", "json"))["summary"]["ready"] == 1001
    assert [query["limit"] for query in cluster.queries] == ["500"] * 4


async def test_it_lists_our_kinds_and_reads_nothing_else(world: World) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=ready()))
    await run("status", "-A")
    root = "/apis/tracardi.com/v1alpha1"
    kinds = ("resources", "resourceconsumers", "resourcetypes")
    assert cluster.requests == [("GET", f"{root}/{plural}") for plural in kinds]


@pytest.mark.parametrize("where", [("-n", "a", "-A"), ("-n", "")])
async def test_a_contradictory_place_is_a_mistake_of_usage(world: World, where: tuple[str, ...]) -> None:
    cluster, run = world
    result = await run("status", *where)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert cluster.requests == []


# What can't be read


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (403, "Forbidden", "you may not list resources.tracardi.com in namespace home: ask for the role 'view' there"),
        (404, "NotFound", "does not know the kind Resource: install the CRDs (kubectl apply -k crds)"),
        (401, "Unauthorized", "does not accept your credentials: log in anew"),
        (410, "Expired", "try again"),
        (500, "InternalError", "500 InternalError"),
    ],
)
async def test_an_error_says_what_to_do_and_ends_with_2(world: World, code: int, reason: str, words: str) -> None:
    cluster, run = world
    cluster.refuse("resources", code, reason)
    result = await run("status")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: ")
    assert words in result.stderr


@pytest.mark.parametrize("kind", ["resourceconsumers", "resourcetypes"])
async def test_what_may_not_be_read_leaves_the_resources_shown(world: World, kind: str) -> None:
    cluster, run = world
    cluster.add(resource("mail", status=ready()))
    cluster.refuse(kind, 403, "Forbidden")
    result = await run("status", "-A", "-o", "json")
    assert result.exit_code == 2
    assert f"you may not list {kind}.tracardi.com in the whole cluster" in result.stderr
    assert [one["name"] for one in data(result)["resources"]] == ["mail"]
    assert len(data(result)["unread"]) == 1


async def test_a_server_that_is_gone_is_told_with_its_address(world: World) -> None:
    cluster, run = world
    await cluster.stop()
    try:
        result = await run("status")
    finally:
        await cluster.start()
    assert result.exit_code == 2
    assert f"no answer from the API server at {cluster.url}" in result.stderr


@pytest.mark.parametrize("choice", [("--context", "no-such"), ("--kubeconfig", "/no/such/file")])
async def test_a_kubeconfig_or_context_that_is_not_there_is_told(world: World, choice: tuple[str, str]) -> None:
    _, run = world
    result = await run("status", *choice)
    assert (result.exit_code, result.stdout) == (2, "")
    assert choice[1] in result.stderr
    assert "choose another with --kubeconfig or --context" in result.stderr


# The commands themselves


def test_the_commands_that_read_a_cluster_do_not_load_the_operators_framework() -> None:
    code = "import sys; from tracardi_operator.cli import recheck, status; print('kopf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("name", ["status", "recheck"])
def test_the_help_has_examples_and_the_exit_codes(name: str) -> None:
    text = CliRunner().invoke(main, [name, "--help"]).stdout
    assert f"\n    tracardi-operator {name} " in text
    assert re.search(r"\n +0  .*\n +1  .*\n +2  ", text)


# Text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (172799, "47h"), (172800, "2d")],
)
def test_a_duration_has_one_unit(seconds: int, text: str) -> None:
    assert duration(timedelta(seconds=seconds)) == text


def test_columns_are_aligned_whatever_is_coloured() -> None:
    plain, coloured = (table(("A", "B"), [("long", "x"), ("s", "y")], colours) for colours in ({}, {"s": "red"}))
    assert plain.splitlines() == ["A     B", "long  x", "s     y"]
    assert "\x1b[31ms   \x1b[0m  y" in coloured


def test_only_characters_that_show_are_printable() -> None:
    assert printable("a\x1b\u202eb\nü\u200b") == "a\ufffd\ufffdb\nü\ufffd"
