"""Runs the operator under the profiler: `python -m tests.bench.profiled FOLDER run …`. Needs Python 3.11.

Each thread has a profile of its own, in CPU seconds of that thread, and leaves it in the folder under its name.
"""

import cProfile
import runpy
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

MAIN = "main"


def main(folder: str, *arguments: str) -> None:
    threading.Thread.run = _profiling(Path(folder), threading.Thread.run)  # type: ignore[method-assign, assignment]
    sys.argv = ["tracardi_operator", *arguments]
    profile = cProfile.Profile(time.thread_time)
    try:
        profile.runcall(runpy.run_module, "tracardi_operator", run_name="__main__")
    finally:
        profile.dump_stats(Path(folder) / MAIN)


def _profiling(folder: Path, run: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    def run_profiled(thread: threading.Thread) -> None:
        profile = cProfile.Profile(time.thread_time)
        try:
            profile.runcall(run, thread)
        finally:
            profile.dump_stats(folder / thread.name)

    return run_profiled


if __name__ == "__main__":
    main(*sys.argv[1:])
