"""The format `json`."""

import json

from tests.unit.publish.entries import entry, examples
from tracardi_operator.publish.bundle import render


def test_each_resource_is_found_by_namespace_and_name_with_its_type_and_typed_values() -> None:
    values = {"text": "é", "number": 6379, "truth": True, "object": {"a": {"b": 1}}, "type": "x"}
    document = render("json", [entry("main", values), entry("main", namespace="other")], "production").document
    assert json.loads(document) == {
        "ns": {"main": {"type": "made-up", "credentials": values}},
        "other": {"main": {"type": "made-up", "credentials": {"token": "x"}}},
    }


def test_the_document_is_ascii_so_that_every_locale_reads_it() -> None:
    assert render("json", [entry(values={"token": "Zoë \ud83d"})], "production").document.isascii()


def test_every_type_is_expressed() -> None:
    rendered = render("json", examples(), "production")
    assert {r["type"] for r in json.loads(rendered.document)["ns"].values()} == {e.service.name for e in examples()}
    assert rendered.omitted == ()
