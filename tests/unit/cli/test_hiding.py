"""Texts of an object that look like values."""

from collections.abc import Iterator

from tracardi_operator.cli.hiding import values_in

VALUE = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"


class Counted(list[object]):
    """Knows how often somebody looked through it."""

    looks = 0

    def __iter__(self) -> Iterator[object]:
        self.looks += 1
        return super().__iter__()


def test_names_and_values_that_look_like_a_value_are_found_wherever_they_stand() -> None:
    other = VALUE.replace("dG", "eH")
    assert values_in({"a": [{VALUE: 1}, "b"], "c": {"d": [[other]]}}) == {VALUE, other}


def test_what_aliases_share_is_looked_through_once() -> None:
    shared = Counted([VALUE])
    content: object = shared
    for _ in range(5):
        content = [content] * 3 + [{"a": content, "b": content}]
    assert values_in(content) == {VALUE}
    assert shared.looks == 1
