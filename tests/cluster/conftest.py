"""One control plane per run, one namespace per test."""

import contextlib
import secrets
from collections.abc import Iterator

import pytest
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
        pytest.fail(f"these tests need a control plane: {error}", pytrace=False)
    with plane:
        yield plane


@pytest.fixture
def namespace(control_plane: ControlPlane) -> Iterator[str]:
    """A fresh namespace, removed in the background after the test."""
    name = f"test-{secrets.token_hex(4)}"
    control_plane.kubectl("create", "namespace", name)
    yield name
    control_plane.kubectl("delete", "namespace", name, "--wait=false")
