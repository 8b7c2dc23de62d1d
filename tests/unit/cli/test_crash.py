"""An exception that nobody expected: its own exit code, where it was, and never its text."""

from collections.abc import Callable

import pytest
from click.testing import Result

from tracardi_operator.cli import lint

Invoke = Callable[..., Result]
Write = Callable[..., str]

SENTINEL = "Sentinel0Value"


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch, invoke: Invoke, write: Write) -> Callable[..., Result]:
    """Calls `lint` so that it fails with the given exception."""

    def run(error: Exception, *options: str) -> Result:
        def judge(*_: object) -> None:
            raise error

        monkeypatch.setattr(lint, "judge", judge)
        return invoke(*options, "lint", write(""))

    return run


Fail = Callable[..., Result]


def test_it_does_not_end_as_if_something_were_invalid(fail: Fail) -> None:
    assert fail(ValueError(SENTINEL)).exit_code == 3


def test_one_line_names_type_and_place_and_how_to_report_it(fail: Fail) -> None:
    result = fail(ValueError(SENTINEL))
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: an unexpected ValueError in cli/lint.py:")
    assert "Please report this line" in line


def test_the_innermost_of_a_group_is_named(fail: Fail) -> None:
    group = ExceptionGroup(SENTINEL, [ExceptionGroup(SENTINEL, [LookupError(SENTINEL)])])
    assert "an unexpected LookupError" in fail(group).stderr


def test_debug_adds_the_way_to_it(fail: Fail, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ", in judge\n" in fail(ValueError(SENTINEL), "--debug").stderr
    monkeypatch.setenv("TRACARDI_OPERATOR_DEBUG", "1")
    assert ", in judge\n" in fail(ValueError(SENTINEL)).stderr


@pytest.mark.parametrize("options", [(), ("--debug",)], ids=["plain", "--debug"])
def test_its_text_is_never_shown(fail: Fail, options: tuple[str, ...]) -> None:
    assert SENTINEL not in fail(ValueError(SENTINEL), *options).output
