"""Recognising data without keeping it."""

from collections.abc import Callable

import pytest

from tests.unit.examples import meta
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.plan import Observed

Learn = Callable[[Fingerprints, Observed, bytes], None]
DATA = {"a": b"1", "b": b"2"}


def output(version: int = 10, uid: str = "output-uid") -> Observed:
    return Observed(meta(version=version, uid=uid))


@pytest.fixture
def fingerprints() -> Fingerprints:
    return Fingerprints()


def test_the_same_data_have_the_same_fingerprint_in_whatever_order(fingerprints: Fingerprints) -> None:
    assert fingerprints.of(DATA) == fingerprints.of(dict(reversed(DATA.items())))


@pytest.mark.parametrize(
    "other",
    [
        {"a": b"1"},
        {"a": b"1", "b": b"3"},
        {"a": b"2", "b": b"1"},
        {"a": b"1", "c": b"2"},
        {"a": b"11:b1:2"},
        {"a1": b"", "b": b"2"},
        {"a": b"1", "b": b"2", "c": b""},
        {},
    ],
)
def test_other_data_have_another(fingerprints: Fingerprints, other: dict[str, bytes]) -> None:
    assert fingerprints.of(DATA) != fingerprints.of(other)


def test_it_cannot_be_compared_with_that_of_another_process() -> None:
    assert Fingerprints().of(DATA) != Fingerprints().of(DATA)


@pytest.mark.parametrize("learn", [Fingerprints.wrote, Fingerprints.examined])
def test_it_is_recalled_while_the_output_is_untouched(fingerprints: Fingerprints, learn: Learn) -> None:
    learn(fingerprints, output(10), b"print")
    assert fingerprints.present(output(10)) == b"print"


@pytest.mark.parametrize("touched", [output(11), output(10, uid="another")])
def test_it_is_not_recalled_once_the_output_was_touched(fingerprints: Fingerprints, touched: Observed) -> None:
    fingerprints.wrote(output(10), b"print")
    assert fingerprints.present(touched) is None


@pytest.mark.parametrize(("found", "intact"), [(b"print", True), (b"another", False)])
def test_an_examined_output_is_intact_if_it_holds_what_was_written(
    fingerprints: Fingerprints, found: bytes, intact: bool
) -> None:
    fingerprints.wrote(output(10), b"print")
    fingerprints.examined(output(11), found)
    assert fingerprints.is_intact(output(11)) is intact


def test_an_edited_output_stays_edited_however_often_it_is_examined(fingerprints: Fingerprints) -> None:
    fingerprints.wrote(output(10), b"print")
    for version in (11, 12):
        fingerprints.examined(output(version), b"another")
    assert fingerprints.is_intact(output(12)) is False


def test_an_output_that_is_gone_is_forgotten(fingerprints: Fingerprints) -> None:
    fingerprints.wrote(output(), b"print")
    fingerprints.forget("output-uid")
    assert fingerprints.present(output()) is None


def test_nothing_is_known_of_an_output_that_was_never_written(fingerprints: Fingerprints) -> None:
    assert fingerprints.present(output()) is None
    fingerprints.examined(output(), b"print")
    assert fingerprints.is_intact(output()) is None
