"""Makes docs/RESULTS.md and its plots of bench/results.json and bench/notes.md: `python -m tests.bench.report`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tests.bench.plots import Axis, Line, svg, ticks
from tests.bench.results import QUIET, ROOT, Run, read

PAGE = ROOT / "docs" / "RESULTS.md"
NOTES = ROOT / "bench" / "notes.md"
LATENCY, SCALE, MEMORY = "results-latency.svg", "results-cold.svg", "results-memory.svg"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure over all numbers of Resources. `goal` is the most that it should be."""

    title: str
    key: str
    """In a run; with a slash, in a table of the run."""
    goal: float | None = None
    goal_at: int = 0
    """The number of Resources that the goal is about; 0: each."""
    unit: str = ""
    scale: float = 1
    digits: int = 3


ROWS = (
    Row("cold start, from the first input read to the last status", "cold_ratio", 1.25, unit="×"),
    Row("… from the launch of the process: imports and lists too", "cold_with_start_ratio", unit="×"),
    Row("… in seconds", "seconds/cold_with_start", unit=" s"),
    Row("requests of a cold start, per Resource", "cold_requests_per_resource", 3),
    Row("Secret edit → output readable, p50", "edit_p50_ratio", 3, unit="×"),
    Row("Secret edit → output readable, p95", "edit_p95_ratio", 4, unit="×"),
    Row("… beside 50 other changes a second, p50", "edit_loaded_p50_ratio", unit="×"),
    Row("… beside 50 other changes a second, p95", "edit_loaded_p95_ratio", unit="×"),
    Row("1,000 inputs changed at once (of 100 Resources, all)", "bulk_ratio", 1.25, unit="×"),
    Row("writes while idle", "idle_writes", 0),
    Row("values read while idle", "idle_values_read", 0),
    Row("CPU while idle, of one core", "idle_cpu_share", 1, 10_000, unit=" %", scale=100, digits=2),
    Row("writes of a restart", "restart_writes", 0),
    Row("values read by a restart", "restart_values_read", 0),
    Row("restart, until all is known to be right", "restart_seconds", unit=" s"),
    Row("memory, most", "peak_rss_mb", 160, 10_000, unit=" MB"),
    Row("memory, settled (one run)", "settled_rss_mb", unit=" MB"),
    Row("memory, more of it beside 50,000 unrelated Secrets (one run)", "unrelated_secrets_rss_mb", 10, unit=" MB"),
)
MILLISECONDS = (
    ("idle", "operator, from the edit to the output"),
    ("loaded", "the same beside 50 other changes a second"),
    ("bare_idle", "bare GET, PUT and apply in a row"),
    ("bare_loaded", "the same beside 50 other changes a second"),
)
QUANTILES = ("p50", "p90", "p99", "max")


def page(results: Any, notes: str) -> str:
    runs: list[Run] = results["runs"]
    greatest = runs[-1]
    parts = [
        "# Results",
        INTRODUCTION,
        _measured(runs),
        *_disturbances(runs),
        _table(runs),
        LEGEND,
        FAULTS,
        "## How soon an edit arrives",
        LATENCIES.format(n=f"{greatest['n']:,}"),
        _latencies(greatest),
        f"![Latency of edits]({LATENCY})",
        "## Growth",
        f"![Seconds of a cold start by the number of Resources]({SCALE})",
        f"![Memory by the number of Resources]({MEMORY})",
        _cpu(runs),
        *_consumers(runs),
        notes.strip(),
        "## How to repeat it",
        HOW,
        _machine(results),
    ]
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """\
What the operator costs, measured on a real Kubernetes API server and etcd, by `make bench`. Every time is a ratio to a
bare client in the same run: plain aiohttp that sends the same requests, 16 at once, knows nothing and checks nothing.
So 1× is as fast as this API server can be driven from Python; it lists and watches nothing. What was read and written
is counted from the API server's audit log. Goals are those of the design; each column is a number of Resources."""

LEGEND = """\
**Bold** misses the goal, by the median of the repetitions' ratios. The parentheses hold the least and the greatest
of them: where they lie on both sides of the goal, so few repetitions do not decide."""

FAULTS = """\
What happens under faults is counted, not timed: [faults one by one](design/2026-11-22-faults.md), [random runs of
users and faults, and an hour of load](design/2026-11-22-chaos.md), [ten deliberate
defects](design/2026-11-22-mutations.md). [What limits at 100,000 Resources](design/2026-11-22-scale.md) is
arithmetic from the figures below."""

