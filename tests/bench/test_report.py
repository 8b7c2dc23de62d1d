"""The page of results: what it marks, and that its plots are drawings."""

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench.plots import ticks
from tests.bench.report import ROWS, page, plots

PERCENTILES = {"p50": 1.0, "p90": 2.0, "p99": 3.0, "max": 4.0, "percentiles": [n / 25 for n in range(1, 100)]}
MACHINE = dict.fromkeys(("cores", "processor", "memory_gb", "system", "python", "kubernetes"), 2)
CPU = ("operator", "bare", "apiserver_under_operator", "apiserver_under_bare", "etcd_under_operator")


def run(n: int = 10_000, **figures: Any) -> dict[str, Any]:
    return {
        **{row.key: 0 for row in ROWS if "/" not in row.key},
        "n": n,
        "spread": {"cold_ratio": [1.1, 1.3]},
        "seconds": {"cold": 3.0, "cold_with_start": 4.0, "bare_cold": 2.5},
        "edit_ms": dict.fromkeys(("idle", "loaded", "bare_idle", "bare_loaded"), PERCENTILES),
        "cpu_ms_per_resource": dict.fromkeys(CPU, 1.0),
        "others_cpu_share": 0.01,
        "commit": "0123abcd",
        "measured": "2026-01-01 00:00 UTC",
        "repeats": 3,
        "minutes": 2,
        **figures,
    }


def text(*runs: dict[str, Any]) -> str:
    return page({"runs": list(runs), "machine": MACHINE, "commit": "0123abcd"}, "## Notes")


def row(page: str, title: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| {title} |"))


def test_a_missed_goal_is_bold_and_a_reached_one_is_not() -> None:
    missed = row(text(run(bulk_ratio=1.26)), "1,000 inputs changed at once (of 100 Resources, all)")
    reached = row(text(run(bulk_ratio=1.25)), "1,000 inputs changed at once (of 100 Resources, all)")
    assert "**1.26×**" in missed
    assert "**" not in reached


def test_a_goal_for_one_number_of_resources_is_held_against_that_one_only() -> None:
    line = row(text(run(1_000, peak_rss_mb=170), run(10_000, peak_rss_mb=170)), "memory, most")
    assert line == "| memory, most | ≤ 160 MB at 10,000 | 170 MB | **170 MB** |"


def test_the_spread_of_repetitions_is_shown() -> None:
    assert "1.2× (1.1–1.3)" in text(run(cold_ratio=1.2))


def test_a_figure_of_a_table_of_the_run_is_found() -> None:
    assert row(text(run()), "… in seconds") == "| … in seconds |  | 4 s |"


def test_what_was_not_measured_is_a_dash() -> None:
    one = run()
    del one["unrelated_secrets_rss_mb"]
    assert row(text(one), "memory, more of it beside 50,000 unrelated Secrets (one run)").endswith("| – |")


def test_what_consumers_cost_is_told_where_it_was_measured() -> None:
    served = {
        "ratio": 1.5,
        "seconds": 2.0,
        "edit_p50_ratio": 3.0,
        "edit_p50_ms": 40.0,
        "requests": {"get secrets": 1_000, "create secrets": 1},
        "requests_per_edit": {"update secrets": 2.0},
    }
    line = "| a bundle of all | 1.5× (2 s) | 3× (40 ms) | 1,001 | 2 |"
    assert line in text(run(100), run(1_000, bundle=served, tracardi=served)).splitlines()
    assert "Consumers" not in text(run(100))


def test_a_disturbed_machine_is_named_and_a_quiet_one_is_not() -> None:
    assert "Other processes took of its CPU: 30% at 10,000" in text(run(others_cpu_share=0.3))
    assert "Other processes" not in text(run())


def test_the_plots_are_well_formed() -> None:
    for drawing in plots([run(100), run()]).values():
        assert ElementTree.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize(
    ("greatest", "expected"),
    [(10_000, [0, 2_000, 4_000, 6_000, 8_000, 10_000]), (97, [0, 20, 40, 60, 80, 100])],
)
def test_ticks_are_round_and_reach_the_greatest(greatest: float, expected: list[float]) -> None:
    assert ticks(greatest) == expected
