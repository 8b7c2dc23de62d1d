"""The model is worth something: it finds each of the mistakes in `defects`, and nothing where there is none.

That the stories find nothing where there is no mistake is in `test_model_interruptions`.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.control.defects import CAUGHT_BY_CHANCE, CAUGHT_BY_STORY, Defect
from tests.unit.control.interruptions import differing
from tests.unit.control.machine import Machine

SEARCH = settings(
    max_examples=100,
    stateful_step_count=50,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def search() -> None:
    run_state_machine_as_test(Machine, settings=SEARCH)


def test_the_state_machine_finds_nothing_in_the_operator_as_it_is() -> None:
    search()


@pytest.mark.parametrize("defect", CAUGHT_BY_CHANCE)
def test_the_state_machine_finds(defect: Defect, monkeypatch: pytest.MonkeyPatch) -> None:
    defect(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):
        search()


@pytest.mark.parametrize(("defect", "story"), CAUGHT_BY_STORY.items())
def test_an_interrupted_story_finds(defect: Defect, story: str, monkeypatch: pytest.MonkeyPatch) -> None:
    defect(monkeypatch)
    with pytest.raises(AssertionError):
        assert next(differing(story), None) is None
