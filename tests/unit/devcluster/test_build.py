"""Building with Go. A shell script stands in for it; tests/cluster runs what the real one built."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tracardi_operator.devcluster import build as building
from tracardi_operator.devcluster.build import Amount, build, find_go, go_version, link_flags, remaining
from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.toolchain import PACKAGES

if TYPE_CHECKING:
    from tracardi_operator.devcluster.progress import Report

GO = """#!/bin/sh
case "$1" in
version) echo "go version go{version} linux/amd64" ;;
mod) echo "# get example/@v/v1.zip: 200 OK (0.1s)" ;;
list) printf 'stale k8s.io/api\\nfmt\\n' ;;
build) echo k8s.io/api; {build} ;;
esac
"""
LEAVES_BINARIES = "mkdir bin; touch bin/server bin/kube-apiserver bin/kube-controller-manager"


def write_go(folder: Path, version: str = "1.99.0", build: str = LEAVES_BINARIES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    go = folder / "go"
    go.write_text(GO.format(version=version, build=build))
    go.chmod(0o755)
    return go


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first folder of the PATH; no other Go than what a test puts there is to be found."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setattr(building, "TICK", 0.01)
    return tmp_path / "path"


def test_a_build_leaves_all_binaries(tmp_path: Path, path: Path) -> None:
    write_go(path)
    build(tmp_path, PACKAGES, lambda _: None)
    assert all((tmp_path / name).exists() for name in PACKAGES)


def test_a_build_reports_fetching_counting_and_building(tmp_path: Path, path: Path) -> None:
    write_go(path)
    reports: list[Report] = []
    build(tmp_path, PACKAGES, reports.append)
    steps = list(dict.fromkeys(report.step.split()[0] + " " + report.step.split()[1] for report in reports))
    assert steps == ["[1/3] fetching", "[2/3] counting", "[3/3] building"]


def test_a_report_counts_packages_and_says_what_is_built_now(tmp_path: Path, path: Path) -> None:
    write_go(path, build=f"sleep 0.3; {LEAVES_BINARIES}")
    reports: list[Report] = []
    build(tmp_path, PACKAGES, reports.append)
    assert reports[-1].detail.startswith("1 of 1 packages")
    assert reports[-1].detail.endswith("now k8s.io/api")


def test_a_failed_build_tells_the_last_words_and_what_to_do(tmp_path: Path, path: Path) -> None:
    write_go(path, build="echo disk is full; exit 3")
    with pytest.raises(ControlPlaneError, match=r"(?s)\[3/3\].*code 3.*disk is full.*Run the same command again"):
        build(tmp_path, PACKAGES, lambda _: None)


def test_a_failed_build_leaves_no_binary(tmp_path: Path, path: Path) -> None:
    write_go(path, build=f"{LEAVES_BINARIES}; exit 1")
    with pytest.raises(ControlPlaneError):
        build(tmp_path, PACKAGES, lambda _: None)
    assert not any((tmp_path / name).exists() for name in PACKAGES)


def test_a_new_enough_go_on_the_path_is_taken(path: Path) -> None:
    new_enough = write_go(path, "1.26.0")
    write_go(Path(sys.prefix) / "bin")
    assert find_go((1, 26, 0)) == new_enough


def test_an_old_go_on_the_path_is_passed_over(path: Path) -> None:
    write_go(path, "1.9.7")
    new_enough = write_go(Path(sys.prefix) / "bin", "1.26.6")
    assert find_go((1, 26, 0)) == new_enough


def test_without_go_the_error_says_which_and_how_to_get_it() -> None:
    with pytest.raises(ControlPlaneError, match=r"(?s)Go 1\.26\.0 .*pip install.*KUBEBUILDER_ASSETS"):
        find_go(go_version(building.MODULE))


def test_the_linker_is_told_the_kubernetes_version_of_go_mod(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("require (\n\tk8s.io/kubernetes v1.77.3 // indirect\n)\n")
    flags = link_flags(tmp_path)
    assert "version.gitVersion=v1.77.3" in flags
    assert "version.gitMinor=77" in flags


@pytest.mark.parametrize(
    ("built", "seconds", "expected"),
    [(0, 0.0, "about 7 minutes to go"), (500, 300.0, "about 5 minutes to go"), (1000, 500.0, "about a minute to go")],
)
def test_the_time_left_follows_the_pace_once_there_is_one(
    built: int, seconds: float, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "cores", lambda: 2)
    assert remaining(built, Amount(stale=1000, total=1000), seconds) == expected


def test_a_build_with_nothing_stale_is_nearly_over() -> None:
    assert remaining(0, Amount(stale=0, total=1000), 1.0) == "about a minute to go"
