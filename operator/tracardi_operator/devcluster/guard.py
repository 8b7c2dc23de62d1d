"""Runs one command that ends when its owner ends, however that ends.

The owner starts this file as a process of its own and holds the writing end of the pipe that is standard input here.
The kernel closes that end with the owner, SIGKILL included; the command is then terminated. A pipe, because
Linux's PR_SET_PDEATHSIG is tied to the thread that forked, and a test fixture may start us from any thread.

Standard output gets one line, the process id of the command. Standard error becomes the command's output.
The exit code is the command's. Needs nothing but the standard library, so that it starts in milliseconds.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""
SIGNAL_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""


def main(command: list[str]) -> int:
    child = subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, process_group=0, preexec_fn=end_with_this_process
    )
    os.write(1, b"%d\n" % child.pid)
    threading.Thread(target=end_with_owner, args=[child], daemon=True).start()
    return child.wait()


def end_with_owner(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1):
        pass
    signal_group(child, signal.SIGTERM)
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        signal_group(child, signal.SIGKILL)


def signal_group(child: subprocess.Popen[bytes], signum: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signum)


def end_with_this_process() -> None:
    """In the child, before it becomes the command: die with the guard too, which forks in its main thread."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(SIGNAL_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
