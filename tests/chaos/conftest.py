"""A control plane of this folder's own, since it is killed and its rights are changed, and operators behind proxies."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.proxy import Proxy, running
from tests.chaos.scene import scene
from tests.cluster.conftest import control_plane, installed, pytest_collection_finish
from tests.cluster.objects import Objects
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT, OperatorProcess
from tracardi_operator.devcluster import ControlPlane

__all__ = ["control_plane", "installed", "pytest_collection_finish"]


@dataclass(frozen=True)
class Rig:
    """An operator and the proxy that all its requests go through."""

    operator: OperatorProcess
    proxy: Proxy


MakeRig = Callable[..., AbstractContextManager[Rig]]
"""Takes the flags of the operator, which is ready when the context is entered."""
Tell = Callable[[str], None]
"""Shows people at once how far a long test is."""


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    def tell(text: str) -> None:
        with capsys.disabled():
            print(text, end="", flush=True)

    return tell


@pytest.fixture
async def objects(installed: ControlPlane) -> AsyncIterator[Objects]:
    async with scene(installed) as objects:
        yield objects


@pytest.fixture(scope="session")
def make_rig(installed: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> MakeRig:
    kubeconfig = installed.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)

    @contextmanager
    def make(*flags: str, directory: Path | None = None) -> Iterator[Rig]:
        folder = directory or tmp_path_factory.mktemp("rig")
        with running(kubeconfig, folder) as proxy, contextlib.ExitStack() as stack:
            operator = OperatorProcess(proxy.kubeconfig, folder / "log", "--log-level", "debug", *flags)
            stack.callback(operator.stop)
            operator.wait_until_ready()
            yield Rig(operator, proxy)

    return make
