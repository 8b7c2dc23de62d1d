"""Where the binaries come from, and what is said when there are none."""

import fcntl
import os
import sys
import threading
from pathlib import Path

import pytest

from tracardi_operator.devcluster import toolchain
from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.progress import OnProgress, Report
from tracardi_operator.devcluster.toolchain import PACKAGES, Toolchain


def executables(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch(0o755)
    return folder


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where a build was asked for; each leaves all binaries there."""
    targets: list[Path] = []

    def build(target: Path, packages: dict[str, str], on_progress: OnProgress) -> None:
        targets.append(target)
        executables(target, *packages)

    monkeypatch.setattr(toolchain, "build", build)
    return targets


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder of the PATH, with nothing but kubectl in it; the cache is empty."""
    folder = executables(tmp_path / "path", "kubectl")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    return folder


def test_kubebuilder_assets_come_before_the_path(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch, builds: list[Path]
) -> None:
    executables(path, *PACKAGES)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(executables(tmp_path / "assets", *PACKAGES)))
    assert Toolchain.provide().etcd == tmp_path / "assets" / "etcd"
    assert not builds


def test_incomplete_kubebuilder_assets_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(executables(tmp_path / "assets", "etcd")))
    with pytest.raises(ControlPlaneError, match=r"KUBEBUILDER_ASSETS=.*kube-apiserver"):
        Toolchain.provide()


def test_the_path_comes_before_the_cache(path: Path, builds: list[Path]) -> None:
    executables(path, *PACKAGES)
    executables(toolchain.cache_folder(), *PACKAGES)
    assert Toolchain.provide().apiserver == path / "kube-apiserver"


def test_a_path_without_all_three_is_passed_over(path: Path, builds: list[Path]) -> None:
    executables(path, "etcd")
    executables(toolchain.cache_folder(), *PACKAGES)
    assert Toolchain.provide().etcd == toolchain.cache_folder() / "etcd"
    assert not builds


def test_what_is_nowhere_is_built_into_the_cache(builds: list[Path]) -> None:
    assert Toolchain.provide().controller_manager == toolchain.cache_folder() / "kube-controller-manager"
    assert builds == [toolchain.cache_folder()]


def test_the_second_time_nothing_is_built(builds: list[Path]) -> None:
    Toolchain.provide()
    Toolchain.provide()
    assert len(builds) == 1


def test_who_waited_for_the_build_of_another_does_not_build(builds: list[Path]) -> None:
    waiting = threading.Event()
    reports: list[Report] = []

    def on_progress(report: Report) -> None:
        reports.append(report)
        waiting.set()

    folder = toolchain.cache_folder()
    folder.mkdir(parents=True)
    with (folder / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiter = threading.Thread(target=Toolchain.provide, args=[on_progress])
        waiter.start()
        assert waiting.wait(10)
        executables(folder, *PACKAGES)
    waiter.join()
    assert "another process" in str(reports[0])
    assert not builds


def test_the_cache_is_per_go_sum(tmp_path: Path) -> None:
    (tmp_path / "go.sum").write_text("another")
    assert toolchain.cache_folder(module=tmp_path) != toolchain.cache_folder()


def test_the_cache_is_per_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert toolchain.cache_folder().name.endswith("-arm64")


def test_kubectl_beside_the_python_comes_before_the_path(builds: list[Path]) -> None:
    own = executables(Path(sys.prefix) / "bin", "kubectl") / "kubectl"
    assert Toolchain.provide().kubectl == own


def test_a_missing_kubectl_is_told_with_a_way_out(path: Path) -> None:
    os.remove(path / "kubectl")
    with pytest.raises(ControlPlaneError, match=r"kubectl is missing.*pip install"):
        Toolchain.provide()
