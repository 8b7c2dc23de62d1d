"""The operator under test: a process of its own, as its own ServiceAccount, under the shipped rights."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

from tracardi_operator.devcluster import ControlPlane

READY_WITHIN = 60.0
STOP_WITHIN = 30.0
NAMESPACE = "tracardi-system"
SERVICE_ACCOUNT = "tracardi-operator"


class OperatorProcess:
    """Started when it is made, ready after `wait_until_ready`. Its log goes to a file."""

    def __init__(self, kubeconfig: Path, log: Path, *flags: str) -> None:
        self.log = log
        self._flags = ("--kubeconfig", str(kubeconfig), "--health-host", "127.0.0.1", "--health-port", "0", *flags)
        self._process = self._start()

    @classmethod
    def of(cls, control_plane: ControlPlane, log: Path, *flags: str) -> Self:
        kubeconfig = control_plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
        return cls(kubeconfig, log, *flags)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            command = [sys.executable, "-m", "tracardi_operator", "run", *self._flags]
            environment = os.environ | {"PYTHONUNBUFFERED": "1"}
            return subprocess.Popen(command, stderr=output, stdout=output, stdin=subprocess.DEVNULL, env=environment)

    def __enter__(self) -> Self:
        self.wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def fetch(self, path: str) -> tuple[int, str]:
        """Status code and text of /healthz, /readyz or /metrics; code 0 if there is no answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._health_port()}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, type(error).__name__

    def wait_until_ready(self, within: float = READY_WITHIN) -> None:
        deadline = time.monotonic() + within
        verdict: tuple[int, str] = (0, "no health port yet")
        while verdict[0] != 200:
            if self.exit_code is not None or time.monotonic() > deadline:
                last = "\n".join(self.log.read_text().splitlines()[-20:])
                raise AssertionError(f"the operator is not ready: {verdict}, exit code {self.exit_code}\n{last}")
            time.sleep(0.05)
            verdict = self.fetch("/readyz") if self._health_port() else verdict

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        if self.exit_code is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_WITHIN)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Start it again, with the same flags and log, after it has ended."""
        self.log.rename(self.log.with_suffix(f".{self.pid}"))
        self._process = self._start()

    def _health_port(self) -> int:
        import json

        for line in self.log.read_text().splitlines():
            if '"health_port"' in line:
                return int(json.loads(line)["health_port"])
        return 0
