"""Where the operator's CPU goes in a cold start: `python -m tests.bench.profiling` prints tables for bench/notes.md.

It takes samples with py-spy, which is no dependency of this project: have it on the PATH, or give it by --py-spy.
"""

import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import click

from tests.bench.operator_side import OperatorSide
from tests.bench.processes import Others
from tests.bench.results import LOGS
from tests.bench.snapshots import Snapshots, restored, silently

RATE = 200
"""Samples a second."""
PARTS = (
    ("TLS and sockets", r"ssl\.py|sslproto|selector_events|socket\.py"),
    ("JSON", r"json/"),
    ("pydantic, and models", r"pydantic|tracardi_operator/api"),
    ("aiohttp", r"aiohttp|yarl|multidict|aiosignal|frozenlist|propcache"),
    ("kubernetes.aio", r"kubernetes/"),
    ("Kopf", r"kopf/"),
    ("asyncio", r"asyncio/"),
    ("our own code", r"tracardi_operator/"),
)
"""Whose time it is, by the file of the innermost Python function. The first that fits counts."""
IMPORTS, REST = "imports, at the start", "the rest of Python's library"
WAITING = "selectors.py"
"""Where a thread has nothing to do, whatever py-spy says."""
KOPF_THREAD = r"handlers\.py|/kopf/"


@click.command()
@click.option("-n", "count", default=1_000, show_default=True, help="Resources.")
@click.option("--py-spy", default="py-spy", show_default=True, help="The command.")
def main(count: int, py_spy: str) -> None:
    """Sample a cold start, and print the share of each part in each thread."""
    LOGS.mkdir(parents=True, exist_ok=True)
    stacks = LOGS / "stacks"
    with tempfile.TemporaryDirectory(prefix="tracardi-bench-") as folder:
        seconds = _sampled(Snapshots(Path(folder), silently).of(count), count, [py_spy, "record"], stacks)
    click.echo(f"{seconds:.1f} s of CPU for {count:,} Resources, the start of the process included")
    for thread, parts in _by_thread(stacks).items():
        total = sum(parts.values())
        click.echo(f"\n{thread}, {total:,} samples")
        for part, samples in parts.most_common():
            click.echo(f"{part:<30} {samples / total:5.0%}")


def _sampled(snapshot: Path, count: int, command: list[str], stacks: Path) -> float:
    """Seconds of CPU that a cold start took."""
    with restored(snapshot) as plane, OperatorSide(plane, LOGS / "profiled", count, silently, Others()) as operator:
        options = ["--pid", str(operator.pid), "--format", "raw", "--output", str(stacks), "--rate", str(RATE)]
        with subprocess.Popen([*command, *options, "--duration", "unlimited"]) as spy:
            cold = operator.cold()
            operator.stop()
            spy.wait()
    return cold.cpu.client


def _by_thread(stacks: Path) -> dict[str, Counter[str]]:
    threads: dict[str, Counter[str]] = {"our thread": Counter(), "Kopf's thread": Counter()}
    for line in stacks.read_text().splitlines():
        stack, _, samples = line.rpartition(" ")
        thread = "Kopf's thread" if re.search(KOPF_THREAD, stack) else "our thread"
        if WAITING not in stack:
            threads[thread][_part(stack)] += int(samples)
    return threads


def _part(stack: str) -> str:
    if "importlib" in stack:
        return IMPORTS
    innermost = stack.rpartition(";")[2]
    return next((part for part, pattern in PARTS if re.search(pattern, innermost)), REST)


if __name__ == "__main__":
    main()
