"""Mixed load for an hour or so, and whether memory, tasks, sockets and queue are flat at its end.

`python -m tests.chaos.seeded.soak --minutes 60 --record bench/soak.json`
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, Final

import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.seeded.cluster import Cluster
from tests.chaos.seeded.journal import Journal
from tests.chaos.seeded.play import empty
from tests.chaos.seeded.script import Author, Step
from tests.chaos.seeded.site import Site, site
from tests.chaos.seeded.users import Users
from tests.chaos.seeded.vocabulary import HERE, TRACARDI
from tests.cluster.install import ROOT, install
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT, OperatorProcess
from tests.commit import commit
from tracardi_operator.devcluster import ControlPlane

NAMESPACES: Final = 10
EVERY: Final = 0.1
"""Seconds between two steps."""
SAMPLE_SECONDS: Final = 5.0
WARM_UP: Final = 1 / 3
"""Of the time: what was sampled then is not part of a slope. Caches fill up to their bounds meanwhile."""
FLAGS: Final = ("--resync-seconds", "10", "--relist-seconds", "60", "--allowed-hosts", "127.0.0.1")
_SIGMAS: Final = 3.0
_MEANS: Final = 12
"""A slope is that of so many means over equal times. Samples five seconds apart depend on each other, so that the
error of a line through all of them would be too small.
"""
_ATTEMPTS: Final = 10

_COUNTED: Final = """
import asyncio, gc, pathlib, sys, threading, time
from cachetools import Cache
def count(path):
    writing = path.with_suffix(".new")
    while True:
        found = gc.get_objects()
        tasks = sum(isinstance(each, asyncio.Task) and not each.done() for each in found)
        cached = sum(Cache.__len__(each) for each in found if isinstance(each, Cache))
        del found
        writing.write_text(f"{tasks} {sys.getallocatedblocks()} {cached}")
        writing.replace(path)  # whoever reads it reads it whole
        time.sleep(5)
