"""Child processes that end with their owner, each with a log file."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from tracardi_operator.devcluster import guard
from tracardi_operator.devcluster.errors import ControlPlaneError

TAIL_LINES = 15


class Process:
    """A running command, its guard and its log. It ends when this process ends."""

    def __init__(self, name: str, log: Path, guarding: subprocess.Popen[bytes], pid: int) -> None:
        self.name = name
        self.log = log
        self.pid = pid
        self._guarding = guarding

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        directory: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Start `command` in `directory`; its output is appended to `log`."""
        with log.open("ab") as output:
            guarding = subprocess.Popen(  # noqa: S603
                # isolated and without site-packages: nothing in the environment can break or slow down the guard
                [sys.executable, "-I", "-S", guard.__file__, *map(str, command)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
                cwd=directory,
                env=environment,
            )
        with pipe(guarding.stdout) as answer:
            pid = answer.readline().strip()
        if not pid:
            pipe(guarding.stdin).close()
            guarding.wait()
            raise ControlPlaneError(f"{name} could not be started:\n{tail(log)}")
        return cls(name, log, guarding, int(pid))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        return self._guarding.poll() is None

    def wait(self, timeout: float) -> int | None:
        """The exit code, or None if it still runs after `timeout` seconds."""
        try:
            return self._guarding.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """Terminate, by force after `guard.GRACE` seconds; returns when the process is gone."""
        pipe(self._guarding.stdin).close()
        self._guarding.wait()

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        if self.is_running:
            os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def require_running(self) -> None:
        if not self.is_running:
            raise ControlPlaneError(f"{self.name} ended with code {self._guarding.returncode}:\n{tail(self.log)}")


def pipe(end: IO[bytes] | None) -> IO[bytes]:
    """One end of a pipe that we asked for."""
    if end is None:
        raise ValueError("started without a pipe")
    return end


def tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    return "\n".join([*(f"  {line}" for line in lines), f"(the whole log: {log})"])
