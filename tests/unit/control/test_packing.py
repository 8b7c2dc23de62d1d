"""Specs and statuses in memory: small, and what they were."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.control.world import World
from tests.unit.examples import TOKEN
from tracardi_operator.control.packing import pack, unpack

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), JSON))
def test_what_is_packed_comes_back_as_it_was(content: dict[str, Any]) -> None:
    assert unpack(pack(content)) == content


def test_contents_that_are_equal_are_packed_alike() -> None:
    assert pack({"a": 1, "b": [2]}) == pack({"b": [2], "a": 1})


async def test_the_status_of_a_published_resource_takes_less_than_a_fifth(world: World) -> None:
    """Else what statuses usually say is no longer what the dictionary says."""
    await world.published(TOKEN)
    record = world.record()
    assert 5 * len(record.status) < len(json.dumps(record.load_status(), separators=(",", ":")))
