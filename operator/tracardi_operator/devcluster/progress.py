"""Telling a person what goes on during work that takes minutes."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

PLAIN_INTERVAL = 15.0
"""Seconds between two lines about the same step, where lines can't be redrawn."""
CLEAR_LINE = "\r\x1b[K"


@dataclass(frozen=True, slots=True)
class Report:
    """Where the work stands. A new `step` is news; a new `detail` of the same step is not."""

    step: str
    detail: str

    def __str__(self) -> str:
        return f"{self.step}: {self.detail}"


OnProgress = Callable[[Report], None]


class Reporter:
    """Writes reports to a stream: one redrawn line on a terminal, else a line per step and one every 15 seconds."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._step = ""
        self._written = 0.0

    def __call__(self, report: Report) -> None:
        if self._stream.isatty():
            self._redraw(report)
        elif report.step != self._step or self._clock() - self._written >= PLAIN_INTERVAL:
            self._write(f"{report}\n")
            self._written = self._clock()
        self._step = report.step

    def _redraw(self, report: Report) -> None:
        # a finished step keeps its line
        start = "\n" if self._step not in ("", report.step) else CLEAR_LINE
        # a line that wraps can't be redrawn
        width = shutil.get_terminal_size().columns - 1
        text = str(report)
        self._write(start + (text if len(text) <= width else f"{text[: width - 1]}…"))

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def close(self) -> None:
        """End the line that was being redrawn."""
        if self._step and self._stream.isatty():
            self._write("\n")
        self._step = ""


@contextmanager
def reporting(on_progress: OnProgress | None) -> Iterator[OnProgress]:
    """Whom to report to: `on_progress`, or else standard error."""
    if on_progress:
        yield on_progress
        return
    reporter = Reporter(sys.stderr)
    try:
        yield reporter
    finally:
        reporter.close()
