"""Outputs that somebody changed by hand, and the bundles that take them: one that was left out comes back."""

import asyncio

import pytest

from tests.unit.control.fake_client import raising, refused
from tests.unit.control.test_consumers import CONSUMER, Consuming
from tests.unit.control.world import KEY, OUTPUT, credentials
from tests.unit.examples import TOKEN
from tracardi_operator.control.consumers import gather
from tracardi_operator.control.consumers.gather import Unsettled
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.records import CONSUMERS, Key, consumer_record_of
from tracardi_operator.control.writer import Refused
from tracardi_operator.kube.errors import Invalid
from tracardi_operator.kube.kinds import SECRETS

WRONG = {"data": encode_base64({"credentials.json": '{"token": "wrong"}'})}


@pytest.fixture
async def world() -> Consuming:
    """Two Resources in a bundle, and a third one that is to come to it; nothing is in memory."""
    world = Consuming()
    world.consumer()
    await world.published(TOKEN)
    world.resource("s")
    await world.run()
    await world.bundle()
    await world.run()
    world.resource("t")
    world.restart()
    return world


async def test_one_whose_repair_took_too_long_is_in_the_bundle_again(
    world: Consuming, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.api.put(SECRETS, OUTPUT, WRONG)
    world.deliver()
    await world.reconcile(Key("ns", "t"))
    with monkeypatch.context() as patience:
        patience.setattr(gather, "_PATIENCE_SECONDS", 0.0)
        await world.bundle()
    assert (sorted(world.tokens()), world.reason()) == (["s", "t"], "Incomplete")
    world.woken.add(KEY)
    await world.run()
    await world.bundle()
    assert (sorted(world.tokens()), world.reason()) == (["r", "s", "t"], "Ready")


async def test_while_one_is_left_out_a_resync_writes_nothing(world: Consuming, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "_PATIENCE_SECONDS", 0.0)
    world.api.put(SECRETS, OUTPUT, WRONG)
    world.deliver()
    await world.reconcile(Key("ns", "t"))
    await world.bundle()
    assert await world.bundle() == []


async def test_one_that_was_touched_before_it_was_read_is_waited_for(world: Consuming) -> None:
    await world.run()
    world.api.once(
        "get",
        "secrets",
        name=OUTPUT,
        before=lambda: world.api.put(SECRETS, OUTPUT, {"metadata": {"labels": world.meta()["labels"] | {"team": "x"}}}),
    )
    world.deliver()
    with pytest.raises(Unsettled):
        await world.deliveries.reconcile(CONSUMER)
    assert KEY in world.woken


@pytest.mark.looptime
async def test_nobody_waits_longer_because_another_consumer_has_all_that_it_wants() -> None:
    world = Consuming()
    world.consumer()
    world.secret(token=TOKEN)
    world.resource(credentials=credentials("production", "test"))
    world.deliver()
    world.api.once("create", "secrets", before=raising(refused(422, "Invalid", Invalid)))
    with pytest.raises(Refused):
        await world.reconcile()
    consumers = [consumer_record_of(world.api.object(CONSUMERS, "app") or {}) for _ in range(2)]
    consumers[1].uid = "another"
    gatherer = world.deliveries._reconciler._gatherer
    with pytest.raises(Unsettled):
        gatherer.select(consumers[0], ["production", "test"])
    await asyncio.sleep(20)
    assert gatherer.select(consumers[1], ["test"]).size == 1
    await asyncio.sleep(20)
    assert gatherer.select(consumers[0], ["production", "test"]).size == 1
