"""Runs targets of the Makefile one after another, and tells at the end how long each took and what it said last.

Usage: stages.py MAKE TARGET…. Ends at the first that fails, with its exit code. What a stage of tests says last is
pytest's line with the counts; the last one's is the last line of all.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import IO, cast

from console import Console, minutes

KEPT = 4096
"""Bytes of a stage's output that are kept to find its last line."""
FORCE_COLOURS = {"FORCE_COLOR": "1", "MYPY_FORCE_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    seconds: float
    code: int
    last_line: str

    def __str__(self) -> str:
        outcome = f"failed ({self.code})" if self.code else "ok"
        return f"{self.name:<10} {minutes(self.seconds):>6}  {outcome:<6}  {self.last_line}"


def main(make: str, names: list[str]) -> int:
    console = Console()
    done: list[Stage] = []
    for number, name in enumerate(names, 1):
        following = ", ".join(names[number:]) or "nothing, this is the last"
        console.heading(f"[{number}/{len(names)}] {name}; next: {following}")
        done.append(run(make, name))
        if done[-1].code:
            break
    console.heading("Stages")
    for stage in done:
        console.write(str(stage))
    for name in names[len(done) :]:
        console.write(f"{name:<10}      -  not run")
    console.write(done[-1].last_line)
    return done[-1].code


def run(make: str, name: str) -> Stage:
    started = time.monotonic()
    command = [make, "--no-print-directory", name]
    kept = b""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as process:  # noqa: S603
        output = cast("IO[bytes]", process.stdout)
        while chunk := os.read(output.fileno(), KEPT):
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
            kept = (kept + chunk)[-KEPT:]
    lines = kept.decode(errors="replace").strip().splitlines() or [""]
    return Stage(name, time.monotonic() - started, process.returncode, lines[-1])


def environment() -> dict[str, str]:
    """Output goes through a pipe: tell tools what they would learn from a terminal, and not to hold it back."""
    colours = FORCE_COLOURS if sys.stdout.isatty() and "NO_COLOR" not in os.environ else {}
    width = {"COLUMNS": str(shutil.get_terminal_size().columns)}
    return os.environ | {"PYTHONUNBUFFERED": "1"} | width | colours


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
