"""What is gone for good is remembered for as long as an answer may be late, and not for ever."""

import pytest

from tracardi_operator.control.departed import SECONDS, departed


@pytest.mark.parametrize(("later", "remembered"), [(SECONDS - 1, True), (SECONDS + 1, False)])
def test_a_departed_object_is_remembered_for_a_time(later: float, *, remembered: bool) -> None:
    now = [0.0]
    uids = departed(lambda: now[0])
    uids["uid"] = 0
    now[0] = later
    assert ("uid" in uids) == remembered
