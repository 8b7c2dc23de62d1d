"""Consumers on a fake API server: what a bundle holds while things happen in an awkward order."""

import asyncio
import contextlib
import json
import time
from typing import Any

import pytest

from tests.unit.control.fake_client import raising, refused
from tests.unit.control.world import BAD, INPUT, OUTPUT, World, credentials
from tests.unit.examples import OTHER_TOKEN, TOKEN
from tracardi_operator.api.consumer import ResourceConsumerStatus
from tracardi_operator.api.names import ANNOTATION_REVISION, FINALIZER_ROWS, LABEL_ENVIRONMENT
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.conditions import ready_of
from tracardi_operator.control import inputs
from tracardi_operator.control.consumers import gather
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.control.consumers.gather import Unsettled
from tracardi_operator.control.consumers.pace import MOMENT_SECONDS, Pace
from tracardi_operator.control.consumers.tracardi import Begin, Delivery, TracardiPublisher, begin_at_once
from tracardi_operator.control.records import CONSUMERS, RESOURCES, Key
from tracardi_operator.control.writer import Outdated
from tracardi_operator.kube.errors import ServerError
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.publish import bundle as publish_bundle
from tracardi_operator.publish.tracardi_rows import mark, want
from tracardi_operator.tracardi.client import Login

CONSUMER = Key("ns", "app")
BUNDLE = "app-bundle"
GET_OUTPUT, GET_BUNDLE = (f"get secrets/{name}" for name in (OUTPUT, BUNDLE))
WRITE_BUNDLE = f"update secrets/{BUNDLE}"
SECONDS = 10


class Consuming(World):
    def consumer(self, *namespaces: str, **spec: Any) -> None:
        standard = {"bundle": {"environment": "production", "format": "json"}}
        sources = [{"namespace": namespace} for namespace in namespaces or ("ns",)]
        self.api.put(CONSUMERS, CONSUMER.name, {"spec": {"from": sources, **standard, **spec}})

    async def bundle(self) -> list[str]:
        """Passes over the consumer until nothing is outdated. The requests that it took."""
        before = len(self.api.requests)
        while True:
            self.deliver()
            try:
                await self.deliveries.reconcile(CONSUMER)
            except Outdated:
                continue
            return self.api.requests[before:]

    def tokens(self, namespace: str = "ns") -> dict[str, str]:
        """The token of each Resource in the bundle."""
        data = self.data(BUNDLE)
        content = json.loads(data["resources.json"]) if data else {}
        return {name: entry["credentials"]["token"] for name, entry in content.get(namespace, {}).items()}

    def told(self) -> ResourceConsumerStatus:
        found = self.api.object(CONSUMERS, CONSUMER.name)
        assert found
        return ResourceConsumerStatus.model_validate(found["status"])

    def reason(self) -> str:
        ready = ready_of(self.told().conditions)
        assert ready
        return ready.reason


@pytest.fixture
async def world() -> Consuming:
    """One Resource, published and in the bundle of a consumer."""
    world = Consuming()
    world.consumer()
    await world.published(TOKEN)
    await world.bundle()
    assert world.tokens() == {"r": TOKEN}
    return world


async def rotate(world: Consuming) -> None:
    world.secret(token=OTHER_TOKEN)
    await world.run()


async def test_what_was_just_written_is_not_read(world: Consuming) -> None:
    await rotate(world)
    requests = await world.bundle()
    assert world.tokens() == {"r": OTHER_TOKEN}
    assert requests == [WRITE_BUNDLE, "patch resourceconsumers/app/status"]


async def test_a_new_resource_comes_with_one_write_of_the_bundle_and_is_at_no_time_missing(world: Consuming) -> None:
    await world.run()
    await world.bundle()
    world.deliveries._bundles.discard(CONSUMER)
    world.deliveries._pace = Pace()  # nothing was delivered of late
    world.api.requests.clear()
    world.recorder.told.clear()
    working = asyncio.create_task(world.deliveries.run())
    world.resource("s")
    world.deliver()
    await asyncio.sleep(0.01)  # so long a Resource takes
    await world.run()
    while "s" not in world.tokens():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.wait([working])
    assert world.api.requests.count(WRITE_BUNDLE) == 1
    assert [told for told in world.recorder.told if told[0] == CONSUMER.name] == [("app", "Normal", "Delivered")]


@pytest.mark.looptime
async def test_changes_without_end_cost_a_write_a_second_though_each_is_told_of_before_it_is_answered(
    world: Consuming,
) -> None:
    after_a_change = asyncio.Event()
    for _ in range(SECONDS * 20):
        world.api.once("update", "secrets", name=BUNDLE, after=world.deliver, until=after_a_change)
    world.deliveries._pace = Pace()  # nothing was delivered of late
    world.api.requests.clear()
    working = asyncio.create_task(world.deliveries.run())
    for number in range(SECONDS * 20):
        world.secret(token=(TOKEN, OTHER_TOKEN)[number % 2])
        await world.run()
        after_a_change.set()
        after_a_change.clear()
        await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.wait([working])
    assert SECONDS - 1 <= world.api.requests.count(WRITE_BUNDLE) <= SECONDS + 1


