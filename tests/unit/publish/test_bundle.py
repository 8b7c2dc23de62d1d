"""What holds for all formats: who keeps a name, what is left out, how large a document may be."""

import itertools
import random
from dataclasses import replace
from typing import get_args

import pytest

from tests.unit.publish.entries import LATER, LONG_AGO, entry, examples, service
from tracardi_operator.api.consumer import BundleFormat
from tracardi_operator.api.problems import Reason
from tracardi_operator.api.resource import TracardiSettings
from tracardi_operator.publish.bundle import MAX_BYTES, Rendered, default_key, render, too_large
from tracardi_operator.publish.entry import Entry

FORMATS: tuple[BundleFormat, ...] = get_args(BundleFormat)
SENTINEL = "sentinel-of-the-tests-0123456789"


def left_out(rendered: Rendered) -> list[tuple[str, str, Reason]]:
    return [(omission.namespace, omission.name, omission.problem.reason) for omission in rendered.omitted]


@pytest.mark.parametrize("bundle_format", FORMATS)
class TestEveryFormat:
    def test_the_order_of_the_resources_does_not_matter(self, bundle_format: BundleFormat) -> None:
        entries = examples()
        shuffled = random.Random(1).sample(entries, len(entries))
        assert render(bundle_format, shuffled, "production") == render(bundle_format, entries, "production")

    def test_the_document_of_no_resources_is_valid(self, bundle_format: BundleFormat) -> None:
        document = "" if bundle_format == "env" else "{}\n"
        assert render(bundle_format, [], "production") == Rendered(document, 0)

    def test_a_resource_without_the_environment_is_neither_there_nor_left_out(
        self, bundle_format: BundleFormat
    ) -> None:
        assert render(bundle_format, [entry()], "test") == render(bundle_format, [], "test")

    def test_values_of_the_other_environment_are_not_in_the_document(self, bundle_format: BundleFormat) -> None:
        both = entry(credentials={"production": {"token": SENTINEL}, "test": {"token": "x"}})
        assert SENTINEL not in render(bundle_format, [both], "test").document

    def test_a_document_is_never_shown(self, bundle_format: BundleFormat) -> None:
        assert SENTINEL not in repr(render(bundle_format, [entry(values={"token": SENTINEL})], "production"))

    def test_it_counts_what_is_in_the_document(self, bundle_format: BundleFormat) -> None:
        rendered = render(bundle_format, examples(), "production")
        assert rendered.resources + len(rendered.omitted) == len(examples())

    def test_every_line_ends(self, bundle_format: BundleFormat) -> None:
        assert render(bundle_format, [entry()], "production").document.endswith("\n")


SAME_NAME: dict[BundleFormat, tuple[Entry, Entry]] = {
    "env": (entry("a-b", {"c": "1"}), entry("a", {"b_c": "2"})),
    "airflow": (entry("a", namespace="one"), entry("a", namespace="two")),
    "tracardi": (
        entry("a", settings=TracardiSettings(id="same")),
        entry("b", settings=TracardiSettings(id="same")),
    ),
}
"""By format, two Resources that want the same name in the document."""
INEXPRESSIBLE: dict[BundleFormat, dict[str, object]] = {
    "env": {"credentials": {"production": {"c": f"{SENTINEL}\n"}}},
    "airflow": {"service": service(airflow=lambda values: None)},
    "tracardi": {"description": "x" * 256},
}
"""By format, what makes a Resource impossible to express, its name left as it was."""


@pytest.mark.parametrize("bundle_format", SAME_NAME)
class TestNames:
    def test_the_older_of_two_keeps_the_name(self, bundle_format: BundleFormat) -> None:
        one, other = SAME_NAME[bundle_format]
        for older, younger in itertools.permutations((one, other)):
            pair = [replace(younger, created=LATER), replace(older, created=LONG_AGO)]
            rendered = render(bundle_format, pair, "production")
            assert left_out(rendered) == [(younger.namespace, younger.name, Reason.NAME_TAKEN)]
            assert rendered.document == render(bundle_format, [older], "production").document

    def test_the_one_that_is_left_out_learns_who_has_the_name(self, bundle_format: BundleFormat) -> None:
        older, younger = SAME_NAME[bundle_format]
        (omission,) = render(bundle_format, [older, replace(younger, created=LATER)], "production").omitted
        assert older.name in omission.problem.message
        assert older.namespace in omission.problem.message

    def test_the_older_one_keeps_the_name_while_it_cannot_be_expressed(self, bundle_format: BundleFormat) -> None:
        older, younger = SAME_NAME[bundle_format]
        older = replace(older, **INEXPRESSIBLE[bundle_format])  # type: ignore[arg-type]
        rendered = render(bundle_format, [older, replace(younger, created=LATER)], "production")
        assert {reason for _, _, reason in left_out(rendered)} == {Reason.NAME_TAKEN, Reason.NOT_EXPRESSIBLE}
        assert rendered.document == render(bundle_format, [], "production").document

    def test_one_that_cannot_be_expressed_holds_nobody_back_and_its_value_is_not_told(
        self, bundle_format: BundleFormat
    ) -> None:
        bad = replace(SAME_NAME[bundle_format][0], **INEXPRESSIBLE[bundle_format])  # type: ignore[arg-type]
        good = entry("good")
        rendered = render(bundle_format, [bad, good], "production")
        assert left_out(rendered) == [(bad.namespace, bad.name, Reason.NOT_EXPRESSIBLE)]
        assert rendered.document == render(bundle_format, [good], "production").document
        assert SENTINEL not in repr(rendered.omitted)

    def test_those_left_out_are_sorted(self, bundle_format: BundleFormat) -> None:
        bad = SAME_NAME[bundle_format][0]
        several = [
            replace(bad, name=name, uid=uid, **INEXPRESSIBLE[bundle_format])  # type: ignore[arg-type]
            for uid, name in (("1", "z"), ("2", "m"), ("3", "a"))
        ]
        omitted = render(bundle_format, several, "production").omitted
        assert [omission.name for omission in omitted] == ["a", "m", "z"]


def test_in_json_two_namespaces_may_have_one_name() -> None:
    rendered = render("json", [entry("a", namespace="one"), entry("a", namespace="two")], "production")
    assert (rendered.resources, rendered.omitted) == (2, ())


class TestSize:
    def test_a_document_of_one_mebibyte_fits(self) -> None:
        assert too_large(Rendered("x" * MAX_BYTES, 3)) is None

    def test_one_byte_more_does_not_and_the_resources_are_counted(self) -> None:
        problem = too_large(Rendered("x" * (MAX_BYTES + 1), 1234))
        assert problem is not None
        assert problem.reason is Reason.TOO_LARGE
        assert "1234" in problem.message

    def test_bytes_count_not_characters(self) -> None:
        assert too_large(Rendered("é" * (MAX_BYTES // 2 + 1), 1)) is not None


class TestKeys:
    @pytest.mark.parametrize("bundle_format", FORMATS)
    def test_the_name_of_the_file_says_how_to_read_it(self, bundle_format: BundleFormat) -> None:
        """Airflow's backend goes by the extension, and so do editors."""
        assert default_key(bundle_format).endswith(".env" if bundle_format == "env" else ".json")

    def test_tracardi_finds_the_file_under_the_name_that_its_charts_mount(self) -> None:
        assert default_key("tracardi") == "resources.json"
