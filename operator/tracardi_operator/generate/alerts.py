"""The alert rules, from alerts.yaml: each with the address of its section in docs/runbooks/README.md."""

from pathlib import Path
from typing import Any, Final

import yaml

from tracardi_operator.api.names import MANAGER

RUNBOOKS: Final = "https://github.com/Tracardi/tracardi-operator/blob/main/docs/runbooks/README.md"

_SOURCE: Final = Path(__file__).parent / "alerts.yaml"


def alert_rules() -> dict[str, Any]:
    """As Prometheus reads them from a file, and as the `spec` of a PrometheusRule has them."""
    rules: dict[str, Any] = yaml.safe_load(_SOURCE.read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            rule["annotations"]["runbook_url"] = runbook_url(rule["alert"])
    return rules


def prometheus_rule() -> dict[str, Any]:
    """As manifests/components/monitoring has them."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": MANAGER, "namespace": "tracardi-system", "labels": {"app.kubernetes.io/name": MANAGER}},
        "spec": alert_rules(),
    }


def runbook_url(alert: str) -> str:
    return f"{RUNBOOKS}#{alert.lower()}"
