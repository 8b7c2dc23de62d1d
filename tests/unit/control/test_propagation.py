"""From when a change counts, and until when."""

from collections.abc import Callable

import pytest

from tracardi_operator.control.propagation import Propagation
from tracardi_operator.control.records import Key

KEY, OTHER = Key("ns", "r"), Key("ns", "other")


class Scene:
    def __init__(self) -> None:
        self.now = 0.0
        self.measured: list[float] = []
        self.leads = True
        self.propagation = Propagation(self.measured.append, lambda: self.leads, lambda: self.now)

    def told(self, at: float, key: Key = KEY) -> None:
        self.now = at
        self.propagation.told(key)

    def run(self, at: float, *steps: Callable[[], None], key: Key = KEY) -> None:
        """One pass that does these things; if none is given, it publishes."""
        self.now = at
        with self.propagation.through(key):
            for step in steps or (lambda: self.propagation.published(key),):
                step()

    def publish(self) -> None:
        self.propagation.published(KEY)


def _nothing() -> None:
    pass


def _fail() -> None:
    raise OSError("made up")


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_it_ends_when_an_output_is_written(scene: Scene) -> None:
    scene.told(10)
    scene.run(12)
    assert scene.measured == [2]


def test_of_several_changes_before_a_pass_the_first_counts(scene: Scene) -> None:
    scene.told(10)
    scene.told(11)
    scene.run(12)
    assert scene.measured == [2]


def test_a_change_that_nothing_is_written_for_is_done_with(scene: Scene) -> None:
    scene.told(10)
    scene.run(11, _nothing)
    scene.told(100)
    scene.run(101)
    assert scene.measured == [1]


def test_tries_that_fail_are_part_of_it(scene: Scene) -> None:
    scene.told(10)
    with pytest.raises(OSError, match="made up"):
        scene.run(11, _fail)
    scene.told(15)
    with pytest.raises(OSError, match="made up"):
        scene.run(20, _fail)
    scene.run(30)
    assert scene.measured == [20]


def test_what_fails_after_the_output_was_written_does_not_count_again(scene: Scene) -> None:
    scene.told(10)
    with pytest.raises(OSError, match="made up"):
        scene.run(12, scene.publish, _fail)
    scene.run(30)
    assert scene.measured == [2]


def test_a_change_during_a_pass_is_owed_by_the_next(scene: Scene) -> None:
    scene.told(10)
    scene.run(12, lambda: scene.told(13), scene.publish)
    scene.run(20)
    assert scene.measured == [3, 7]


def test_what_nobody_told_of_is_not_measured(scene: Scene) -> None:
    scene.run(10)
    assert scene.measured == []


def test_two_outputs_of_one_pass_are_one_publication(scene: Scene) -> None:
    scene.told(10)
    scene.run(12, scene.publish, scene.publish)
    assert scene.measured == [2]


def test_resources_are_told_apart(scene: Scene) -> None:
    scene.told(10)
    scene.told(20, OTHER)
    scene.run(21, key=OTHER)
    scene.run(22)
    assert scene.measured == [1, 12]


def test_a_standby_does_not_count_what_the_leader_before_it_published(scene: Scene) -> None:
    scene.leads = False
    scene.told(10)
    scene.told(3600)
    scene.leads = True
    scene.told(3601)
    scene.run(3602)
    assert scene.measured == [2]
