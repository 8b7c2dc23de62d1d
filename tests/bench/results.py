"""The results file: what the samples of each number of Resources come to, kept by that number."""

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.bench.samples import Cpu, Crowded, Deliveries, Requests, Sample
from tests.commit import commit
from tracardi_operator.control.settings import Settings

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "build" / "bench"
RESULTS = ROOT / "bench" / "results.json"
RELIST_SECONDS: float = Settings.model_fields["relist_seconds"].default
QUIET = 0.05
"""The most that others may take of the machine in a run that counts as undisturbed."""

Run = dict[str, Any]
Figure = Callable[[Sample], float]

RATIOS: dict[str, Figure] = {
    "cold_ratio": lambda s: s.operator.cold.seconds / s.bare.cold,
    "cold_with_start_ratio": lambda s: s.operator.cold.with_start / s.bare.cold,
    "edit_p50_ratio": lambda s: percentile(s.operator.edits_idle, 50) / percentile(s.bare.edits_idle, 50),
    "edit_p95_ratio": lambda s: percentile(s.operator.edits_idle, 95) / percentile(s.bare.edits_idle, 95),
    "edit_loaded_p50_ratio": lambda s: percentile(s.operator.edits_loaded, 50) / percentile(s.bare.edits_loaded, 50),
    "edit_loaded_p95_ratio": lambda s: percentile(s.operator.edits_loaded, 95) / percentile(s.bare.edits_loaded, 95),
    "bulk_ratio": lambda s: s.operator.bulk.seconds / s.bare.bulk,
    "restart_ratio": lambda s: s.operator.restart.seconds / s.bare.lists,
}
SECONDS: dict[str, Figure] = {
    "cold": lambda s: s.operator.cold.seconds,
    "cold_with_start": lambda s: s.operator.cold.with_start,
    "bulk": lambda s: s.operator.bulk.seconds,
    "restart": lambda s: s.operator.restart.seconds,
    "restart_ready": lambda s: s.operator.restart.ready,
    "bare_cold": lambda s: s.bare.cold,
    "bare_bulk": lambda s: s.bare.bulk,
    "bare_lists": lambda s: s.bare.lists,
}
LATENCIES: dict[str, Callable[[Sample], list[float]]] = {
    "idle": lambda s: s.operator.edits_idle,
    "loaded": lambda s: s.operator.edits_loaded,
    "bare_idle": lambda s: s.bare.edits_idle,
    "bare_loaded": lambda s: s.bare.edits_loaded,
}
HEADLINE = (
    "cold_ratio",
    "edit_p50_ratio",
    "edit_p95_ratio",
    "bulk_ratio",
    "idle_writes",
    "restart_writes",
    "peak_rss_mb",
)


def percentile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def run_of(count: int, samples: list[Sample], crowded: Crowded | None) -> Run:
    """Each figure is the median of the repetitions; `spread` has the least and the greatest."""
    ratios = {name: [figure(sample) for sample in samples] for name, figure in RATIOS.items()}
    seconds = {name: [figure(sample) for sample in samples] for name, figure in SECONDS.items()}
    peak = statistics.median(s.operator.peak_mb for s in samples)
    return (
        {"n": count, "repeats": len(samples)}
        | {name: _round(statistics.median(values)) for name, values in ratios.items()}
        | _requests(count, samples)
        | _idle(samples)
        | _restart(samples)
        | {"peak_rss_mb": round(peak), "settled_rss_mb": round(samples[0].operator.settled_mb)}
        | _unrelated(samples, crowded)
        | {
            "seconds": {name: _round(statistics.median(values)) for name, values in seconds.items()},
            "edit_ms": {name: _distribution(samples, times) for name, times in LATENCIES.items()},
            "cpu_ms_per_resource": _cpu(count, samples),
            "spread": {name: [_round(min(values)), _round(max(values))] for name, values in ratios.items()},
            "others_cpu_share": _round(max(sample.others for sample in samples)),
        }
    )


def headline(run: Run) -> str:
    return ", ".join(f"{name} {run[name]:g}" for name in HEADLINE)


def _requests(count: int, samples: list[Sample]) -> Run:
    cold, bulk = samples[-1].operator.cold.requests, samples[-1].operator.bulk.requests
    most = max(sum(s.operator.cold.requests.values()) for s in samples)
    return {
        "cold_requests_per_resource": _round(most / count),
        "cold_requests": _named(cold),
        "bulk_requests": _named(bulk),
    }