threading.Thread(target=count, args=(pathlib.Path(sys.argv.pop(1)),), daemon=True).start()
from tracardi_operator.cli import main
main()
"""
"""The operator, with a thread beside it that writes down how many tasks, blocks of Python's memory and entries of
bounded caches there are.
"""


class CountedOperator(OperatorProcess):
    """Writes these numbers beside its log."""

    @property
    def counts(self) -> Path:
        return self.log.with_name("counts")

    def _command(self) -> list[str]:
        return [sys.executable, "-c", _COUNTED, str(self.counts)]


@dataclass(frozen=True, slots=True)
class Slope:
    """A straight line through the means of the samples after the warm-up (least squares)."""

    mean: float
    per_hour: float
    error: float
    """Standard error of `per_hour`."""

    @property
    def is_flat(self) -> bool:
        """It may be 0 for all that can be told, or makes less than a hundredth of the mean in an hour."""
        return self.per_hour <= _SIGMAS * self.error or self.per_hour < abs(self.mean) / 100


def slope(times: list[float], values: list[float]) -> Slope:
    """Of values at times in seconds; at least three."""
    count, middle, mean = len(times), sum(times) / len(times), sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in times)
    rise = sum((at - middle) * (value - mean) for at, value in zip(times, values, strict=True)) / spread
    rest = sum((value - mean - rise * (at - middle)) ** 2 for at, value in zip(times, values, strict=True))
    return Slope(mean, 3600 * rise, 3600 * math.sqrt(rest / (count - 2) / spread))


class Load:
    """Users of many namespaces, one step of one of them at a time."""

    def __init__(self, plane: ControlPlane, site: Site, seed: int) -> None:
        self._site = site
        self._dice = Random(seed)
        self._journal = Journal()
        self._clusters = [Cluster(plane.kubeconfig, f"soak-{number}") for number in range(NAMESPACES)]
        self._steps = [self._endless(cluster) for cluster in self._clusters]
        self.done = 0
        for cluster in self._clusters:
            cluster.create("namespaces", {"metadata": {"name": cluster.namespace}})

    def step(self) -> None:
        next(self._dice.choice(self._steps))
        self.done += 1

    def close(self) -> None:
        for cluster in self._clusters:
            empty(cluster)

    def _endless(self, cluster: Cluster) -> Iterator[None]:
        users, author = (
            Users(cluster, self._journal, {HERE: cluster.namespace, TRACARDI: self._site.url}),
            Author(self._dice),
        )
        for step in author.beginning():
            if step.do != "rest":
                self._do(users, step)
                yield
        while True:
            for step in author.act():
                self._do(users, step)
                yield

    def _do(self, users: Users, step: Step) -> None:
        if step.do == "tracardi":
            self._site.do(step.args["how"], step.args["number"])
        else:
            users.do(step)
        self._journal.users.clear()


def sampled(operator: CountedOperator) -> dict[str, float]:
    process = psutil.Process(operator.pid)
    depth = 0.0
    for family in text_string_to_metric_families(_metrics(operator)):
        if family.name == "workqueue_depth":
            depth = sum(sample.value for sample in family.samples)
    tasks, blocks, cached = operator.counts.read_text().split() if operator.counts.exists() else ("0", "0", "0")
    links = [os.readlink(each) for each in Path(f"/proc/{operator.pid}/fd").iterdir() if each.is_symlink()]
    return {
        "rss_mb": process.memory_info().rss / 2**20,
        "tasks": float(tasks),
        "blocks": float(blocks),
        "cached": float(cached),
        "sockets": float(sum(link.startswith("socket:") for link in links)),
        "files": float(len(links)),
        "threads": float(process.num_threads()),
        "queue": depth,
    }


def _metrics(operator: CountedOperator) -> str:
    """Asked until they are told: on a busy machine the answer may take longer than a request waits."""
    for _ in range(_ATTEMPTS):
        code, text = operator.fetch("/metrics")
        if code == 200:
            return text
    raise TimeoutError("no metrics")


def soak(minutes: float, seed: int) -> dict[str, Any]:
    """The slopes, by what was sampled, and how much was done."""
    samples: list[tuple[float, dict[str, float]]] = []
    with ExitStack() as stack:
        plane = stack.enter_context(ControlPlane.start())
        install(plane)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        kubeconfig = plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
        operator = stack.enter_context(CountedOperator(kubeconfig, folder / "log", *FLAGS))
        load = Load(plane, stack.enter_context(site()), seed)
        began = time.monotonic()
        while (now := time.monotonic() - began) < 60 * minutes:
            load.step()
            if not samples or now - samples[-1][0] >= SAMPLE_SECONDS:
                samples.append((now, sampled(operator)))
                print(f"{now:6.0f} s, {load.done} steps, {_words(samples[-1][1])}", flush=True)
            time.sleep(EVERY)
        load.close()
    done = {"minutes": minutes, "seed": seed, "steps": load.done, "samples": len(samples), "commit": commit()}
    return done | _slopes(samples)


def _words(sample: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in sample.items())


def _slopes(samples: list[tuple[float, dict[str, float]]]) -> dict[str, Any]:
    settled = [(at, sample) for at, sample in samples if at >= WARM_UP * samples[-1][0]]
    size = max(1, len(settled) // _MEANS)
    parts = [settled[first : first + size] for first in range(0, len(settled) - size + 1, size)]
    times = [fmean(at for at, _ in part) for part in parts]
    slopes = {name: slope(times, [fmean(each[name] for _, each in part) for part in parts]) for name in settled[0][1]}
    told = {name: asdict(each) | {"flat": each.is_flat} for name, each in slopes.items()}
    return {"flat": all(each.is_flat for each in slopes.values()), "slopes": told}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, default=ROOT / "bench" / "soak.json")
    options = parser.parse_args()
    told = soak(options.minutes, options.seed)
    options.record.parent.mkdir(exist_ok=True)
    options.record.write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps(told, indent=1))
    return 0 if told["flat"] else 1


if __name__ == "__main__":
    sys.exit(main())
