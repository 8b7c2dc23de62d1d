"""The format `env`, read by those who are said to read it: sh, bash and python-dotenv, each alike."""

import io
import itertools
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import dotenv
import pytest

from tests.unit.publish.entries import entry, example, examples
from tracardi_operator.api.problems import Reason
from tracardi_operator.publish.bundle import render
from tracardi_operator.publish.secret import as_text

QUOTING = "'\"\\$`{}# a"
"""What begins, ends or escapes something to one of the readers, and a letter."""
SPECIAL = f"{QUOTING}=!~*;&|()<>[]%^\t\u00e9:\n\r\x00\x1b\u0085\u2028\ud83d"
TEXTS = [
    "".join(letters)
    for alphabet, length in ((SPECIAL, 0), (SPECIAL, 1), (SPECIAL, 2), (QUOTING, 3))
    for letters in itertools.product(alphabet, repeat=length)
]
ENDS_A_LINE = "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"

Reader = Callable[[Path], Mapping[str, str | None]]


def _dotenv(path: Path) -> Mapping[str, str | None]:
    return dotenv.dotenv_values(stream=io.StringIO(path.read_text()))


def _shell(name: str) -> Reader:
    def read(path: Path) -> Mapping[str, str]:
        command = [name, "-c", 'set -a && . "$0" && exec env -0', str(path)]
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/home/expanded"}
        output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=path.parent, env=environment)
        assert output.stderr == ""
        return dict(line.split("=", 1) for line in output.stdout.split("\0") if line.startswith("RESOURCE_"))

    return read


READERS: dict[str, Reader] = {"sh": _shell("sh"), "bash": _shell("bash"), "python-dotenv": _dotenv}


def expressed(texts: list[str]) -> tuple[str, dict[str, str]]:
    """The document of one Resource for each text, and what it should read as."""
    rendered = render("env", [entry(f"r{i}", {"v": text}) for i, text in enumerate(texts)], "production")
    out = {omission.name for omission in rendered.omitted}
    return rendered.document, {f"RESOURCE_R{i}_V": t for i, t in enumerate(texts) if f"r{i}" not in out}


def test_names_are_made_of_the_names_of_resource_and_field() -> None:
    document = render("env", [entry("3rd-party.main", {"api_key": "k", "accountId": 7})], "production").document
    assert document == "RESOURCE_3RD_PARTY_MAIN_ACCOUNTID='7'\nRESOURCE_3RD_PARTY_MAIN_API_KEY='k'\n"


def test_two_fields_that_would_be_one_variable_leave_the_resource_out() -> None:
    rendered = render("env", [entry(values={"a-b": "1", "a.b": "2"})], "production")
    assert [omission.problem.reason for omission in rendered.omitted] == [Reason.NOT_EXPRESSIBLE]
    assert rendered.document == ""


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_what_is_let_through_is_read_as_it_was(reader: Reader, tmp_path: Path) -> None:
    document, expected = expressed(TEXTS)
    path = tmp_path / "resources.env"
    path.write_text(document)
    assert reader(path) == expected


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_the_examples_of_all_types_are_read_as_they_were(reader: Reader, tmp_path: Path) -> None:
    rendered = render("env", examples(), "production")
    path = tmp_path / "resources.env"
    path.write_text(rendered.document)
    read = reader(path)
    for resource in examples():
        if resource.name not in {omission.name for omission in rendered.omitted}:
            for field, value in resource.credentials["production"].items():
                name = re.sub("[^A-Z0-9]", "_", f"RESOURCE_{resource.name}_{field}".upper())
                assert read[name] == as_text(value)


@pytest.mark.parametrize("reader", ["sh", "bash"])
def test_nothing_of_a_value_is_executed(reader: str, tmp_path: Path) -> None:
    commands = [
        "$(touch made)",
        "`touch made`",
        "'; touch made; '",
        "x\ntouch made",
        '"; touch made; "',
        "\\'; touch made",
    ]
    document, expected = expressed(commands)
    path = tmp_path / "resources.env"
    path.write_text(document)
    assert READERS[reader](path) == expected
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "text", [f"a{end}RESOURCE_B_C=evil" for end in (*ENDS_A_LINE, "\x00", "\x1b", "\u202e", "\ud83d")]
)
def test_what_ends_a_line_or_hides_is_left_out(text: str) -> None:
    assert expressed([text]) == ("", {})


def test_every_line_is_one_assignment_whatever_the_values() -> None:
    document, expected = expressed(["".join(pair) for pair in itertools.product(SPECIAL, repeat=2)])
    lines = document.splitlines()
    assert [line.partition("=")[0] for line in lines] == sorted(expected)
    assert all(re.fullmatch(r"RESOURCE_R[0-9]+_V=(['\"]).*\1", line) for line in lines)


@pytest.mark.parametrize(
    "text", ["p@ss w0rd#1", "it's", '{"x-key": "v", "y": "a\\"b"}', "$HOME", "a\\b", "`x`", "50%", "", "Zoë", "a'#b c"]
)
def test_usual_values_are_expressed(text: str) -> None:
    assert list(expressed([text])[1].values()) == [text]


@pytest.mark.parametrize("text", ["${HOME}", "a\\", "a\\\\b", 'it\'s "so"', "it's $5"])
def test_what_readers_do_not_agree_on_is_left_out(text: str) -> None:
    assert expressed([text]) == ("", {})


def test_of_the_types_only_those_with_a_key_file_can_not_be_expressed() -> None:
    (omission,) = render("env", examples(), "production").omitted
    assert (omission.name, omission.problem.reason) == ("google-cloud-service-account", Reason.NOT_EXPRESSIBLE)
    assert "'private_key'" in omission.problem.message


def test_an_alias_is_a_variable_too() -> None:
    document = render("env", [example("amplitude")], "production").document
    assert {"RESOURCE_AMPLITUDE_API_KEY", "RESOURCE_AMPLITUDE_TOKEN"} <= dotenv.dotenv_values(
        stream=io.StringIO(document)
    ).keys()
