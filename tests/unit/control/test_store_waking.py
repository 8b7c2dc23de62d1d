"""Whom the store wakes, and of which Resources something has changed since they were found to be right."""

from typing import Any

import pytest

from tests.unit.control.known import KEY, OUTPUT, Known, publishing, taking
from tests.unit.examples import SECRET, body, meta
from tracardi_operator.api.names import ANNOTATION_REQUESTED_AT
from tracardi_operator.api.problems import SourceKind
from tracardi_operator.control.records import Record
from tracardi_operator.control.store import Store
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.resolve import InputRef


class TestWaking:
    def test_a_new_resource_is_woken(self, known: Known) -> None:
        known.store.take_in(body())
        assert known.woken() == ["r"]

    def test_a_changed_input_wakes_all_that_name_it(self, known: Known) -> None:
        known.resource()
        known.resource("other", metadata={"uid": "other"})
        known.resource("third", spec=taking("another"), metadata={"uid": "third"})
        known.input(5)
        assert known.woken() == ["other", "r"]

    def test_the_same_version_again_wakes_nobody(self, known: Known) -> None:
        known.resource()
        known.input(5)
        known.woken()
        known.input(5)
        assert known.woken() == []

    def test_an_output_wakes_its_owner_under_any_name(self, known: Known) -> None:
        known.resource()
        known.output(name="old-name")
        assert known.woken() == ["r"]

    def test_a_deleted_output_wakes_its_owner(self, known: Known) -> None:
        known.resource()
        known.output(name="old-name")
        known.woken()
        known.store.forget(SECRETS, meta("old-name", 11))
        assert known.woken() == ["r"]

    def test_a_deletion_that_is_told_again_wakes_nobody(self, known: Known) -> None:
        known.resource()
        known.input(5)
        known.store.forget(SECRETS, meta("sendgrid", 6, uid="input"))
        known.woken()
        known.store.forget(SECRETS, meta("sendgrid", 6, uid="input"))
        assert known.woken() == []

    def test_an_old_output_that_is_taken_from_us_wakes_its_owner(self, known: Known) -> None:
        known.resource()
        known.output(10, name="old-name")
        known.woken()
        known.output(11, name="old-name", owners=())
        assert known.woken() == ["r"]

    def test_a_later_version_that_one_read_came_upon_wakes_all_that_name_it(self, known: Known) -> None:
        record = known.resource()
        known.resource("other", metadata={"uid": "other"})
        known.input(5)
        known.woken()
        known.store.learn(record, SECRET, "input/6")
        assert known.woken() == ["other", "r"]

    def test_the_owner_of_an_output_hears_of_an_edit_that_another_read_first(self, known: Known) -> None:
        known.resource()
        known.output(10)
        reader = known.resource("other", metadata={"uid": "other"}, spec=taking(OUTPUT))
        known.store.learn(reader, InputRef(SourceKind.SECRET, OUTPUT), "output-uid/11")
        known.woken()
        known.output(11)
        assert known.woken() == ["other", "r"]

    def test_the_former_owner_of_an_output_hears_that_it_was_given_away(self, known: Known) -> None:
        record = known.resource(spec=publishing("new"))
        known.output(10)
        known.resource("other", metadata={"uid": "other"}, spec=taking(OUTPUT))
        assert [output.name for output in known.store.owned(record)] == [OUTPUT]
        known.woken()
        known.output(11, owners=())
        assert known.woken() == ["other", "r"]

    def test_a_first_read_wakes_nobody(self, known: Known) -> None:
        known.store.learn(known.resource(), SECRET, "input/6")
        assert known.woken() == []

    def test_the_echo_of_our_own_status_wakes_nobody(self, known: Known) -> None:
        written = {"observedGeneration": 1}
        known.store.observe_own_status(known.resource(), written, "2")
        known.store.take_in(body(version=2, status=written))
        assert known.woken() == []

    def test_a_status_written_by_somebody_else_wakes(self, known: Known) -> None:
        known.store.observe_own_status(known.resource(), {"observedGeneration": 1}, "2")
        known.store.take_in(body(version=3, status={"observedGeneration": 7}))
        assert known.woken() == ["r"]

    def test_an_event_from_before_our_own_status_is_ignored(self, known: Known) -> None:
        written = {"observedGeneration": 1}
        known.store.observe_own_status(known.resource(), written, "3")
        known.store.take_in(body(version=2))
        assert (known.woken(), known.record().load_status()) == ([], written)

    def test_a_label_wakes_nobody_and_its_version_is_known(self, known: Known) -> None:
        known.resource()
        known.store.take_in(body(version=2, metadata={"labels": {"a": "b"}}))
        assert (known.woken(), known.record().resource_version) == ([], 2)

    @pytest.mark.parametrize(
        "metadata",
        [
            pytest.param({"generation": 2}, id="another spec"),
            pytest.param({"uid": "another"}, id="made anew"),
            pytest.param({"deletionTimestamp": "2026-01-01T00:00:00Z"}, id="being deleted"),
            pytest.param({"annotations": {ANNOTATION_REQUESTED_AT: "now"}}, id="asked for"),
        ],
    )
    def test_it_wakes_when_it_is(self, known: Known, metadata: dict[str, Any]) -> None:
        known.resource()
        known.store.take_in(body(version=2, metadata=metadata))
        assert known.woken() == ["r"]


def test_an_own_write_is_told_to_those_who_took_and_to_those_who_may_take_now() -> None:
    changed: list[Record] = []
    store = Store(lambda _: None, changed=changed.append)
    store.take_in(body())
    before = store.record(KEY)
    assert before
    store.take_in(body(version=2, metadata={"generation": 2}))
    changed.clear()
    store.observe_own_output(before, meta(OUTPUT, 10))
    assert changed == [before, store.record(KEY)]


class TestSettled:
    @pytest.fixture
    def settled(self, known: Known) -> Record:
        record = known.resource()
        known.input(5)
        known.output(10)
        record.reconciled = known.store.snapshot(record)
        return record

    def test_a_resource_that_was_never_worked_on_is_unsettled(self, known: Known) -> None:
        known.resource()
        assert list(known.store.unreconciled()) == [KEY]

    @pytest.mark.usefixtures("settled")
    def test_one_that_was_left_right_is_settled(self, known: Known) -> None:
        assert list(known.store.unreconciled()) == []

    @pytest.mark.usefixtures("settled")
    def test_it_is_unsettled_once_an_input_changed(self, known: Known) -> None:
        known.input(6)
        assert list(known.store.unreconciled()) == [KEY]

    @pytest.mark.usefixtures("settled")
    def test_it_is_unsettled_once_its_output_changed(self, known: Known) -> None:
        known.output(11)
        assert list(known.store.unreconciled()) == [KEY]

    @pytest.mark.usefixtures("settled")
    def test_it_is_unsettled_once_its_output_is_gone(self, known: Known) -> None:
        known.store.forget(SECRETS, meta(OUTPUT, 11))
        assert list(known.store.unreconciled()) == [KEY]

    @pytest.mark.usefixtures("settled")
    def test_it_is_unsettled_once_an_input_is_no_longer_known(self, known: Known) -> None:
        known.store.replace(SECRETS, None, {("ns", OUTPUT): "uid/50"}, "50")
        assert list(known.store.unreconciled()) == [KEY]

    def test_it_is_unsettled_once_its_status_changed(self, known: Known, settled: Record) -> None:
        known.store.observe_own_status(settled, {"observedGeneration": 7}, "2")
        assert list(known.store.unreconciled()) == [KEY]
