"""The embedded control plane: real RBAC, tokens, audit log, garbage collection; faults; an end with its owner."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner, Result

from tracardi_operator.cli.dev import dev
from tracardi_operator.devcluster import ControlPlane

DEADLINE = 60.0
PAUSE = 0.1
NOT_LET_IN = "You must be logged in to the server"
OWNER = """
import json, sys, time
from pathlib import Path
from tracardi_operator.devcluster import ControlPlane

print(json.dumps(ControlPlane.start(Path(sys.argv[1])).pids), flush=True)
time.sleep(600)
"""


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def exists(plane: ControlPlane, *what: str) -> bool:
    return bool(plane.kubectl("get", *what, "--ignore-not-found").stdout)


def can_i(plane: ControlPlane, kubeconfig: Path, *right: str) -> str:
    return plane.kubectl("--kubeconfig", str(kubeconfig), "auth", "can-i", *right, check=False).stdout.strip()


def audited(plane: ControlPlane, **reference: str) -> list[dict[str, Any]]:
    """The events about the object that `reference` describes."""
    return [event for event in plane.audit_events() if reference.items() <= event.get("objectRef", {}).items()]


def test_a_user_has_no_rights_but_those_given(control_plane: ControlPlane, namespace: str) -> None:
    alice = control_plane.user_kubeconfig("alice", groups=["team"])
    assert can_i(control_plane, alice, "get", "secrets", "-n", namespace) == "no"
    control_plane.kubectl("create", "rolebinding", "team", "--clusterrole=edit", "--group=team", "-n", namespace)
    assert eventually(lambda: can_i(control_plane, alice, "get", "secrets", "-n", namespace) == "yes")
    assert can_i(control_plane, alice, "get", "secrets", "-n", "default") == "no"


def test_a_service_account_is_itself_and_no_administrator(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.kubectl("create", "serviceaccount", "robot", "-n", namespace)
    kubeconfig = control_plane.service_account_kubeconfig(namespace, "robot")
    who = control_plane.kubectl("--kubeconfig", str(kubeconfig), "auth", "whoami", "-o", "json").stdout
    assert json.loads(who)["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:robot"
    assert can_i(control_plane, kubeconfig, "get", "secrets") == "no"


def test_nobody_is_let_in_without_valid_credentials(control_plane: ControlPlane) -> None:
    bare = ["--kubeconfig=/dev/null", f"--server={control_plane.url}", "--insecure-skip-tls-verify", "--token=none"]
    answer = control_plane.kubectl(*bare, "get", "namespaces", check=False)
    assert NOT_LET_IN in answer.stderr


def test_a_request_is_in_the_audit_log_with_its_user_and_without_its_body(
    control_plane: ControlPlane, namespace: str
) -> None:
    control_plane.kubectl("create", "secret", "generic", "noted", "--from-literal=key=sentinel-value", "-n", namespace)
    assert eventually(lambda: bool(audited(control_plane, namespace=namespace, name="noted")))
    [event] = audited(control_plane, namespace=namespace, name="noted")
    assert (event["verb"], event["user"]["username"], event["stage"]) == ("create", "admin", "ResponseComplete")
    assert "sentinel-value" not in control_plane.audit_log.read_text()


def test_what_is_owned_goes_with_its_owner(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.kubectl("create", "configmap", "owner", "-n", namespace)
    uid = control_plane.kubectl("get", "configmap", "owner", "-n", namespace, "-o", "jsonpath={.metadata.uid}").stdout
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
    metadata = {"name": "owned", "namespace": namespace, "ownerReferences": [reference]}
    owned = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    control_plane.kubectl("create", "-f", "-", input=json.dumps(owned))
    control_plane.kubectl("delete", "configmap", "owner", "-n", namespace)
    assert eventually(lambda: not exists(control_plane, "secret", "owned", "-n", namespace))


def test_a_deleted_namespace_goes(control_plane: ControlPlane, namespace: str) -> None:
    control_plane.kubectl("create", "namespace", f"{namespace}-brief")
    control_plane.kubectl("delete", "namespace", f"{namespace}-brief", "--wait=false")
    assert eventually(lambda: not exists(control_plane, "namespace", f"{namespace}-brief"))


def test_a_failed_kubectl_raises_with_its_words(control_plane: ControlPlane) -> None:
    with pytest.raises(subprocess.CalledProcessError) as raised:
        control_plane.kubectl("get", "secret", "absent")
    assert 'secrets "absent" not found' in raised.value.__notes__[0]


@pytest.fixture(scope="module")
def another() -> Iterator[ControlPlane]:
    """A control plane beside the session's, for tests that break it."""
    with ControlPlane.start() as plane:
        yield plane


