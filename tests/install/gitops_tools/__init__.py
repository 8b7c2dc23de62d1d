"""Programs in Go that judge objects and manifests as GitOps tools do, by the libraries that these are made of."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tracardi_operator.devcluster.build import FLAGS, find_go, go_version

MODULE = Path(__file__).parent

Document = dict[str, Any]


class GitOpsTools:
    """Built into `folder` when it is made. Go's own cache makes all but the first build short."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        environment = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
        go = str(find_go(go_version(MODULE)))
        command = [go, "build", *FLAGS, "-ldflags=-s -w", "-o", f"{folder}/", "./..."]
        done = subprocess.run(command, cwd=MODULE, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def verdicts(self, scripts: dict[str, str], checks: list[Document], objects: list[Document]) -> list[Document]:
        """What is said of each object: `argo` by the script of its kind, `kstatus`, `flux` (the kstatus of Flux), and
        `fluxExpr` by the check of its kind.
        """
        done = self._run("verdicts", {"lua": scripts, "cel": checks, "objects": objects})
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))

    def refusal(self, manifest: Document) -> str:
        """What the types of Flux's APIs have against a manifest; empty if nothing."""
        return self._run("strict", manifest).stderr

    def _run(self, program: str, given: Document) -> subprocess.CompletedProcess[str]:
        command = [self._folder / program]
        return subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
