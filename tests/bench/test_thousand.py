"""The quick profile of `make bench`: 1,000 Resources once, on the real API server, against a bare client.

Counts are exact. Times are ratios within one run; their limits are wide, since the machine may be busy with others.
"""

import json

import pytest

from tests.bench.repetitions import Plan, Repetitions
from tests.bench.results import ROOT, headline, run_of
from tests.bench.samples import Operator, Sample
from tests.bench.snapshots import Snapshots, silently

COUNT = 1_000
PLAN = Plan(repeats=1, edits=20, crowd=0, flags=("--resync-seconds", "15", "--relist-seconds", "20"))
FIGURES = ROOT / "build" / "bench" / "thousand.json"

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("bench")
    snapshots = Snapshots(folder / "snapshots", silently)
    return Repetitions(snapshots, PLAN, folder, silently).samples(COUNT)[0]


@pytest.fixture
def operator(sample: Sample) -> Operator:
    return sample.operator


def test_a_cold_start_costs_one_read_one_output_and_one_status_each(operator: Operator) -> None:
    expected = [("get", "secrets"), ("create", "secrets"), ("patch", "resources/status")]
    assert operator.cold.requests == dict.fromkeys(expected, COUNT)


def test_a_change_costs_one_read_one_output_one_status_and_one_event(operator: Operator) -> None:
    expected = [("get", "secrets"), ("update", "secrets"), ("patch", "resources/status"), ("create", "events")]
    assert operator.bulk.requests == dict.fromkeys(expected, COUNT)


def test_an_idle_operator_writes_nothing_and_reads_no_value(operator: Operator) -> None:
    assert operator.idle is not None
    assert (operator.idle.writes, operator.idle.values_read) == (0, 0)


def test_a_restart_writes_nothing_and_reads_no_value(operator: Operator) -> None:
    assert (operator.restart.writes, operator.restart.values_read) == (0, 0)


def test_it_takes_a_few_times_as_long_as_a_bare_client_at_most(
    sample: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(COUNT, [sample], None)
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(run, indent=1))
    with capsys.disabled():
        print(f"\n{headline(run)}; all figures: {FIGURES}")
    assert run["cold_ratio"] < 4
    assert run["bulk_ratio"] < 4
    assert run["edit_p50_ratio"] < 6
