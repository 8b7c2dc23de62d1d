"""Metrics, named by Prometheus' conventions; `workqueue_*` as controller-runtime names them. No label holds a value."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector

from tracardi_operator.control.records import Key
from tracardi_operator.control.store import Store
from tracardi_operator.kube.workqueue import Priority, WorkQueue

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Also the observer of the work queue and of the client."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self._requests = Counter(
            "tracardi_operator_api_requests",
            "Requests to the API server.",
            ["verb", "resource", "code"],
            registry=registry,
        )
        self._adds = Counter("workqueue_adds", "Keys added.", ["name", "priority"], registry=registry)
        self._retries = Counter("workqueue_retries", "Keys added again after a failure.", ["name"], registry=registry)
        self._waited = Histogram(
            "workqueue_queue_duration_seconds", "From ready to taken.", ["name"], buckets=_SECONDS, registry=registry
        )
        self._worked = Histogram(
            "workqueue_work_duration_seconds", "Spent on one key.", ["name"], buckets=_SECONDS, registry=registry
        )
        self.reconciles = Counter("tracardi_operator_reconciles", "Reconciliations.", ["result"], registry=registry)
        self.resync_at = Gauge(
            "tracardi_operator_resync_timestamp_seconds", "When the last resync was completed.", registry=registry
        )
        self.policies = Gauge(
            "tracardi_operator_admission_policies_in_force",
            "1 if all admission policies are, 0 if not, NaN while it is not known.",
            registry=registry,
        )

    def watch(self, queue: WorkQueue[Key], store: Store) -> None:
        """Gauges that are computed when they are asked for."""
        gauges = {
            "workqueue_depth": ("Keys that are ready.", lambda: len(queue)),
            "workqueue_unfinished_work_seconds": ("Summed age of the work under way.", lambda: queue.unfinished_work),
            "workqueue_longest_running_processor_seconds": (
                "How long some key has been worked on.",
                lambda: queue.longest_work,
            ),
        }
        for name, (text, value) in gauges.items():
            Gauge(name, text, ["name"], registry=self.registry).labels("resources").set_function(value)
        Gauge("tracardi_operator_resources", "Resources known.", registry=self.registry).set_function(
            lambda: len(store)
        )

    def request(self, verb: str, resource: str, code: int, seconds: float) -> None:
        self._requests.labels(verb, resource, str(code)).inc()

    def added(self, priority: Priority) -> None:
        self._adds.labels("resources", priority.name.lower()).inc()

    def taken(self, waited: float) -> None:
        self._waited.labels("resources").observe(waited)

    def finished(self, worked: float) -> None:
        self._worked.labels("resources").observe(worked)

    def retried(self) -> None:
        self._retries.labels("resources").inc()
