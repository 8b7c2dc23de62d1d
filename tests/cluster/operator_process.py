"""The operator under test: a process of its own, as its own ServiceAccount, under the shipped rights."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

from tracardi_operator.devcluster import ControlPlane

ROOT = Path(__file__).parents[2]
DEADLINE = 120.0
"""Seconds; more than a resync takes to come, with the defaults."""
PAUSE = 0.05
STOP_WITHIN = 30.0
NAMESPACE = "tracardi-system"
SERVICE_ACCOUNT = "tracardi-operator"
HEALTH_PORT = re.compile(r'health_port"?[:=] ?(\d+)')


def image_environment() -> dict[str, str]:
    """What the image sets for every process in it: what is tested and measured is what ships."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    settings = [setting for line in lines if line.startswith("ENV ") for setting in line.removeprefix("ENV ").split()]
    environment = dict(setting.split("=", 1) for setting in settings)
    del environment["PYTHONDONTWRITEBYTECODE"]  # the image has compiled everything beforehand
    return environment


class OperatorProcess:
    """Started when it is made, ready after `wait_until_ready`. Each start has a log file of its own."""

    def __init__(
        self, kubeconfig: Path, log: Path, *flags: str, environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.log = log
        """Of the present or last run."""
        self._all_logs: list[Path] = []
        self._environment = environment
        self._flags = ("--kubeconfig", str(kubeconfig), "--health-host", "127.0.0.1", "--health-port", "0", *flags)
        self._process = self._start()

    @classmethod
    def of(cls, control_plane: ControlPlane, log: Path, *flags: str) -> Self:
        kubeconfig = control_plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
        return cls(kubeconfig, log, *flags)

    def _start(self, *more_flags: str) -> subprocess.Popen[bytes]:
        self._port = 0
        self._more_flags = more_flags
        self.log = self.log.with_suffix(f".{len(self._all_logs)}")
        self._all_logs.append(self.log)
        with self.log.open("wb") as output:
            command = [*self._command(), "run", *self._flags, *more_flags]
            environment = {**os.environ, **image_environment(), **self._environment}
            return subprocess.Popen(command, stderr=output, stdout=output, stdin=subprocess.DEVNULL, env=environment)

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "tracardi_operator"]

    def __enter__(self) -> Self:
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()  # or it would go on writing, beside the operator of the next test
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def everything_logged(self) -> str:
        """The text of the logs of all runs."""
        return "\n".join(log.read_text() for log in self._all_logs)

    def fetch(self, path: str) -> tuple[int, str]:
        """Status code and text of /healthz, /readyz or /metrics; code 0 if there is no answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._health_port()}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, type(error).__name__

    def wait_until_ready(self) -> None:
        self.wait_until(200)

    def wait_until(self, code: int, words: str = "") -> str:
        """What /readyz says when it first answers with this code and these words."""
        deadline = time.monotonic() + DEADLINE
        while (verdict := self._readiness())[0] != code or words not in verdict[1]:
            if self.exit_code is not None or time.monotonic() > deadline:
                last = "\n".join(self.log.read_text().splitlines()[-20:])
                raise AssertionError(f"/readyz is {verdict}, not {code} {words}; exit code {self.exit_code}\n{last}")
            time.sleep(PAUSE)
        return verdict[1]

    def wait_until_started(self) -> None:
        """It answers on its port, ready or not."""
        deadline = time.monotonic() + DEADLINE
        while not self._health_port():
            assert time.monotonic() < deadline
            time.sleep(PAUSE)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        if self.exit_code is None:
            self._process.send_signal(number)
        return self._process.wait(STOP_WITHIN)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def restart(self, *more_flags: str) -> None:
        """Start it again after it has ended; these flags win over those of the first start."""
        self._process = self._start(*more_flags)

    def ensure_default(self) -> None:
        """Have it run as it was first started, and be ready, whatever was done to it."""
        if self.exit_code is None and self._more_flags:
            self.stop()
        if self.exit_code is not None:
            self.restart()
        self.wait_until_ready()

    def _readiness(self) -> tuple[int, str]:
        return self.fetch("/readyz") if self._health_port() else (0, "no health port yet")

    def _health_port(self) -> int:
        if not self._port and (found := HEALTH_PORT.search(self.log.read_text())):
            self._port = int(found.group(1))
        return self._port
