"""The Helm chart, by real Helm: which values it accepts, how it starts the operator, what it shares with manifests/."""

from pathlib import Path

import pytest
import yaml

from tests.install.chart import (
    CHART,
    DEFAULT,
    EVERYTHING,
    HA,
    LIST,
    PLACES,
    ROOT,
    SERVED,
    VALUES,
    VERSION,
    Document,
    Helm,
    aggregation,
    at,
    container,
    manifest,
    one,
    parsed,
    rights,
    setting,
)
from tracardi_operator.api.names import MANAGER
from tracardi_operator.control.settings import Settings

pytestmark = pytest.mark.timeout(3600)  # Helm is built when this is the first test to need it

# What it accepts


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_lint_finds_nothing(helm: Helm, values: Path) -> None:
    helm("lint", "--strict", str(CHART), f"--values={values}")


REFUSED = {
    "replica=2": "at '': additional properties 'replica' not allowed",
    "settings.worker=2": "at '/settings': additional properties 'worker' not allowed",
    "settings.workers=257": "at '/settings/workers': maximum: got 257, want 256",
    "settings.logLevel=loud": "at '/settings/logLevel': value must be one of 'debug', 'info', 'warning', 'error'",
    "settings.allowedHosts={https://tracardi}": "at '/settings/allowedHosts/0': 'https://tracardi' does not match",
    "replicas=two": "at '/replicas': got string, want integer",
    "scope=Cluster": "at '/scope': value must be 'cluster'",
    "scope={a_b}": "at '/scope/0': 'a_b' does not match pattern",
    "image.digest=sha256:0": "at '/image/digest': 'sha256:0' does not match pattern",
    "monitor.kind=Probe": "at '/monitor/kind': value must be one of '', 'PodMonitor', 'ServiceMonitor'",
    "networkPolicy.consumers[0].ports[0].port=80": "at '/networkPolicy/consumers/0': missing property 'to'",
}


@pytest.mark.parametrize(("wrong", "message"), REFUSED.items(), ids=REFUSED)
def test_a_wrong_value_is_refused_by_its_name(helm: Helm, wrong: str, message: str) -> None:
    done = helm("template", str(CHART), "--set", wrong, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr


def test_an_older_kubernetes_is_refused(helm: Helm) -> None:
    done = helm("template", str(CHART), "--kube-version=1.33.9", check=False)
    assert "requires kubeVersion: >=1.34.0-0" in done.stderr


def test_everything_sets_each_value_to_another_than_its_default() -> None:
    default, other = (yaml.safe_load(path.read_text()) for path in (DEFAULT, EVERYTHING))
    assert [place for place in PLACES if at(other, place) == at(default, place)] == []


@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_each_value_changes_what_is_installed(helm: Helm, place: tuple[str, ...]) -> None:
    """Set alone to what `everything` has, or else set back to its default where all else is as in `everything`."""
    alone = helm.text(DEFAULT, setting(place, EVERYTHING)) != helm.text(DEFAULT)
    assert alone or helm.text(EVERYTHING, setting(place, DEFAULT)) != helm.text(EVERYTHING)


# How it starts the operator


FIXED = {"kubeconfig", "context", "namespaces", "leader_election", "lease_namespace"}
"""Settings that follow from where the chart is installed, and from `scope`."""


def test_every_setting_is_a_value() -> None:
    values = yaml.safe_load(DEFAULT.read_text())["settings"]
    snake = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in values}
    assert snake == Settings.model_fields.keys() - FIXED


def test_the_default_values_are_the_default_settings(helm: Helm) -> None:
    assert parsed(one(helm.template(DEFAULT), "Deployment")) == Settings(leader_election=True)


def test_each_setting_reaches_the_operator(helm: Helm) -> None:
    assert parsed(one(helm.template(EVERYTHING), "Deployment")) == Settings(
        namespaces=SERVED,
        leader_election=True,
        resource_types=True,
        workers=4,
        resync_seconds=30,
        relist_seconds=1000000,
        silence_seconds=0.5,
        allowed_domains=("example.com", "example.org"),
        allowed_hosts=("tracardi.example.com", "10.0.0.20:8686", "[fd00::1]:8686"),
        health_host="::",
        health_port=8081,
        log_format="console",
        log_level="debug",
    )


def test_resource_types_can_be_left_out_with_their_rights(helm: Helm) -> None:
    documents = helm.template(DEFAULT, "--set=settings.resourceTypes=false")
    assert not parsed(one(documents, "Deployment")).reads_types
    allowed = rights(one(documents, "ClusterRole", MANAGER))
    assert {resource for _, resource, _, _ in allowed if "types" in resource} == set()


# One version


def test_the_chart_has_the_version_of_the_operator() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (VERSION, VERSION)


def test_the_manifests_and_the_image_have_the_version_of_the_operator() -> None:
    assert container(one(manifest("base/deployment.yaml"), "Deployment"))["image"] == f"{MANAGER}:{VERSION}"
    assert f'org.opencontainers.image.version="{VERSION}"' in (ROOT / "Dockerfile").read_text()


# What chart and manifests have in common


