"""The binaries that a control plane needs: found, or built from source with Go."""

import fcntl
import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tracardi_operator.devcluster.build import MODULE, build
from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.progress import OnProgress, Report, reporting

ETCD, APISERVER, CONTROLLER_MANAGER = "etcd", "kube-apiserver", "kube-controller-manager"
PACKAGES = {
    ETCD: "go.etcd.io/etcd/server/v3",
    APISERVER: "k8s.io/kubernetes/cmd/kube-apiserver",
    CONTROLLER_MANAGER: "k8s.io/kubernetes/cmd/kube-controller-manager",
}
"""The binaries and the Go packages that they are made from."""
ASSETS = "KUBEBUILDER_ASSETS"
"""The variable by which controller-runtime's envtest, too, is told where the binaries are."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""Go's names for what `platform.machine()` says, where they differ."""
KEY_LENGTH = 16
LOCK_POLL = 0.5


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Where the binaries are."""

    etcd: Path
    apiserver: Path
    controller_manager: Path
    kubectl: Path

    @classmethod
    def provide(cls, on_progress: OnProgress | None = None) -> Self:
        """Take the binaries from $KUBEBUILDER_ASSETS, the PATH or the cache, or else build them into the cache.

        Only building reports progress, by default on standard error. Raises ControlPlaneError if that fails.
        """
        kubectl = find_kubectl()
        binaries = given() or on_path() or complete(cache_folder()) or built(cache_folder(), on_progress)
        return cls(binaries[ETCD], binaries[APISERVER], binaries[CONTROLLER_MANAGER], kubectl)


Binaries = dict[str, Path]


def given() -> Binaries | None:
    """What $KUBEBUILDER_ASSETS points to. Raises ControlPlaneError if it is set and something is missing there."""
    folder = os.environ.get(ASSETS)
    if not folder:
        return None
    binaries = complete(Path(folder))
    if not binaries:
        raise ControlPlaneError(
            f"{ASSETS}={folder}: expected there: {', '.join(PACKAGES)}. Unset it to have them built."
        )
    return binaries


def on_path() -> Binaries | None:
    found = {name: shutil.which(name) for name in PACKAGES}
    return {name: Path(path) for name, path in found.items() if path} if all(found.values()) else None


def complete(folder: Path) -> Binaries | None:
    """The binaries in `folder`, if it has all of them."""
    binaries = {name: folder / name for name in PACKAGES}
    return binaries if all(os.access(path, os.X_OK) for path in binaries.values()) else None


def cache_folder(name: str = "controlplane", module: Path = MODULE) -> Path:
    """Where the binaries built from `module` are kept: a folder per go.sum and platform."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.sha256((module / "go.sum").read_bytes()).hexdigest()[:KEY_LENGTH]
    goos, goarch = go_platform()
    return caches / "tracardi-operator" / name / f"{key}-{goos}-{goarch}"


def go_platform() -> tuple[str, str]:
    """Go's names of this operating system and architecture."""
    machine = platform.machine().lower()
    return sys.platform, ARCHITECTURES.get(machine, machine)


def built(folder: Path, on_progress: OnProgress | None) -> Binaries:
    """Build into `folder`, or wait for another process that does."""
    with reporting(on_progress) as report, locked(folder / "lock", report):
        if not complete(folder):
            build(folder, PACKAGES, report)
    binaries = complete(folder)
    if not binaries:
        raise ControlPlaneError(f"the build left no binaries in {folder}: remove that folder and try again")
    return binaries


@contextmanager
def locked(path: Path, on_progress: OnProgress) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        while not try_lock(file.fileno()):
            on_progress(Report("waiting", f"another process is building into {path.parent}"))
            time.sleep(LOCK_POLL)
        yield


def try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def find_kubectl() -> Path:
    """The kubectl beside the Python in use, else the one on the PATH."""
    own = Path(sys.prefix) / "bin" / "kubectl"
    found = own if os.access(own, os.X_OK) else shutil.which("kubectl")
    if not found:
        raise ControlPlaneError("kubectl is missing: put it on the PATH, or `pip install 'tracardi-operator[dev]'`")
    return Path(found)
