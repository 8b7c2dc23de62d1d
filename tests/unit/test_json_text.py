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