LATENCIES = """\
With {n} Resources, in milliseconds, all repetitions together. The operator's time begins when the edit is sent and
ends when a watch tells of the output, so it holds the edit, two deliveries by watches, a GET and a PUT. The bare
client's holds GET and PUT of the output and the write of the status (a server-side apply), and no edit. Both are
about three requests; 1× does not mean that the operator takes no time."""

TARGETS = {"bundle": "a bundle of all", "tracardi": "a row of each in a Tracardi (stand-in)"}
CONSUMERS = """\
One ResourceConsumer that takes {n} Resources, made while the operator has no value in memory. It is served when its
status says so. The bare client reads as many outputs, delivers the same bundle or rows, 16 at once, and writes that
status; for an edit it also does what publishing takes. Requests are those to the API server; half of those of a
start write to each Resource who takes it (`status.consumers`), which the bare client does not. One run, 20 edits,
2.5 s apart; edits that come closer are delivered together, about once a second."""

HOW = """\
```
make bench                                                 # an hour and a half; leave the machine alone meanwhile
make bench ARGS="-n 1000"                                  # one column
make bench ARGS="-n 100 --repeats 1 --unrelated 0 --relist-seconds 90"     # five minutes, to see whether it works
make bench ARGS=--help
python -m tests.bench.profiling                            # where the CPU goes; needs py-spy
python -m tests.bench.halves -n 600                        # two operators, a namespace each
make chaos RUNS=500                                        # random runs of users and faults; an hour and a half
make soak                                                  # an hour of load
```

The figures go to [bench/results.json](../bench/results.json), one entry for each number of Resources, and this page is
made of them. The harness is in `tests/bench`; its quick profile, with 1,000 Resources, is part of `make test`. Objects
are stored once for each number of Resources; each side of each repetition then gets a copy of them, with an API server
to itself. The operator runs as a process of its own, as its own ServiceAccount, under the rights that are shipped."""


def _measured(runs: Sequence[Run]) -> str:
    commits = sorted({f"`{run['commit']}`" for run in runs})
    bearing = "[What changed since](#what-changed-since) says what bears on them."
    return f"Commits of the figures: {', '.join(commits)}. {bearing}"


def _disturbances(runs: Sequence[Run]) -> list[str]:
    disturbed = [f"{run['others_cpu_share']:.0%} at {run['n']:,}" for run in runs if run["others_cpu_share"] > QUIET]
    if not disturbed:
        return []
    return [f"> The machine was not quiet. Other processes took of its CPU: {', '.join(disturbed)}. Trust the counts."]


def _table(runs: Sequence[Run]) -> str:
    head = ["figure", "goal", *(f"{run['n']:,}" for run in runs)]
    body = [[row.title, _goal(row), *(_cell(row, run) for run in runs)] for row in ROWS]
    return _markdown(head, body)


def _goal(row: Row) -> str:
    if row.goal is None:
        return ""
    amount = f"{'≤ ' if row.goal else ''}{row.goal:g}{row.unit}"
    return f"{amount} at {row.goal_at:,}" if row.goal_at else amount


def _cell(row: Row, run: Run) -> str:
    if (figure := _figure(row, run)) is None:
        return "–"
    value = figure * row.scale
    text = f"{value:.{row.digits}g}{row.unit}"
    if row.key in run["spread"]:
        least, greatest = run["spread"][row.key]
        text += f" ({least:.3g}–{greatest:.3g})"
    return f"**{text}**" if _misses(row, run, value) else text


def _figure(row: Row, run: Run) -> float | None:
    *tables, key = row.key.split("/")
    for table in tables:
        run = run[table]
    return run.get(key)


def _misses(row: Row, run: Run, value: float) -> bool:
    return row.goal is not None and row.goal_at in (0, run["n"]) and value > row.goal


def _latencies(run: Run) -> str:
    body = [[title, *(f"{run['edit_ms'][key][name]:.3g}" for name in QUANTILES)] for key, title in MILLISECONDS]
    return _markdown(["ms", *QUANTILES], body)


def _cpu(runs: Sequence[Run]) -> str:
    names = {
        "operator": "operator, start of the process included",
        "bare": "bare client",
        "apiserver_under_operator": "API server, serving the operator",
        "apiserver_under_bare": "API server, serving the bare client",
        "etcd_under_operator": "etcd, serving the operator",
    }
    body = [[title, *(f"{run['cpu_ms_per_resource'][key]:.3g}" for run in runs)] for key, title in names.items()]
    return _markdown(["ms of CPU per Resource, cold start", *(f"{run['n']:,}" for run in runs)], body)


