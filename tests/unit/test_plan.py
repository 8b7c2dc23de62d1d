"""Decisions about one output: when it is settled, written, kept, withdrawn or left alone, and its revision."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.examples import UID, meta, owner
from tracardi_operator.api.names import ANNOTATION_PROVENANCE, ANNOTATION_REVISION, LABEL_ENVIRONMENT
from tracardi_operator.api.problems import Problem, Reason, Severity
from tracardi_operator.api.status import EnvironmentStatus, OutputStatus, ProblemStatus
from tracardi_operator.evaluate import Verdict
from tracardi_operator.plan import (
    Observed,
    View,
    carried_over,
    decide_invalid,
    decide_valid,
    next_revision,
    published,
    superfluous,
    verdict_holds,
)
from tracardi_operator.provenance import Provenance
from tracardi_operator.publish.secret import OutputSecret

NOW = Provenance("spec", "type", (("Secret/sendgrid", "uid/2"),))
BEFORE = replace(NOW, inputs=(("Secret/sendgrid", "uid/1"),))
DATA, OTHER_DATA = b"fingerprint", b"another fingerprint"
VALID = Verdict("production", values={})
BAD = Verdict("production", problems=(Problem(Reason.EMPTY, "is empty"),))
SECRET = OutputSecret("r-production-resolved", "servicebinding.io/sendgrid", {"token": "x"}, {"own": "label"}, {})


def output(made_from: Provenance | None = NOW, revision: int = 3, version: int = 10, **more: Any) -> Observed:
    annotations = {ANNOTATION_REVISION: str(revision), **more.pop("annotations", {})}
    if made_from:
        annotations[ANNOTATION_PROVENANCE] = made_from.dump()
    more = {"labels": {"own": "label"}, "owners": (owner(),)} | more
    return Observed(meta(version=version, annotations=annotations, **more))


def status(ready: bool = True, of: Provenance = NOW, version: int | None = 10, **more: Any) -> EnvironmentStatus:
    recorded = OutputStatus(name="r-production-resolved", resource_version=str(version)) if version else None
    return EnvironmentStatus(ready=ready, revision=3, observed=of.digest(), output=recorded, **more)


def view(current: Observed | None, previous: EnvironmentStatus | None = None, **more: Any) -> View:
    ours = current if current and current.belongs_to(UID) else None
    known: dict[str, Any] = {"provenance": NOW, "fingerprint": DATA, "intact": True, "ours": ours} | more
    return View("production", inputs={}, output=current, previous=previous, **known)


def problem(reason: Reason) -> ProblemStatus:
    return ProblemStatus(reason=reason, severity=Severity.ERROR, message="m")


def decide(current: View, fingerprint: bytes = DATA) -> Any:
    return decide_valid(current, VALID, SECRET, fingerprint, UID, "r")


class TestSettled:
    def test_an_untouched_output_of_the_present_inputs_verdict_holds(self) -> None:
        assert verdict_holds(NOW, output(), status(), UID)

    @pytest.mark.parametrize(
        ("current", "previous"),
        [
            pytest.param(output(), None, id="nothing was ever recorded"),
            pytest.param(output(BEFORE), status(of=BEFORE), id="an input changed"),
            pytest.param(output(), status(version=9), id="the output was touched"),
            pytest.param(None, status(), id="the output is gone"),
            pytest.param(output(owners=()), status(), id="the output is no longer ours"),
            pytest.param(output(BEFORE), status(), id="status says more than the output does"),
            pytest.param(output(None), status(), id="the provenance was removed"),
            pytest.param(output(), status(ready=False, problems=[problem(Reason.REJECTED)]), id="a refused write"),
            pytest.param(None, status(ready=False, version=None, problems=[problem(Reason.NAME_TAKEN)]), id="freed"),
        ],
    )
    def test_it_is_not_settled_when(self, current: Observed | None, previous: EnvironmentStatus | None) -> None:
        assert not verdict_holds(NOW, current, previous, UID)

    def test_a_bad_input_verdict_holds_while_the_last_good_output_stands(self) -> None:
        assert verdict_holds(NOW, output(BEFORE), status(ready=False), UID)

    def test_a_bad_input_without_output_verdict_holds(self) -> None:
        assert verdict_holds(NOW, None, status(ready=False, version=None), UID)

    def test_a_bad_input_is_not_settled_while_an_output_stands_that_is_to_be_withdrawn(self) -> None:
        assert not verdict_holds(NOW, output(BEFORE), status(ready=False), UID, withdraw=True)

    def test_a_taken_name_verdict_holds_while_the_stranger_is_there(self) -> None:
        taken = status(ready=False, version=None, problems=[problem(Reason.NAME_TAKEN)])
        assert verdict_holds(NOW, output(owners=()), taken, UID)


class TestValid:
    def test_a_first_output_has_revision_one(self) -> None:
        assert decide(view(None)).write.revision == 1

    def test_nothing_is_written_when_the_output_is_as_it_should_be(self) -> None:
        assert decide(view(output(), status())).write is None

    def test_a_changed_value_raises_the_revision(self) -> None:
        assert decide(view(output(BEFORE), status(of=BEFORE)), OTHER_DATA).write.revision == 4

    def test_an_input_that_was_touched_without_a_change_keeps_the_revision(self) -> None:
        decision = decide(view(output(BEFORE), status(of=BEFORE)))
        assert (decision.write.revision, decision.write.provenance) == (3, NOW)

    def test_an_edit_by_hand_is_put_right_under_the_same_revision(self) -> None:
        assert decide(view(output(), status(), fingerprint=OTHER_DATA, intact=False)).write.revision == 3

    def test_an_output_deleted_by_hand_comes_back_under_the_same_revision(self) -> None:
        assert decide(view(None, status())).write.revision == 3

    def test_an_output_that_was_lost_and_whose_input_changed_has_the_next_revision(self) -> None:
        assert decide(view(None, status(ready=False, of=BEFORE, version=None))).write.revision == 4

    @pytest.mark.parametrize("digits", [16, 5000])
    def test_a_revision_put_there_by_hand_that_no_status_could_hold_counts_as_removed(self, digits: int) -> None:
        edited = output(annotations={ANNOTATION_REVISION: "9" * digits})
        assert decide(view(edited, status())).write.revision == 3

    def test_a_revision_removed_by_hand_is_not_counted_from_the_start(self) -> None:
        current = output(annotations={ANNOTATION_REVISION: "none"})
        assert decide(view(current, status())).write.revision == 3

    def test_a_removed_label_of_ours_is_put_back(self) -> None:
        assert decide(view(output(labels={}), status())).write is not None

    @pytest.mark.parametrize("owners", [(), (owner("another-uid", "other"),), (owner(controller=False),)])
    def test_a_secret_of_somebody_else_is_never_written(self, owners: Any) -> None:
        decision = decide(view(output(owners=owners)), OTHER_DATA)
        assert (decision.write, [p.reason for p in decision.problems]) == (None, [Reason.NAME_TAKEN])

    def test_a_leftover_of_a_deleted_namesake_is_waited_for(self) -> None:
        decision = decide(view(output(owners=(owner("another-uid"),))))
        assert "garbage collector" in decision.problems[0].message


class TestInvalid:
    def test_the_last_good_output_is_kept(self) -> None:
        decision = decide_invalid(view(output(BEFORE), status(of=BEFORE)), BAD, withdraw=False)
        assert (decision.write, decision.remove, decision.problems) == (None, None, BAD.problems)

    def test_withdraw_removes_it(self) -> None:
        current = output(BEFORE)
        assert decide_invalid(view(current, status()), BAD, withdraw=True).remove == current

    def test_withdraw_leaves_a_secret_of_somebody_else_alone(self) -> None:
        assert decide_invalid(view(output(owners=()), status()), BAD, withdraw=True).remove is None

    def test_an_output_deleted_by_hand_is_reported_as_lost(self) -> None:
        decision = decide_invalid(view(None, status()), BAD, withdraw=False)
        assert [p.reason for p in decision.problems] == [Reason.EMPTY, Reason.OUTPUT_LOST]

    def test_a_loss_is_reported_until_it_is_repaired(self) -> None:
        lost = status(ready=False, version=None, problems=[problem(Reason.OUTPUT_LOST)])
        decision = decide_invalid(view(None, lost), BAD, withdraw=False)
        assert decision.problems[-1].reason is Reason.OUTPUT_LOST

    def test_data_edited_by_hand_is_reported_as_lost(self) -> None:
        decision = decide_invalid(view(output(version=11), status(), intact=False), BAD, withdraw=False)
        assert decision.problems[-1].reason is Reason.OUTPUT_LOST

    def test_an_output_of_which_nobody_knows_whether_it_was_edited_is_no_loss(self) -> None:
        decision = decide_invalid(view(output(version=11), status(), intact=None), BAD, withdraw=False)
        assert decision.problems == BAD.problems

    def test_a_label_added_by_somebody_is_no_loss(self) -> None:
        decision = decide_invalid(view(output(version=11), status()), BAD, withdraw=False)
        assert decision.problems == BAD.problems


class TestMetadata:
    def test_what_others_added_is_carried_over(self) -> None:
        current = output(BEFORE, labels={"own": "label", "theirs": "x"}, annotations={"theirs": "y"})
        labels, annotations = carried_over(current, decide(view(current, status()), OTHER_DATA).write)
        assert labels == {"own": "label", "theirs": "x"}
        assert annotations["theirs"] == "y"

    def test_what_the_resource_no_longer_asks_for_is_removed(self) -> None:
        current = output(replace(BEFORE, labels=("gone",)), labels={"own": "label", "gone": "x"})
        labels, _ = carried_over(current, decide(view(current, status()), OTHER_DATA).write)
        assert labels == {"own": "label"}


class TestPublished:
    def test_the_output_under_its_present_name_stands_for_the_environment(self) -> None:
        assert published(output(), [], UID, "production") == output()

    def test_a_former_output_stands_for_it_until_the_new_one_is_there(self) -> None:
        former = output(name="former", labels={LABEL_ENVIRONMENT: "production"})
        assert published(None, [former], UID, "production") == former

    def test_the_output_of_another_environment_does_not(self) -> None:
        assert published(None, [output(labels={LABEL_ENVIRONMENT: "test"})], UID, "production") is None


def test_a_secret_that_we_did_not_write_is_not_superfluous_whoever_it_says_it_belongs_to() -> None:
    assert superfluous([output(None)], []) == []


def test_outputs_that_no_environment_has_are_superfluous() -> None:
    current = output()
    assert superfluous([current], ["another-name"]) == [current]
    assert superfluous([current], [current.name]) == []


@pytest.mark.parametrize(
    ("previous", "changed", "following"), [(0, True, 1), (0, False, 1), (3, True, 4), (3, False, 3)]
)
def test_revisions_start_at_one_and_rise_with_changes(previous: int, changed: bool, following: int) -> None:
    assert next_revision(previous, changed=changed) == following