def _idle(samples: list[Sample]) -> Run:
    idle = next(s.operator.idle for s in samples if s.operator.idle)
    return {
        "idle_writes": idle.writes,
        "idle_values_read": idle.values_read,
        "idle_cpu_share": _round(idle.cpu_share(RELIST_SECONDS)),
        "idle_cpu_share_usual": _round(idle.usual_share),
        "relist_cpu_seconds": _round(idle.relist_cpu),
        "idle_seconds": _round(idle.seconds),
    }


def _restart(samples: list[Sample]) -> Run:
    restarts = [sample.operator.restart for sample in samples]
    return {
        "restart_writes": max(restart.writes for restart in restarts),
        "restart_values_read": max(restart.values_read for restart in restarts),
        "restart_seconds": _round(statistics.median(restart.seconds for restart in restarts)),
    }


def _unrelated(samples: list[Sample], crowded: Crowded | None) -> Run:
    """How much more memory it takes beside the crowd, at the worst of a cold start and a restart."""
    if crowded is None:
        return {}
    cold = crowded.cold.peak_mb - statistics.median(s.operator.cold.peak_mb for s in samples)
    restart = crowded.restart.peak_mb - statistics.median(s.operator.restart.peak_mb for s in samples)
    settled = crowded.cold.settled_mb - statistics.median(s.operator.cold.settled_mb for s in samples)
    return {
        "unrelated_secrets": crowded.secrets,
        "unrelated_secrets_rss_mb": round(max(cold, restart), 1),
        "unrelated_secrets_settled_rss_mb": round(settled, 1),
    }


def delivery_figures(deliveries: Deliveries) -> Run:
    """Of one consumer that takes all Resources."""
    bare, operator = deliveries.bare, deliveries.operator
    return {
        "ratio": _round(operator.seconds / bare.seconds),
        "seconds": _round(operator.seconds),
        "bare_seconds": _round(bare.seconds),
        "requests": _named(operator.requests),
        "edit_p50_ratio": _round(percentile(operator.edits, 50) / percentile(bare.edits, 50)),
        "edit_p50_ms": _round(1000 * percentile(operator.edits, 50)),
        "bare_edit_p50_ms": _round(1000 * percentile(bare.edits, 50)),
        "requests_per_edit": {
            name: _round(number / len(operator.edits)) for name, number in _named(operator.edit_requests).items()
        },
    }


def _named(requests: Requests) -> dict[str, int]:
    return {f"{verb} {kind}": number for (verb, kind), number in sorted(requests.items())}


def _distribution(samples: list[Sample], times: Callable[[Sample], list[float]]) -> Run:
    """Of all repetitions together, in milliseconds; `percentiles` are the 1st to the 99th."""
    pooled = [1000 * seconds for sample in samples for seconds in times(sample)]
    percentiles = [_round(value) for value in statistics.quantiles(pooled, n=100, method="inclusive")]
    named = {f"p{percent}": percentiles[percent - 1] for percent in (50, 90, 95, 99)}
    return named | {"max": _round(max(pooled)), "percentiles": percentiles}


def _cpu(count: int, samples: list[Sample]) -> Run:
    """Of a cold start; that of the operator has the start of the process in it."""

    def median(values: Iterable[float]) -> float:
        return _round(statistics.median(values) / count * 1000)

    def sides(of: Callable[[Sample], Cpu], client: str) -> Run:
        cpus = [of(sample) for sample in samples]
        return {
            client: median(cpu.client for cpu in cpus),
            f"apiserver_under_{client}": median(cpu.apiserver for cpu in cpus),
            f"etcd_under_{client}": median(cpu.etcd for cpu in cpus),
        }

    return sides(lambda s: s.operator.cold.cpu, "operator") | sides(lambda s: s.bare.cold_cpu, "bare")


def _round(value: float) -> float:
    """To three figures that say something."""
    return float(f"{value:.3g}")


def keep(run: Run, path: Path = RESULTS) -> None:
    """Put one run into the results file, instead of that of the same number of Resources, if any."""
    kept = read(path)["runs"] if path.exists() else []
    stamped = run | {"commit": commit(), "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
    runs = sorted([*(old for old in kept if old["n"] != run["n"]), stamped], key=lambda one: one["n"])
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"runs": runs, "machine": machine(), "commit": commit()}, indent=1) + "\n")


def read(path: Path = RESULTS) -> Any:
    return json.loads(path.read_text())


def machine() -> Run:
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kubernetes": "1.36.3",
    }


def _processor() -> str:
    """As Linux names it."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [line.partition(": ")[2] for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()
