"""The operator as a process: what it answers, what it logs and how it ends."""

import json
import signal
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.install import install
from tests.cluster.objects import DEADLINE, PAUSE, Objects
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import publish
from tracardi_operator.api.names import POLICIES
from tracardi_operator.devcluster import ControlPlane

# What it answers


async def test_healthz_readyz_and_metrics_answer(operator: OperatorProcess, objects: Objects) -> None:
    await publish(objects)
    assert operator.fetch("/healthz") == (200, "ok\n")
    assert operator.fetch("/readyz") == (200, "ok\n")
    metrics = _metrics(operator)
    assert metrics["tracardi_operator_resources"] >= 1
    assert metrics["tracardi_operator_reconciles_total"] >= 1
    assert metrics["workqueue_adds_total"] >= 1


def _metrics(operator: OperatorProcess) -> dict[str, float]:
    """The sum of each metric's samples."""
    code, text = operator.fetch("/metrics")
    assert code == 200
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def test_it_says_whether_the_admission_policies_are_in_force(
    control_plane: ControlPlane, operator: OperatorProcess
) -> None:
    binding = f"validatingadmissionpolicybinding/{min(POLICIES)}"
    _wait_until_in_force(operator, 1)
    control_plane.kubectl("delete", binding)
    try:
        _wait_until_in_force(operator, 0)
        assert min(POLICIES) in operator.log.read_text()
    finally:
        install.__wrapped__(control_plane)
    _wait_until_in_force(operator, 1)


def _wait_until_in_force(operator: OperatorProcess, value: int) -> None:
    deadline = time.monotonic() + DEADLINE
    while _metrics(operator)["tracardi_operator_admission_policies_in_force"] != value:
        assert time.monotonic() < deadline
        time.sleep(PAUSE)


# Its end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_exit_code_0_and_without_an_error(
    operator: OperatorProcess, objects: Objects, number: signal.Signals
) -> None:
    operator.stop()
    operator.restart()  # a log of its own
    operator.wait_until_ready()
    await publish(objects)
    assert operator.stop(number) == 0
    assert _complaints(operator) == []


def test_a_signal_ends_it_while_it_is_starting(operator: OperatorProcess) -> None:
    operator.stop()
    operator.restart()
    operator.wait_until_started()
    assert operator.stop() == 0
    assert "Traceback" not in operator.log.read_text()


def _complaints(operator: OperatorProcess) -> list[str]:
    """What it has logged as an error, or not as JSON, which exceptions that nobody caught are."""
    lines = operator.log.read_text().splitlines()
    return [line for line in lines if not line.startswith("{") or json.loads(line)["level"] in ("ERROR", "CRITICAL")]


# Its log


async def test_the_log_is_one_json_object_a_line(operator: OperatorProcess, objects: Objects) -> None:
    await publish(objects)
    operator.stop()
    entries = [json.loads(line) for line in operator.log.read_text().splitlines()]
    assert entries
    assert all({"level", "logger", "message", "time"} <= entry.keys() for entry in entries)


def test_the_console_format_is_for_people(operator: OperatorProcess) -> None:
    operator.stop()
    operator.restart("--log-format", "console")
    operator.wait_until_ready()
    lines = operator.log.read_text().splitlines()
    assert any("Started" in line and "health_port=" in line for line in lines)
    assert not any(line.startswith("{") for line in lines)
