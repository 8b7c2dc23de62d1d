"""The Grafana dashboard: what an operator's keeper looks at first, from the whole to the parts."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

_COLUMNS: Final = 24
_HEIGHTS: Final = {"stat": 4, "timeseries": 8}
_JOB: Final = 'job=~"$job"'
_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    title: str
    description: str
    queries: Mapping[str, str]
    """PromQL by legend; `JOB` in it stands for the choice of the operator."""
    unit: str = "short"
    kind: Literal["stat", "timeseries"] = "timeseries"
    width: int = 8
    red_from: float | None = None
    """Of a stat: the value from which on it is red."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Of a stat: what is shown in place of a value."""


def _quantile(quantile: str, by: str, metric: str) -> str:
    return f"histogram_quantile({quantile}, sum by ({by}) (rate({metric}_bucket{{JOB}}[$__rate_interval])))"


_YES_NO: Final = {"0": "no", "1": "yes"}

PANELS: Final = (
    Panel(
        title="Leader",
        description="Whether a replica works. The others stand by.",
        queries={"": "max(tracardi_operator_leader{JOB})"},
        kind="stat",
        width=4,
        words=_YES_NO,
    ),
    Panel(
        title="Policies in force",
        description="Whether all admission policies and their bindings are there; empty if the operator may not look.",
        queries={"": "min(tracardi_operator_admission_policies_in_force{JOB})"},
        kind="stat",
        width=4,
        words=_YES_NO,
    ),
    Panel(
        title="Resources",
        description="All Resources that the operator serves.",
        queries={"": "sum(max by (type, ready, reason) (tracardi_operator_resources{JOB}))"},
        kind="stat",
        width=4,
    ),
    Panel(
        title="Not ready",
        description="Resources of which something is not published as it should be. Their status says what.",
        queries={
            "": 'sum(max by (type, ready, reason) (tracardi_operator_resources{JOB, ready="False"})) or vector(0)'
        },
        kind="stat",
        width=4,
        red_from=1,
    ),
    Panel(
        title="Stale for",
        description="How long the last good credentials have been served in place of bad ones, where it is longest.",
        queries={"": "max(tracardi_operator_stale_age_seconds{JOB})"},
        unit="s",
        kind="stat",
        width=4,
        red_from=86400,
    ),
    Panel(
        title="Last resync",
        description="How long ago everything was last compared. An alert tells when it is late.",
        queries={"": "time() - min(tracardi_operator_resync_timestamp_seconds{JOB})"},
        unit="s",
        kind="stat",
        width=4,
    ),
    Panel(
        title="Propagation",
        description="From the operator's seeing a change until the output is written, retries included.",
        queries={
            "half within": _quantile("0.5", "le", "tracardi_operator_propagation_seconds"),
            "99 of 100 within": _quantile("0.99", "le", "tracardi_operator_propagation_seconds"),
        },
        unit="s",
    ),
    Panel(
        title="Publications",
        description="Changes published per second.",
        queries={"published": "sum(rate(tracardi_operator_propagation_seconds_count{JOB}[$__rate_interval]))"},
        unit="ops",
    ),
    Panel(
        title="Reconciliations",
        description="Passes per second by result. `Outdated` is normal while much changes; `error` is a defect.",
        queries={
            "{{result}}": "sum by (result) (rate(tracardi_operator_reconciles_total{JOB}[$__rate_interval]))",
            "consumers: {{result}}": "sum by (result) "
            "(rate(tracardi_operator_consumer_reconciles_total{JOB}[$__rate_interval]))",
        },
        unit="ops",
    ),
    Panel(
        title="Not ready, by reason",
        description="Why Resources are not ready. docs/services/ says of each type what its fields need.",
        queries={"{{type}}: {{reason}}": 'max by (type, reason) (tracardi_operator_resources{JOB, ready="False"})'},
    ),
    Panel(
        title="Stale environments",
        description="Environments that are served their last good credentials, because the present ones are bad.",
        queries={"{{environment}}": "max by (environment) (tracardi_operator_stale_environments{JOB})"},
    ),
    Panel(
        title="Consumers",
        description="ResourceConsumers by what Ready says of them and why.",
        queries={
            "{{target}}: {{ready}} ({{reason}})": "max by (target, ready, reason) (tracardi_operator_consumers{JOB})"
        },
    ),
    Panel(
        title="Deliveries",
        description="Deliveries to consumers per second, by target and result.",
        queries={
            "{{target}}: {{result}}": "sum by (target, result) "
            "(rate(tracardi_operator_consumer_deliveries_total{JOB}[$__rate_interval]))"
        },
        unit="ops",
    ),
    Panel(
        title="Queue of the leader",
        description="Keys that wait. A standby's queue is not worked off and not shown.",
        queries={
            "{{name}}": "max by (name) "
            "(workqueue_depth{JOB} and on (namespace, job, instance) tracardi_operator_leader{JOB} == 1)"
        },
    ),
    Panel(
        title="Waiting in the queue",
        description="From being ready to being taken by a worker, for 99 of 100 keys.",
        queries={"{{name}}": _quantile("0.99", "name, le", "workqueue_queue_duration_seconds")},
        unit="s",
    ),
    Panel(
        title="Requests to the API server",
        description="Per second by verb and answer; 0: no answer. An idle operator reads lists only.",
        queries={
            "{{verb}} {{code}}": "sum by (verb, code) "
            "(rate(tracardi_operator_api_requests_total{JOB}[$__rate_interval]))"
        },
        unit="reqps",
    ),
    Panel(
        title="Memory",
        description="Resident memory of each replica.",
        queries={"{{instance}}": "process_resident_memory_bytes{JOB}"},
        unit="bytes",
    ),
    Panel(
        title="CPU",
        description="Cores used by each replica.",
        queries={"{{instance}}": "rate(process_cpu_seconds_total{JOB}[$__rate_interval])"},
    ),
)


