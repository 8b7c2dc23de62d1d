"""Delta debugging (Zeller and Hildebrandt, 2002): steps are left out for as long as the run fails without them."""

import itertools
from collections.abc import Callable
from dataclasses import replace

from tests.chaos.seeded.script import Script, Step

MOST_RUNS = 60


def shrunk(script: Script, fails: Callable[[Script], bool], tell: Callable[[str], None] = lambda _: None) -> Script:
    """A script that fails with as few steps as a bounded number of runs can tell."""
    steps, parts, left = list(script.steps), 2, MOST_RUNS
    while len(steps) > 1 and left:
        for begin, end in _slices(len(steps), parts):
            rest = steps[:begin] + steps[end:]
            left -= 1
            if rest and fails(_with(script, rest)):
                tell(f"fails with {len(rest)} steps")
                steps, parts = rest, max(parts - 1, 2)
                break
            if not left:
                break
        else:
            if parts >= len(steps):
                break
            parts = min(2 * parts, len(steps))
    return _with(script, steps)


def _with(script: Script, steps: list[Step]) -> Script:
    return replace(script, steps=tuple(steps))


def _slices(length: int, parts: int) -> list[tuple[int, int]]:
    bounds = [length * number // parts for number in range(parts + 1)]
    return list(itertools.pairwise(bounds))
