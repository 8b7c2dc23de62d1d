"""Where Helm comes from. Shell scripts stand in for it and for Go; tests/install runs what the real Go built."""

import sys
from pathlib import Path

import pytest

from tracardi_operator.devcluster import build as building
from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.helm import provide_helm

HELM = "#!/bin/sh\nprintf {version}\n"
GO = """#!/bin/sh
case "$1" in
version) echo "go version go1.99.0 linux/amd64" ;;
build) mkdir bin; touch bin/helm; chmod +x bin/helm ;;
esac
"""


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first folder of the PATH; no other Helm or Go than what a test puts there is to be found."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setattr(building, "TICK", 0.01)
    return folder


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_helm_4_on_the_path_is_taken(path: Path) -> None:
    helm = _write(path / "helm", HELM.format(version="v4.3.1"))
    assert provide_helm() == helm


def test_an_older_helm_is_passed_over_and_one_is_built_into_the_cache(path: Path, tmp_path: Path) -> None:
    _write(path / "helm", HELM.format(version="v3.18.0"))
    _write(path / "go", GO)
    helm = provide_helm(lambda _: None)
    assert helm.is_relative_to(tmp_path / "cache" / "tracardi-operator" / "helm")
    assert helm.exists()


def test_what_was_built_once_is_not_built_again(path: Path) -> None:
    go = _write(path / "go", GO)
    helm = provide_helm(lambda _: None)
    go.unlink()
    assert provide_helm() == helm


def test_a_failed_build_leaves_nothing_that_looks_like_helm(path: Path) -> None:
    _write(path / "go", GO.replace("touch bin/helm", "touch bin/helm; exit 1"))
    for _ in range(2):
        with pytest.raises(ControlPlaneError, match=r"\[3/3\]"):
            provide_helm(lambda _: None)
