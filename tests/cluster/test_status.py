"""What status and Events say, and when: enough for kubectl, GitOps tools and people, and nothing without a change."""

import asyncio
import time
from collections import Counter
from datetime import datetime
from functools import partial

import pytest

from tests.audit import AuditLog, Request
from tests.cluster.builders import Document, reference, resource
from tests.cluster.objects import DEADLINE, PAUSE, Objects, condition, production, ready, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import FIELDS, KEY, NAME, OUTPUT, mail, output, publish, token
from tracardi_operator.api.status import Condition, ResourceStatus
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import EVENTS, SECRETS

pytestmark = pytest.mark.usefixtures("operator")

PLACEHOLDER = {KEY: "<your-api-key>"}


# Generations and conditions


async def test_a_resource_that_nobody_has_looked_at_says_so(objects: Objects, operator: OperatorProcess) -> None:
    operator.stop()
    await objects.create(mail())
    assert (await objects.get(RESOURCES, NAME))["status"] == {"observedGeneration": -1}


async def test_observed_generation_follows_every_edit(objects: Objects) -> None:
    await publish(objects)
    for edit in ({"description": "edited"}, {"suspend": True}, {"suspend": False}, {"output": {"binding": "test"}}):
        body = await objects.edit_spec(NAME, partial(_update, edit))
        status = await objects.until_status(NAME, lambda status: status.conditions is not None)
        assert status.observed_generation == body["metadata"]["generation"]
        assert {c.observed_generation for c in _without_kept(status)} == {status.observed_generation}


def _update(edit: Document, spec: Document) -> None:
    spec.update(edit)


def _without_kept(status: ResourceStatus) -> list[Condition]:
    """While a Resource is suspended, Ready alone is new."""
    return [c for c in status.conditions or () if ready(status).reason != "Suspended" or c.type == "Ready"]


async def test_a_condition_keeps_its_transition_time_while_its_status_stays(objects: Objects) -> None:
    await publish(objects)
    before = await objects.status(NAME)
    await asyncio.sleep(1.1)  # times have the precision of a second
    await objects.store(NAME, {KEY: token()})
    after = await objects.until_status(NAME, lambda status: production(status).revision == 2)
    assert _times(after) == _times(before)

    await objects.store(NAME, PLACEHOLDER)
    spoilt = await objects.until_reason(NAME, "Placeholder")
    assert _times(spoilt)["Ready"] > _times(before)["Ready"]
    assert _times(spoilt)["Resolved"] == _times(before)["Resolved"]


def _times(status: ResourceStatus) -> dict[str, datetime]:
    return {c.type: c.last_transition_time for c in status.conditions or ()}


async def test_what_an_edit_must_mend_is_stalled_and_what_is_awaited_is_reconciling(objects: Objects) -> None:
    """As kstatus reads them; a Resource that is as it should be has neither."""
    await publish(objects)
    assert _progress(await objects.status(NAME)) == {}
    await objects.store(NAME, PLACEHOLDER)
    assert _progress(await objects.until_reason(NAME, "Placeholder")) == {"Stalled": "Placeholder"}
    await objects.delete(SECRETS, NAME)
    assert _progress(await objects.until_reason(NAME, "SecretNotFound")) == {"Reconciling": "SecretNotFound"}


def _progress(status: ResourceStatus) -> dict[str, str]:
    found = (condition(status, kind) for kind in ("Stalled", "Reconciling"))
    return {c.type: c.reason for c in found if c and c.status == "True"}


async def test_a_problem_names_field_reason_and_source(objects: Objects) -> None:
    await objects.create(secret(NAME, PLACEHOLDER), mail())
    (problem,) = production(await objects.until_reason(NAME, "Placeholder")).problems or []
    assert (problem.field, problem.reason, problem.severity) == ("token", "Placeholder", "error")
    assert problem.source is not None
    assert (problem.source.kind, problem.source.name, problem.source.key) == ("Secret", NAME, KEY)


# Suspension


async def test_a_suspended_resource_holds_still_and_resumes(objects: Objects) -> None:
    await publish(objects)
    await objects.edit_spec(NAME, lambda spec: spec.update(suspend=True))
    status = await objects.until_reason(NAME, "Suspended")
    assert ready(status).status == "Unknown"
    before = await output(objects)

    value = token()
    await objects.store(NAME, {KEY: value})
    await objects.edit(SECRETS, OUTPUT, lambda body: body["metadata"]["labels"].update(edited="yes"))
    await _the_operator_has_seen_all(objects)
    assert (await output(objects))["data"] == before["data"]
    assert (await output(objects))["metadata"]["labels"]["edited"] == "yes"
    assert await objects.status(NAME) == status

    await objects.edit_spec(NAME, lambda spec: spec.pop("suspend"))
    await objects.until_value(OUTPUT, "token", value)
    await objects.until_ready(NAME)


async def _the_operator_has_seen_all(objects: Objects) -> None:
    """What was changed before this came to the operator earlier: it works on events in their order."""
    await objects.create(
        secret("last", {KEY: token()}), resource("last", {"token": reference("secretKeyRef", "last", KEY)})
    )
    await objects.until_ready("last")


# Nothing without a change

GOOD = 24


