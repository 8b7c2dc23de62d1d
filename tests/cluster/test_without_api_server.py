"""The operator while the API server is down. Last of all files: the garbage collector takes its time to come back."""

from tests.cluster.objects import Objects
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import KEY, NAME, OUTPUT, publish, token
from tracardi_operator.devcluster import ControlPlane


async def test_it_is_not_ready_and_says_why_and_goes_on_afterwards(
    control_plane: ControlPlane, operator: OperatorProcess, objects: Objects
) -> None:
    operator.stop()
    operator.restart("--resync-seconds", "1")
    operator.wait_until_ready()
    await publish(objects)

    control_plane.stop_apiserver()
    try:
        operator.wait_until(503, "list of Resources")
        assert operator.fetch("/healthz")[0] == 200
    finally:
        control_plane.start_apiserver()
    operator.wait_until_ready()
    value = token()
    await objects.store(NAME, {KEY: value})
    await objects.until_value(OUTPUT, "token", value)


async def test_started_then_it_waits_for_the_api_server(
    control_plane: ControlPlane, operator: OperatorProcess, objects: Objects
) -> None:
    await publish(objects)
    operator.stop()
    value = token()
    await objects.store(NAME, {KEY: value})
    control_plane.stop_apiserver()
    try:
        operator.restart()
        operator.wait_until(503)
    finally:
        control_plane.start_apiserver()
    operator.wait_until_ready()
    await objects.until_value(OUTPUT, "token", value)


def test_a_signal_ends_it(control_plane: ControlPlane, operator: OperatorProcess) -> None:
    operator.stop()
    operator.restart("--resync-seconds", "1")
    operator.wait_until_ready()
    control_plane.stop_apiserver()
    try:
        operator.wait_until(503)
        assert operator.stop() == 0
    finally:
        control_plane.start_apiserver()
    assert "Traceback" not in operator.log.read_text()
