"""One control plane per run, one namespace per test."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.cluster.authors import Author, User
from tests.cluster.install import install
from tests.cluster.namespaces import Namespaces
from tests.cluster.objects import Objects
from tests.cluster.operator_process import OperatorProcess
from tracardi_operator.devcluster import ControlPlane, ControlPlaneError, Toolchain


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build missing binaries before the first test, where no test's time limit ends the build."""
    needed = any("control_plane" in getattr(item, "fixturenames", ()) for item in session.items)
    if not needed or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    # a failure is for the fixture to tell: then it is the tests that fail, with the reason
    with capture.global_and_fixture_disabled(), contextlib.suppress(ControlPlaneError):
        Toolchain.provide()


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    try:
        plane = ControlPlane.start()
    except ControlPlaneError as error:
        raise pytest.fail.Exception(f"these tests need a control plane: {error}", pytrace=False) from None
    with plane:
        yield plane


@pytest.fixture(scope="session")
def _namespaces(control_plane: ControlPlane) -> Namespaces:
    return Namespaces(control_plane)


@pytest.fixture
def namespace(_namespaces: Namespaces) -> Iterator[str]:
    """A fresh namespace, removed in the background after the test."""
    name = f"test-{secrets.token_hex(4)}"
    _namespaces.create(name)
    yield name
    _namespaces.delete(name)


@pytest.fixture(scope="session")
def installed(control_plane: ControlPlane) -> ControlPlane:
    """The control plane with all that is shipped in force."""
    install(control_plane)
    return control_plane


@pytest.fixture
def author(installed: ControlPlane, namespace: str) -> Author:
    """Makes a user who may write our kinds and their status in the namespace, and do what further rules say."""
    return lambda name, *rules: User.with_rights(installed, namespace, name, *rules)


@pytest.fixture
def admin(installed: ControlPlane, namespace: str) -> User:
    return User(installed, namespace, installed.kubeconfig)


@pytest.fixture(scope="session")
def _operator(installed: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    log = tmp_path_factory.mktemp("operator") / "log"
    with OperatorProcess.of(installed, log, "--log-level", "debug", "--resync-seconds", "3600") as operator:
        yield operator


@pytest.fixture
def operator(_operator: OperatorProcess) -> OperatorProcess:
    """The operator, ready. It resyncs once an hour, so that whatever happens in a test is the work of events.

    A test may stop it, and start it again with other flags: the next test gets it as it should be.
    """
    _operator.ensure_default()
    return _operator


@pytest.fixture
async def objects(control_plane: ControlPlane, namespace: str) -> AsyncIterator[Objects]:
    async with Objects.of(control_plane.kubeconfig, namespace) as objects:
        yield objects
