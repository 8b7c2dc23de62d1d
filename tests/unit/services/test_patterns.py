"""Patterns that somebody else wrote: what they match, which are refused and why, and that their time is linear."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracardi_operator.services.patterns import MAX_CHARACTERS, BadPattern, full_match


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("a|b", "a", True),
        ("a|b", "ab", False),
        ("ORD-[0-9]{12}", "ORD-123456789012", True),
        ("ORD-[0-9]{12}", "xORD-123456789012", False),
        ("ORD-[0-9]{12}", "ORD-123456789012\n", False),
        ("(?i)key", "KEY", True),
        (".*", "", True),
        (".*", "a" * MAX_CHARACTERS, True),
        (".*", "a" * (MAX_CHARACTERS + 1), False),
    ],
)
def test_the_whole_text_must_match(pattern: str, text: str, fits: bool) -> None:
    assert full_match(pattern)(text) is fits


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(?=a)", "look-around"),
        (r"(a)\1", "backreferences are not supported"),
        ("[", "unclosed character class"),
        ("a)|(?:b", "unopened group"),  # would be whole with a group around it
        ("(a{1000}){1000}", "too large"),
        ("((a{0,100}){0,100}){0,2}x", "too large"),  # the engine would take it, and seconds for each text
        (r"\w{100}", "instead of \\d or \\w"),
    ],
)
def test_a_pattern_that_is_refused_is_told_why(pattern: str, words: str) -> None:
    with pytest.raises(BadPattern, match=re.escape(words)):
        full_match(pattern)


HARMLESS = "[a-z]+"
COSTLY = ("(a+)+b", "(a|a)*b", "(.*a){20}b", "(?:a?){30}a{30}b", "([a-z]+)*[0-9]", "[ab]*a[ab]{700}c")
"""All but the first ones of backtracking engines take time without end for a row of the letter a."""


@pytest.mark.parametrize("pattern", COSTLY)
def test_the_time_grows_with_the_text_and_not_faster(pattern: str) -> None:
    matches = full_match(pattern)
    short, long = "a" * (MAX_CHARACTERS // 8), "a" * MAX_CHARACTERS
    assert _seconds(matches, long) < 3 * 8 * (_seconds(matches, short) + 1e-4)


def test_backtracking_would_be_noticed() -> None:
    """The control: on a pattern of the kind above, Python's own engine doubles its time with each further letter."""
    backtracking = re.compile("(a+)+b").fullmatch
    assert _seconds(backtracking, "a" * 22) > 8 * _seconds(backtracking, "a" * 18)


def _seconds(call: object, text: str) -> float:
    assert callable(call)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        call(text)
        times.append(time.perf_counter() - start)
    return min(times)


@given(st.text(alphabet="ab01(){}[]|*+?.^$\\-,:=<!PpdwxUi", max_size=24), st.text(max_size=40))
def test_any_pattern_either_works_or_is_refused_in_words(pattern: str, text: str) -> None:
    try:
        matches = full_match(pattern)
    except BadPattern as error:
        assert str(error)  # noqa: PT017  # both outcomes are right
    else:
        assert matches(text) in (True, False)
