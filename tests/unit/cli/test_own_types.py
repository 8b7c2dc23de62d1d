"""ResourceTypes among the files: Resources are checked and rendered by them, and what is wrong with one is told."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

Invoke = Callable[..., Result]
Write = Callable[..., str]

SAMPLE = Path(__file__).parents[3] / "manifests" / "samples" / "custom" / "order-desk.yaml"
TEXT = SAMPLE.read_text()
VALUE = "od_live_0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@pytest.fixture
def lint(invoke: Invoke, write: Write) -> Callable[..., Result]:
    def run(text: str, *options: str) -> Result:
        return invoke("lint", "-f", write(text), *options)

    return run


def test_the_sample_passes_and_renders(invoke: Invoke) -> None:
    assert invoke("lint", "--strict", str(SAMPLE)).exit_code == 0
    result = invoke("render", "--show-values", "-f", str(SAMPLE))
    assert result.exit_code == 0
    data = yaml.safe_load(result.stdout)["stringData"]
    assert (data["token"], data["timeout"], data["uri"]) == (VALUE, "30", "https://orders.example/v2")


def test_a_value_is_judged_by_the_type_wherever_in_the_files_that_stands(lint: Callable[..., Result]) -> None:
    documents = TEXT.replace(VALUE, "od_live_short").split("---\n")
    result = lint("---\n".join(reversed(documents)))
    assert result.exit_code == 1
    assert "expected an API token" in result.stdout


def test_a_broken_type_is_told_with_its_line_and_cannot_be_used(lint: Callable[..., Result]) -> None:
    broken = TEXT.replace("od_(live|test)", "od_(?=live)")
    result = lint(broken)
    assert result.exit_code == 2
    line = next(number for number, text in enumerate(broken.splitlines(), 1) if "(?=live)" in text)
    assert f":{line}: could not read: ResourceType 'order-desk': spec.fields[3].pattern" in result.stderr
    assert "UnknownType" in result.stdout


def test_a_resource_of_a_broken_type_is_told_that_and_of_no_other_type(lint: Callable[..., Result]) -> None:
    result = lint(TEXT.replace("od_(live|test)", "od_(?=live)"))
    line = next(
        number for number, text in enumerate(TEXT.splitlines(), 1) if text == "apiVersion: tracardi.com/v1alpha1"
    )
    [told] = [text for text in result.stdout.splitlines() if ": error: " in text]
    assert "the ResourceType 'order-desk' among the files is broken, see " in told
    assert told.endswith(f":{line}; mend that first")
    assert "did you mean" not in result.stdout


def test_a_misspelt_part_of_a_type_is_told(lint: Callable[..., Result]) -> None:
    result = lint(TEXT.replace("minLength", "minLenght"))
    assert result.exit_code == 2
    assert "spec.fields[1].minLenght is not a known field (did you mean 'minLength'?)" in result.stderr


def test_a_built_in_type_keeps_its_name(lint: Callable[..., Result]) -> None:
    result = lint(TEXT.replace("name: order-desk\n", "name: sendgrid\n", 1))
    assert result.exit_code == 2
    assert "metadata.name is the name of a built-in type" in result.stderr


def test_a_type_without_a_spec_is_told(lint: Callable[..., Result]) -> None:
    result = lint("apiVersion: tracardi.com/v1alpha1\nkind: ResourceType\nmetadata: {name: acme}\n")
    assert result.exit_code == 2
    assert "spec must be set" in result.stderr
