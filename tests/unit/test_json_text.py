"""JSON as text, of values and of `tracardi.destination`."""

import pytest
from pydantic import ValidationError

from tracardi_operator.api.json_text import json_object
from tracardi_operator.api.resource import TracardiSettings


def test_an_object_is_read() -> None:
    assert json_object('{"a": [1, 1.5, 1e3, null]}') == {"a": [1, 1.5, 1000.0, None]}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_other_readers_refuse_makes_no_object(number: str) -> None:
    text = f'{{"package": "a.b", "init": {{"a": [{number}]}}}}'
    assert json_object(text) is None
    with pytest.raises(ValidationError, match="destination must be a JSON object"):
        TracardiSettings(destination=text)


def test_half_a_character_makes_no_object() -> None:
    """No output could be written with it: UTF-8 has no words for it."""
    assert json_object(r'{"a": "\ud83d\ude00"}') == {"a": "\N{GRINNING FACE}"}
    assert json_object(r'{"a": ["\ud83d"]}') is None
    assert json_object(r'{"\ud83d": 1}') is None


@pytest.mark.parametrize(("levels", "is_read"), [(64, True), (65, False), (100_000, False)])
def test_an_object_that_is_nested_too_deeply_is_none(levels: int, is_read: bool) -> None:
    text = '{"a":' * levels + "1" + "}" * levels
    assert (json_object(text) is not None) == is_read
