"""Columns, durations and safe text for a terminal. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import click

_NO_COLOURS: Final[Mapping[str, str]] = {}


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], colours: Mapping[str, str] = _NO_COLOURS) -> str:
    """Aligned columns; a cell whose whole text is in `colours` has that colour."""
    lines = [list(headings), *([printable(cell, newline=" ") for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths, colours) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], colours: Mapping[str, str]) -> str:
    last = len(cells) - 1
    padded = (
        cell if i == last else cell.ljust(width) for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(
        click.style(text, fg=colours[cell]) if cell in colours else text
        for cell, text in zip(cells, padded, strict=True)
    ).rstrip()


def printable(text: str, newline: str = "\n") -> str:
    """Without characters that a terminal acts on: whoever may write an object could have put them there."""
    return "".join(c if c.isprintable() else newline if c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def duration(span: timedelta) -> str:
    """In the largest unit of which there are at least two: `90s`, `47h`, `12d`."""
    seconds = max(0, int(span.total_seconds()))
    for unit, letter in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds >= 2 * unit:
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"


def time_since(moment: datetime | None, now: datetime) -> str:
    return duration(now - moment) if moment else "-"
