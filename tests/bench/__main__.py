"""`make bench`: measures the operator on a real API server, against a bare client that sends the same requests."""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from tests.bench.fleet import Count
from tests.bench.repetitions import Plan, Repetitions
from tests.bench.results import LOGS, RESULTS, Run, delivery_figures, headline, keep, run_of
from tests.bench.samples import Failed
from tests.bench.snapshots import Snapshots
from tracardi_operator.devcluster import ControlPlaneError
from tracardi_operator.devcluster.progress import OnProgress, Report, Reporter

SIZES = (100, 1_000, 5_000, 10_000)

HELP = """Measure the operator on a real API server, against a bare client that sends the same requests.

For each number of Resources, in each repetition, on two copies of the same stored objects:

\b
  bare client   GET, POST and status of every Resource, 16 at once; edits one by one, idle and beside
                50 other changes a second; 1,000 changes at once
  operator      the same as a cold start, edits and changes; then idle until all was listed
                anew, ten minutes or so, and a restart, with what it wrote and read counted from the
                audit log

Each run replaces the figures of its number of Resources in the results file and leaves the others.
Then `python -m tests.bench.report` makes docs/RESULTS.md of it. Let the machine be quiet: what other
processes took of it meanwhile is measured too, and marked in the report if it was more than 5 %.

\b
Examples:
  make bench                                  all of docs/RESULTS.md
  make bench ARGS="-n 100 --repeats 1 --unrelated 0 --relist-seconds 90"    five minutes, to see whether all works
"""


@click.command(help=HELP)
@click.option("-n", "sizes", type=click.IntRange(min=2), multiple=True, help="Resources; may be given again.")
@click.option("--repeats", type=click.IntRange(min=1), default=3, show_default=True, help="Repetitions of each.")
@click.option("--edits", type=click.IntRange(min=2), default=200, show_default=True, help="Edits one by one.")
@click.option("--unrelated", default=50_000, show_default=True, help="Secrets that no Resource names; 0: skip.")
@click.option(
    "--relist-seconds",
    type=click.FloatRange(70, 1800),
    help="Of the operator, instead of 600: less makes the idle time shorter.",
)
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, help="Where the figures go.")
def main(
    sizes: Sequence[int], repeats: int, edits: int, unrelated: int, relist_seconds: float | None, results: Path
) -> None:
    flags = () if relist_seconds is None else ("--relist-seconds", f"{relist_seconds:g}")
    LOGS.mkdir(parents=True, exist_ok=True)
    telling = Telling(Reporter(sys.stderr))
    with tempfile.TemporaryDirectory(prefix="tracardi-bench-") as folder:
        repetitions = Repetitions(
            Snapshots(Path(folder), telling), Plan(repeats, edits, unrelated, flags), LOGS, telling
        )
        for size in sorted(set(sizes or SIZES)):
            telling.subject = f"{size:,} Resources"
            run = _measured(repetitions, size)
            keep(run, results)
            click.echo(f"{size:,} Resources, {run['minutes']} min: {headline(run)}")
    click.echo(f"Figures: {results}")


def _measured(repetitions: Repetitions, size: int) -> Run:
    started = time.monotonic()
    try:
        run = run_of(size, repetitions.samples(size), repetitions.crowded(size))
        run |= {name: delivery_figures(both) for name, both in repetitions.deliveries(size).items()}
    except (Failed, ControlPlaneError) as error:
        raise click.ClickException(f"{size:,} Resources, {error}") from error
    return run | {"minutes": round((time.monotonic() - started) / 60, 1)}


class Telling:
    """Tells a person which step of which subject is under way."""

    def __init__(self, report: OnProgress) -> None:
        self.subject = ""
        self._report = report

    def __call__(self, step: str, total: int) -> Count:
        def tell(done: int) -> None:
            self._report(Report(f"{self.subject}, {step}", f"{done:,} of {total:,}"))

        tell(0)
        return tell


if __name__ == "__main__":
    main()
