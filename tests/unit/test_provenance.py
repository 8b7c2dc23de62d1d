"""Provenance: what changes it, what does not, and that it holds nothing it should not."""

from typing import Any

import pytest

from tests.unit.examples import SECRET, spec
from tracardi_operator.provenance import Provenance, provenance
from tracardi_operator.resolve import InputRef

VERSIONS = {SECRET: "uid/1"}


def made(
    generation: int = 1, service: str = "type", versions: dict[InputRef, str] = VERSIONS, **more: Any
) -> Provenance:
    return provenance(spec(**more), "production", generation, service, versions)


def with_literal(value: str) -> dict[str, Any]:
    return {"production": {"fields": {"username": {"value": value}}}}


def test_it_survives_being_written_and_read() -> None:
    written = made(output={"environments": {"production": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}})
    assert Provenance.load(written.dump()) == written


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "no json",
        "[]",
        "{}",
        '{"spec":1}',
        '{"spec":"s","type":"t","inputs":[1]}',
        '{"spec":"s","type":"t","labels":[{}]}',
        '{"spec":"s","type":"t","annotations":[[]]}',
        "1",
        pytest.param("[" * 100_000, id="nested too deeply"),
    ],
)
def test_what_we_did_not_write_is_no_provenance(text: str | None) -> None:
    assert Provenance.load(text) is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"versions": {SECRET: "uid/2"}}, id="an input changed"),
        pytest.param({"versions": {SECRET: "absent"}}, id="an input is gone"),
        pytest.param({"service": "other"}, id="the type changed"),
        pytest.param({"output": {"environments": {"production": {"name": "other"}}}}, id="the output was renamed"),
        pytest.param({"output": {"environments": {"production": {"labels": {"a": "b"}}}}}, id="a label was asked for"),
    ],
)
def test_it_differs_when(changes: dict[str, Any]) -> None:
    assert made(**changes).digest() != made().digest()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"generation": 2}, id="the generation rose without a literal"),
        pytest.param({"description": "words"}, id="the description"),
        pytest.param({"environments": ("production", "test")}, id="another environment"),
        pytest.param({"output": {"environments": {"test": {"name": "other"}}}}, id="the output of another environment"),
    ],
)
def test_it_is_the_same_whatever_becomes_of(changes: dict[str, Any]) -> None:
    assert made(**changes) == made()


def test_a_literal_is_covered_by_the_generation_and_not_by_a_hash_of_it() -> None:
    one, two = (made(kind="clicksend", credentials=with_literal(value)) for value in ("anna", "berta"))
    assert one == two
    assert one != made(generation=2, kind="clicksend", credentials=with_literal("anna"))


def test_allowing_a_domain_makes_outputs_that_ask_for_it_anew() -> None:
    asking = spec(output={"environments": {"production": {"labels": {"example.org/a": "b"}}}})
    refused = provenance(asking, "production", 1, "type", VERSIONS)
    allowed = provenance(asking, "production", 1, "type", VERSIONS, frozenset({"example.org"}))
    assert refused != allowed
