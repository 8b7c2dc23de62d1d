"""Builds the binaries from their Go modules: minutes the first time, less than one with a warm Go build cache."""

import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.processes import Process, tail
from tracardi_operator.devcluster.progress import OnProgress, Report

MODULE = Path(__file__).parent / "go"
"""The Go module that names the versions, by its `go.mod` and `go.sum`."""
CORE_SECONDS = 14 * 60
"""What building everything takes on one core. Measured: 7 minutes on 2 cores."""
TELLING = 0.1
"""Once this part of the packages is built, the time it took says more than CORE_SECONDS."""
TICK = 0.5
"""Seconds between two looks at a running command."""
FETCHED = re.compile(r"\.zip: 200 ")
"""In what `go mod download -x` prints: a module has arrived."""
STALE = "stale "
FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false")
GO_VERSION = re.compile(r"\bgo ?(\d+)\.(\d+)(?:\.(\d+))?")
KUBERNETES_VERSION = re.compile(r"k8s\.io/kubernetes v(\d+)\.(\d+)\.(\d+)")
GO_IS_MISSING = (
    "building needs Go {wanted} or newer, which is not there. `pip install 'tracardi-operator[dev]'` brings it. "
    "Or do without building: put Helm 4 on the PATH if that is what is missing, or for the control plane set "
    "KUBEBUILDER_ASSETS to a folder that has etcd, kube-apiserver and kube-controller-manager."
)
GO_FAILED = (
    "{step} failed (go ended with code {code}):\n{tail}\n"
    "It needs a network the first time, 4 GB of disk and 2 GB of memory. "
    "Run the same command again to go on: what was done is kept."
)

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Amount:
    """How many of `total` packages are `stale`: not yet in Go's build cache."""

    stale: int
    total: int

    @property
    def expected_seconds(self) -> float:
        return full_build() * self.stale / self.total


class Build:
    """One build of `packages` (name of the binary: Go package), in a folder of its own that has go.mod and go.sum."""

    def __init__(self, folder: Path, logs: Path, packages: Mapping[str, str], on_progress: OnProgress) -> None:
        self._go = find_go(go_version(folder))
        self._folder = folder
        self._logs = logs
        self._packages = packages
        self._on_progress = on_progress
        self._started = time.monotonic()

    def run(self) -> dict[str, Path]:
        """Fetch, count, build; returns where the binaries are. Raises ControlPlaneError with Go's last words."""
        self._fetch()
        self._compile(self._count())
        return {name: self._folder / "bin" / binary_name(package) for name, package in self._packages.items()}

    def _fetch(self) -> None:
        total = len(required_modules(self._folder))
        following = f"next: building {', '.join(self._packages)}, about {in_minutes(full_build())}, once"

        def detail(output: str) -> str:
            return f"{len(FETCHED.findall(output))} of {total} modules, {self._elapsed}; {following}"

        self._run("[1/3] fetching the sources", "mod", ["download", "-x"], detail)

    def _count(self) -> Amount:
        template = f"{{{{if .Stale}}}}{STALE}{{{{end}}}}{{{{.ImportPath}}}}"
        arguments = [*FLAGS, "-deps", "-f", template, *self._packages.values()]
        output = self._run("[2/3] counting packages", "list", arguments, lambda _: f"{self._elapsed}; next: building")
        lines = output.splitlines()
        return Amount(sum(line.startswith(STALE) for line in lines), len(lines))

    def _compile(self, amount: Amount) -> None:
        began = time.monotonic()
        arguments = [*FLAGS, "-v", "-ldflags", link_flags(self._folder), "-o", "bin/", *self._packages.values()]

        def detail(output: str) -> str:
            packages = output.splitlines()
            left = remaining(len(packages), amount, time.monotonic() - began)
            current = f"; now {packages[-1]}" if packages else ""
            return f"{len(packages)} of {amount.stale} packages, {self._elapsed}, {left}; next: starting{current}"

        self._run("[3/3] building", "build", arguments, detail)

    def _run(self, step: str, verb: str, arguments: Sequence[str], detail: Callable[[str], str]) -> str:
        """Run `go VERB` and report every TICK; returns what it printed."""
        log = self._logs / f"go-{verb}.log"
        log.unlink(missing_ok=True)
        environment = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
        command: list[str | Path] = [self._go, verb, *arguments]
        with Process.start("go", command, log, directory=self._folder, environment=environment) as process:
            self._on_progress(Report(step, detail("")))
            while process.wait(TICK) is None:
                self._on_progress(Report(step, detail(log.read_text(errors="replace"))))
        if process.wait(0):
            raise ControlPlaneError(GO_FAILED.format(step=step, code=process.wait(0), tail=tail(log)))
        return log.read_text(errors="replace")

    @property
    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60}:{seconds % 60:02} so far"