async def _populate(objects: Objects) -> None:
    """Thirty Resources, most of them as they should be, one in each other state."""
    names = [f"good{number}" for number in range(GOOD)]
    for name in names:
        await objects.create(secret(name, {KEY: token()}), _named(name))
    await objects.create(secret("spoilt", PLACEHOLDER), _named("spoilt"))
    await objects.create(secret("stale", {KEY: token()}), _named("stale"), _named("missing"))
    await objects.create(secret("taken", {KEY: token()}), secret("taken-production-resolved", {}), _named("taken"))
    await objects.create(resource("unknown", type="no-such-type"))
    await objects.create(resource("suspended", FIELDS, suspend=True))
    await objects.until_ready("stale")
    await objects.store("stale", PLACEHOLDER)
    for name in names:
        await objects.until_ready(name)
    reasons = {"spoilt": "Placeholder", "stale": "Placeholder", "missing": "SecretNotFound", "taken": "NameTaken"}
    for name, reason in (reasons | {"unknown": "UnknownType", "suspended": "Suspended"}).items():
        await objects.until_reason(name, reason)


def _named(name: str) -> Document:
    return resource(name, {"token": reference("secretKeyRef", name, KEY)})


def _writes_and_values(audit: AuditLog, objects: Objects) -> list[Request]:
    """Among the operator's requests about this namespace; an absent object has no value to read."""
    ours = [request for request in audit.requests() if request.namespace == objects.namespace]
    return [request for request in ours if request.is_write or (request.reads_value and request.code == 200)]


async def test_a_restart_of_the_operator_writes_nothing_and_reads_no_value(
    control_plane: ControlPlane, objects: Objects, operator: OperatorProcess
) -> None:
    await _populate(objects)
    audit = AuditLog(control_plane.audit_log)
    operator.stop()
    audit.mark()
    operator.restart("--resync-seconds", "1")
    operator.wait_until_ready()
    audit.settle()
    assert audit.requests()
    assert _writes_and_values(audit, objects) == []


async def test_an_idle_operator_writes_nothing_and_reads_no_value_however_often_it_resyncs(
    control_plane: ControlPlane, objects: Objects, operator: OperatorProcess
) -> None:
    operator.stop()
    operator.restart("--resync-seconds", "1")
    await _populate(objects)
    await _until_events(objects, "stale", "Placeholder")
    audit = AuditLog(control_plane.audit_log)
    audit.mark()
    await asyncio.sleep(20)
    assert audit.counts()["list", "resources"] > 5
    assert _writes_and_values(audit, objects) == []


async def test_a_changed_secret_is_read_once_however_many_resources_name_it(
    control_plane: ControlPlane, objects: Objects
) -> None:
    names = [f"reader{number}" for number in range(5)]
    await objects.create(secret(NAME, {KEY: token()}), *(resource(name, FIELDS) for name in names))
    for name in names:
        await objects.until_ready(name)
    audit = AuditLog(control_plane.audit_log)
    audit.mark()
    await objects.store(NAME, {KEY: token()})
    for name in names:
        await objects.until_status(name, lambda status: production(status).revision == 2)
    audit.settle()
    requests = [request for request in audit.requests() if request.namespace == objects.namespace]
    counts = Counter((request.verb, request.resource) for request in requests if request.resource != "events")
    assert counts == {("get", "secrets"): 1, ("update", "secrets"): 5, ("patch", "resources/status"): 5}


# Events


async def _events(objects: Objects, name: str) -> list[tuple[str, str]]:
    """Type and reason of each Event about a Resource, in order."""
    found = []
    async for page in objects.client.list_pages(EVENTS, objects.namespace):
        found += [event for event in page["items"] if event["involvedObject"]["name"] == name]
    found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
    return [(event["type"], event["reason"]) for event in found]


async def _until_events(objects: Objects, name: str, last: str) -> list[tuple[str, str]]:
    deadline = time.monotonic() + DEADLINE
    while not (events := await _events(objects, name)) or events[-1][1] != last:
        assert time.monotonic() < deadline, events
        await asyncio.sleep(PAUSE)
    return events


async def test_an_event_tells_of_each_transition_and_of_nothing_else(objects: Objects) -> None:
    value = await publish(objects)
    await objects.store(NAME, PLACEHOLDER)
    await objects.until_reason(NAME, "Placeholder")
    observed = production(await objects.status(NAME)).observed
    await objects.store(NAME, {KEY: "<another-placeholder>"})
    await objects.until_status(NAME, lambda status: production(status).observed != observed)
    await objects.store(NAME, {KEY: value})
    await objects.until_ready(NAME)
    await objects.store(NAME, {KEY: token()})
    assert await _until_events(objects, NAME, "Published") == [
        ("Warning", "Placeholder"),
        ("Normal", "Ready"),
        ("Normal", "Published"),
    ]


async def test_a_flapping_secret_makes_a_bounded_number_of_events(objects: Objects) -> None:
    value, started = await publish(objects), time.monotonic()
    for _ in range(15):
        await objects.store(NAME, PLACEHOLDER)
        await objects.until_reason(NAME, "Placeholder")
        await objects.store(NAME, {KEY: value})
        await objects.until_ready(NAME)
    await objects.create(
        secret("last", PLACEHOLDER), resource("last", {"token": reference("secretKeyRef", "last", KEY)})
    )
    await _until_events(objects, "last", "Placeholder")
    minutes = (time.monotonic() - started) / 60
    assert 1 <= len(await _events(objects, NAME)) <= 10 + minutes + 1


async def test_the_events_of_a_resource_are_shown_by_describe(control_plane: ControlPlane, objects: Objects) -> None:
    await objects.create(secret(NAME, PLACEHOLDER), mail())
    await _until_events(objects, NAME, "Placeholder")
    shown = control_plane.kubectl("describe", "resource", NAME, "--namespace", objects.namespace).stdout
    assert "Placeholder" in shown.partition("\nEvents:")[2]
