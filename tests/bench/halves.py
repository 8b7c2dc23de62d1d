"""Two operators that share the work, each serving half of the namespaces, against one that serves both.

`python -m tests.bench.halves -n 2000` prints the figures; docs/design says what they mean.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click

from tests.bench.bare import BareClient
from tests.bench.fleet import seed
from tests.bench.operator_side import OperatorSide
from tests.bench.processes import Others
from tests.bench.results import LOGS
from tests.bench.samples import Cold
from tests.bench.snapshots import as_admin, restored, silently
from tests.cluster.install import install
from tests.cluster.sessions import operator_kubeconfig, session
from tracardi_operator.devcluster import ControlPlane

HALVES = ("half-0", "half-1")

Figures = dict[str, Any]


@click.command()
@click.option("-n", "count", type=click.IntRange(min=4), default=5_000, show_default=True, help="Resources in all.")
def main(count: int) -> None:
    """Cold starts of one operator for both namespaces, and of one for each."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tracardi-bench-") as folder:
        snapshot = _seeded(Path(folder) / "halves", count)
        bare = asyncio.run(_bare(snapshot, count))
        shared = [_cold(snapshot, count, sharing) for sharing in ([HALVES], [(half,) for half in HALVES])]
    figures = {"n": count, "bare_seconds": bare, "one": _figures(shared[0]), "two": _figures(shared[1])}
    click.echo(json.dumps(figures, indent=1))


def _seeded(folder: Path, count: int) -> Path:
    with ControlPlane.start(folder) as plane:
        install(plane)
        for namespace in HALVES:
            plane.kubectl("create", "namespace", namespace)
            asyncio.run(as_admin(plane, partial(seed, namespace=namespace, count=count // len(HALVES))))
    shutil.rmtree(folder / "logs")
    return folder


async def _bare(snapshot: Path, count: int) -> float:
    with restored(snapshot) as plane:
        async with session(operator_kubeconfig(plane)) as opened:
            bare = BareClient(*opened)
            return sum([await bare.publish_all(namespace, count // len(HALVES)) for namespace in HALVES])


def _cold(snapshot: Path, count: int, sharing: Sequence[Sequence[str]]) -> list[Cold]:
    """An operator for each of these groups of namespaces, all started at once."""
    with restored(snapshot) as plane, ExitStack() as running:
        sides = [
            running.enter_context(
                OperatorSide(
                    plane,
                    LOGS / f"half-{number}",
                    count // len(sharing),
                    silently,
                    Others(),
                    ("--namespaces", ",".join(namespaces)),
                    namespaces,
                )
            )
            for number, namespaces in enumerate(sharing)
        ]
        with ThreadPoolExecutor() as threads:
            return list(threads.map(OperatorSide.cold, sides))


def _figures(colds: Sequence[Cold]) -> Figures:
    return {
        "seconds": round(max(cold.seconds for cold in colds), 2),
        "with_start": round(max(cold.with_start for cold in colds), 2),
        "cpu_seconds": [round(cold.cpu.client, 2) for cold in colds],
        "apiserver_cpu_seconds": round(max(cold.cpu.apiserver for cold in colds), 2),
        "peak_mb": [round(cold.peak_mb) for cold in colds],
    }


if __name__ == "__main__":
    main()
