"""Killed at any request, any event lost, any server in the past: a story ends as it does without that."""

import pytest

from tests.unit.control.interruptions import STORIES, differing


@pytest.mark.parametrize("story", STORIES)
def test_it_ends_in_the_same_state_and_revision_however_it_is_interrupted(story: str) -> None:
    assert list(differing(story)) == []
