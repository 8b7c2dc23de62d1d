"""Where the operator's CPU goes in a cold start: `python -m tests.bench.profiling` prints a table for bench/notes.md.

A profiler makes calls of small Python functions look dearer than they are; the sums of threads are of a run without it.
"""

import pstats
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

from tests.audit import AuditLog
from tests.bench.operator_side import STATUS
from tests.bench.profiled import MAIN
from tests.bench.results import LOGS
from tests.bench.samples import Failed, counted
from tests.bench.sessions import operator_kubeconfig
from tests.bench.snapshots import Snapshots, restored, silently

DEADLINE = 900.0
POLL = 2.0
SHARES = (
    ("TLS and sockets", ("_ssl.", "_socket.", "/ssl.py", "/sslproto.py", "select.epoll", "/socket.py")),
    ("JSON", ("/json/", "_json")),
    ("pydantic", ("pydantic",)),
    ("aiohttp", ("/aiohttp/", "/yarl/", "/multidict/", "/frozenlist/", "/aiosignal/", "/propcache/", "aiohttp.")),
    ("Kopf", ("/kopf/",)),
    ("asyncio", ("/asyncio/", "_asyncio", "_contextvars", "_run_once")),
    ("imports, at the start", ("importlib", "marshal.", "zipimport", "builtins.compile", "builtins.__build_class__")),
    ("our own code", ("/tracardi_operator/",)),
)
"""Whose a function is, by what is in its file and name. The first that fits counts."""
REST = "the rest: Python's library and built-ins"


@click.command()
@click.option("-n", "count", default=1_000, show_default=True, help="Resources.")
def main(count: int) -> None:
    """Profile a cold start, and print the share of each part in each thread."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tracardi-bench-") as folder:
        profiles = Path(folder) / "profiles"
        profiles.mkdir()
        _run(Snapshots(Path(folder), silently).of(count), count, profiles)
        for thread in sorted(profiles.iterdir()):
            _print(thread)


def _run(snapshot: Path, count: int, profiles: Path) -> None:
    with restored(snapshot) as plane:
        audit = AuditLog(plane.audit_log)
        flags = ["--kubeconfig", str(operator_kubeconfig(plane)), "--health-host", "127.0.0.1", "--health-port", "0"]
        command = [sys.executable, "-m", "tests.bench.profiled", str(profiles), "run", *flags]
        with (LOGS / "profiled").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _await_statuses(audit, count)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _await_statuses(audit: AuditLog, count: int) -> None:
    deadline = time.monotonic() + DEADLINE
    while counted(audit.requests())[STATUS] < count:
        if time.monotonic() > deadline:
            raise Failed(f"not all statuses are written; the operator's log: {LOGS / 'profiled'}")
        time.sleep(POLL)


def _print(thread: Path) -> None:
    seconds = _by_part(thread)
    total = sum(seconds.values())
    if thread.name in (MAIN, "kopf"):
        click.echo(f"\nthread {thread.name}: {total:.1f} s of CPU")
        for part, spent in seconds.most_common():
            click.echo(f"{part:<45} {spent / total:5.0%}")


def _by_part(thread: Path) -> Counter[str]:
    parts: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(str(thread)).stats.items():  # type: ignore[attr-defined]
        parts[_part(f"{file} {name}")] += own
    return parts


def _part(function: str) -> str:
    return next((part for part, marks in SHARES if any(mark in function for mark in marks)), REST)


if __name__ == "__main__":
    main()
