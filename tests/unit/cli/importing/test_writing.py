"""The YAML that is written is read back as what it was."""

import pytest
import yaml

from tracardi_operator.cli.importing.writing import as_yaml

TEXTS = {
    "a next line": "a\n\x85b",
    "a line separator": "a\u2028b",
    "a control character": "a\x00\x1bb",
    "a carriage return": "a\r\nb",
    "spaces around": "  a  ",
    "a byte order mark": "\ufeffa",
    "what looks like a number": "0123",
    "what looks like a truth": "yes",
    "quotes and a colon": "'a': \"b\" #c",
    "a long text": "word " * 500,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    assert list(yaml.safe_load_all(as_yaml([{"a": text}, {"b": [text]}]))) == [{"a": text}, {"b": [text]}]


def test_letters_of_any_language_stay_readable() -> None:
    assert as_yaml([{"name": "Übersee 短信"}]) == "name: Übersee 短信\n"
