"""Metrics, named by Prometheus' conventions; `workqueue_*` as controller-runtime names them.

No label holds a value, a name of an object, or anything else that people write: how many series there are does not
depend on what is in the cluster.
"""

import time
from collections import Counter as Counts
from collections.abc import Callable, Container, Iterator
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.registry import Collector

from tracardi_operator.api.problems import Reason
from tracardi_operator.api.resource import ENVIRONMENTS
from tracardi_operator.control.census import PENDING, Census, Standing
from tracardi_operator.kube.workqueue import Priority, WorkQueue

SUCCESS: Final = "success"
CUSTOM: Final = "custom"
"""Stands for all types that are not built in."""
OTHER: Final = "Other"
"""Stands for reasons that this operator does not give."""
TARGETS: Final = ("bundle", "tracardi")
"""Of a ResourceConsumer."""

_REASONS: Final = frozenset({"Ready", PENDING, *Reason})
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LONG_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each: when it began


class Metrics:
    """Also the observer of the client."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self._queues = _Queues(registry)
        self._requests = Counter(
            "tracardi_operator_api_requests",
            "Requests to the API server; code 0: no answer.",
            ["verb", "resource", "code"],
            registry=registry,
        )
        self._deliveries = Counter(
            "tracardi_operator_consumer_deliveries",
            "Deliveries to the targets of ResourceConsumers: what was written there, and what failed.",
            ["target", "result"],
            registry=registry,
        )
        self.reconciles = Counter("tracardi_operator_reconciles", "Reconciliations.", ["result"], registry=registry)
        self.consumer_reconciles = Counter(
            "tracardi_operator_consumer_reconciles",
            "Reconciliations of ResourceConsumers.",
            ["result"],
            registry=registry,
        )
        self.propagation = Histogram(
            "tracardi_operator_propagation_seconds",
            "From a watch's word of a change until the first output is written.",
            buckets=_LONG_SECONDS,
            registry=registry,
        )
        self.resync_at = Gauge(
            "tracardi_operator_resync_timestamp_seconds",
            "When the last resync was completed; until the first, when the process started.",
            registry=registry,
        )
        self.resync_interval = Gauge(
            "tracardi_operator_resync_interval_seconds", "Seconds between two resyncs, as set.", registry=registry
        )
        self.leader = Gauge(
            "tracardi_operator_leader", "1 if this process works, 0 if it stands by.", registry=registry
        )
        self.policies = Gauge(
            "tracardi_operator_admission_policies_in_force",
            "1 if all admission policies are, 0 if not, NaN while it is not known.",
            registry=registry,
        )
        self._begin()

    def _begin(self) -> None:
        """Have the series from the start, so that a first failure is an increase, and a resync can be late."""
        for result in (SUCCESS, "error"):
            self.reconciles.labels(result)
            self.consumer_reconciles.labels(result)
        for target in TARGETS:
            self._deliveries.labels(target, SUCCESS)
        self.resync_at.set_to_current_time()

    def queue(self, name: str) -> "QueueMetrics":
        """Those of one work queue."""
        return QueueMetrics(name, self._queues)

    def count_resources(self, census: Census, builtin_types: Container[str]) -> None:
        """Have what the census of the Resources says among the metrics."""
        self.registry.register(_Standings("resources", "type", census, builtin_types))
        self.registry.register(_Staleness(census))

    def count_consumers(self, census: Census) -> None:
        """The same of the ResourceConsumers."""
        self.registry.register(_Standings("consumers", "target", census, TARGETS))

    def request(self, verb: str, resource: str, code: int, seconds: float) -> None:
        self._requests.labels(verb, resource, str(code)).inc()

    def delivered(self, target: str, result: str = SUCCESS) -> None:
        """Count a delivery to one of TARGETS; `result` is a Reason unless it went well."""
        self._deliveries.labels(target, result).inc()


class QueueMetrics:
    """Of one work queue: its observer."""

    def __init__(self, name: str, queues: "_Queues") -> None:
        self._queues = queues
        self._name = name
        self._adds = {priority: queues.adds.labels(name, priority.name.lower()) for priority in Priority}
        self._retries = queues.retries.labels(name)
        self._waited = queues.waited.labels(name)
        self._worked = queues.worked.labels(name)

    def watch(self, queue: WorkQueue[Any]) -> None:
        """Gauges that are computed when they are asked for."""
        self._queues.depth.labels(self._name).set_function(lambda: len(queue))
        self._queues.unfinished.labels(self._name).set_function(lambda: queue.unfinished_work)
        self._queues.longest.labels(self._name).set_function(lambda: queue.longest_work)

    def added(self, priority: Priority) -> None:
        self._adds[priority].inc()

    def taken(self, waited: float) -> None:
        self._waited.observe(waited)

    def finished(self, worked: float) -> None:
        self._worked.observe(worked)

    def retried(self) -> None:
        self._retries.inc()


class _Queues:
    """The metrics that all work queues have."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"workqueue_{name}", text, ["name"], registry=registry)

        def histogram(name: str, text: str) -> Histogram:
            return Histogram(f"workqueue_{name}", text, ["name"], buckets=_SECONDS, registry=registry)

        self.adds = Counter("workqueue_adds", "Keys added.", ["name", "priority"], registry=registry)
        self.retries = Counter("workqueue_retries", "Keys added again after a failure.", ["name"], registry=registry)
        self.waited = histogram("queue_duration_seconds", "From ready to taken.")
        self.worked = histogram("work_duration_seconds", "Spent on one key.")
        self.depth = gauge("depth", "Keys that are ready.")
        self.unfinished = gauge("unfinished_work_seconds", "Summed age of the work under way.")
        self.longest = gauge("longest_running_processor_seconds", "How long some key has been worked on.")


class _Standings(Collector):
    """How many objects stand how."""

    def __init__(self, plural: str, label: str, census: Census, known: Container[str]) -> None:
        """`known` are the sorts that have a series of their own; `label` is what they are called."""
        self._plural = plural
        self._label = label
        self._census = census
        self._known = known

    def collect(self) -> Iterator[Metric]:
        metric = GaugeMetricFamily(
            f"tracardi_operator_{self._plural}",
            "How many there are, by how they stand.",
            labels=[self._label, "ready", "reason"],
        )
        counts: Counts[Standing] = Counts()
        for standing, count in self._census.counts.items():
            counts[self._bounded(standing)] += count
        for standing, count in counts.items():
            metric.add_metric(standing, count)
        yield metric

    def _bounded(self, standing: Standing) -> Standing:
        sort = standing.sort if standing.sort in self._known else CUSTOM
        return Standing(sort, standing.ready, standing.reason if standing.reason in _REASONS else OTHER)


class _Staleness(Collector):
    """What is served though it is not what the inputs say now."""

    def __init__(self, census: Census, clock: Callable[[], float] = time.time) -> None:
        self._census = census
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        number = GaugeMetricFamily(
            "tracardi_operator_stale_environments",
            "Environments whose last good values are served, because the present ones are bad or missing.",
            labels=["environment"],
        )
        age = GaugeMetricFamily(
            "tracardi_operator_stale_age_seconds",
            "How long the one that is stale for longest has been so; 0 if none is.",
            labels=["environment"],
        )
        now, stale = self._clock(), list(self._census.stale())
        for environment in ENVIRONMENTS:
            times = [one.since for one in stale if one.environment == environment]
            number.add_metric([environment], len(times))
            age.add_metric([environment], max((now - since for since in times if since), default=0))
        yield number
        yield age