def build(target: Path, packages: Mapping[str, str], on_progress: OnProgress, module: Path = MODULE) -> None:
    """Build `packages` of `module` into the folder `target`; a binary appears there whole or not at all."""
    with tempfile.TemporaryDirectory(prefix="tracardi-build-") as name:
        folder = Path(name)
        # a copy: package data may be read-only, and Go locks the files
        for file in ("go.mod", "go.sum"):
            shutil.copyfile(module / file, folder / file)
        for binary, path in Build(folder, target, packages, on_progress).run().items():
            partial = target / f"{binary}.partial"
            shutil.move(path, partial)
            partial.replace(target / binary)


def remaining(built: int, amount: Amount, seconds: float) -> str:
    """How long the rest takes, after `seconds` in which `built` packages were built."""
    fraction = min(built / amount.stale, 1.0) if amount.stale else 1.0
    expected = seconds / fraction if fraction > TELLING else amount.expected_seconds
    return f"about {in_minutes(expected - seconds)} to go"


def in_minutes(seconds: float) -> str:
    count = math.ceil(seconds / 60)
    return f"{count} minutes" if count > 1 else "a minute"


def full_build() -> float:
    """Seconds that building everything takes here, roughly."""
    return CORE_SECONDS / cores()


def cores() -> int:
    return os.cpu_count() or 1


def required_modules(folder: Path) -> list[str]:
    """The lines of `require (…)` blocks in go.mod."""
    blocks = re.findall(r"^require \($(.*?)^\)$", (folder / "go.mod").read_text(), re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.strip().splitlines()]


def link_flags(folder: Path) -> str:
    """Without debugging data, and with the Kubernetes version, which the binaries would not know otherwise."""
    major, minor, patch = version(KUBERNETES_VERSION, (folder / "go.mod").read_text())
    values = {"gitVersion": f"v{major}.{minor}.{patch}", "gitMajor": str(major), "gitMinor": str(minor)}
    return " ".join(["-s -w", *(f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items())])


def go_version(folder: Path) -> Version:
    """The Go version that go.mod asks for."""
    return version(GO_VERSION, (folder / "go.mod").read_text())


def binary_name(package: str) -> str:
    """What Go calls the binary of `package`: its last part that is no version."""
    return next(part for part in reversed(package.split("/")) if not re.fullmatch(r"v\d+", part))


def find_go(wanted: Version) -> Path:
    """The `go` of the PATH if it is new enough, else the one beside the Python in use."""
    on_path = shutil.which("go")
    for candidate in [*([Path(on_path)] if on_path else []), Path(sys.prefix) / "bin" / "go"]:
        if candidate.exists() and installed_version(candidate) >= wanted:
            return candidate
    raise ControlPlaneError(GO_IS_MISSING.format(wanted=".".join(map(str, wanted))))


def installed_version(go: Path) -> Version:
    environment = os.environ | {"GOTOOLCHAIN": "local"}
    done = subprocess.run([go, "version"], capture_output=True, text=True, check=False, cwd="/", env=environment)  # noqa: S603
    return version(GO_VERSION, done.stdout) if done.returncode == 0 else (0, 0, 0)


def version(pattern: re.Pattern[str], text: str) -> Version:
    """The first version in `text` that `pattern` finds; what is not said is 0."""
    found = pattern.search(text)
    major, minor, patch = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return major, minor, patch
