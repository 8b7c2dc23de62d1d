"""What is counted, under which labels, and that nothing people write becomes a label."""

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tracardi_operator.api.problems import Reason
from tracardi_operator.control.census import Census
from tracardi_operator.control.metrics import Metrics, _Staleness
from tracardi_operator.control.records import Key
from tracardi_operator.kube.workqueue import WorkQueue

BUILTIN = ("sendgrid", "matomo")
STANDING = ("type", "ready", "reason")
NOW, HOUR = 1767323045.0, 3600
HOUR_AGO = "2026-01-02T02:04:05Z"


def status(ready: str, reason: str) -> dict[str, object]:
    return {"conditions": [{"type": "Ready", "status": ready, "reason": reason}]}


def stale(**since: str) -> dict[str, object]:
    return {"environments": {name: {"stale": True, "since": time} for name, time in since.items()}}


def samples(registry: CollectorRegistry, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """The values of a metric by those of its labels."""
    families = text_string_to_metric_families(generate_latest(registry).decode())
    found = (sample for family in families for sample in family.samples if sample.name == name)
    return {tuple(sample.labels[label] for label in labels): sample.value for sample in found}


@pytest.fixture
def census() -> Census:
    return Census()


@pytest.fixture
def metrics(census: Census) -> Metrics:
    metrics = Metrics()
    metrics.count_resources(census, BUILTIN)
    return metrics


def test_resources_are_counted_by_type_ready_and_reason(metrics: Metrics, census: Census) -> None:
    census.take(Key("ns", "a"), "sendgrid", status("True", "Ready"))
    census.take(Key("ns", "b"), "sendgrid", status("True", "Ready"))
    census.take(Key("ns", "c"), "matomo", status("False", Reason.KEY_NOT_FOUND))
    assert samples(metrics.registry, "tracardi_operator_resources", *STANDING) == {
        ("sendgrid", "True", "Ready"): 2,
        ("matomo", "False", "KeyNotFound"): 1,
    }


def test_types_and_reasons_that_others_made_up_share_a_series(metrics: Metrics, census: Census) -> None:
    for number in range(50):
        census.take(Key("ns", f"r{number}"), f"type-{number}", status("False", f"Reason{number}"))
    assert samples(metrics.registry, "tracardi_operator_resources", *STANDING) == {("custom", "False", "Other"): 50}


def test_every_reason_of_ours_has_a_series_of_its_own(metrics: Metrics, census: Census) -> None:
    for reason in Reason:
        census.take(Key("ns", reason), "sendgrid", status("False", reason))
    assert len(samples(metrics.registry, "tracardi_operator_resources", *STANDING)) == len(Reason)


def test_consumers_are_counted_by_target(metrics: Metrics) -> None:
    consumers = Census()
    metrics.count_consumers(consumers)
    consumers.take(Key("ns", "c"), "bundle", {})
    assert samples(metrics.registry, "tracardi_operator_consumers", "target", "ready", "reason") == {
        ("bundle", "Unknown", "Pending"): 1
    }


def test_the_age_is_that_of_the_environment_that_is_stale_for_longest(census: Census) -> None:
    registry = CollectorRegistry()
    registry.register(_Staleness(census, lambda: NOW))
    census.take(Key("ns", "a"), "sendgrid", stale(production="2026-01-02T03:04:00Z"))
    census.take(Key("ns", "b"), "sendgrid", stale(production=HOUR_AGO))
    assert samples(registry, "tracardi_operator_stale_age_seconds", "environment") == {
        ("production",): HOUR,
        ("test",): 0,
    }
    assert samples(registry, "tracardi_operator_stale_environments", "environment") == {
        ("production",): 2,
        ("test",): 0,
    }


def test_a_first_delivery_that_fails_is_an_increase_beside_those_that_went_well(metrics: Metrics) -> None:
    metrics.delivered("tracardi", Reason.UNREACHABLE)
    assert samples(metrics.registry, "tracardi_operator_consumer_deliveries_total", "target", "result") == {
        ("bundle", "success"): 0,
        ("tracardi", "success"): 0,
        ("tracardi", "Unreachable"): 1,
    }


def test_before_the_first_resync_its_age_is_that_of_the_process(metrics: Metrics) -> None:
    start = samples(metrics.registry, "process_start_time_seconds")[()]
    assert samples(metrics.registry, "tracardi_operator_resync_timestamp_seconds")[()] >= start


async def test_queues_are_told_apart_by_name(metrics: Metrics) -> None:
    queues = {}
    for name in ("resources", "consumers"):
        of_queue = metrics.queue(name)
        queues[name] = WorkQueue[str](group=lambda key: key, observer=of_queue)
        of_queue.watch(queues[name])
    queues["resources"].add("a")
    queues["consumers"].add("b")
    queues["consumers"].done(await queues["consumers"].get())
    assert samples(metrics.registry, "workqueue_depth", "name") == {("resources",): 1, ("consumers",): 0}
    assert samples(metrics.registry, "workqueue_work_duration_seconds_count", "name") == {
        ("resources",): 0,
        ("consumers",): 1,
    }
