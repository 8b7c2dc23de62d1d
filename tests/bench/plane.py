"""What the benchmarks share: seeded namespaces, when the operator has done its work, and where figures go."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.bench.fleet import seed
from tests.cluster.operator_process import OperatorProcess
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.session import connect

DEADLINE = 240.0
BUILD = Path("build")


class Namespace:
    """Its name while it exists; deleted at the end."""

    def __init__(self, control_plane: ControlPlane, name: str) -> None:
        self._control_plane = control_plane
        self._name = name

    def __enter__(self) -> str:
        return self._name

    def __exit__(self, *_: object) -> None:
        self._control_plane.kubectl("delete", "namespace", self._name, "--wait=true")


async def seeded(control_plane: ControlPlane, name: str, count: int) -> Namespace:
    control_plane.kubectl("create", "namespace", name)
    connection = await connect(str(control_plane.kubeconfig))
    async with connection.session() as session:
        await seed(Client(connection, session), name, count)
    return Namespace(control_plane, name)


def await_reconciled(operator: OperatorProcess, count: int) -> None:
    deadline = time.monotonic() + DEADLINE
    while reconciled(operator) < count:
        assert time.monotonic() < deadline, "not all Resources were reconciled"
        time.sleep(0.2)


def reconciled(operator: OperatorProcess) -> float:
    metric = 'tracardi_operator_reconciles_total{result="success"} '
    lines = operator.fetch("/metrics")[1].splitlines()
    return next((float(line.removeprefix(metric)) for line in lines if line.startswith(metric)), 0.0)


def tell(name: str, figures: Mapping[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    BUILD.mkdir(exist_ok=True)
    (BUILD / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")
    with capsys.disabled():
        print(f"\n{json.dumps(figures)}")
