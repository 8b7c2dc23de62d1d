"""What the scripts print: plain text, with colours on a terminal only. Needs nothing but the standard library."""

import os
import shutil
import sys
import textwrap
import time

BOLD, DIM, RED, GREEN, CYAN = "1", "2", "31", "32", "36"
INDENT = "  "
NARROWEST, WIDEST = 60, 120
"""Columns that a paragraph may take."""


class Console:
    """Writes to standard output. Elapsed times count from when it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    @property
    def elapsed(self) -> str:
        return minutes(time.monotonic() - self._started)

    def heading(self, text: str) -> None:
        self.write(f"\n{self._paint(BOLD, text)} {self._paint(DIM, f'· {self.elapsed}')}")

    def say(self, text: str, indent: str = "") -> None:
        """A paragraph, wrapped to the width of the terminal."""
        width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
        lines = textwrap.wrap(text, width - len(indent), break_long_words=False, break_on_hyphens=False)
        self.write(textwrap.indent("\n".join(lines), indent))

    def fact(self, text: str) -> None:
        """Something that was checked and is so."""
        self.write(f"{self._paint(GREEN, '✓')} {text}")

    def shown(self, command: str, output: str = "") -> None:
        """A command, and what it printed."""
        self.write(f"{INDENT}{self._paint(CYAN, f'$ {command}')}")
        if output.strip():
            self.write(textwrap.indent(output.strip("\n"), INDENT))

    def failure(self, text: str) -> None:
        self.write(f"\n{self._paint(RED, '✗')} {text}")

    def write(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def _paint(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text


def minutes(seconds: float) -> str:
    """As a stopwatch shows it: 1:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
