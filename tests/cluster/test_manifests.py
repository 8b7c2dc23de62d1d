"""manifests/ as the API server sees them: what the operator and others may do, and what removing it leaves."""

import pytest

from tests.cluster.commands import wait_until_allowed
from tests.cluster.install import ROOT, install
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.generate.policies import OPERATOR

MANIFESTS = ROOT / "manifests"


@pytest.fixture(autouse=True)
def _installed(control_plane: ControlPlane) -> None:
    install(control_plane)


def _can_i(control_plane: ControlPlane, right: str, namespace: str) -> str:
    command = ("auth", "can-i", *right.split(), "--as", OPERATOR, "--namespace", namespace)
    return control_plane.kubectl(*command, check=False).stdout.strip()


OPERATOR_MAY = [
    "get secrets",
    "update secrets",
    "delete secrets",
    "watch configmaps",
    "watch resources.tracardi.com",
    "patch resources.tracardi.com --subresource=status",
    "watch resourceconsumers.tracardi.com",
    "patch resourceconsumers.tracardi.com --subresource=status",
    "get services",
    "create events",
    "watch validatingadmissionpolicies",
    "watch validatingadmissionpolicybindings",
]
OPERATOR_MAY_NOT = [
    "create resources.tracardi.com",
    "update resources.tracardi.com",
    "patch resources.tracardi.com",
    "delete resources.tracardi.com",
    "create resourceconsumers.tracardi.com",
    "delete resourceconsumers.tracardi.com",
    "patch resourcetypes.tracardi.com",
    "list services",
    "deletecollection secrets",
    "update configmaps",
    "create configmaps",
    "get pods",
    "list namespaces",
    "create rolebindings",
    "get leases",
    "update validatingadmissionpolicies",
    "delete validatingadmissionpolicybindings",
    "create serviceaccounts --subresource=token",
]


@pytest.mark.parametrize("right", OPERATOR_MAY)
def test_the_operator_may(control_plane: ControlPlane, namespace: str, right: str) -> None:
    assert _can_i(control_plane, right, namespace) == "yes"


@pytest.mark.parametrize("right", OPERATOR_MAY_NOT)
def test_the_operator_may_not(control_plane: ControlPlane, namespace: str, right: str) -> None:
    assert _can_i(control_plane, right, namespace) == "no"


def test_the_operator_may_hold_its_lease_and_no_other(control_plane: ControlPlane) -> None:
    rights = ["create leases", "update leases/tracardi-operator", "update leases/others", "delete leases"]
    assert [_can_i(control_plane, right, "tracardi-system") for right in rights] == ["yes", "yes", "no", "no"]


@pytest.mark.parametrize(("role", "may"), [("view", "get"), ("edit", "create"), ("admin", "delete")])
@pytest.mark.parametrize("kind", ["resources.tracardi.com", "resourceconsumers.tracardi.com"])
def test_the_common_roles_of_a_namespace_include_resources_and_consumers(
    control_plane: ControlPlane, namespace: str, role: str, may: str, kind: str
) -> None:
    user = f"{role}-of-{namespace}"
    control_plane.kubectl("create", "rolebinding", user, f"--clusterrole={role}", f"--user={user}", "-n", namespace)
    about = (kind, "--as", user, "--namespace", namespace)
    wait_until_allowed(control_plane, control_plane.kubeconfig, may, *about)
    answer = control_plane.kubectl("auth", "can-i", "update", *about, check=False)
    assert answer.stdout.strip() == ("no" if role == "view" else "yes")


@pytest.mark.parametrize("role", ["view", "edit", "admin"])
def test_the_common_roles_include_no_resource_types_even_in_the_whole_cluster(
    control_plane: ControlPlane, namespace: str, role: str
) -> None:
    user = f"cluster-{role}-of-{namespace}"
    control_plane.kubectl("create", "clusterrolebinding", user, f"--clusterrole={role}", f"--user={user}")
    wait_until_allowed(control_plane, control_plane.kubeconfig, "get", "resources.tracardi.com", "--as", user)
    command = ("auth", "can-i", "--list", "--as", user, "--no-headers")
    allowed = [line.split()[0] for line in control_plane.kubectl(*command).stdout.splitlines()]
    assert "resourcetypes.tracardi.com" not in allowed


INSTALLATIONS = ["cluster", "ha"]


@pytest.mark.parametrize("folder", INSTALLATIONS)
def test_the_api_server_has_no_warning_about_the_manifests(control_plane: ControlPlane, folder: str) -> None:
    """Pod Security would warn about a Deployment that its namespace's level `restricted` refuses."""
    assert control_plane.kubectl("apply", "--dry-run=server", "-k", str(MANIFESTS / folder)).stderr == ""


@pytest.mark.parametrize("folder", [*INSTALLATIONS, "namespaced"])
def test_removing_the_operator_keeps_the_crds(control_plane: ControlPlane, folder: str) -> None:
    assert "CustomResourceDefinition" not in control_plane.kubectl("kustomize", str(MANIFESTS / folder)).stdout
