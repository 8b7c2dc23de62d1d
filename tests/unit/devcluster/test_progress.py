"""What a person sees while something takes minutes."""

import io

import pytest

from tracardi_operator.devcluster.progress import PLAIN_INTERVAL, Report, Reporter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_new_step_is_a_line_at_once() -> None:
    stream = io.StringIO()
    reporter = Reporter(stream, Clock())
    reporter(Report("one", "1"))
    reporter(Report("two", "1"))
    assert stream.getvalue() == "one: 1\ntwo: 1\n"


def test_the_same_step_is_a_line_only_after_the_interval() -> None:
    stream, clock = io.StringIO(), Clock()
    reporter = Reporter(stream, clock)
    reporter(Report("one", "1"))
    clock.now += PLAIN_INTERVAL - 1
    reporter(Report("one", "2"))
    clock.now += 1
    reporter(Report("one", "3"))
    assert stream.getvalue() == "one: 1\none: 3\n"


def test_a_terminal_shows_one_line_per_step() -> None:
    stream = Terminal()
    reporter = Reporter(stream)
    for step, detail in (("one", "1"), ("one", "2"), ("two", "1")):
        reporter(Report(step, detail))
    reporter.close()
    lines = [line.split("\x1b[K")[-1] for line in stream.getvalue().splitlines() if line]
    assert stream.getvalue().count("\n") == 2
    assert lines[-1] == "two: 1"


def test_a_line_is_cut_to_the_terminal_as_a_wrapped_one_cannot_be_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    Reporter(stream)(Report("step", "x" * 100))
    assert len(stream.getvalue().removeprefix("\r\x1b[K")) == 19
