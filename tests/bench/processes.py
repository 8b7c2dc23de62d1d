"""CPU and memory of processes, and what the rest of the machine was busy with meanwhile."""

import os
import time
from pathlib import Path

import psutil

from tests.bench.samples import Cpu
from tracardi_operator.devcluster import ControlPlane

APISERVER, ETCD = "kube-apiserver", "etcd"
WAITING = ("idle", "iowait", "guest", "guest_nice")
"""Of the machine's times. Those of guests are part of others."""


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


class Meter:
    """CPU of a client and of its control plane since this was made. `client` may begin later."""

    def __init__(self, plane: ControlPlane, client: int | None = None) -> None:
        self._pids = [plane.pids[APISERVER], plane.pids[ETCD]]
        self._before = [cpu_seconds(client) if client else 0.0, *map(cpu_seconds, self._pids)]

    def read(self, client: int) -> Cpu:
        now = map(cpu_seconds, [client, *self._pids])
        return Cpu(*(after - before for before, after in zip(self._before, now, strict=True)))


def peak_mb(pid: int) -> float:
    """The high-water mark that Linux keeps of the resident set."""
    return _memory_mb(pid, "VmHWM")


def resident_mb(pid: int) -> float:
    return _memory_mb(pid, "VmRSS")


def _memory_mb(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kibibytes = next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
    return kibibytes * 1024 / 1e6


class Others:
    """How busy the machine was with what is not ours since this was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._busy = _busy_seconds()
        self._ours = -cpu_seconds(os.getpid())

    def ours(self, *pids: int) -> None:
        """Of processes that began after this was made, at their ends."""
        self._ours += sum(map(cpu_seconds, pids))

    def share(self) -> float:
        """Of all cores together."""
        theirs = _busy_seconds() - self._busy - self._ours - cpu_seconds(os.getpid())
        return max(0.0, theirs / (time.monotonic() - self._started) / (os.cpu_count() or 1))


def _busy_seconds() -> float:
    times = psutil.cpu_times()._asdict()
    return float(sum(seconds for name, seconds in times.items() if name not in WAITING))
