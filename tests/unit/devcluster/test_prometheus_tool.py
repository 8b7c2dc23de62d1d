"""Where Prometheus comes from. Shell scripts stand in for Debian's tools; tests/install runs what they fetch."""

import os
import shutil
from pathlib import Path

import pytest

from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.prometheus import BINARIES, PrometheusTools

APT = """#!/bin/sh
case "$*" in *download*) touch prometheus_2_amd64.deb ;; esac
"""
DPKG = """#!/bin/sh
mkdir -p "$3/usr/bin"
for name in prometheus promtool; do printf '#!/bin/sh' >"$3/usr/bin/$name"; chmod +x "$3/usr/bin/$name"; done
"""


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that alone is on the PATH, with the few commands that the stand-ins need."""
    folder = tmp_path / "path"
    folder.mkdir()
    for command in ("touch", "mkdir", "chmod"):
        (folder / command).symlink_to(str(shutil.which(command)))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def _package_manager(path: Path) -> Path:
    _write(path / "dpkg-deb", DPKG)
    return _write(path / "apt-get", APT)


def test_both_binaries_on_the_path_are_taken(path: Path) -> None:
    on_path = [_write(path / name, "") for name in BINARIES]
    tools = PrometheusTools.provide()
    assert [tools.server, tools.promtool] == on_path


def test_with_one_of_them_missing_both_come_from_the_package(path: Path, tmp_path: Path) -> None:
    _write(path / "promtool", "")
    _package_manager(path)
    tools = PrometheusTools.provide(lambda _: None)
    assert all(os.access(binary, os.X_OK) for binary in (tools.server, tools.promtool))
    assert tools.promtool.is_relative_to(tmp_path / "cache" / "tracardi-operator" / "prometheus")


def test_what_was_fetched_once_is_not_fetched_again(path: Path) -> None:
    apt = _package_manager(path)
    tools = PrometheusTools.provide(lambda _: None)
    apt.unlink()
    assert PrometheusTools.provide() == tools


def test_a_machine_that_can_not_fetch_them_is_told_what_to_do() -> None:
    with pytest.raises(ControlPlaneError, match=r"Put both on the PATH .*there is no apt-get"):
        PrometheusTools.provide(lambda _: None)


def test_a_failure_of_the_package_manager_is_quoted_and_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    _package_manager(path)
    _write(path / "apt-get", "#!/bin/sh\necho made-up words; exit 100\n")
    for _ in range(2):
        with pytest.raises(ControlPlaneError, match=r"apt-get ended with code 100:\n  made-up words"):
            PrometheusTools.provide(lambda _: None)
    assert [file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()] == ["lock"]
