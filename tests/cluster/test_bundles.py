"""Bundles on a real API server: who gets what, when it changes, and what it costs."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from tests.audit import AuditLog
from tests.bench import fleet
from tests.cluster.builders import Document, consumer, resource
from tests.cluster.namespaces import Namespaces
from tests.cluster.objects import Objects, decode, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import FIELDS, KEY, NAME, publish, token
from tracardi_operator.api.consumer import ResourceConsumerStatus
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.errors import Invalid
from tracardi_operator.kube.kinds import SECRETS

CONSUMER = "app"
BUNDLE = f"{CONSUMER}-bundle"
THOUSAND, HUNDRED = 1000, 100

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture
async def elsewhere(control_plane: ControlPlane, _namespaces: Namespaces, namespace: str) -> AsyncIterator[Objects]:
    """Another namespace, which consumers take from."""
    name = f"{namespace}-producer"
    _namespaces.create(name)
    async with Objects.of(control_plane.kubeconfig, name) as objects:
        yield objects
    _namespaces.delete(name)


def document(bundle: Document) -> dict[str, dict[str, Document]]:
    (content,) = decode(bundle).values()
    loaded: dict[str, dict[str, Document]] = json.loads(content)
    return loaded


def tokens(bundle: Document) -> dict[str, str]:
    """The token of each Resource in a bundle, as `namespace/name`."""
    found = document(bundle)
    return {
        f"{namespace}/{name}": entry["credentials"]["token"]
        for namespace, entries in found.items()
        for name, entry in entries.items()
    }


async def until_tokens(objects: Objects, expected: dict[str, str]) -> Document:
    return await objects.until_there(SECRETS, BUNDLE, lambda body: tokens(body) == expected)


async def consumer_status(objects: Objects, reason: str) -> ResourceConsumerStatus:
    """The first status about the present generation whose Ready condition gives this reason."""

    def is_so(body: Document) -> bool:
        status = body["status"]
        reasons = [c["reason"] for c in status.get("conditions", ()) if c["type"] == "Ready"]
        return status["observedGeneration"] == body["metadata"]["generation"] and reasons == [reason]

    body = await objects.until_there(CONSUMERS, CONSUMER, is_so)
    return ResourceConsumerStatus.model_validate(body["status"])


async def test_a_consumer_gets_what_its_namespace_has_and_each_rotation(objects: Objects) -> None:
    value = await publish(objects)
    await objects.create(consumer(CONSUMER, objects.namespace))
    await until_tokens(objects, {f"{objects.namespace}/{NAME}": value})
    status = await consumer_status(objects, "Ready")
    assert (status.resources, status.omitted, status.revision) == (1, None, 1)
    rotated = token()
    await objects.store(NAME, {KEY: rotated})
    await until_tokens(objects, {f"{objects.namespace}/{NAME}": rotated})
    told = await objects.until_status(NAME, lambda status: bool(status.consumers))
    assert told.consumers == [f"{objects.namespace}/{CONSUMER}"]


class TestConsent:
    async def test_both_halves_give_and_either_withdrawn_takes_away(self, objects: Objects, elsewhere: Objects) -> None:
        allowed = [objects.namespace]
        value = await publish(elsewhere, allowedNamespaces=allowed)
        await objects.create(consumer(CONSUMER, elsewhere.namespace))
        given = {f"{elsewhere.namespace}/{NAME}": value}
        await until_tokens(objects, given)
        await elsewhere.edit_spec(NAME, lambda spec: spec.pop("allowedNamespaces"))
        await until_tokens(objects, {})
        await elsewhere.edit_spec(NAME, lambda spec: spec.update(allowedNamespaces=allowed))
        await until_tokens(objects, given)
        await objects.edit(CONSUMERS, CONSUMER, lambda body: body["spec"].update({"from": [{"namespace": "other"}]}))
        await until_tokens(objects, {})
        await elsewhere.until_status(NAME, lambda status: status.consumers is None)

    async def test_what_is_not_allowed_is_told_like_what_is_not_there(
        self, objects: Objects, elsewhere: Objects
    ) -> None:
        await publish(elsewhere)
        await objects.create(consumer(CONSUMER, elsewhere.namespace), consumer("nowhere", "no-such-namespace"))
        refused = await objects.until_there(CONSUMERS, CONSUMER, _is_ready)
        absent = await objects.until_there(CONSUMERS, "nowhere", _is_ready)
        assert _told(refused, elsewhere.namespace) == _told(absent, "no-such-namespace")

    async def test_labels_select(self, objects: Objects) -> None:
        chosen, value = "chosen", token()
        await publish(objects)
        await objects.create(secret(chosen, {KEY: value}))
        labelled = resource(chosen, {"token": {"valueFrom": {"secretKeyRef": {"name": chosen, "key": KEY}}}})
        labelled["metadata"]["labels"] = {"for": "app"}
        await objects.create(labelled)
        selecting = consumer(CONSUMER, objects.namespace)
        selecting["spec"]["from"][0]["selector"] = {"matchLabels": {"for": "app"}}
        await objects.create(selecting)
        await until_tokens(objects, {f"{objects.namespace}/{chosen}": value})
        await objects.edit(RESOURCES, chosen, lambda body: body["metadata"].update(labels={}))
        await until_tokens(objects, {})


class TestKeepAndWithdraw:
    async def test_a_bad_input_keeps_the_entry_and_a_deleted_resource_loses_it(self, objects: Objects) -> None:
        value = await publish(objects)
        await objects.create(consumer(CONSUMER, objects.namespace))
        bundle = await until_tokens(objects, {f"{objects.namespace}/{NAME}": value})
        await objects.store(NAME, {KEY: "changeme"})
        await objects.until_reason(NAME, "Placeholder")
        version = bundle["metadata"]["resourceVersion"]
        assert (await objects.get(SECRETS, BUNDLE))["metadata"]["resourceVersion"] == version
        await objects.delete(RESOURCES, NAME)
        await until_tokens(objects, {})

    async def test_one_that_was_never_published_is_left_out_and_named(self, objects: Objects) -> None:
        value = await publish(objects)
        await objects.create(resource("bad", FIELDS | {"token": {"valueFrom": _missing()}}))
        await objects.create(consumer(CONSUMER, objects.namespace))
        await until_tokens(objects, {f"{objects.namespace}/{NAME}": value})
        status = await consumer_status(objects, "Incomplete")
        assert [(o.namespace, o.name, o.reason) for o in status.omitted or ()] == [
            (objects.namespace, "bad", "NotPublished")
        ]

    async def test_an_edited_or_deleted_bundle_is_put_right(self, objects: Objects) -> None:
        expected = {f"{objects.namespace}/{NAME}": await publish(objects)}
        await objects.create(consumer(CONSUMER, objects.namespace))
        await until_tokens(objects, expected)
        await objects.store(BUNDLE, {"resources.json": "{}"})
        await until_tokens(objects, expected)
        await objects.delete(SECRETS, BUNDLE)
        await until_tokens(objects, expected)
        assert (await consumer_status(objects, "Ready")).revision == 1

    async def test_a_renamed_bundle_leaves_nothing_behind(self, objects: Objects) -> None:
        await publish(objects)
        await objects.create(consumer(CONSUMER, objects.namespace))
        await objects.until_there(SECRETS, BUNDLE)
        await objects.edit(CONSUMERS, CONSUMER, lambda body: body["spec"]["bundle"].update(secretName="mine"))
        await objects.until_there(SECRETS, "mine")
        await objects.until_gone(SECRETS, BUNDLE)

    async def test_a_strangers_secret_is_left_alone(self, objects: Objects) -> None:
        await publish(objects)
        await objects.create(secret(BUNDLE, {"theirs": "x"}))
        await objects.create(consumer(CONSUMER, objects.namespace))
        await consumer_status(objects, "NameTaken")
        assert decode(await objects.get(SECRETS, BUNDLE)) == {"theirs": b"x"}

    async def test_a_bundle_can_not_become_another_target_and_stay_behind(self, objects: Objects) -> None:
        await objects.create(consumer(CONSUMER, objects.namespace))
        login = {"name": "login"}
        tracardi = {"url": "http://t.example.com", "login": login, "testFallback": "Nothing"}

        def change(body: Document) -> None:
            del body["spec"]["bundle"]
            body["spec"]["tracardi"] = tracardi

        with pytest.raises(Invalid):
            await objects.edit(CONSUMERS, CONSUMER, change)

    async def test_a_deleted_consumer_takes_its_bundle_along(self, objects: Objects) -> None:
        await publish(objects)
        await objects.create(consumer(CONSUMER, objects.namespace))
        await objects.until_there(SECRETS, BUNDLE)
        await objects.delete(CONSUMERS, CONSUMER)
        await objects.until_gone(SECRETS, BUNDLE)


class TestCost:
    async def test_a_restart_reads_and_writes_nothing(
        self, objects: Objects, operator: OperatorProcess, control_plane: ControlPlane
    ) -> None:
        value = await publish(objects)
        await objects.create(consumer(CONSUMER, objects.namespace))
        await until_tokens(objects, {f"{objects.namespace}/{NAME}": value})
        await consumer_status(objects, "Ready")
        await objects.until_status(NAME, lambda status: bool(status.consumers))
        audit = AuditLog(control_plane.audit_log)
        operator.stop()
        audit.mark()
        operator.restart("--resync-seconds", "1")
        operator.wait_until_ready()
        await asyncio.sleep(4)
        audit.settle()
        mine = [r for r in audit.requests() if r.namespace == objects.namespace and (r.is_write or r.reads_value)]
        assert mine == []

    async def test_in_a_bundle_of_a_thousand_a_change_costs_one_write_of_it_and_a_hundred_cost_few(
        self, objects: Objects, control_plane: ControlPlane
    ) -> None:
        namespace = objects.namespace
        await fleet.seed(objects.client, namespace, THOUSAND)
        await objects.create(consumer(CONSUMER, namespace))
        await objects.until_there(SECRETS, BUNDLE, lambda body: len(tokens(body)) == THOUSAND)
        await consumer_status(objects, "Ready")
        await _all_told(objects)
        audit = AuditLog(control_plane.audit_log)

        audit.mark()
        await fleet.change_token(objects.client, namespace, 1)
        await until_tokens_of(objects, {1})
        audit.settle(quiet=2)
        assert _costs(audit, namespace) == {
            ("get", "secrets", "s1"): 1,
            ("update", "secrets", "r1-production-resolved"): 1,
            ("patch", "resources/status", "r1"): 1,
            ("create", "events", ""): 1,
            ("update", "secrets", BUNDLE): 1,
            ("patch", "resourceconsumers/status", CONSUMER): 1,
        }

        audit.mark()
        changed = set(range(100, 100 + HUNDRED))
        await fleet.for_each(HUNDRED, lambda index: fleet.change_token(objects.client, namespace, 100 + index))
        await until_tokens_of(objects, changed | {1})
        audit.settle(quiet=2)
        written = [r.received for r in audit.writes() if (r.namespace, r.name) == (namespace, BUNDLE)]
        assert len(written) <= (written[-1] - written[0]).total_seconds() + 3  # about one a second
        costs = _costs(audit, namespace)
        read = Counter({name: count for (verb, _, name), count in costs.items() if verb == "get"})
        assert read == Counter(f"s{index}" for index in changed)  # each input once, and no output


async def until_tokens_of(objects: Objects, changed: set[int]) -> None:
    """Until the bundle has the changed tokens of these Resources, and the first of all others."""
    expected = {f"r{index}": fleet.token(index) if index in changed else fleet.TOKEN for index in range(THOUSAND)}
    await until_tokens(objects, {f"{objects.namespace}/{name}": value for name, value in expected.items()})


async def _all_told(objects: Objects) -> None:
    """Until each Resource says who receives it: nothing is left to be written."""
    while True:
        pages = [page async for page in objects.client.list_pages(RESOURCES, objects.namespace)]
        if all(body["status"].get("consumers") for page in pages for body in page["items"]):
            return
        await asyncio.sleep(0.2)


def _costs(audit: AuditLog, namespace: str) -> Counter[tuple[str, str, str]]:
    mine = [r for r in audit.requests() if r.namespace == namespace]
    return Counter((r.verb, r.resource, "" if r.resource == "events" else r.name) for r in mine)


def _missing() -> Document:
    return {"secretKeyRef": {"name": "missing", "key": KEY}}


def _is_ready(body: Document) -> bool:
    return bool(body["status"].get("conditions"))


def _told(body: Document, namespace: str) -> Document:
    """Status without times and names."""
    words = json.dumps(body["status"]).replace(body["metadata"]["name"], "NAME").replace(namespace, "NAMESPACE")
    status: Document = json.loads(words)
    for condition in status["conditions"]:
        del condition["lastTransitionTime"]
    for name in ("lastChange", "bundle"):
        status.pop(name, None)
    return status
