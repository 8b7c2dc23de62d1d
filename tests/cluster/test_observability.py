"""What the operator tells Prometheus: true, complete, documented, and nothing that people wrote."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.builders import consumer, reference, resource
from tests.cluster.install import ROOT
from tests.cluster.objects import DEADLINE, PAUSE, Objects, secret
from tests.cluster.operator_process import HEALTH_PORT, NAMESPACE, OperatorProcess
from tests.cluster.prometheus_server import JOB, Prometheus
from tests.cluster.scenes import KEY, NAME, OUTPUT, publish, token
from tests.sentinels import made_up
from tracardi_operator.api.names import MANAGER
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.generate.alerts import alert_rules
from tracardi_operator.generate.dashboard import PANELS, expression

RULES = ROOT / "helm" / "tracardi-operator" / "files" / "rules" / "alerts.yaml"
PAGE = ROOT / "docs" / "observability.md"
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|", re.MULTILINE)
OF_THE_LIBRARY = ("process_", "python_")
"""Metrics of which the page says only that they are there."""
WITHIN = {"$__rate_interval": "1m", "$job": JOB}
"""What Grafana would put into a query."""


HELD = {
    "apiVersion": "coordination.k8s.io/v1",
    "kind": "Lease",
    "metadata": {"name": MANAGER, "namespace": NAMESPACE},
    "spec": {"holderIdentity": "another", "leaseDurationSeconds": 3600},
}
"""The Lease while another replica leads."""


def families(operator: OperatorProcess) -> list[Metric]:
    code, text = operator.fetch("/metrics")
    assert code == 200
    return list(text_string_to_metric_families(text))


def sample(operator: OperatorProcess, name: str, **labels: str) -> float:
    """The sum of the samples that have these labels."""
    samples = (sample for family in families(operator) for sample in family.samples if sample.name == name)
    return sum(found.value for found in samples if labels.items() <= found.labels.items())


def wait_until(operator: OperatorProcess, value: float, name: str, **labels: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while (found := sample(operator, name, **labels)) != value:
        assert time.monotonic() < deadline, f"{name}{labels} is {found}"
        time.sleep(PAUSE)


# What the numbers say


async def test_a_resource_is_counted_as_it_stands_and_no_more_once_it_is_gone(
    operator: OperatorProcess, objects: Objects
) -> None:
    """Of a type and a reason that no other test brings together."""
    stands = {"type": "weaviate", "ready": "False", "reason": "ConfigMapNotFound"}
    await objects.create(resource("vectors", {"url": reference("configMapKeyRef", "vectors")}, type="weaviate"))
    wait_until(operator, 1, "tracardi_operator_resources", **stands)
    await objects.delete(RESOURCES, "vectors")
    wait_until(operator, 0, "tracardi_operator_resources", **stands)


async def test_a_change_is_measured_until_it_is_published(operator: OperatorProcess, objects: Objects) -> None:
    await publish(objects)
    await objects.until_ready(NAME)  # by now that is measured
    published, seconds = (sample(operator, f"tracardi_operator_propagation_seconds_{of}") for of in ("count", "sum"))
    began, rotated = time.monotonic(), token()
    await objects.store(NAME, {KEY: rotated})
    await objects.until_value(OUTPUT, "token", rotated)
    wait_until(operator, published + 1, "tracardi_operator_propagation_seconds_count")
    measured = sample(operator, "tracardi_operator_propagation_seconds_sum") - seconds
    assert 0 < measured <= time.monotonic() - began


def test_a_replica_says_whether_it_leads(operator: OperatorProcess, control_plane: ControlPlane) -> None:
    operator.stop()
    control_plane.kubectl("apply", "-f", "-", input=json.dumps(HELD))
    try:
        operator.restart("--leader-election")
        operator.wait_until_ready()
        assert sample(operator, "tracardi_operator_leader") == 0
    finally:
        control_plane.kubectl("delete", "lease", MANAGER, "--namespace", NAMESPACE)
    wait_until(operator, 1, "tracardi_operator_leader")


# What must not be in them


async def test_no_name_that_people_gave_and_no_value_is_a_label(operator: OperatorProcess, objects: Objects) -> None:
    name, key, value = f"r-{secrets.token_hex(4)}", f"k-{secrets.token_hex(4)}", token()
    await objects.create(secret(name, {key: value}))
    await objects.create(resource(name, {"token": reference("secretKeyRef", name, key)}))
    await objects.create(resource(f"{name}-own", {"token": reference("secretKeyRef", name, key)}, type=f"{name}-type"))
    await objects.until_ready(name)
    await objects.until_reason(f"{name}-own", "UnknownType")
    text = operator.fetch("/metrics")[1]
    assert [word for word in (objects.namespace, name, key, value) if word in text] == []


# Documentation, alert rules, dashboard


def test_the_page_lists_every_metric_with_its_labels(operator: OperatorProcess) -> None:
    section = PAGE.read_text().partition("## Metrics")[2].partition("## Alerts")[0]
    listed = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in ROW.findall(section)}
    told = {_full_name(family): family for family in families(operator) if not _is_of_the_library(family)}
    assert listed.keys() == told.keys()
    with_samples = {name: _labels(family) for name, family in told.items() if family.samples}
    assert {name: listed[name] for name in with_samples} == with_samples


def _full_name(family: Metric) -> str:
    """As queries name it."""
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(family: Metric) -> set[str]:
    return {label for sample in family.samples for label in sample.labels} - {"le"}


def _is_of_the_library(family: Metric) -> bool:
    return family.name.startswith(OF_THE_LIBRARY)


def _queries() -> Iterator[str]:
    for group in alert_rules()["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for panel in PANELS:
        yield from map(expression, panel.queries.values())


def _metrics_in(query: str) -> set[str]:
    """The metrics that a query names: what is left without matchers, ranges, functions and what they group by."""
    for part in (r"\{.*?\}", r"\[.*?\]", r"\b(by|on)\s*\([^)]*\)", r"\w+\s*\(", r"\b(and|or|unless)\b"):
        query = re.sub(part, " ", query)
    return set(re.findall(r"\b[a-z]\w*", query))


def test_every_metric_that_rules_and_dashboard_name_is_told(operator: OperatorProcess) -> None:
    named = set().union(*map(_metrics_in, _queries()))
    told = {name for family in families(operator) for name in (_full_name(family), *(s.name for s in family.samples))}
    assert len(named) > 15
    assert named - told == set()


async def test_prometheus_can_evaluate_all_rules_and_every_panel_shows_something(
    operator: OperatorProcess, objects: Objects, tmp_path: Path
) -> None:
    with Prometheus.scraping(_port(operator), RULES, tmp_path) as prometheus:
        prometheus.until("up == 1")
        await _be_busy(objects)
        for panel in PANELS:
            for query in panel.queries.values():
                prometheus.until(_filled(query))
        prometheus.until('ALERTS{alertname="TracardiResourcesNotReady"}')
        prometheus.until('absent(ALERTS{severity="critical"})')
        rules = prometheus.rules()
    assert {rule["name"] for rule in rules if rule["health"] != "ok"} == set()


async def _be_busy(objects: Objects) -> None:
    """Everything that the dashboard shows something of happens once."""
    await publish(objects)
    await objects.client.create(CONSUMERS, objects.namespace, consumer("shop", objects.namespace))
    for _ in range(3):
        rotated = token()
        await objects.store(NAME, {KEY: rotated})
        await objects.until_value(OUTPUT, "token", rotated)
    await objects.store(NAME, {made_up(8): rotated})
    await objects.until_reason(NAME, "KeyNotFound")


def _filled(query: str) -> str:
    query = expression(query)
    for variable, value in WITHIN.items():
        query = query.replace(variable, value)
    return query


def _port(operator: OperatorProcess) -> int:
    told = HEALTH_PORT.search(operator.log.read_text())
    assert told
    return int(told.group(1))
