"""What the store keeps, what it ignores, and whom it wakes."""

from typing import Any

import pytest

from tests.unit.control.known import KEY, OUTPUT, Known, edited, publishing, taking
from tests.unit.examples import SECRET, UID, body, meta, owner, spec
from tracardi_operator.api.problems import SourceKind
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.provenance import ABSENT
from tracardi_operator.resolve import InputRef


class TestInterest:
    def test_an_object_that_nobody_names_is_not_kept(self, known: Known) -> None:
        known.resource()
        assert not known.input(name="unrelated")
        assert known.kept() == 0

    def test_an_object_that_is_named_is_kept_by_its_version(self, known: Known) -> None:
        known.resource()
        assert known.input(5)
        assert known.version() == "input/5"

    def test_a_config_map_is_no_secret_of_its_name(self, known: Known) -> None:
        known.resource()
        assert not known.input(kind=CONFIG_MAPS)

    def test_an_object_in_another_namespace_is_not_kept(self, known: Known) -> None:
        known.resource()
        assert not known.store.observe(SECRETS, meta("sendgrid", namespace="other"))

    def test_an_object_that_is_no_longer_named_is_dropped(self, known: Known) -> None:
        known.resource()
        known.input()
        known.resource(version=2, **edited(taking("another")))
        assert known.kept() == 0

    def test_an_object_that_another_still_names_is_kept(self, known: Known) -> None:
        known.resource()
        known.resource("other", metadata={"uid": "other"})
        known.input()
        known.resource(version=2, **edited(taking("another")))
        assert known.version("other") == "input/5"

    def test_nothing_is_kept_for_a_resource_that_is_gone(self, known: Known) -> None:
        known.resource()
        known.input()
        known.output(owners=())
        known.store.drop(KEY, UID)
        assert (known.kept(), len(known.store)) == (0, 0)

    def test_a_spec_that_cannot_be_read_names_nothing(self, known: Known) -> None:
        known.resource(spec={"type": "sendgrid", "credentials": {"production": {"fields": {}}}})
        assert not known.input()

    def test_dropping_a_config_map_leaves_an_output_of_its_name_alone(self, known: Known) -> None:
        fields = {"token": {"valueFrom": {"configMapKeyRef": {"name": OUTPUT, "key": "token"}}}}
        naming = {"type": "sendgrid", "credentials": {"production": {"fields": fields}}}
        known.resource(spec=naming)
        known.output()
        known.resource(version=2, **edited(taking("sendgrid")))
        assert known.owned() == [OUTPUT]


class TestOutputs:
    def test_an_output_is_known_by_its_name_whosever_it_is(self, known: Known) -> None:
        known.resource()
        assert known.output(owners=())
        assert known.store.output("ns", OUTPUT) is not None
        assert known.owned() == []

    def test_an_output_of_a_resource_is_known_under_any_name(self, known: Known) -> None:
        known.resource()
        assert known.output(name="old-name")
        assert known.owned() == ["old-name"]

    def test_an_output_is_known_before_its_resource_is(self, known: Known) -> None:
        known.output()
        known.resource()
        assert known.owned() == [OUTPUT]

    def test_an_output_that_is_no_longer_named_stays_known_until_it_is_gone(self, known: Known) -> None:
        known.resource()
        known.output()
        known.resource(version=2, **edited(publishing("new")))
        assert known.owned() == [OUTPUT]
        known.store.forget(SECRETS, meta(OUTPUT, 11))
        assert (known.owned(), known.kept()) == ([], 0)

    def test_an_output_of_a_resource_that_is_gone_stays_known_until_it_is_gone_itself(self, known: Known) -> None:
        known.resource()
        known.output()
        known.store.drop(KEY, UID)
        assert known.store.output("ns", OUTPUT)
        known.store.forget(SECRETS, meta(OUTPUT, 11))
        assert known.kept() == 0

    def test_a_stranger_that_another_controller_owns_is_dropped_when_nobody_wants_its_name(self, known: Known) -> None:
        foreign = owner("foreign")
        foreign = type(foreign)("apps/v1", "Deployment", "d", "foreign", True, None)
        known.resource()
        known.output(owners=(foreign,))
        known.resource(version=2, **edited(publishing("new")))
        assert known.kept() == 0

    def test_an_output_that_is_taken_from_us_is_no_longer_ours(self, known: Known) -> None:
        known.resource()
        known.output(10)
        known.output(11, owners=())
        assert known.owned() == []

    def test_an_old_output_that_is_taken_from_us_is_not_kept(self, known: Known) -> None:
        known.resource()
        known.output(10, name="old-name")
        assert not known.output(11, name="old-name", owners=())
        assert (known.owned(), known.kept()) == ([], 0)

    def test_an_old_output_that_is_an_input_too_and_is_taken_from_us_is_but_an_input(self, known: Known) -> None:
        known.resource()
        known.output(10, name="sendgrid")
        known.output(11, name="sendgrid", owners=())
        assert (known.owned(), known.store.output("ns", "sendgrid")) == ([], None)
        assert known.version() == "output-uid/11"

    def test_a_known_input_whose_name_is_asked_for_as_an_output_is_recognised_when_it_is_told_again(
        self, known: Known
    ) -> None:
        known.resource("other", metadata={"uid": "other"})
        known.input(5)
        known.resource(spec=publishing("sendgrid"))
        known.input(5)
        assert known.store.output("ns", "sendgrid") is not None

    def test_an_owner_that_is_no_controller_makes_no_output(self, known: Known) -> None:
        known.resource()
        assert not known.output(name="theirs", owners=(owner(controller=False),))

    def test_forgetting_an_output_of_another_uid_does_nothing(self, known: Known) -> None:
        known.resource()
        known.output()
        known.store.forget_output("ns", OUTPUT, "another-uid")
        assert known.store.output("ns", OUTPUT)
        known.store.forget_output("ns", OUTPUT, "output-uid")
        assert known.store.output("ns", OUTPUT) is None