def dashboard_json() -> str:
    """The file that Grafana imports. Without a comment: a dashboard has no place for one."""
    return json.dumps(dashboard(), indent=1) + "\n"


def dashboard() -> Document:
    return {
        "title": "Tracardi operator",
        "description": "How the Tracardi operator and the Resources that it serves are doing.",
        "uid": "tracardi-operator",
        "tags": ["tracardi"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_datasource_choice(), _job_choice()]},
        "panels": list(_laid_out(PANELS)),
    }


def expression(query: str) -> str:
    """A query of a panel as Grafana has it."""
    return query.replace("JOB", _JOB)


def _laid_out(panels: Iterable[Panel]) -> Iterator[Document]:
    """From left to right, and below where the row is full."""
    x = y = height = 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > _COLUMNS:
            x, y = 0, y + height
        height = _HEIGHTS[panel.kind]
        yield {
            "id": number,
            "type": panel.kind,
            "title": panel.title,
            "description": panel.description,
            "datasource": _DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": panel.width, "h": height},
            "targets": [
                {"refId": chr(ord("A") + index), "expr": expression(query), "legendFormat": legend}
                for index, (legend, query) in enumerate(panel.queries.items())
            ],
            "fieldConfig": {"defaults": _appearance(panel), "overrides": []},
        }
        x += panel.width


def _appearance(panel: Panel) -> Document:
    appearance: Document = {"unit": panel.unit}
    if panel.kind == "timeseries":
        return appearance | {"min": 0, "custom": {"fillOpacity": 10}}
    steps: list[Document] = [{"color": "green", "value": None}]
    if panel.red_from is not None:
        steps.append({"color": "red", "value": panel.red_from})
    if panel.words:
        words = {value: {"text": text} for value, text in panel.words.items()}
        appearance["mappings"] = [{"type": "value", "options": words}]
        steps = [{"color": "red", "value": None}, {"color": "green", "value": 1}]
    return appearance | {"thresholds": {"mode": "absolute", "steps": steps}}


def _datasource_choice() -> Document:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _job_choice() -> Document:
    return {
        "name": "job",
        "label": "Operator",
        "type": "query",
        "datasource": _DATASOURCE,
        "query": "label_values(tracardi_operator_leader, job)",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": "All", "value": "$__all"},
    }
