"""Prometheus and promtool, by which alert rules and dashboard are tested: found, or taken from Debian's package.

The package manager keeps its lists in a folder of its own here, so that neither root's rights nor its lists are needed.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.progress import OnProgress, Report, reporting
from tracardi_operator.devcluster.toolchain import cache_folder, locked

PACKAGE: Final = "prometheus"
BINARIES: Final = ("prometheus", "promtool")
STEP: Final = "fetching Prometheus"
TAIL_LINES: Final = 5
MISSING: Final = (
    "prometheus and promtool are missing. Put both on the PATH (Debian's package `prometheus` has them). "
    "Fetching them here failed: {problem}"
)


@dataclass(frozen=True, slots=True)
class PrometheusTools:
    """Where the binaries are."""

    server: Path
    promtool: Path

    @classmethod
    def provide(cls, on_progress: OnProgress | None = None) -> Self:
        """Take them from the PATH or the cache, or else fetch them into the cache, which takes seconds.

        Only fetching reports progress, by default on standard error. Raises ControlPlaneError if that fails.
        """
        found = _on_path() or _complete(_cache()) or _fetched(_cache(), on_progress)
        return cls(*found)


def _on_path() -> list[Path] | None:
    found = [Path(path) for path in map(shutil.which, BINARIES) if path]
    return found if len(found) == len(BINARIES) else None


def _cache() -> Path:
    """A folder per C library and processor: the binaries are linked to the one and made for the other."""
    system = "-".join((*platform.libc_ver(), platform.machine()))
    return cache_folder().parents[1] / PACKAGE / system


def _complete(folder: Path) -> list[Path] | None:
    found = [folder / name for name in BINARIES]
    return found if all(os.access(path, os.X_OK) for path in found) else None


def _fetched(target: Path, on_progress: OnProgress | None) -> list[Path]:
    with reporting(on_progress) as report, locked(target / "lock", report):
        if found := _complete(target):
            return found
        report(Report(STEP, "Debian's package, 19 MB, once"))
        with tempfile.TemporaryDirectory(prefix="tracardi-prometheus-") as name:
            unpacked = _unpack(_download(Path(name)))
            for binary in BINARIES:
                _put(unpacked / "usr" / "bin" / binary, target / binary)
    return [target / binary for binary in BINARIES]


def _download(folder: Path) -> Path:
    """The package, in `folder`."""
    for path in ("state/lists/partial", "cache/archives/partial"):
        (folder / path).mkdir(parents=True)
    options = [
        f"--option=Dir::State={folder / 'state'}",
        "--option=Dir::State::status=/var/lib/dpkg/status",
        f"--option=Dir::Cache={folder / 'cache'}",
        "--option=APT::Sandbox::User=root",  # who is root stays so: nobody else may write into this folder
    ]
    _run("apt-get", "--quiet", *options, "update", directory=folder)
    _run("apt-get", "--quiet", *options, "download", PACKAGE, directory=folder)
    return next(folder.glob("*.deb"))


def _unpack(package: Path) -> Path:
    folder = package.with_suffix("")
    _run("dpkg-deb", "--extract", str(package), str(folder), directory=package.parent)
    return folder


def _put(source: Path, target: Path) -> None:
    """There is a whole file under the name of `target`, or none."""
    partial = target.with_suffix(".partial")
    shutil.move(source, partial)
    partial.replace(target)


def _run(*command: str, directory: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    except FileNotFoundError:
        raise ControlPlaneError(MISSING.format(problem=f"there is no {command[0]}")) from None
    if done.returncode:
        last = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-TAIL_LINES:])
        raise ControlPlaneError(MISSING.format(problem=f"{command[0]} ended with code {done.returncode}:\n{last}"))