class TestOrder:
    def test_an_older_state_of_an_object_is_ignored(self, known: Known) -> None:
        known.resource()
        known.input(5)
        known.input(4)
        assert known.version() == "input/5"

    def test_versions_are_compared_as_numbers(self, known: Known) -> None:
        known.resource()
        known.input(9)
        known.input(10)
        assert known.version() == "input/10"

    def test_a_deletion_before_the_present_object_is_ignored(self, known: Known) -> None:
        known.resource()
        known.input(9, uid="new")
        known.store.forget(SECRETS, meta("sendgrid", 8, uid="old"))
        assert known.version() == "new/9"

    def test_an_answer_about_an_object_whose_deletion_is_known_is_ignored(self, known: Known) -> None:
        known.resource()
        known.input(5)
        known.store.forget(SECRETS, meta("sendgrid", 7, uid="input"))
        known.input(6)
        known.store.learn(known.record(), SECRET, "input/6")
        assert known.version() == ABSENT

    def test_an_answer_about_an_object_of_which_only_the_deletion_is_known_is_ignored(self, known: Known) -> None:
        record = known.resource()
        known.store.forget(SECRETS, meta("sendgrid", 7, uid="input"))
        known.store.learn(record, SECRET, "input/6")
        assert known.version() == ABSENT

    def test_an_object_made_anew_after_its_deletion_counts(self, known: Known) -> None:
        known.resource()
        known.input(5)
        known.store.forget(SECRETS, meta("sendgrid", 7, uid="input"))
        known.input(8, uid="anew")
        assert known.version() == "anew/8"

    def test_an_older_state_of_a_resource_is_ignored(self, known: Known) -> None:
        known.resource(version=9, spec=taking("new"))
        known.store.take_in(body(version=8, **edited(taking("old"), generation=1)))
        assert [ref.name for ref in known.record().references] == ["new"]
        assert known.woken() == []

    def test_the_deletion_of_an_earlier_resource_of_the_name_is_ignored(self, known: Known) -> None:
        known.resource(metadata={"uid": "new"})
        known.store.drop(KEY, "old")
        assert known.store.record(KEY)

    def test_an_answer_about_a_resource_whose_deletion_is_known_is_ignored(self, known: Known) -> None:
        known.resource()
        known.store.drop(KEY, UID)
        known.store.take_in(body(version=2))
        assert known.store.record(KEY) is None

    def test_a_deleted_object_is_absent_where_it_is_named(self, known: Known) -> None:
        known.resource()
        known.input(5)
        known.store.forget(SECRETS, meta("sendgrid", 6, uid="input"))
        assert known.version() == ABSENT

    def test_what_a_read_came_upon_is_known(self, known: Known) -> None:
        record = known.resource()
        known.store.learn(record, SECRET, "input/5")
        assert known.version() == "input/5"

    @pytest.mark.parametrize("version", ["input/4", ABSENT])
    def test_what_a_read_came_upon_does_not_replace_what_a_watch_told_since(self, known: Known, version: str) -> None:
        record = known.resource()
        known.input(5)
        known.store.learn(record, SECRET, version)
        assert known.version() == "input/5"

    def test_what_a_read_came_upon_is_not_kept_once_nobody_names_it(self, known: Known) -> None:
        before = known.resource()
        known.resource(version=2, **edited(taking("another")))
        known.store.learn(before, SECRET, "input/5")
        assert known.kept() == 0


