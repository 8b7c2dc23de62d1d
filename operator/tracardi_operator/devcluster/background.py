"""A control plane that outlives the command that started it.

A process of its own owns it and holds a lock while it lives. The kernel frees the lock when that process ends, however
it ends; so whoever finds the lock held may trust the process id in the state file, and signal it.
"""

import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tracardi_operator.devcluster.controlplane import ControlPlane
from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.processes import tail
from tracardi_operator.devcluster.progress import OnProgress
from tracardi_operator.devcluster.toolchain import Toolchain

LOCK, STATE = "lock", "state.json"
END_WITHIN = 30.0
"""Seconds after which an owner that does not end is killed, and its control plane with it."""
POLL = 0.05
WATCH_INTERVAL = 1.0
"""Seconds between two looks at whether all parts are alive."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known about a running control plane. `pid` is its owner, `components` are the processes by name."""

    pid: int
    url: str
    kubeconfig: str
    audit_log: str
    logs: str
    kubectl: str
    components: dict[str, int]

    @classmethod
    def of(cls, plane: ControlPlane) -> Self:
        return cls(
            pid=os.getpid(),
            url=plane.url,
            kubeconfig=str(plane.kubeconfig),
            audit_log=str(plane.audit_log),
            logs=str(plane.logs),
            kubectl=str(plane.tools.kubectl),
            components=plane.pids,
        )


def default_directory() -> Path:
    states = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return states / "tracardi-operator" / "dev"


def find(directory: Path) -> State | None:
    """The control plane that runs in `directory`. Raises ControlPlaneError while it is starting or ending."""
    if not is_held(directory):
        return None
    state = read(directory)
    if state is None:
        raise ControlPlaneError(f"the control plane in {directory} is starting or ending: try again in a moment")
    return state


def serve(directory: Path, on_ready: Callable[[State], None], on_progress: OnProgress | None = None) -> None:
    """Own a control plane in `directory` until a signal asks to end. Raises ControlPlaneError if a part of it dies."""
    with held(directory), ControlPlane.start(directory, on_progress) as plane:
        ended = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, lambda *_: ended.set())
        with published(directory, State.of(plane)) as state:
            on_ready(state)
            while not ended.wait(WATCH_INTERVAL):
                plane.require_running()


def start(directory: Path, on_progress: OnProgress | None = None) -> State:
    """Have a process of its own `serve`, and return when the control plane is ready. Raises ControlPlaneError."""
    # here, where there is somebody to see the progress
    Toolchain.provide(on_progress)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = directory / "owner.log"
    owner = spawn([sys.executable, "-P", "-m", __spec__.name, str(directory)], log)
    try:
        while (state := read(directory)) is None or state.pid != owner:
            if has_ended(owner):
                raise ControlPlaneError(f"the control plane did not start:\n{tail(log)}")
            time.sleep(POLL)
    except KeyboardInterrupt:
        os.kill(owner, signal.SIGTERM)
        raise
    return state


def stop(directory: Path) -> State | None:
    """End the control plane that runs in `directory` and return what it was, or None if there was none."""
    state = find(directory)
    if state is None:
        return None
    os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + END_WITHIN
    while is_held(directory):
        if time.monotonic() > deadline:
            os.kill(state.pid, signal.SIGKILL)
        time.sleep(POLL)
    return state


def spawn(command: list[str], log: Path) -> int:
    """Start a process that has nothing to do with ours any more; returns its id."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(command[0], command, os.environ, file_actions=actions, setsid=True)


def has_ended(child: int) -> bool:
    return os.waitpid(child, os.WNOHANG)[0] != 0


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold the lock of `directory`. Raises ControlPlaneError if another process does."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ControlPlaneError(f"another process has a control plane in {directory}") from None
        # left by an owner that was killed
        (directory / STATE).unlink(missing_ok=True)
        yield


def is_held(directory: Path) -> bool:
    try:
        with (directory / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def published(directory: Path, state: State) -> Iterator[State]:
    """Have `state` in the state file, which appears whole or not at all."""
    partial = directory / f"{STATE}.partial"
    partial.write_text(json.dumps(asdict(state)))
    partial.replace(directory / STATE)
    try:
        yield state
    finally:
        (directory / STATE).unlink()


def read(directory: Path) -> State | None:
    try:
        return State(**json.loads((directory / STATE).read_text()))
    except FileNotFoundError:
        return None


def main(directory: Path) -> None:
    try:
        serve(directory, on_ready=lambda _: None)
    except ControlPlaneError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
