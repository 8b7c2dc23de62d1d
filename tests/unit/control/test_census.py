"""What the census counts is what there is, whatever happened before."""

import random
from collections import Counter
from typing import Any

from tests.unit.control.world import BAD, KEY, World
from tests.unit.examples import TOKEN
from tracardi_operator.control.census import Census, Stale, Standing
from tracardi_operator.control.records import RESOURCES, Key

OTHER_KEY = Key("ns", "other")
SINCE, SINCE_SECONDS = "2026-01-02T03:04:05Z", 1767323045.0


def status(ready: str, reason: str, **environments: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": ready, "reason": reason}
    return {"conditions": [{"type": "Valid", "status": "True", "reason": "Valid"}, condition], **environments}


def stale(**environments: dict[str, Any]) -> dict[str, Any]:
    return status("False", "KeyNotFound", environments=environments)


def test_each_is_counted_as_it_stands_now() -> None:
    census = Census()
    census.take(KEY, "sendgrid", {})
    assert census.counts == {Standing("sendgrid", "Unknown", "Pending"): 1}
    census.take(KEY, "sendgrid", status("False", "Empty"))
    census.take(OTHER_KEY, "sendgrid", status("False", "Empty"))
    assert census.counts == {Standing("sendgrid", "False", "Empty"): 2}
    census.take(KEY, "sendgrid", status("True", "Ready"))
    census.forget(OTHER_KEY)
    assert census.counts == {Standing("sendgrid", "True", "Ready"): 1}


def test_to_forget_one_that_is_not_known_changes_nothing() -> None:
    census = Census()
    census.forget(KEY)
    assert census.counts == {}


def test_after_any_sequence_of_changes_it_counts_what_there_is() -> None:
    rng = random.Random(1)
    census, there = Census(), dict[Key, Standing]()
    for _ in range(2000):
        key = Key("ns", f"r{rng.randrange(20)}")
        if rng.random() < 0.3:
            census.forget(key)
            there.pop(key, None)
        else:
            there[key] = Standing(rng.choice("ab"), rng.choice(["True", "False"]), rng.choice(["Ready", "Empty"]))
            census.take(key, there[key].sort, status(there[key].ready, there[key].reason))
        assert census.counts == Counter(there.values())


def test_stale_environments_are_told_with_their_beginning_until_they_are_no_longer() -> None:
    census = Census()
    census.take(KEY, "t", stale(production={"stale": True, "since": SINCE}, test={"ready": True}))
    assert list(census.stale()) == [Stale("production", SINCE_SECONDS)]
    census.take(KEY, "t", status("True", "Ready", environments={"production": {"ready": True}}))
    assert list(census.stale()) == []


def test_a_beginning_that_says_nothing_hides_no_stale_environment() -> None:
    census = Census()
    census.take(KEY, "t", stale(production={"stale": True, "since": "2026-12-31T23:59:60Z"}, test={"stale": True}))
    assert list(census.stale()) == [Stale("production", None), Stale("test", None)]


async def test_the_store_counts_what_watches_and_own_answers_tell() -> None:
    world = World()
    await world.published(TOKEN)
    assert world.store.census.counts == {Standing("sendgrid", "True", "Ready"): 1}
    world.secret(token=BAD)
    await world.run()
    assert world.store.census.counts == {Standing("sendgrid", "False", "Placeholder"): 1}
    assert list(world.store.census.stale()) == [Stale("production", world.now.timestamp())]
    world.restart()
    assert world.store.census.counts == {Standing("sendgrid", "False", "Placeholder"): 1}
    await world.api.delete(RESOURCES, KEY.namespace, KEY.name)
    world.deliver()
    assert (world.store.census.counts, list(world.store.census.stale())) == ({}, [])


async def test_an_answer_about_one_that_was_made_anew_meanwhile_does_not_count() -> None:
    world = World()
    world.resource()
    world.deliver()
    former = world.record()
    world.resource(suspend=True)
    world.deliver()
    world.store.observe_own_status(former, status("True", "Ready"), str(former.resource_version))
    assert world.store.census.counts == {Standing("sendgrid", "Unknown", "Pending"): 1}