class TestLists:
    def complete(self, known: Known, *kept: str, version: int = 50, namespace: str | None = None) -> None:
        known.store.replace(SECRETS, namespace, {("ns", name): f"uid/{version}" for name in kept}, str(version))

    def test_what_is_not_listed_is_unknown_and_not_absent(self, known: Known) -> None:
        known.resource()
        known.input(5)
        self.complete(known)
        assert known.version() is None
        assert known.woken() == ["r", "r"]

    def test_what_is_listed_stays(self, known: Known) -> None:
        known.resource()
        known.input(5)
        self.complete(known, "sendgrid")
        assert known.version() == "input/5"

    def test_what_is_newer_than_the_list_stays(self, known: Known) -> None:
        known.resource()
        known.input(51)
        self.complete(known, version=50)
        assert known.version() == "input/51"

    def test_what_is_absent_stays_absent_and_wakes_nobody(self, known: Known) -> None:
        known.resource()
        known.store.forget(SECRETS, meta("sendgrid", 5, uid="input"))
        known.woken()
        self.complete(known)
        assert (known.version(), known.woken()) == (ABSENT, [])

    def test_an_output_that_is_not_listed_is_gone(self, known: Known) -> None:
        known.resource()
        known.output()
        self.complete(known)
        assert (known.owned(), known.kept()) == ([], 0)

    def test_a_list_of_one_namespace_says_nothing_about_another(self, known: Known) -> None:
        known.resource()
        known.input(5)
        self.complete(known, namespace="other")
        assert known.version() == "input/5"

    def test_a_list_of_config_maps_says_nothing_about_secrets(self, known: Known) -> None:
        known.resource()
        known.input(5)
        known.store.replace(CONFIG_MAPS, None, {}, "50")
        assert known.version() == "input/5"


class TestRewind:
    def test_lower_versions_count_after_a_rewind(self, known: Known) -> None:
        known.resource()
        known.input(50)
        known.store.rewind(SECRETS, None)
        known.input(5)
        assert known.version() == "input/5"

    def test_a_deleted_object_may_live_again_after_a_rewind(self, known: Known) -> None:
        known.resource()
        known.input(50)
        known.store.forget(SECRETS, meta("sendgrid", 51, uid="input"))
        known.store.rewind(SECRETS, None)
        known.input(5)
        assert known.version() == "input/5"

    @pytest.mark.parametrize(("version", "agrees"), [(50, True), (51, False), (1000, False)])
    def test_a_list_that_is_not_older_than_a_deletion_and_has_the_object_contradicts_it(
        self, known: Known, version: int, *, agrees: bool
    ) -> None:
        known.resource()
        known.input(5)
        known.store.forget(SECRETS, meta("sendgrid", 51, uid="input"))
        assert known.input(5)
        assert known.store.replace(SECRETS, None, {("ns", "sendgrid"): "input/5"}, str(version)) == agrees

    def test_an_output_that_is_not_there_after_a_rewind_is_gone_with_the_next_list(self, known: Known) -> None:
        known.resource()
        known.output(50)
        known.store.rewind(SECRETS, None)
        known.store.replace(SECRETS, None, {}, "5")
        assert (known.owned(), known.kept()) == ([], 0)

    def test_a_rewind_of_one_namespace_leaves_another_alone(self, known: Known) -> None:
        known.resource()
        known.input(50)
        known.store.rewind(SECRETS, "other")
        known.input(5)
        assert known.version() == "input/50"


@pytest.mark.parametrize(
    ("status", "is_new"), [({}, True), ({"observedGeneration": -1}, True), ({"conditions": []}, False)]
)
def test_a_resource_is_new_while_nothing_was_said_about_it(known: Known, status: dict[str, Any], is_new: bool) -> None:
    assert known.resource(status=status).is_new is is_new


def test_after_a_restore_another_spec_of_the_same_generation_counts(known: Known) -> None:
    record = known.resource(version=9, spec=publishing("lost"), metadata={"generation": 3})
    known.store.rewind_records([record])
    known.resource(version=5, spec=publishing("made"), metadata={"generation": 3})
    assert known.record().outputs == ("made",)


def test_no_value_of_a_resource_is_shown(known: Known) -> None:
    literal = {"production": {"fields": {"username": {"value": "SENTINEL"}}}}
    record = known.resource(spec={"type": "clicksend", "credentials": literal}, status={"note": "SENTINEL"})
    assert "SENTINEL" not in repr(record)


def test_references_and_outputs_are_those_of_both_environments(known: Known) -> None:
    both = spec(environments=("production", "test")).model_dump(mode="json", by_alias=True, exclude_none=True)
    record = known.resource(spec=both)
    assert record.references == (InputRef(SourceKind.SECRET, "sendgrid"),)
    assert record.outputs == (OUTPUT, "r-test-resolved")


def test_metadata_of_a_list_says_what_is_kept(known: Known) -> None:
    """The reflector counts as listed what `observe` says is kept: an older state of something kept is, too."""
    known.resource()
    known.input(5)
    assert known.store.observe(
        SECRETS, ObjectMeta.decode({"name": "sendgrid", "namespace": "ns", "uid": "input", "resourceVersion": "4"})
    )
