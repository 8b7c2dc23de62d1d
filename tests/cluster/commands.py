"""Commands that read a cluster, each run as a process of its own by somebody with rights of their own."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.cluster.objects import DEADLINE, PAUSE
from tracardi_operator.devcluster import ControlPlane


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> Any:
        return json.loads(self.stdout)

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


def run(kubeconfig: Path, name: str, *arguments: str) -> Done:
    command = [sys.executable, "-m", "tracardi_operator", name, "--kubeconfig", str(kubeconfig), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def wait_until_allowed(control_plane: ControlPlane, kubeconfig: Path, *question: str, answer: str = "yes") -> None:
    """The API server learns of a new Role and binding a moment after they are written."""
    deadline = time.monotonic() + DEADLINE
    command = ("--kubeconfig", str(kubeconfig), "auth", "can-i", *question)
    while control_plane.kubectl(*command, check=False).stdout.strip() != answer:
        assert time.monotonic() < deadline, question
        time.sleep(PAUSE)
