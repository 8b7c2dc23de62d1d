"""What is drawn from a seed, and what shrinking makes of it; no cluster needed."""

import pytest

from tests.chaos.seeded.injuries import NAMES
from tests.chaos.seeded.script import FIXED, Script, Step, changes, draw
from tests.chaos.seeded.shrink import shrunk


def test_a_seed_always_gives_the_same_run() -> None:
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_a_run_has_at_least_fifty_steps_with_faults_among_them() -> None:
    for seed in FIXED:
        steps = draw(seed).steps
        assert len(steps) >= 50
        assert any(step.do == "fault" for step in steps)


def test_the_fixed_seeds_have_every_fault() -> None:
    assert {step.name for seed in FIXED for step in draw(seed).steps if step.do == "fault"} == set(NAMES)


def test_the_fixed_seeds_change_every_field_in_every_way() -> None:
    notes = [
        step.args["note"] | {"kind": step.args["kind"]}
        for seed in FIXED
        for step in draw(seed).steps
        if "note" in step.args
    ]
    done = {(note["kind"], note["path"], note["change"]) for note in notes}
    assert done == {(plural, ".".join(path), change) for plural, path, change in changes()}


def test_shrinking_leaves_the_steps_that_a_failure_needs() -> None:
    steps = tuple(Step("store", f"secret-{number}") for number in range(40))

    def fails(script: Script) -> bool:
        return {"secret-3", "secret-31"} <= {step.name for step in script.steps}

    assert [step.name for step in shrunk(Script(0, 1, steps), fails).steps] == ["secret-3", "secret-31"]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_shrinking_ends_where_every_step_is_needed(length: int) -> None:
    script = Script(0, 1, tuple(Step("store", str(number)) for number in range(length)))
    assert shrunk(script, lambda part: part == script) == script