@pytest.mark.looptime
async def test_the_word_of_its_own_write_holds_up_no_later_change(world: Consuming) -> None:
    working = asyncio.create_task(world.deliveries.run())
    world.api.once("update", "secrets", name=BUNDLE, after=world.deliver)
    await _seconds_until_delivered(world)
    await asyncio.sleep(1.5)
    assert await _seconds_until_delivered(world) == pytest.approx(MOMENT_SECONDS, abs=0.02)
    working.cancel()
    await asyncio.wait([working])


@pytest.mark.looptime
async def test_changes_that_bring_nothing_to_be_delivered_cost_a_look_a_second(
    world: Consuming, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    reconcile = world.deliveries._reconciler.reconcile

    async def counted(key: Key) -> bool:
        nonlocal looks
        looks += 1
        return await reconcile(key)

    monkeypatch.setattr(world.deliveries._reconciler, "reconcile", counted)
    working = asyncio.create_task(world.deliveries.run())
    for _ in range(SECONDS * 20):
        world.deliveries.resource_changed(world.record())
        await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.wait([working])
    assert SECONDS - 1 <= looks <= SECONDS + 2


@pytest.mark.looptime
async def test_a_consumer_made_anew_is_delivered_to_at_once(world: Consuming) -> None:
    working = asyncio.create_task(world.deliveries.run())
    await _seconds_until_delivered(world)
    world.api.remove(CONSUMERS, CONSUMER.name)
    world.api.remove(SECRETS, BUNDLE)
    world.deliver()
    world.consumer()
    world.deliver()
    await asyncio.sleep(0.01)
    assert world.tokens() == {"r": OTHER_TOKEN}
    working.cancel()
    await asyncio.wait([working])


async def _seconds_until_delivered(world: Consuming) -> float:
    """After the input was changed from one token to the other."""
    token = OTHER_TOKEN if world.tokens() == {"r": TOKEN} else TOKEN
    world.secret(token=token)
    await world.run()
    begun = asyncio.get_running_loop().time()
    while world.tokens() != {"r": token}:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return asyncio.get_running_loop().time() - begun


async def test_nothing_changed_nothing_asked(world: Consuming) -> None:
    assert await world.bundle() == []


async def test_a_restart_asks_nothing(world: Consuming) -> None:
    await world.run()
    world.restart()
    assert await world.bundle() == []


async def test_after_a_restart_a_change_reads_the_outputs_once(world: Consuming) -> None:
    world.restart()
    await rotate(world)
    world.resource("s")
    await world.run()
    world.restart()
    first = await world.bundle()
    assert first.count(GET_OUTPUT) == 1
    assert world.tokens() == {"r": OTHER_TOKEN, "s": OTHER_TOKEN}


async def test_an_output_edited_by_hand_is_never_taken(world: Consuming) -> None:
    world.restart()
    await rotate(world)
    world.api.put(SECRETS, OUTPUT, {"data": {"credentials.json": "eyJ0b2tlbiI6ICJ3cm9uZyJ9"}})
    world.restart()
    world.api.put(CONSUMERS, CONSUMER.name, {"metadata": {"labels": {"a": "b"}}})
    world.deliver()
    with pytest.raises(Unsettled):
        await world.deliveries.reconcile(CONSUMER)
    assert world.tokens() == {"r": TOKEN}
    await world.run()
    await world.bundle()
    assert world.tokens() == {"r": OTHER_TOKEN}


async def test_an_output_deleted_by_hand_is_waited_for(world: Consuming) -> None:
    world.api.remove(SECRETS, OUTPUT)
    world.deliver()
    with pytest.raises(Unsettled):
        await world.deliveries.reconcile(CONSUMER)
    await world.run()
    await world.bundle()
    assert world.tokens() == {"r": TOKEN}


async def test_a_resource_that_is_half_published_is_waited_for() -> None:
    """Else a Tracardi would get it twice, the first time without the credentials for tests."""
    world = Consuming()
    login = {"url": "http://tracardi.ns.svc", "login": {"name": "login"}, "testFallback": "Production"}
    world.consumer(bundle=None, tracardi=login)
    world.secret(token=TOKEN)
    world.resource(credentials=credentials("production", "test"))
    world.api.once("create", "secrets", name="r-test-resolved", before=raising(refused(500, "", ServerError)))
    with pytest.raises(ServerError):
        await world.run()
    world.deliver()
    assert (bool(world.data()), bool(world.data("r-test-resolved"))) == (True, False)
    with pytest.raises(Unsettled):
        await world.deliveries.reconcile(CONSUMER)
    await world.reconcile()
    await world.run()
    with pytest.raises(DeliveryFailed):
        await world.bundle()
    assert world.reason() == Reason.SECRET_NOT_FOUND  # of the login: it has come that far


async def test_each_deletion_by_hand_is_waited_for_anew(world: Consuming, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = asyncio.get_running_loop()
    for later in (0, 100):
        monkeypatch.setattr(clock, "time", lambda later=later: time.monotonic() + later)
        await test_an_output_deleted_by_hand_is_waited_for(world)


async def test_an_output_that_can_not_be_made_again_is_left_out_and_named(world: Consuming) -> None:
    world.secret(token=BAD)
    world.api.remove(SECRETS, OUTPUT)
    await world.run()
    await world.bundle()
    assert (world.tokens(), world.reason()) == ({}, "Incomplete")


async def test_a_bad_input_keeps_the_entry(world: Consuming) -> None:
    world.secret(token=BAD)
    await world.run()
    assert WRITE_BUNDLE not in await world.bundle()
    assert (world.tokens(), world.reason()) == ({"r": TOKEN}, "Ready")


async def test_consent_that_is_taken_away_while_the_input_is_bad_withdraws_the_entry() -> None:
    world = Consuming()
    world.consumer("shop")
    spec = {"type": "sendgrid", "credentials": credentials("production")}
    for token, consent, expected in (
        (TOKEN, ["ns"], {"r": TOKEN}),
        (BAD, ["ns"], {"r": TOKEN}),
        (BAD, [], {}),
    ):
        world.secret(namespace="shop", token=token)
        world.api.put(RESOURCES, "r", {"spec": spec | {"allowedNamespaces": consent}}, "shop")
        await world.run()
        await world.bundle()
        assert world.tokens("shop") == expected


async def test_a_resource_that_is_being_deleted_is_withdrawn(world: Consuming) -> None:
    world.api.remove(RESOURCES, "r")
    await world.bundle()
    assert world.tokens() == {}


async def test_nothing_is_done_for_a_consumer_that_a_restore_may_have_changed(world: Consuming) -> None:
    await rotate(world)
    world.deliver()
    consumer = world.deliveries.store.record(CONSUMER)
    assert consumer
    world.deliveries.store.rewind_records([consumer])
    assert await world.bundle() == []
    assert world.tokens() == {"r": TOKEN}


async def test_a_destination_that_is_no_json_takes_no_entry_away(world: Consuming) -> None:
    world.resource(tracardi={"destination": "no JSON"})
    await world.run()
    await world.bundle()
    assert (world.ready().reason, world.tokens()) == ("InvalidSpec", {"r": TOKEN})


@pytest.mark.parametrize("wrong", [{"destination": "no JSON"}, {"tags": ["a,b"]}])
async def test_what_cannot_be_read_for_tracardi_holds_up_no_bundle(wrong: dict[str, Any], world: Consuming) -> None:
    world.resource(tracardi=wrong)
    world.resource("s")
    await world.run()
    await world.bundle()
    assert world.tokens() == {"r": TOKEN, "s": TOKEN}


@pytest.mark.parametrize("wrong", [{"id": "mine", "destination": "no JSON"}, {"id": "m:n"}])
async def test_what_cannot_be_read_for_tracardi_keeps_its_row_by_its_id(
    wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    async def deliver(*args: Any, **_: object) -> Delivery:
        given[:] = args[-1]
        return Delivery(delivered=0, changed=0)

    monkeypatch.setattr(TracardiPublisher, "deliver", deliver)
    world = Consuming()
    world.secret("login", username="u", password="p")
    world.consumer(bundle=None, tracardi=deleting_target())
    await world.published(TOKEN)
    world.resource(tracardi=wrong)
    await world.run()
    await world.bundle()
    wanted = want(given, mark("uid"), "Nothing")
    assert (list(wanted.entries), dict(wanted.rows)) == ([wrong["id"]], {})
    assert [omission.problem.reason for omission in wanted.omitted] == [Reason.NOT_EXPRESSIBLE]


async def test_a_resource_that_cannot_be_read_and_was_never_published_is_told_to_be_left_out(world: Consuming) -> None:
    world.resource("s", tracardi={"destination": "no JSON"})
    await world.run()
    await world.bundle()
    assert [omission.name for omission in world.told().omitted or ()] == ["s"]


async def test_a_broken_type_takes_no_entry_away() -> None:
    world = Consuming()
    world.consumer()
    world.own_types = [own_type()]
    world.restart()
    world.secret(key="abc")
    world.resource(type="own", credentials={"production": {"secretRef": {"name": INPUT}}})
    await world.run()
    await world.bundle()
    before = world.data(BUNDLE)
    world.types.observe(own_type(version=99, generation=2, fields=[]))
    await world.run()
    await world.bundle()
    assert json.loads((world.data(BUNDLE) or {})["resources.json"])["ns"].keys() == {"r"}
    assert before is not None


async def test_one_of_which_no_field_is_set_is_delivered_too(world: Consuming) -> None:
    world.own_types = [own_type(fields=[{"name": "key", "title": "Key", "required": False}])]
    world.restart()
    world.secret("empty", other="x")
    world.resource("e", type="own", credentials={"production": {"secretRef": {"name": "empty"}}})
    await world.run()
    await world.bundle()
    assert (world.reason(), world.told().resources) == ("Ready", 2)


async def test_a_label_put_on_an_output_by_hand_makes_production_no_test(world: Consuming) -> None:
    world.resource(credentials=credentials("production") | credentials("test", name="absent"))
    world.consumer(bundle={"environment": "test", "format": "json"})
    await world.run()
    await world.bundle()
    world.api.put(SECRETS, OUTPUT, {"metadata": {"labels": world.meta()["labels"] | {LABEL_ENVIRONMENT: "test"}}})
    await world.bundle()
    assert world.tokens() == {}


async def test_a_revision_put_on_an_output_by_hand_brings_no_former_value_back(world: Consuming) -> None:
    await rotate(world)
    await world.bundle()
    former = {"annotations": world.meta()["annotations"] | {ANNOTATION_REVISION: "1"}}
    world.api.put(SECRETS, OUTPUT, {"metadata": former})
    with pytest.raises(Unsettled):
        await world.bundle()
    assert world.tokens() == {"r": OTHER_TOKEN}


async def test_while_consumers_are_not_known_status_keeps_naming_them(world: Consuming) -> None:
    await world.run()
    assert world.status().consumers == ["ns/app"]
    world.restart()
    world.deliveries.receivers._is_complete = lambda: False
    world.resource(description="another")
    await world.run()
    assert world.status().consumers == ["ns/app"]


async def test_a_consumer_that_goes_while_status_is_written_is_named_no_more(world: Consuming) -> None:
    world.consumer("elsewhere")
    await world.run()
    assert world.status().consumers is None
    world.consumer()
    uid = (world.api.object(CONSUMERS, CONSUMER.name) or {})["metadata"]["uid"]
    world.api.once("patch", "resources", name="r", before=lambda: world.deliveries.store.drop(CONSUMER, uid))
    await world.run()
    assert world.status().consumers is None


async def test_a_namespace_that_gives_nothing_is_named_and_not_why(world: Consuming) -> None:
    world.consumer("ns", "elsewhere")
    await world.bundle()
    ready = ready_of(world.told().conditions)
    assert ready
    assert (ready.status, ready.message.partition(":")[0]) == (
        "True",
        "1 Resource is delivered; none from namespace 'elsewhere'",
    )


async def test_what_is_taken_away_is_told(world: Consuming) -> None:
    world.recorder.told.clear()
    world.api.remove(RESOURCES, "r")
    await world.bundle()
    assert world.recorder.told == [("app", "Normal", "Delivered")]


async def test_a_withdrawn_output_is_told(world: Consuming) -> None:
    world.recorder.told.clear()
    world.resource(output={"onInvalid": "Withdraw"})
    world.secret(token=BAD)
    await world.run()
    assert ("r", "Normal", "Withdrawn") in world.recorder.told


async def test_suspended_it_stays_as_it_is(world: Consuming) -> None:
    world.consumer(suspend=True)
    await rotate(world)
    await world.bundle()
    assert (world.tokens(), world.reason()) == ({"r": TOKEN}, "Suspended")


async def test_what_failed_and_is_right_again_says_so(world: Consuming) -> None:
    world.consumer(suspend=True)
    await world.bundle()
    world.consumer()
    await world.bundle()
    assert world.reason() == "Ready"


async def test_renamed_it_leaves_no_former_bundle_behind_though_the_operator_dies_in_between(world: Consuming) -> None:
    world.consumer(bundle={"environment": "production", "format": "json", "secretName": "mine"})
    world.api.once("delete", "secrets", name=BUNDLE, before=raising(RuntimeError()))
    with pytest.raises(RuntimeError):
        await world.bundle()
    world.restart()
    await world.bundle()
    assert (world.data(BUNDLE), world.data("mine") is None) == (None, False)


async def test_labels_put_on_the_bundle_by_others_stay(world: Consuming) -> None:
    world.api.put(SECRETS, BUNDLE, {"metadata": {"labels": world.meta(BUNDLE)["labels"] | {"theirs": "x"}}})
    assert WRITE_BUNDLE not in await world.bundle()
    await rotate(world)
    await world.bundle()
    assert world.meta(BUNDLE)["labels"]["theirs"] == "x"
    assert world.tokens() == {"r": OTHER_TOKEN}


async def test_a_bundle_that_grew_too_large_stays_as_it_is_and_says_so(world: Consuming) -> None:
    fields = {
        "url": {"value": "https://a.example"},
        "headers": {"valueFrom": {"configMapKeyRef": {"name": "big", "key": "x"}}},
    }
    assert fields
    for number in range(18):
        world.secret(f"big{number}", token="Xy9-" * 15_500)
        world.resource(
            f"big{number}", type="token", credentials={"production": {"secretRef": {"name": f"big{number}"}}}
        )
        await world.run()
        assert world.ready(f"big{number}").status == "True", world.ready(f"big{number}")
    with pytest.raises(Exception, match="TooLarge"):
        await world.bundle()
    assert (world.tokens(), world.reason()) == ({"r": TOKEN}, "TooLarge")


async def too_large(
    monkeypatch: pytest.MonkeyPatch, limit: int = 350, how: str = "json", also: tuple[str, ...] = ()
) -> Consuming:
    """A bundle with `r` and `s`, which may hold nothing more: `t` came too much, and `also` others."""
    world = Consuming()
    world.consumer(bundle={"environment": "production", "format": how})
    await world.published(TOKEN)
    world.resource("s")
    await world.run()
    await world.bundle()
    monkeypatch.setattr(publish_bundle, "MAX_BYTES", limit)
    for name in ("t", *also):
        world.secret(f"in-{name}", token=OTHER_TOKEN)
        world.resource(name, credentials=credentials("production", name=f"in-{name}"))
        await world.run()
    await fail(world)
    assert world.reason() == "TooLarge"
    return world


async def fail(world: Consuming) -> list[str]:
    """The requests of passes that find the bundle too large."""
    before = len(world.api.requests)
    for _ in range(2):
        with pytest.raises(DeliveryFailed, match="TooLarge"):
            await world.bundle()
    return world.api.requests[before:]


async def delete(world: Consuming, name: str) -> None:
    """A Resource, and its output by the garbage collector."""
    world.api.remove(RESOURCES, name)
    world.api.remove(SECRETS, f"{name}-production-resolved")
    await world.run()


async def refuse(world: Consuming, name: str) -> None:
    world.api.put(RESOURCES, name, {"metadata": {"labels": {"given": "no"}}})
    await world.run()


@pytest.mark.parametrize("how", ["json", "env", "airflow", "tracardi"])
async def test_what_is_deleted_leaves_a_bundle_that_is_too_large_and_the_rest_stays(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = {"json": 350, "env": 260, "airflow": 400, "tracardi": 1250}[how]
    world = await too_large(monkeypatch, limit, how)
    before = whole(world)
    uid = (world.api.object(RESOURCES, "s") or {})["metadata"]["uid"]
    world.resource("u", credentials=credentials("production", name="in-t"))
    await delete(world, "s")
    await fail(world)
    named = {"json": b'"s"', "env": b"RESOURCE_S_", "airflow": b'"s"', "tracardi": uid.encode()}[how]
    assert named in before
    assert named not in whole(world)
    assert TOKEN.encode() in whole(world)
    assert OTHER_TOKEN.encode() not in whole(world)


def whole(world: Consuming) -> bytes:
    (document,) = (world.data(BUNDLE) or {}).values()
    return document


async def test_what_the_selector_no_longer_takes_leaves_a_bundle_that_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await too_large(monkeypatch, also=("u",))
    not_given = {"matchExpressions": [{"key": "given", "operator": "DoesNotExist"}]}
    spec = {
        "from": [{"namespace": "ns", "selector": not_given}],
        "bundle": {"environment": "production", "format": "json"},
    }
    world.api.put(CONSUMERS, CONSUMER.name, {"spec": spec})
    await fail(world)
    assert world.tokens() == {"r": TOKEN, "s": TOKEN}
    await refuse(world, "r")
    await fail(world)
    assert world.tokens() == {"s": TOKEN}


async def test_a_withdrawal_from_a_bundle_that_is_too_large_is_one_write_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await too_large(monkeypatch, also=("u",))
    revision = world.told().revision or 0
    await delete(world, "s")
    requests = await fail(world)
    assert requests == [GET_BUNDLE, WRITE_BUNDLE, "patch resourceconsumers/app/status"]
    told, ready = world.told(), ready_of(world.told().conditions)
    assert (told.resources, told.revision, told.last_change) == (1, revision + 1, world.now)
    assert told.bundle
    assert told.bundle.resource_version == world.meta(BUNDLE)["resourceVersion"]
    assert ready
    assert ready.message.endswith("; the bundle holds 1 of them, and none that is no longer taken")


async def test_nothing_is_asked_while_nothing_is_withdrawn_from_a_bundle_that_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await too_large(monkeypatch)
    assert await fail(world) == []
    await rotate(world)
    requests = await fail(world)
    assert WRITE_BUNDLE not in requests
    assert world.tokens() == {"r": TOKEN, "s": TOKEN}
    world.restart()
    assert {line.split()[0] for line in await fail(world)} == {"get"}


async def test_a_resource_made_anew_under_its_name_leaves_no_former_value_in_a_bundle_that_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await too_large(monkeypatch)
    await delete(world, "s")
    world.resource("s", credentials=credentials("production", name="in-t"))
    await world.run()
    await fail(world)
    assert world.tokens() == {"r": TOKEN, "s": OTHER_TOKEN}


async def test_of_what_is_left_and_has_grown_too_large_itself_the_smaller_ones_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Consuming()
    world.consumer()
    await world.published(TOKEN)
    world.resource("s")
    world.secret("grown", token="made-up-Token-0")
    world.resource("grown", type="token", credentials={"production": {"secretRef": {"name": "grown"}}})
    await world.run()
    await world.bundle()
    before = world.tokens()
    assert set(before) == {"r", "s", "grown"}
    monkeypatch.setattr(publish_bundle, "MAX_BYTES", 450)
    world.secret("grown", token="Xy9-" * 100)
    await world.run()
    await fail(world)
    assert world.tokens() == before  # nothing was withdrawn
    await delete(world, "s")
    await fail(world)
    assert world.tokens() == {"r": TOKEN}


async def test_renamed_while_it_is_too_large_a_bundle_loses_what_is_no_longer_taken_and_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await too_large(monkeypatch, also=("u",))
    world.consumer(bundle={"environment": "production", "format": "json", "secretName": "other"})
    await fail(world)
    assert world.data("other") is None
    await delete(world, "s")
    await fail(world)
    data = world.data("other")
    assert data
    assert set(json.loads(data["resources.json"])["ns"]) == {"r"}
    assert world.data(BUNDLE) is None


async def test_a_disputed_output_takes_nothing_out_of_a_bundle_that_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await too_large(monkeypatch, also=("u",))
    monkeypatch.setattr(gather, "_PATIENCE_SECONDS", 0.0)
    world.api.put(SECRETS, OUTPUT, {"data": {"credentials.json": "eyJ0b2tlbiI6ICJ3cm9uZyJ9"}})
    world.restart()
    assert WRITE_BUNDLE not in await fail(world)
    assert [omitted.name for omitted in world.told().omitted or ()] == ["r"]
    assert world.tokens() == {"r": TOKEN, "s": TOKEN}


async def test_what_fits_again_is_whole_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await too_large(monkeypatch, also=("u",))
    await delete(world, "s")
    await fail(world)
    await delete(world, "u")
    await world.bundle()
    assert (world.tokens(), world.reason()) == ({"r": TOKEN, "t": OTHER_TOKEN}, "Ready")
    assert await world.bundle() == []


def own_type(version: int = 1, generation: int = 1, **spec: Any) -> dict[str, Any]:
    fields = [{"name": "key", "title": "Key", "sensitive": True}]
    return {
        "metadata": {"name": "own", "uid": "own", "resourceVersion": str(version), "generation": generation},
        "spec": {"title": "Own", "fields": fields, **spec},
    }


@pytest.mark.looptime
async def test_a_login_that_can_not_be_read_holds_nobody_for_longer_than_five_minutes_whatever_the_time_of_day() -> (
    None
):
    world = Consuming()
    world.secret("login", username="u", password="p")
    target = {"url": "http://t.ns.svc", "login": {"name": "login"}, "testFallback": "Nothing"}
    target |= {"deletionPolicy": "Delete"}
    spec = {"from": [{"namespace": "ns"}], "tracardi": target}
    world.api.put(CONSUMERS, CONSUMER.name, {"metadata": {"finalizers": [FINALIZER_ROWS]}, "spec": spec})
    world.api.remove(CONSUMERS, CONSUMER.name)
    world.deliver()
    for minutes, is_over in ((0, False), (4, False), (2, True)):
        await asyncio.sleep(60 * minutes)
        world.pass_time(hours=2)
        world.api.once("get", "secrets", name="login", before=raising(refused(500, "InternalError", ServerError)))
        with contextlib.nullcontext() if is_over else pytest.raises(ServerError):
            await world.deliveries.reconcile(CONSUMER)
        assert (world.api.object(CONSUMERS, CONSUMER.name) is None) == is_over


@pytest.mark.parametrize("revision", [None, 0, 1])
async def test_a_consumer_that_never_knew_where_to_deliver_goes_at_once_and_another_does_not(
    revision: int | None,
) -> None:
    world = Consuming()
    spec = {"from": [{"namespace": "ns"}], "tracardi": deleting_target()}
    status = {"observedGeneration": 1, **({} if revision is None else {"revision": revision})}
    world.api.put(CONSUMERS, CONSUMER.name, {"metadata": {"finalizers": [FINALIZER_ROWS]}, "spec": spec})
    world.api.put(CONSUMERS, CONSUMER.name, {"status": status})
    world.api.remove(CONSUMERS, CONSUMER.name)
    world.deliver()  # there is no Secret `login`
    with contextlib.nullcontext() if revision is None else pytest.raises(DeliveryFailed):
        await world.deliveries.reconcile(CONSUMER)
    assert (world.api.object(CONSUMERS, CONSUMER.name) is None) == (revision is None)


class Rows:
    """What a Tracardi got from one delivery after another, and how the first one ends: `how`."""

    def __init__(self, world: Consuming, how: str) -> None:
        self.world, self.how, self.written = world, how, 0

    async def deliver(self, *_: object, begin: Begin = begin_at_once, **__: object) -> Delivery:
        if self.how == "unreachable":
            raise DeliveryFailed(Problem(Reason.UNREACHABLE, "no answer"))
        if not self.written:
            await begin()
        changed, self.written = 1 - self.written, 1
        if self.how == "deadline":
            raise DeliveryFailed(Problem(Reason.UNREACHABLE, "not in time"))
        if self.how == "conflict" and changed:
            self.world.api.put(CONSUMERS, CONSUMER.name, {"metadata": {"labels": {"x": "y"}}})
        if self.how == "kill":
            raise asyncio.CancelledError
        return Delivery(delivered=1, changed=changed)


async def delivered_once(how: str, monkeypatch: pytest.MonkeyPatch) -> Consuming:
    """A consumer whose first delivery ended like this, and which is deleted after its login."""
    world = Consuming()
    world.secret("login", username="u", password="p")
    monkeypatch.setattr(TracardiPublisher, "deliver", Rows(world, how).deliver)
    world.consumer(bundle=None, tracardi=deleting_target())
    with contextlib.suppress(DeliveryFailed, asyncio.CancelledError):
        await world.bundle()
    if how == "kill":
        world.restart()
    world.api.remove(SECRETS, "login")
    world.api.remove(CONSUMERS, CONSUMER.name)
    world.deliver()
    world.recorder.told.clear()
    return world


@pytest.mark.looptime
@pytest.mark.parametrize("how", ["deadline", "conflict", "kill"])
async def test_rows_of_a_delivery_that_was_never_recorded_hold_the_consumer_five_minutes_and_are_told_of(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await delivered_once(how, monkeypatch)
    with pytest.raises(DeliveryFailed):
        await world.deliveries.reconcile(CONSUMER)
    assert world.api.object(CONSUMERS, CONSUMER.name)
    await asyncio.sleep(301)
    await world.deliveries.reconcile(CONSUMER)
    assert world.api.object(CONSUMERS, CONSUMER.name) is None
    assert world.recorder.told == [("app", "Warning", "LeftInTracardi")]


async def test_a_consumer_whose_tracardi_never_answered_goes_at_once_when_its_login_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await delivered_once("unreachable", monkeypatch)
    await world.deliveries.reconcile(CONSUMER)
    assert world.api.object(CONSUMERS, CONSUMER.name) is None


async def test_that_a_delivery_begins_is_written_once_and_nothing_is_delivered_if_it_can_not_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Consuming()
    world.secret("login", username="u", password="p")
    rows = Rows(world, "")
    monkeypatch.setattr(TracardiPublisher, "deliver", rows.deliver)
    world.consumer(bundle=None, tracardi=deleting_target())
    world.api.once("patch", "resourceconsumers", before=raising(refused(500, "InternalError", ServerError)))
    with pytest.raises(ServerError):
        await world.bundle()
    assert rows.written == 0
    status = "patch resourceconsumers/app/status"
    assert (await world.bundle()).count(status) == 2
    rows.written = 0
    assert (await world.bundle()).count(status) == 1


async def test_what_is_delivered_along_with_the_finalizer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    deliveries = iter((Delivery(delivered=0, changed=3), Delivery(delivered=0, changed=0)))

    async def deliver(*_: object, **__: object) -> Delivery:
        return next(deliveries)

    monkeypatch.setattr(TracardiPublisher, "deliver", deliver)
    world = Consuming()
    world.secret("login", username="u", password="p")
    world.consumer(bundle=None, tracardi=deleting_target())
    await world.bundle()
    told = world.told()
    assert (told.revision, told.last_change) == (1, world.now)


def deleting_target() -> dict[str, Any]:
    login = {"name": "login"}
    return {"url": "http://t.ns.svc", "login": login, "testFallback": "Nothing", "deletionPolicy": "Delete"}


async def test_a_namespace_that_can_not_be_listed_is_named_and_takes_nothing_away(world: Consuming) -> None:
    world.deliveries._reconciler._knows = lambda namespace: namespace != "closed"
    world.consumer("ns", "closed")
    with pytest.raises(DeliveryFailed):
        await world.bundle()
    assert (world.tokens(), world.reason()) == ({"r": TOKEN}, "Unreachable")


async def test_a_resync_reads_no_login_again_and_another_login_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords: list[str] = []

    async def deliver(_: object, __: object, ___: object, login: Login, *____: object, **_____: object) -> Delivery:
        passwords.append(login.password)
        return Delivery(delivered=0, changed=0)

    monkeypatch.setattr(TracardiPublisher, "deliver", deliver)
    monkeypatch.setattr(inputs, "_CACHE_SECONDS", 0.0)
    world = Consuming()
    world.secret("login", username="u", password="first")
    world.consumer(bundle=None, tracardi=deleting_target())
    await world.bundle()
    assert "get secrets/login" not in await world.bundle()
    world.secret("login", username="u", password="second")
    await world.bundle()
    assert passwords == ["first", "first", "second"]


async def test_a_session_that_was_opened_for_a_consumer_that_went_meanwhile_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    world = Consuming()

    async def deliver(*_: object, **__: object) -> Delivery:
        world.api.remove(CONSUMERS, CONSUMER.name)
        world.deliver()
        await asyncio.sleep(0.01)
        told.append("opened")
        return Delivery(delivered=0, changed=0)

    async def forget(_: object, uid: str) -> None:
        told.append(f"ended {uid}")

    monkeypatch.setattr(TracardiPublisher, "deliver", deliver)
    monkeypatch.setattr(TracardiPublisher, "forget", forget)
    world.secret("login", username="u", password="p")
    world.consumer(bundle=None, tracardi=deleting_target() | {"deletionPolicy": "Orphan"})
    uid = (world.api.object(CONSUMERS, CONSUMER.name) or {})["metadata"]["uid"]
    await world.bundle()
    await asyncio.sleep(0.01)
    assert told[told.index("opened") + 1 :] == [f"ended {uid}"]


async def test_each_other_content_is_another_revision_though_status_could_not_be_written() -> None:
    world = Consuming()

    def label(name: str, team: str) -> None:
        world.api.put(RESOURCES, name, {"metadata": {"labels": {"team": team}}})

    def held() -> tuple[list[str], str]:
        return sorted(world.tokens()), world.meta(BUNDLE)["annotations"][ANNOTATION_REVISION]

    world.consumer(**{"from": [{"namespace": "ns", "selector": {"matchLabels": {"team": "blue"}}}]})
    await world.published(TOKEN)
    world.resource("s")
    await world.run()
    label("r", "blue")
    label("s", "blue")
    await world.bundle()
    label("s", "green")
    world.api.once("patch", "resourceconsumers", before=raising(refused(500, "InternalError", ServerError)))
    before = held()
    with pytest.raises(ServerError):
        await world.bundle()
    without = held()
    label("s", "blue")
    await world.bundle()
    assert [before, without, held()] == [(["r", "s"], "1"), (["r"], "2"), (["r", "s"], "3")]


async def test_after_a_restore_another_spec_of_the_same_generation_has_other_receivers() -> None:
    store = (world := Consuming()).deliveries.store
    target = {"bundle": {"environment": "production", "format": "json"}}

    def body(version: str, namespace: str) -> dict[str, Any]:
        metadata = {"name": "app", "namespace": "ns", "uid": "c", "resourceVersion": version, "generation": 2}
        return {"metadata": metadata, "spec": {"from": [{"namespace": namespace}], **target}}

    world.resource()
    world.deliver()
    store.take_in(body("100", "elsewhere"))
    store.rewind_records(store.records(None))
    store.take_in(body("60", "ns"))
    assert world.deliveries.receivers.of(world.record()) == ("ns/app",)


@pytest.mark.parametrize("gone_while_it_is_read", [False, True])
async def test_the_login_of_a_consumer_that_is_gone_is_not_kept(
    gone_while_it_is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deliver(*_: object, **__: object) -> Delivery:
        return Delivery(delivered=0, changed=0)

    monkeypatch.setattr(TracardiPublisher, "deliver", deliver)
    world = Consuming()

    def go() -> None:
        world.api.remove(CONSUMERS, CONSUMER.name)
        world.deliver()

    world.secret("login", username="u", password="p")
    world.consumer(bundle=None, tracardi=deleting_target() | {"deletionPolicy": "Orphan"})
    if gone_while_it_is_read:
        world.api.once("get", "secrets", name="login", after=go)
    await world.bundle()
    if not gone_while_it_is_read:
        assert len(world.deliveries._logins._known) == 2  # user and password
        go()
    assert not world.deliveries._logins._known
