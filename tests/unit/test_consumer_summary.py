"""The status of consumers."""

from datetime import UTC, datetime, timedelta

from tracardi_operator.api.consumer import MAX_OMITTED, OmittedResource, ResourceConsumerStatus
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.status import Condition
from tracardi_operator.conditions import ready_of
from tracardi_operator.consumer_summary import (
    Delivered,
    initial_consumer_status,
    omitted_resources,
    summarise_delivery,
    summarise_failure,
    suspended_consumer,
)
from tracardi_operator.publish.entry import Omission

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def delivered(selected: int = 2, resources: int = 2, *, changed: bool = True, revision: int = 1) -> Delivered:
    omitted = tuple(
        OmittedResource(namespace="shop", name=f"r{number}", reason="NotPublished", message="is not there")
        for number in range(selected - resources)
    )
    return Delivered(selected, resources, omitted, revision, changed)


def first() -> ResourceConsumerStatus:
    return summarise_delivery(delivered(), 1, initial_consumer_status(), NOW)


def ready(status: ResourceConsumerStatus) -> Condition:
    found = ready_of(status.conditions)
    assert found
    return found


def kinds(status: ResourceConsumerStatus) -> set[str]:
    return {condition.type for condition in status.conditions or ()}


def test_all_delivered_is_ready() -> None:
    status = first()
    assert (ready(status).status, ready(status).message) == ("True", "2 Resources are delivered")
    assert (status.resources, status.revision, status.last_change, kinds(status)) == (2, 1, NOW, {"Ready"})


def test_some_left_out_is_not_ready_and_names_the_first_of_them() -> None:
    status = summarise_delivery(delivered(selected=400, resources=10), 1, initial_consumer_status(), NOW)
    told = ready(status)
    assert (told.status, told.reason) == ("False", Reason.INCOMPLETE)
    assert told.message.startswith("10 Resources are delivered, 390 left out: shop/r0: is not there; ")
    assert len(status.omitted or ()) == MAX_OMITTED


def test_what_has_not_changed_keeps_its_times() -> None:
    status = summarise_delivery(delivered(changed=False), 2, first(), LATER)
    assert (status.last_change, ready(status).last_transition_time) == (NOW, NOW)
    assert (status.observed_generation, ready(status).observed_generation) == (2, 2)


def test_a_failure_keeps_telling_what_was_delivered() -> None:
    status = summarise_failure(Problem(Reason.UNREACHABLE, "no answer"), 1, first(), LATER)
    assert (ready(status).status, ready(status).reason, ready(status).message) == ("False", "Unreachable", "no answer")
    assert (status.resources, status.revision, status.last_change) == (2, 1, NOW)


def test_a_failure_that_may_pass_is_reconciling_and_another_is_stalled() -> None:
    passing = summarise_failure(Problem(Reason.UNREACHABLE, "x"), 1, first(), NOW)
    lasting = summarise_failure(Problem(Reason.NOT_ALLOWED, "x"), 1, first(), NOW)
    assert (kinds(passing), kinds(lasting)) == ({"Ready", "Reconciling"}, {"Ready", "Stalled"})


def test_recovered_it_is_no_longer_reconciling() -> None:
    failed = summarise_failure(Problem(Reason.UNREACHABLE, "x"), 1, first(), NOW)
    assert kinds(summarise_delivery(delivered(changed=False), 1, failed, LATER)) == {"Ready"}


def test_suspended_says_so_and_keeps_the_rest() -> None:
    status = suspended_consumer(2, first(), LATER)
    assert (ready(status).status, ready(status).reason, status.resources) == ("Unknown", "Suspended", 2)


def test_omissions_are_told_in_order() -> None:
    omissions = [Omission("shop", name, Problem(Reason.NOT_EXPRESSIBLE, "x")) for name in ("b", "a")]
    assert [omitted.name for omitted in omitted_resources(omissions)] == ["a", "b"]
