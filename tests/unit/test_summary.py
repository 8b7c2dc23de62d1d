"""From what was decided and done to status: conditions, times, what is held, and never more words than fit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.examples import meta, spec
from tracardi_operator.api.names import ANNOTATION_REVISION
from tracardi_operator.api.problems import Problem, Reason, Severity, Source, SourceKind
from tracardi_operator.api.status import Condition, EnvironmentStatus, OutputStatus, ProblemStatus, ResourceStatus
from tracardi_operator.plan import Decision, Observed, View
from tracardi_operator.provenance import Provenance
from tracardi_operator.summary import (
    conclude,
    initial_status,
    new_revisions,
    problem_status,
    ready_condition,
    summarise,
    suspended,
    unreadable,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PROVENANCE = Provenance("spec", "type", ())
OUTPUT = Observed(meta(version=10, annotations={ANNOTATION_REVISION: "3"}))
PUBLISHED = EnvironmentStatus(ready=True, revision=1, output=OutputStatus(name="o", resource_version="1"))

UNRESOLVED = [Reason.SECRET_NOT_FOUND, Reason.CONFIG_MAP_NOT_FOUND, Reason.KEY_NOT_FOUND]
WITHHELD = [Reason.NAME_TAKEN, Reason.NOT_ALLOWED, Reason.OUTPUT_LOST, Reason.REJECTED, Reason.UNREACHABLE]
OF_THE_WHOLE = [Reason.INVALID_SPEC, Reason.SUSPENDED]
WRONG = [reason for reason in Reason if reason not in (*UNRESOLVED, *WITHHELD, *OF_THE_WHOLE)]


def problem(reason: Reason, message: str = "m", **more: Any) -> ProblemStatus:
    return ProblemStatus(reason=reason, severity=more.pop("severity", Severity.ERROR), message=message, **more)


def failing(*problems: ProblemStatus, **more: Any) -> EnvironmentStatus:
    return EnvironmentStatus(ready=False, problems=list(problems), **more)


def summed(
    production: EnvironmentStatus = PUBLISHED,
    test: EnvironmentStatus | None = None,
    *,
    previous: ResourceStatus | None = None,
    generation: int = 1,
    now: datetime = NOW,
    **more: Any,
) -> ResourceStatus:
    environments: dict[Any, EnvironmentStatus] = {"production": production} | ({"test": test} if test else {})
    asked = spec(environments=tuple(environments), **more)
    return summarise(asked, environments, generation, previous or initial_status(), now)


def conditions(status: ResourceStatus) -> dict[str, Condition]:
    return {condition.type: condition for condition in status.conditions or ()}


def verdicts(status: ResourceStatus) -> dict[str, tuple[str, str]]:
    return {kind: (condition.status, condition.reason) for kind, condition in conditions(status).items()}


def view(previous: EnvironmentStatus | None = None) -> View:
    return View("production", PROVENANCE, {}, None, None, None, intact=True, previous=previous)


class TestConditions:
    def test_when_all_is_published_all_is_true_and_nothing_is_awaited(self) -> None:
        expected = {kind: ("True", kind) for kind in ("Ready", "Resolved", "Valid", "Published")}
        assert verdicts(summed()) == expected

    @pytest.mark.parametrize("reason", UNRESOLVED)
    def test_what_a_reference_does_not_lead_to_is_unresolved_and_awaited(self, reason: Reason) -> None:
        false = ("False", reason)
        expected = {"Ready": false, "Resolved": false, "Valid": ("Unknown", reason), "Published": false}
        assert verdicts(summed(failing(problem(reason)))) == expected | {"Reconciling": ("True", reason)}

    @pytest.mark.parametrize("reason", WRONG)
    def test_what_is_wrong_is_invalid_and_stalled(self, reason: Reason) -> None:
        false = ("False", reason)
        expected = {"Ready": false, "Resolved": ("True", "Resolved"), "Valid": false, "Published": false}
        assert verdicts(summed(failing(problem(reason)))) == expected | {"Stalled": ("True", reason)}

    @pytest.mark.parametrize("reason", WITHHELD)
    def test_what_cannot_be_written_is_unpublished_though_it_is_valid(self, reason: Reason) -> None:
        status = verdicts(summed(failing(problem(reason))))
        assert (status["Valid"][0], status["Resolved"][0]) == ("True", "True")
        assert status["Published"] == status["Ready"] == ("False", reason)
        assert ("Stalled" in status, "Reconciling" in status) == (
            reason is Reason.NOT_ALLOWED,
            reason is not Reason.NOT_ALLOWED,
        )

    def test_what_only_an_edit_mends_is_stalled_whatever_else_is_awaited(self) -> None:
        status = verdicts(summed(failing(problem(Reason.KEY_NOT_FOUND), problem(Reason.BAD_FORMAT))))
        assert status["Stalled"] == ("True", Reason.BAD_FORMAT)
        assert "Reconciling" not in status

    def test_a_warning_changes_no_condition(self) -> None:
        warned = PUBLISHED.model_copy(update={"problems": [problem(Reason.BAD_FORMAT, severity=Severity.WARNING)]})
        assert verdicts(summed(warned)) == verdicts(summed())

    def test_one_bad_environment_makes_the_whole_not_ready(self) -> None:
        status = summed(PUBLISHED, failing(problem(Reason.EMPTY)))
        assert verdicts(status)["Ready"] == ("False", Reason.EMPTY)
        assert conditions(status)["Published"].message == "production: published; test: nothing is published"

    def test_the_first_environment_comes_first(self) -> None:
        status = summed(failing(problem(Reason.EMPTY, "one")), failing(problem(Reason.PLACEHOLDER, "two")))
        assert verdicts(status)["Ready"][1] == Reason.EMPTY
        assert conditions(status)["Ready"].message == "production: one; test: two"

    def test_published_gives_the_reason_why_nothing_was_written_before_any_other(self) -> None:
        lost = failing(problem(Reason.EMPTY), problem(Reason.OUTPUT_LOST))
        assert verdicts(summed(lost))["Published"] == ("False", Reason.OUTPUT_LOST)

    def test_a_message_names_field_source_and_what_to_do(self) -> None:
        source = problem_status(Problem(Reason.EMPTY, "is empty", field="token", source=_source())).source
        status = summed(failing(problem(Reason.EMPTY, "is empty", field="token", source=source)))
        assert conditions(status)["Ready"].message == "production.token (Secret s, key k): is empty"

    def test_what_is_still_served_is_told(self) -> None:
        stale = failing(problem(Reason.EMPTY), stale=True)
        message = "production: the last good values are still published"
        assert conditions(summed(stale))["Published"].message == message

    def test_a_message_has_its_limit(self) -> None:
        long = failing(*(problem(Reason.EMPTY, "x" * 100) for _ in range(50)))
        messages = [condition.message for condition in summed(long).conditions or ()]
        assert max(map(len, messages)) == 1024
        assert conditions(summed(long))["Ready"].message.endswith("…")


PASTED = "ghp_aB3daB3daB3daB3daB3daB3daB3daB3d"


class TestPasted:
    """A credential that stands where a name belongs is repeated neither in status nor, with it, in an Event."""

    @pytest.mark.parametrize(
        "found",
        [
            Problem(Reason.UNKNOWN_FIELD, "m", field=PASTED),
            Problem(Reason.NOT_ALLOWED, "m", field="token", source=Source(SourceKind.CONFIG_MAP, "cm", PASTED)),
            Problem(Reason.NOT_ALLOWED, "m", field="token", source=Source(SourceKind.SECRET, PASTED, "key")),
        ],
    )
    def test_it_is_not_shown(self, found: Problem) -> None:
        status = summed(failing(problem_status(found)))
        assert PASTED not in status.model_dump_json()
        assert "not shown" in conditions(status)["Ready"].message

    def test_a_name_is(self) -> None:
        told = problem_status(Problem(Reason.UNKNOWN_FIELD, "m", field="personal_access_tokn"))
        assert told.field == "personal_access_tokn"


class TestTimes:
    def test_a_condition_keeps_its_time_while_its_status_is_the_same(self) -> None:
        before = summed(failing(problem(Reason.EMPTY)))
        after = summed(failing(problem(Reason.PLACEHOLDER)), previous=before, now=LATER)
        assert {c.last_transition_time for c in after.conditions or ()} == {NOW}

    def test_a_condition_has_the_time_of_its_transition(self) -> None:
        before = summed()
        after = conditions(summed(failing(problem(Reason.EMPTY)), previous=before, now=LATER))
        times = {kind: condition.last_transition_time for kind, condition in after.items()}
        assert times == {"Ready": LATER, "Valid": LATER, "Published": LATER, "Stalled": LATER, "Resolved": NOW}

    def test_a_condition_that_went_away_begins_anew(self) -> None:
        bad = summed(failing(problem(Reason.EMPTY)))
        good = summed(previous=bad, now=LATER)
        again = summed(failing(problem(Reason.EMPTY)), previous=good, now=LATER + timedelta(hours=1))
        assert conditions(again)["Stalled"].last_transition_time == LATER + timedelta(hours=1)

    def test_the_same_again_is_the_same_status(self) -> None:
        assert summed(previous=summed(), now=LATER) == summed()

    def test_each_condition_speaks_of_the_generation_that_was_examined(self) -> None:
        status = summed(generation=7)
        assert {status.observed_generation, *(c.observed_generation for c in status.conditions or ())} == {7}


class TestBinding:
    TEST = EnvironmentStatus(ready=True, revision=1, output=OutputStatus(name="t", resource_version="1"))

    def test_it_names_the_output_of_production(self) -> None:
        assert _bound(summed(PUBLISHED, self.TEST)) == "o"

    def test_it_names_the_output_of_the_environment_that_was_chosen(self) -> None:
        assert _bound(summed(PUBLISHED, self.TEST, output={"binding": "test"})) == "t"

    def test_without_production_it_names_that_of_test(self) -> None:
        status = summarise(spec(environments=("test",)), {"test": self.TEST}, 1, initial_status(), NOW)
        assert _bound(status) == "t"

    def test_it_names_an_output_that_is_stale(self) -> None:
        stale = PUBLISHED.model_copy(update={"ready": False, "stale": True, "problems": [problem(Reason.EMPTY)]})
        assert _bound(summed(stale)) == "o"

    def test_without_an_output_there_is_none(self) -> None:
        assert _bound(summed(failing(problem(Reason.EMPTY)), self.TEST)) is None


class TestHeld:
    BEFORE = summed(failing(problem(Reason.EMPTY)), TestBinding.TEST, output={"binding": "test"})

    def test_a_suspended_resource_is_neither_ready_nor_not(self) -> None:
        status = suspended(2, self.BEFORE, LATER)
        assert verdicts(status)["Ready"] == ("Unknown", Reason.SUSPENDED)
        assert (status.observed_generation, conditions(status)["Ready"].last_transition_time) == (2, LATER)

    def test_a_suspended_resource_awaits_nothing(self) -> None:
        assert not {"Stalled", "Reconciling"} & verdicts(suspended(2, self.BEFORE, LATER)).keys()

    def test_an_unreadable_spec_is_stalled(self) -> None:
        problems = [Problem(Reason.INVALID_SPEC, "one"), Problem(Reason.INVALID_SPEC, "two")]
        status = unreadable(problems, 2, self.BEFORE, LATER)
        assert verdicts(status)["Ready"] == ("False", Reason.INVALID_SPEC)
        assert verdicts(status)["Stalled"] == ("True", Reason.INVALID_SPEC)
        assert conditions(status)["Ready"].message == "one; two"

    @pytest.mark.parametrize("held", [suspended(2, BEFORE, LATER), unreadable([], 2, BEFORE, LATER)])
    def test_what_was_found_before_stays(self, held: ResourceStatus) -> None:
        assert (held.environments, held.binding) == (self.BEFORE.environments, self.BEFORE.binding)
        for kind in ("Resolved", "Valid", "Published"):
            assert conditions(held)[kind] == conditions(self.BEFORE)[kind]

    def test_a_resource_that_was_never_examined_can_be_suspended(self) -> None:
        assert verdicts(suspended(1, initial_status(), NOW)) == {"Ready": ("Unknown", Reason.SUSPENDED)}


class TestConclude:
    BAD = Decision(problems=(Problem(Reason.EMPTY, "is empty"),))
    LOST = Decision(problems=(Problem(Reason.EMPTY, "is empty"), Problem(Reason.OUTPUT_LOST, "was deleted")))

    def test_an_output_without_errors_is_ready(self) -> None:
        status = conclude(view(), Decision(), OUTPUT, None, NOW)
        assert (status.ready, status.revision, status.stale, status.problems) == (True, 3, None, None)
        assert status.output == OutputStatus(name=OUTPUT.name, resource_version="10")

    def test_it_records_what_was_examined(self) -> None:
        assert conclude(view(), Decision(), OUTPUT, None, NOW).observed == PROVENANCE.digest()

    def test_warnings_do_not_make_it_unready(self) -> None:
        warned = Decision(problems=(Problem(Reason.BAD_FORMAT, "m", Severity.WARNING),))
        status = conclude(view(), warned, OUTPUT, None, NOW)
        assert (status.ready, len(status.problems or ())) == (True, 1)

    def test_an_output_with_errors_is_stale_from_now_on(self) -> None:
        status = conclude(view(PUBLISHED), self.BAD, OUTPUT, None, NOW)
        assert (status.ready, status.stale, status.since) == (False, True, NOW)

    def test_it_stays_stale_since_it_began(self) -> None:
        before = conclude(view(PUBLISHED), self.BAD, OUTPUT, None, NOW)
        assert conclude(view(before), self.BAD, OUTPUT, None, LATER).since == NOW

    def test_an_output_that_is_lost_is_not_stale(self) -> None:
        status = conclude(view(), self.LOST, OUTPUT, None, NOW)
        assert (status.ready, status.stale, status.since) == (False, None, None)

    def test_without_an_output_it_is_neither_ready_nor_stale(self) -> None:
        status = conclude(view(), self.BAD, None, None, NOW)
        assert (status.ready, status.stale, status.output, status.revision) == (False, None, None, None)

    def test_without_an_output_the_revision_is_remembered(self) -> None:
        assert conclude(view(PUBLISHED), self.BAD, None, None, NOW).revision == 1

    def test_a_refused_write_is_a_problem(self) -> None:
        refusal = Problem(Reason.REJECTED, "refused")
        status = conclude(view(PUBLISHED), Decision(), OUTPUT, refusal, NOW)
        assert (status.ready, status.stale) == (False, True)
        assert [found.reason for found in status.problems or ()] == [Reason.REJECTED]


class TestWords:
    def test_new_revisions_are_named(self) -> None:
        after = PUBLISHED.model_copy(update={"revision": 2})
        assert new_revisions(summed(after), summed()) == "production: revision 2 is in Secret 'o'"

    @pytest.mark.parametrize(
        ("after", "before"),
        [
            pytest.param(summed(), summed(), id="nothing changed"),
            pytest.param(summed(), initial_status(), id="the first publication"),
            pytest.param(summed(failing(revision=2, output=PUBLISHED.output)), summed(), id="not ready"),
        ],
    )
    def test_there_is_nothing_to_say_of(self, after: ResourceStatus, before: ResourceStatus) -> None:
        assert new_revisions(after, before) == ""

    def test_the_ready_condition_is_found(self) -> None:
        found = ready_condition(summed())
        assert found
        assert found.type == "Ready"
        assert ready_condition(initial_status()) is None

    def test_a_literal_has_neither_name_nor_key(self) -> None:
        status = problem_status(Problem(Reason.EMPTY, "m", source=Source(SourceKind.LITERAL)))
        assert status.model_dump(by_alias=True, exclude_none=True)["source"] == {"kind": "Literal"}


def _source() -> Source:
    return Source(SourceKind.SECRET, "s", "k")


def _bound(status: ResourceStatus) -> str | None:
    return status.binding.name if status.binding else None
