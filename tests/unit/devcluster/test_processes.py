"""Processes end with their owner, whatever ends it, and tell why they died."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.processes import Process

GONE_WITHIN = 20
OWNER = """
import sys, threading, time
from pathlib import Path
from tracardi_operator.devcluster.processes import Process

def start():
    print(Process.start("child", ["sh", "-c", "sleep 600 & wait"], Path(sys.argv[1])).pid, flush=True)

thread = threading.Thread(target=start)
thread.start()
thread.join()
time.sleep(600)
"""


def has_gone(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE or not process.wait(GONE_WITHIN)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False


@pytest.fixture
def owner(tmp_path: Path) -> subprocess.Popen[str]:
    """A process that owns a child with a child, started in a thread that has ended."""
    return subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True)


def test_a_child_and_its_children_end_when_their_owner_is_killed(owner: subprocess.Popen[str]) -> None:
    with owner:
        assert owner.stdout
        child = psutil.Process(int(owner.stdout.readline()))
        while not (grandchildren := child.children()):
            time.sleep(0.01)
        owner.kill()
    assert has_gone(child.pid)
    assert has_gone(grandchildren[0].pid)


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[Process] = []
    thread = threading.Thread(target=lambda: started.append(Process.start("child", ["sleep", "600"], tmp_path / "log")))
    thread.start()
    thread.join()
    with started[0] as child:
        assert child.wait(0.5) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the child of a parent that was killed")
def test_a_child_ends_when_its_guard_is_killed(tmp_path: Path) -> None:
    with Process.start("child", ["sleep", "600"], tmp_path / "log") as child:
        os.kill(psutil.Process(child.pid).ppid(), signal.SIGKILL)
        assert has_gone(child.pid)


def test_stop_ends_a_child_that_ignores_sigterm(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Process.start("child", ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], log)
    while "deaf" not in log.read_text():
        time.sleep(0.01)
    child.stop()
    assert has_gone(child.pid)


def test_stop_can_be_called_again(tmp_path: Path) -> None:
    child = Process.start("child", ["sleep", "600"], tmp_path / "log")
    child.stop()
    child.stop()
    assert not child.is_running


def test_a_dead_child_is_told_with_its_code_and_last_words(tmp_path: Path) -> None:
    with Process.start("child", ["sh", "-c", "echo out; echo err >&2; exit 7"], tmp_path / "log") as child:
        child.wait(GONE_WITHIN)
        with pytest.raises(ControlPlaneError, match=r"(?s)child ended with code 7.*out.*err.*log"):
            child.require_running()


def test_a_command_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ControlPlaneError, match=r"(?s)child could not be started.*nowhere"):
        Process.start("child", ["/nowhere"], tmp_path / "log")
