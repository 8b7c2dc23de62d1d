"""Line plots as SVG: small, the same bytes for the same figures, and nothing to install."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 44, 54
COLOURS = ("#1f6feb", "#d1242f", "#57606a", "#bc8cff", "#1a7f37", "#bf8700")
INK, GRID = "#24292f", "#d0d7de"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: Sequence[Point]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A logarithmic or linear scale over what is to be shown."""

    title: str
    ticks: Sequence[float]
    """The first and the last are the ends."""
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """From 0 to 1."""
        low, high, at = (self._scaled(one) for one in (self.ticks[0], self.ticks[-1], value))
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.logarithmic else value


def svg(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    font = f'font-family="sans-serif" font-size="12" fill="{INK}"'
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} {font}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, 20, title, "start", weight="bold"),
        *_grid(x, y),
        *(part for number, line in enumerate(lines) for part in _line(x, y, line, number)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def ticks(greatest: float) -> list[float]:
    """Round numbers from 0 to no less than the greatest."""
    step = next(step for step in _steps() if step * 6 >= greatest)
    return [step * number for number in range(max(1, math.ceil(greatest / step)) + 1)]


def _steps() -> Iterator[float]:
    power = -3
    while True:
        yield from (factor * 10.0**power for factor in (1, 2, 5))
        power += 1


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for tick in x.ticks:
        at = _x(x, tick)
        yield f'<path d="M{at:.1f} {TOP}V{bottom}" stroke="{GRID}"/>'
        yield _text(at, bottom + 18, f"{tick:,g}", "middle")
    for tick in y.ticks:
        at = _y(y, tick)
        yield f'<path d="M{LEFT} {at:.1f}H{right}" stroke="{GRID}"/>'
        yield _text(LEFT - 8, at + 4, f"{tick:,g}", "end")
    yield _text((LEFT + right) / 2, HEIGHT - 14, x.title, "middle")
    yield _text(LEFT, TOP - 8, y.title, "start")


def _line(x: Axis, y: Axis, line: Line, number: int) -> Iterator[str]:
    colour = COLOURS[number % len(COLOURS)]
    dashes = ' stroke-dasharray="5 4"' if line.dashed else ""
    path = " ".join(f"{_x(x, across):.1f},{_y(y, up):.1f}" for across, up in line.points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
    height = TOP + 20 + 18 * number
    yield f'<path d="M{LEFT + 12} {height - 4}h24" stroke="{colour}" stroke-width="2"{dashes}/>'
    yield _text(LEFT + 42, height, line.name, "start")


def _x(axis: Axis, value: float) -> float:
    return LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM)


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
