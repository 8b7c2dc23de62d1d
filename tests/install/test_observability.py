"""Alert rules and dashboard: right by Prometheus' own tool, explained, and the same in chart and manifests."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.install.chart import CHART, DEFAULT, EVERYTHING, ROOT, SERVED, Helm, one
from tracardi_operator.devcluster import ControlPlane, ControlPlaneError
from tracardi_operator.devcluster.prometheus import PrometheusTools
from tracardi_operator.generate.alerts import alert_rules, runbook_url
from tracardi_operator.generate.dashboard import dashboard

RULES = CHART / "files" / "rules" / "alerts.yaml"
UNIT_TESTS = Path(__file__).parent / "alerts.test.yaml"
COMPONENT = ROOT / "manifests" / "components" / "monitoring"
RUNBOOKS = ROOT / "docs" / "runbooks" / "README.md"
PAGE = ROOT / "docs" / "observability.md"
PARTS = ("**Means:**", "**Look:**", "**Do:**")
ALERTS = {rule["alert"]: rule for group in alert_rules()["groups"] for rule in group["rules"]}

Document = dict[str, Any]


@pytest.fixture(scope="module")
def promtool() -> Path:
    try:
        return PrometheusTools.provide().promtool
    except ControlPlaneError as error:
        raise pytest.fail.Exception(f"these tests need promtool: {error}", pytrace=False) from None


# The rules


@pytest.mark.parametrize("arguments", [("check", "rules", RULES), ("test", "rules", UNIT_TESTS)], ids=["check", "test"])
def test_promtool_finds_nothing_wrong(promtool: Path, arguments: tuple[str | Path, ...]) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_is_tested_where_it_fires_and_where_it_does_not(alert: str) -> None:
    checks = [c for test in yaml.safe_load(UNIT_TESTS.read_text())["tests"] for c in test["alert_rule_test"]]
    assert {bool(check.get("exp_alerts")) for check in checks if check["alertname"] == alert} == {True, False}


@pytest.mark.parametrize("alert", ALERTS)
def test_each_alert_says_what_is_so_and_where_to_read_on(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == runbook_url(alert)


def test_the_runbooks_have_a_section_for_each_alert_and_no_other() -> None:
    _, *sections = re.split(r"^## ", RUNBOOKS.read_text(), flags=re.MULTILINE)
    by_heading = {section.partition("\n")[0]: section for section in sections}
    assert by_heading.keys() == ALERTS.keys()
    assert [h for h, section in by_heading.items() if not all(part in section for part in PARTS)] == []


def test_the_page_lists_each_alert_with_its_severity() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (critical|warning) \|", PAGE.read_text(), re.MULTILINE)
    assert dict(listed) == {alert: rule["labels"]["severity"] for alert, rule in ALERTS.items()}


# Chart and manifests


def test_neither_rules_nor_dashboard_are_installed_unasked(helm: Helm) -> None:
    assert {document["kind"] for document in helm.template(DEFAULT)} & {"PrometheusRule", "ConfigMap"} == set()


def test_the_chart_and_the_manifests_have_the_same_rules(helm: Helm) -> None:
    rule = one(helm.template(EVERYTHING), "PrometheusRule")
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    assert rule["spec"] == _manifest("prometheusrule.yaml")["spec"] == alert_rules()


def test_the_chart_and_the_manifests_have_the_same_dashboard(helm: Helm) -> None:
    (file,) = one(helm.template(EVERYTHING), "ConfigMap")["data"].values()
    (generated,) = _manifest("kustomization.yaml")["configMapGenerator"]
    assert json.loads(file) == json.loads((COMPONENT / generated["files"][0]).read_text()) == dashboard()


def test_grafanas_sidecar_finds_the_dashboard(helm: Helm) -> None:
    (generated,) = _manifest("kustomization.yaml")["configMapGenerator"]
    rendered = one(helm.template(DEFAULT, "--set=dashboard.install=true"), "ConfigMap")
    assert rendered["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert generated["options"]["labels"]["grafana_dashboard"] == "1"


def test_the_api_server_takes_the_component(plane: ControlPlane, tmp_path: Path) -> None:
    overlay = {"namespace": SERVED[0], "components": [os.path.relpath(COMPONENT, tmp_path.resolve())]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    done = plane.kubectl("apply", "--dry-run=server", "--server-side", "--kustomize", str(tmp_path))
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == len(("ConfigMap", "PodMonitor", "PrometheusRule"))


def test_the_monitor_finds_the_operators_pods() -> None:
    deployment = yaml.safe_load((ROOT / "manifests" / "base" / "deployment.yaml").read_text())
    pod, monitor = deployment["spec"]["template"], _manifest("podmonitor.yaml")["spec"]
    assert monitor["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    ports = [port["name"] for container in pod["spec"]["containers"] for port in container["ports"]]
    assert [endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]] == ports


def _manifest(name: str) -> Document:
    found: Document = yaml.safe_load((COMPONENT / name).read_text())
    return found


# The dashboard


def test_every_panel_says_what_it_shows_and_none_overlaps() -> None:
    panels = dashboard()["panels"]
    assert [panel["title"] for panel in panels if not panel["description"].endswith(".")] == []
    cells = [cell for panel in panels for cell in _cells(**panel["gridPos"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def _cells(x: int, y: int, w: int, h: int) -> list[tuple[int, int]]:
    return [(column, row) for column in range(x, x + w) for row in range(y, y + h)]