def test_two_control_planes_do_not_see_each_other(control_plane: ControlPlane, another: ControlPlane) -> None:
    another.kubectl("create", "namespace", "only-there")
    assert another.url != control_plane.url
    assert not exists(control_plane, "namespace", "only-there")


def test_the_credentials_of_one_control_plane_open_no_other(control_plane: ControlPlane, another: ControlPlane) -> None:
    elsewhere = [f"--server={control_plane.url}", f"--certificate-authority={control_plane.directory}/pki/ca.crt"]
    answer = another.kubectl(*elsewhere, "get", "namespaces", check=False)
    assert answer.returncode == 1
    assert NOT_LET_IN in answer.stderr


@pytest.mark.parametrize("end", [ControlPlane.stop_apiserver, ControlPlane.kill_apiserver])
def test_a_restarted_api_server_has_its_address_data_and_users(
    another: ControlPlane, end: Callable[[ControlPlane], None]
) -> None:
    name = end.__name__.replace("_", "-")
    before, pid, user = another.url, another.apiserver_pid, another.user_kubeconfig("bob")
    another.kubectl("create", "configmap", name)
    end(another)
    assert another.kubectl("get", "configmap", name, check=False).returncode != 0
    another.start_apiserver()
    assert another.url == before
    assert another.apiserver_pid != pid
    assert exists(another, "configmap", name)
    assert can_i(another, user, "create", "selfsubjectreviews.authentication.k8s.io") == "yes"


def test_a_stopped_control_plane_leaves_no_process_and_no_folder() -> None:
    with ControlPlane.start() as plane:
        pids = plane.pids.values()
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not plane.directory.exists()


def test_everything_ends_when_the_owner_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pids = json.loads(owner.stdout.readline()).values()
        assert all(psutil.pid_exists(pid) for pid in pids)
        owner.kill()
    assert eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Runs `dev COMMAND` in a folder of this test, and `dev down` at the end."""

    def run(command: str, *options: str) -> Result:
        return CliRunner().invoke(dev, [command, "--directory", str(tmp_path), *options])

    yield run
    run("down")


def state_of(run: Callable[..., Result]) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(run("status", "-o", "json").output)
    return state


def test_dev_up_status_down(run: Callable[..., Result], tmp_path: Path) -> None:
    up = run("up")
    assert up.exit_code == 0, up.output
    assert f"export KUBECONFIG={tmp_path}/kubeconfig" in up.output
    state = state_of(run)
    assert state["running"]
    assert set(state["components"]) == {"etcd", "kube-apiserver", "kube-controller-manager"}
    assert run("down").exit_code == 0
    assert not any(psutil.pid_exists(pid) for pid in state["components"].values())
    assert run("status").exit_code == 1
    assert state_of(run)["running"] is False


def test_dev_up_when_it_is_up_says_so_and_starts_nothing(run: Callable[..., Result]) -> None:
    run("up")
    before = state_of(run)
    again = run("up")
    assert (again.exit_code, again.output.splitlines()[0]) == (0, "Already up.")
    assert state_of(run) == before


def test_dev_keeps_data_from_one_up_to_the_next(run: Callable[..., Result], tmp_path: Path) -> None:
    kubectl = ["kubectl", "--kubeconfig", str(tmp_path / "kubeconfig")]
    run("up")
    subprocess.run([*kubectl, "create", "namespace", "kept"], check=True, capture_output=True)
    run("down")
    run("up")
    assert subprocess.run([*kubectl, "get", "namespace", "kept"], capture_output=True, check=False).returncode == 0


def test_dev_ends_when_a_part_of_it_dies_and_can_be_started_again(run: Callable[..., Result]) -> None:
    run("up")
    psutil.Process(state_of(run)["components"]["etcd"]).kill()
    assert eventually(lambda: run("status").exit_code == 1 and "Not running" in run("status").output)
    assert run("up").exit_code == 0


def test_dev_down_when_it_is_not_up_is_no_error(run: Callable[..., Result]) -> None:
    assert run("down").exit_code == 0
