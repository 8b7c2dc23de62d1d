"""`status` on a real cluster, as somebody with the role `view` and no right on Secrets."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.audit import AuditLog
from tests.cluster.builders import Document, consumer, reference, resource
from tests.cluster.commands import run, wait_until_allowed
from tests.cluster.install import ROOT
from tests.cluster.objects import Objects, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import KEY, NAME, publish, token
from tests.sentinels import found, traces_of
from tracardi_operator.control.records import CONSUMERS
from tracardi_operator.devcluster import ControlPlane

PLACEHOLDER = {KEY: "<your-api-key>"}


@pytest.fixture
def user(namespace: str) -> str:
    return f"viewer-of-{namespace}"


@pytest.fixture
def viewer(installed: ControlPlane, namespace: str, user: str) -> Path:
    """Credentials of somebody who has the role `view` in the namespace."""
    _bind(installed, "rolebinding", user, "--namespace", namespace)
    kubeconfig = installed.user_kubeconfig(user)
    wait_until_allowed(installed, kubeconfig, "list", "resources.tracardi.com", "--namespace", namespace)
    return kubeconfig


def _bind(control_plane: ControlPlane, kind: str, user: str, *options: str) -> None:
    control_plane.kubectl("create", kind, user, "--clusterrole=view", f"--user={user}", *options)


async def _populate(objects: Objects) -> list[str]:
    """One Resource that is ready, one that is stale, one whose Secret is missing. Returns the values in Secrets."""
    value = await publish(objects)
    other = token()
    await objects.create(secret("stale", {KEY: other}), _named("stale"), _named("missing"))
    await objects.until_ready("stale")
    await objects.store("stale", PLACEHOLDER)
    await objects.until_reason("stale", "Placeholder")
    await objects.until_reason("missing", "SecretNotFound")
    return [value, other, *PLACEHOLDER.values()]


def _named(name: str) -> dict[str, object]:
    return resource(name, {"token": reference("secretKeyRef", name, KEY)})


async def test_who_may_view_sees_how_each_resource_stands_and_no_value(
    control_plane: ControlPlane, operator: OperatorProcess, objects: Objects, viewer: Path
) -> None:
    values = await _populate(objects)
    wait_until_allowed(control_plane, viewer, "get", "secrets", "--namespace", objects.namespace, answer="no")
    where = ("-n", objects.namespace)
    as_table, as_json = run(viewer, "status", *where), run(viewer, "status", *where, "-o", "json")
    assert (as_table.code, as_json.code) == (1, 1)
    states = {one["name"]: (one["state"], one["stale"], one["reason"]) for one in as_json.data["resources"]}
    assert states == {
        NAME: ("ready", False, "Ready"),
        "missing": ("notReady", False, "SecretNotFound"),
        "stale": ("notReady", True, "Placeholder"),
    }
    assert f"{objects.namespace}/stale production.token: Placeholder (Secret stale, key {KEY})" in as_table.stdout
    assert "revision 1, are still published in Secret stale-production-resolved" in as_table.stdout
    assert as_table.stdout.endswith("3 Resources: 1 ready, 2 not ready, 1 of them stale\n")
    assert not found(as_table.text + as_json.text, traces_of(values))


async def test_a_consumer_is_shown_with_what_it_delivers_and_what_it_leaves_out(
    control_plane: ControlPlane, operator: OperatorProcess, objects: Objects, viewer: Path
) -> None:
    values = await _populate(objects)
    await objects.client.create(CONSUMERS, objects.namespace, consumer("all", objects.namespace))
    told = await objects.until_there(CONSUMERS, "all", lambda body: body["status"].get("resources") == 2)
    await objects.until_status(NAME, lambda status: bool(status.consumers))
    done = run(viewer, "status", "-n", objects.namespace, "-o", "json")
    (one,) = done.data["consumers"]
    assert (one["state"], one["delivered"], one["bundle"]) == ("notReady", 2, "all-bundle")
    assert [(o["name"], o["reason"]) for o in one["omitted"]] == [("missing", "NotPublished")]
    assert one["message"] == ready_message(told)
    by_name = {resource["name"]: resource["consumers"] for resource in done.data["resources"]}
    assert by_name[NAME] == [f"{objects.namespace}/all"]
    as_table = run(viewer, "status", "-n", objects.namespace).stdout
    assert f"ResourceConsumer {objects.namespace}/all: NotPublished (Resource {objects.namespace}/missing)" in as_table
    assert not found(as_table + done.text, traces_of(values))


def ready_message(body: Document) -> str:
    (message,) = (c["message"] for c in body["status"]["conditions"] if c["type"] == "Ready")
    return str(message)


async def test_all_ready_ends_with_0_and_a_change_that_was_not_processed_with_1(
    operator: OperatorProcess, objects: Objects, viewer: Path
) -> None:
    await publish(objects)
    assert run(viewer, "status", "-n", objects.namespace).code == 0
    operator.stop()
    await objects.edit_spec(NAME, lambda spec: spec.update(description="changed"))
    await objects.create(_named("new"))
    done = run(viewer, "status", "-n", objects.namespace)
    assert done.code == 1
    assert f"pending: {objects.namespace}/{NAME}, {objects.namespace}/new\n" in done.stdout
    assert done.stdout.endswith("2 Resources: 2 pending\n")


async def test_the_whole_cluster_takes_a_list_of_each_kind_and_nothing_else(
    installed: ControlPlane, operator: OperatorProcess, objects: Objects, user: str
) -> None:
    await publish(objects)
    _bind(installed, "clusterrolebinding", user)
    types = ("clusterrolebinding", f"{user}-types", "--clusterrole=tracardi-resourcetypes-view", f"--user={user}")
    installed.kubectl("create", *types)
    kubeconfig = installed.user_kubeconfig(user)
    wait_until_allowed(installed, kubeconfig, "list", "resourcetypes.tracardi.com")
    audit = AuditLog(installed.audit_log, user)
    audit.mark()
    done = run(kubeconfig, "status", "-A", "-o", "json")
    audit.settle()
    assert NAME in {one["name"] for one in done.data["resources"] if one["namespace"] == objects.namespace}
    assert done.data["unread"] == []
    kinds = ("resources", "resourceconsumers", "resourcetypes")
    assert audit.counts() == {("list", plural): 1 for plural in kinds}


def test_who_may_not_list_is_told_what_to_ask_for(installed: ControlPlane, namespace: str, user: str) -> None:
    done = run(installed.user_kubeconfig(user), "status", "-n", namespace)
    assert done.code == 2
    assert f"you may not list resources.tracardi.com in namespace {namespace}: ask for the role 'view'" in done.stderr


def test_a_namespace_role_is_not_enough_for_the_whole_cluster_and_says_so(viewer: Path) -> None:
    done = run(viewer, "status", "-A")
    assert done.code == 2
    assert "look into one namespace with -n" in done.stderr


def test_a_cluster_without_the_crds_is_told_what_to_install() -> None:
    with ControlPlane.start() as bare:
        done = run(bare.kubeconfig, "status")
    assert done.code == 2
    assert "does not know the kind Resource: install the CRDs" in done.stderr


def test_kubectl_finds_it_as_a_plugin(
    control_plane: ControlPlane, namespace: str, viewer: Path, tmp_path: Path
) -> None:
    """The script is what an installer makes of the entry point in pyproject.toml."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, function = scripts["kubectl-tracardi"].partition(":")
    plugin = tmp_path / "kubectl-tracardi"
    plugin.write_text(f"#!{sys.executable}\nfrom {module} import {function}\n{function}()\n")
    plugin.chmod(0o755)
    control_plane.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(resource("new")))
    done = subprocess.run(
        [str(control_plane.tools.kubectl), "tracardi", "status", "-n", namespace],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "KUBECONFIG": str(viewer)},
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1].startswith("1 Resource: 1 ")  # pending, or not: an operator may be running