def _consumers(runs: Sequence[Run]) -> list[str]:
    measured = next((run for run in runs if "bundle" in run), None)
    if measured is None:
        return []
    body = [_consumer(title, measured[name]) for name, title in TARGETS.items()]
    head = ["one consumer", "until served", "edit → served, p50", "requests until served", "requests of an edit"]
    return ["## Consumers", CONSUMERS.format(n=f"{measured['n']:,}"), _markdown(head, body)]


def _consumer(title: str, figures: Run) -> list[str]:
    return [
        title,
        f"{figures['ratio']:.3g}× ({figures['seconds']:.3g} s)",
        f"{figures['edit_p50_ratio']:.3g}× ({figures['edit_p50_ms']:.3g} ms)",
        f"{sum(figures['requests'].values()):,}",
        f"{sum(figures['requests_per_edit'].values()):.3g}",
    ]


def _markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *body))


def _machine(results: Any) -> str:
    machine = results["machine"]
    runs = [
        f"{run['n']:,}: commit `{run['commit']}`, {run['measured']}, {run['repeats']} repetitions, {run['minutes']} min"
        for run in results["runs"]
    ]
    described = (
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB, {machine['system']}, "
        f"Python {machine['python']}, Kubernetes {machine['kubernetes']}"
    )
    return "\n".join([f"Machine: {described}.", "", *(f"- {run}" for run in runs)])


def plots(runs: Sequence[Run]) -> dict[str, str]:
    return {
        LATENCY: _latency_plot(runs[-1]),
        SCALE: _growth("Cold start", "seconds", runs, COLD),
        MEMORY: _growth("Memory of the operator", "MB", runs, RESIDENT),
    }


Figures = dict[str, Callable[[Run], float]]

COLD: Figures = {
    "operator": lambda run: run["seconds"]["cold"],
    "operator, with the start of the process": lambda run: run["seconds"]["cold_with_start"],
    "bare client": lambda run: run["seconds"]["bare_cold"],
}
RESIDENT: Figures = {
    "most": lambda run: run["peak_rss_mb"],
    "settled": lambda run: run["settled_rss_mb"],
    "most, beside 50,000 unrelated Secrets": lambda run: run["peak_rss_mb"] + run.get("unrelated_secrets_rss_mb", 0),
}


def _latency_plot(run: Run) -> str:
    lines = [
        Line(title, [(value, percent) for percent, value in enumerate(run["edit_ms"][key]["percentiles"], 1)], dashed)
        for (key, title), dashed in zip(MILLISECONDS, (False, False, True, True), strict=True)
    ]
    across = Axis("milliseconds", _decades(lines), logarithmic=True)
    return svg("Edits that have arrived after so long", across, Axis("% of edits", range(0, 101, 20)), lines)


def _decades(lines: Sequence[Line]) -> list[float]:
    """1, 2, 5, 10, … around all points."""
    values = [across for line in lines for across, _ in line.points]
    scale = [factor * 10.0**power for power in range(-1, 5) for factor in (1, 2, 5)]
    low = max((tick for tick in scale if tick <= min(values)), default=scale[0])
    high = min((tick for tick in scale if tick >= max(values)), default=scale[-1])
    return [tick for tick in scale if low <= tick <= high]


def _growth(title: str, unit: str, runs: Sequence[Run], figures: Figures) -> str:
    lines = [Line(name, [(run["n"], figure(run)) for run in runs]) for name, figure in figures.items()]
    greatest = max(up for line in lines for _, up in line.points)
    across = Axis("Resources", ticks(max(run["n"] for run in runs)))
    return svg(title, across, Axis(unit, ticks(greatest)), lines)


@click.command()
def main() -> None:
    """Make docs/RESULTS.md and its plots of bench/results.json."""
    results = read()
    write(page(results, NOTES.read_text()), plots(results["runs"]), PAGE)
    click.echo(f"Made: {PAGE.relative_to(ROOT)}")


def write(text: str, drawings: dict[str, str], path: Path) -> None:
    path.write_text(text)
    for name, drawing in drawings.items():
        (path.parent / name).write_text(drawing)


if __name__ == "__main__":
    main()
