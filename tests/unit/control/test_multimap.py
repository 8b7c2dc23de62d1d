"""It is told from a dictionary of sets by nothing but its size."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.control.known import contents
from tracardi_operator.control.multimap import MultiMap

STEPS = st.lists(st.tuples(st.sampled_from(("add", "remove")), st.sampled_from("ab"), st.sampled_from("xyz")))


@given(STEPS)
def test_it_holds_what_a_dictionary_of_sets_would(steps: list[tuple[str, str, str]]) -> None:
    ours, plain = MultiMap[str, str](), defaultdict[str, set[str]](set)
    for what, key, value in steps:
        if what == "add":
            ours.add(key, value)
            plain[key].add(value)
        else:
            ours.remove(key, value)
            plain[key].discard(value)
    held = {key: values for key, values in plain.items() if values}
    assert contents(ours) == held
    assert {key for key in "ab" if key in ours} == held.keys()


def test_a_key_without_values_has_none() -> None:
    assert MultiMap[str, str]().values("a") == set()
