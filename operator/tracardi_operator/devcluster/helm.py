"""Helm, of the same make as the control plane: found, or built from its Go module into the user's cache folder."""

import os
import shutil
import subprocess
from pathlib import Path

from tracardi_operator.devcluster.build import build
from tracardi_operator.devcluster.progress import OnProgress, reporting
from tracardi_operator.devcluster.toolchain import cache_folder, locked

MODULE = Path(__file__).parent / "helm_go"
PACKAGES = {"helm": "helm.sh/helm/v4/cmd/helm"}
MAJOR = "v4."


def provide_helm(on_progress: OnProgress | None = None) -> Path:
    """The Helm 4 of the PATH or the cache, or else one built into the cache, which takes minutes.

    Only building reports progress, by default on standard error. Raises ControlPlaneError if that fails.
    """
    helm = cache_folder("helm", MODULE) / "helm"
    if on_path := _on_path():
        return on_path
    with reporting(on_progress) as report, locked(helm.with_name("lock"), report):
        if not os.access(helm, os.X_OK):
            build(helm.parent, PACKAGES, report, MODULE)
    return helm


def _on_path() -> Path | None:
    found = shutil.which("helm")
    return Path(found) if found and _version(found).startswith(MAJOR) else None


def _version(helm: str) -> str:
    command = [helm, "version", "--template", "{{.Version}}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