SHIPPED_RIGHTS = {("ClusterRole", MANAGER): "cluster/rbac.yaml", ("Role", f"{MANAGER}-leader"): "base/rbac.yaml"}


@pytest.mark.parametrize(("kind", "name"), SHIPPED_RIGHTS)
def test_the_operators_rights_are_those_of_the_manifests(helm: Helm, kind: str, name: str) -> None:
    shipped = one(manifest(SHIPPED_RIGHTS[kind, name]), kind, name)
    assert rights(one(helm.template(DEFAULT), kind, name)) == rights(shipped)


def test_its_rights_in_a_listed_namespace_are_those_of_manifests_namespaced(helm: Helm) -> None:
    shipped = rights(one(manifest("namespaced/role/role.yaml"), "Role"))
    roles = [d for d in helm.template(LIST) if d["kind"] == "Role" and d["metadata"]["namespace"] in SERVED]
    assert [rights(role) for role in roles] == [shipped] * len(SERVED)


def test_the_roles_for_others_are_those_of_manifests_base(helm: Helm) -> None:
    documents = helm.template(DEFAULT)
    for shipped in manifest("base/user-roles.yaml"):
        role = one(documents, "ClusterRole", shipped["metadata"]["name"])
        assert rights(role) == rights(shipped)
        assert aggregation(role) == aggregation(shipped)


def test_the_deployment_is_that_of_manifests_base(helm: Helm) -> None:
    shipped, rendered = one(manifest("base/deployment.yaml"), "Deployment"), one(helm.template(DEFAULT), "Deployment")
    assert parsed(shipped) == parsed(rendered)
    for part in ("image", "ports", "resources", "securityContext", "livenessProbe", "readinessProbe"):
        assert container(shipped)[part] == container(rendered)[part]
    assert _pod(shipped)["securityContext"] == _pod(rendered)["securityContext"]


def _pod(deployment: Document) -> Document:
    return dict(deployment["spec"]["template"]["spec"])


def test_availability_is_that_of_the_component_ha(helm: Helm) -> None:
    documents = helm.template(HA)
    budget, shipped = (
        one(documents, "PodDisruptionBudget"),
        one(manifest("components/ha/poddisruptionbudget.yaml"), "PodDisruptionBudget"),
    )
    assert _without_labels(budget["spec"]) == _without_labels(shipped["spec"])
    rendered, patch = one(documents, "Deployment"), one(manifest("components/ha/deployment.yaml"), "Deployment")
    assert _without_labels(_pod(rendered)["topologySpreadConstraints"]) == _without_labels(
        _pod(patch)["topologySpreadConstraints"]
    )


def test_the_network_policy_is_that_of_the_component(helm: Helm) -> None:
    (shipped,) = manifest("components/network-policy/networkpolicy.yaml")
    rendered = one(helm.template(DEFAULT, "--set=networkPolicy.install=true"), "NetworkPolicy")
    assert _without_labels(rendered["spec"]) == _without_labels(shipped["spec"])


def _without_labels(spec: object) -> object:
    """Without the labels by which it selects the operator's Pods: those of a release name it too."""
    if isinstance(spec, list):
        return [_without_labels(item) for item in spec]
    if isinstance(spec, dict):
        return {key: _without_labels(value) for key, value in spec.items() if key not in SELECTORS}
    return spec


SELECTORS = ("selector", "labelSelector", "podSelector")


# Who gets what


def test_traffic_goes_to_the_api_server_dns_and_consumers_and_nowhere_else(helm: Helm) -> None:
    spec = one(helm.template(EVERYTHING), "NetworkPolicy")["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    tracardi = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "tracardi"}}}
    assert spec["egress"] == [
        {
            "ports": [{"port": 16443, "protocol": "TCP"}],
            "to": [{"ipBlock": {"cidr": cidr}} for cidr in ("10.0.0.10/32", "fd00::1/128")],
        },
        {
            "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
            "to": [{"ipBlock": {"cidr": "169.254.20.10/32"}}],
        },
        {"to": [tracardi], "ports": [{"port": 8686}]},
    ]


def test_no_role_that_is_aggregated_has_resource_types(helm: Helm) -> None:
    roles = [d for d in helm.template(DEFAULT) if d["kind"] == "ClusterRole" and aggregation(d)]
    assert {role["metadata"]["name"] for role in roles} == {
        f"tracardi-resources-{purpose}" for purpose in ("view", "edit", "binding")
    }
    assert {resource for role in roles for _, resource, _, _ in rights(role)} == {"resources", "resourceconsumers"}


def test_for_a_list_nothing_is_bound_in_the_whole_cluster(helm: Helm) -> None:
    assert [d for d in helm.template(LIST) if d["kind"] == "ClusterRoleBinding"] == []


def test_reading_types_for_a_list_takes_no_right_on_secrets_in_the_cluster(helm: Helm) -> None:
    allowed = rights(one(helm.template(LIST, "--set=settings.resourceTypes=true"), "ClusterRole", MANAGER))
    assert {group for group, _, _, _ in allowed} == {"tracardi.com", "admissionregistration.k8s.io"}
    assert ("tracardi.com", "resourcetypes", "watch", "*") in allowed
