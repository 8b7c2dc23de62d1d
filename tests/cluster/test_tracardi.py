"""The operator, on a real API server, and a Tracardi: from an edit of an object to the rows that come of it.

The stand-in counts what was written. The operator resyncs twice a second here, so that whatever would be written too
often shows; each test waits for two more comparisons before it counts.
"""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from tests.cluster.builders import Document, consumer, reference, resource
from tests.cluster.objects import KINDS, Objects, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import token
from tests.sentinels import LOWER, found, made_up, traces_of
from tests.tracardi.serving import serving
from tests.tracardi.standin import Fault, Row, Tracardi
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.publish.tracardi_rows import mark

USER = "operator"
LOGIN = "tracardi-login"
NAME = "tracardi"
KEY = "token"
FLAGS = ("--allowed-hosts", "127.0.0.1", "--resync-seconds", "0.5")
WAIT = 60.0
PAUSE = 0.02


@dataclass
class Scene:
    """A namespace, a Tracardi, and a consumer that connects the two."""

    objects: Objects
    tracardi: Tracardi
    url: str
    password: str = field(default_factory=lambda: f"made-up-{secrets.token_hex(8)}")

    async def begin(self, **target: Any) -> None:
        self.tracardi.add_user(USER, self.password, "developer")
        await self.objects.create(secret(LOGIN, {"username": USER, "password": self.password}))
        await self.consume(**target)

    async def consume(self, name: str = NAME, **target: Any) -> None:
        wanted = {"url": self.url, "login": {"name": LOGIN}, "testFallback": "Production", **target}
        await self.objects.create(consumer(name, self.objects.namespace, tracardi=wanted))

    async def publish(self, name: str, **settings: Any) -> str:
        """A Resource whose id in Tracardi is its name; returns its token."""
        value = token()
        fields = {"token": reference("secretKeyRef", name, KEY)}
        await self.objects.create(secret(name, {KEY: value}), resource(name, fields, tracardi={"id": name, **settings}))
        return value

    def row(self, id_: str, *, production: bool = True) -> Row | None:
        return self.tracardi.rows.get((id_, production))

    def token(self, id_: str, *, production: bool = True) -> str | None:
        row = self.row(id_, production=production)
        return row["credentials"]["production"].get("token") if row else None

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT):
            while not holds():  # noqa: ASYNC110  # it asks about another thread
                await asyncio.sleep(PAUSE)

    async def until_delivered(self, id_: str, value: str) -> None:
        """Into both contexts."""
        await self.until(lambda: self.token(id_) == self.token(id_, production=False) == value)

    async def writes_when_settled(self) -> list[tuple[str, str, str]]:
        """What was written since the last call, after Tracardi has been compared twice more."""
        compared = self.tracardi.count("GET", "/resources")
        await self.until(lambda: self.tracardi.count("GET", "/resources") >= compared + 6)
        writes = sorted(self.tracardi.writes())
        self.tracardi.seen.clear()
        return writes

    async def until_told(self, reason: str, words: str) -> None:
        """Until Ready gives this reason with these words among others: it may have given it for others before."""

        def is_so(body: Document) -> bool:
            return _ready(body).get("reason") == reason and words in _ready(body)["message"]

        await self.objects.until_there(CONSUMERS, NAME, is_so)

    async def until_reason(self, reason: str, name: str = NAME) -> str:
        """The message of Ready when it gives this reason."""
        body = await self.objects.until_there(CONSUMERS, name, lambda body: _ready(body).get("reason") == reason)
        return str(_ready(body)["message"])


def _ready(body: Document) -> Document:
    conditions = body.get("status", {}).get("conditions", ())
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})


def both(method: str, *ids: str) -> list[tuple[str, str, str]]:
    return sorted((method, id_, context) for id_ in ids for context in ("production", "staging"))


@pytest.fixture(scope="module")
def delivering(_operator: OperatorProcess) -> OperatorProcess:
    """The operator; the next test that asks for `operator` gets it as it was."""
    _operator.stop()
    _operator.restart(*FLAGS)
    _operator.wait_until_ready()
    return _operator


@pytest.fixture
def tracardi() -> Tracardi:
    return Tracardi()


@pytest.fixture
def url(tracardi: Tracardi) -> Iterator[str]:
    with serving(tracardi) as url:
        yield url


@pytest.fixture
async def scene(delivering: OperatorProcess, objects: Objects, tracardi: Tracardi, url: str) -> AsyncIterator[Scene]:
    """The consumer is taken away at the end, so that none is left to talk to a stand-in that has gone."""
    scene = Scene(objects, tracardi, url)
    yield scene
    async for page in objects.client.list_pages(CONSUMERS, objects.namespace):
        for body in page["items"]:
            await objects.edit(CONSUMERS, body["metadata"]["name"], _orphan)
            await objects.delete(CONSUMERS, body["metadata"]["name"])


def _orphan(body: Document) -> None:
    body["spec"]["tracardi"].pop("deletionPolicy", None)


async def test_created_rotated_disabled_and_deleted(scene: Scene) -> None:
    await scene.begin()
    values = {name: await scene.publish(name) for name in ("a", "b")}
    for name, value in values.items():
        await scene.until_delivered(name, value)
    assert await scene.writes_when_settled() == both("POST", "a", "b")

    new = token()
    await scene.objects.store("a", {KEY: new})
    await scene.until_delivered("a", new)
    assert await scene.writes_when_settled() == both("POST", "a")

    await scene.objects.edit_spec("a", lambda spec: spec["tracardi"].update(enabled=False))
    await scene.until(lambda: not (scene.row("a") or {})["enabled"])
    assert await scene.writes_when_settled() == both("POST", "a")

    await scene.objects.delete(RESOURCES, "a")
    await scene.until(lambda: not scene.row("a") and not scene.row("a", production=False))
    assert await scene.writes_when_settled() == both("DELETE", "a")
    assert scene.token("b") == values["b"]
    assert "1 Resource is delivered" in await scene.until_reason("Ready")


async def test_a_value_that_has_become_wrong_leaves_the_last_good_one(scene: Scene) -> None:
    await scene.begin()
    value = await scene.publish("a")
    await scene.until_delivered("a", value)
    await scene.writes_when_settled()
    await scene.objects.store("a", {KEY: "not-a-key-of-SendGrid"})
    await scene.objects.until_reason("a", "BadFormat")
    assert await scene.writes_when_settled() == []
    assert scene.token("a") == value


async def test_bad_test_credentials_are_not_replaced_by_production_ones(scene: Scene) -> None:
    """Though the consumer has `testFallback: Production`: that is for a Resource without any."""
    await scene.begin()
    value = token()
    fields = {"token": reference("secretKeyRef", "a", KEY)}
    body = resource("a", fields, tracardi={"id": "a"})
    body["spec"]["credentials"]["test"] = {"fields": {"token": reference("secretKeyRef", "a", "test")}}
    await scene.objects.create(secret("a", {KEY: value, "test": "not-a-key-of-SendGrid"}), body)
    await scene.until_delivered("a", value)
    assert (scene.row("a") or {})["credentials"]["test"] == {}

    good = token()
    await scene.objects.store("a", {KEY: value, "test": good})
    await scene.until(lambda: (scene.row("a") or {})["credentials"]["test"] == {"token": good})


async def test_edited_and_deleted_in_the_gui(scene: Scene) -> None:
    await scene.begin()
    value = await scene.publish("a")
    await scene.until_delivered("a", value)
    await scene.writes_when_settled()

    scene.tracardi.edit("a", credentials={"production": {"token": "typed by hand"}, "test": {}}, name="Edited")
    await scene.until(lambda: scene.token("a") == value)
    assert await scene.writes_when_settled() == [("POST", "a", "production")]

    del scene.tracardi.rows["a", False]
    await scene.until_delivered("a", value)
    assert await scene.writes_when_settled() == [("POST", "a", "staging")]


async def test_a_token_that_tracardi_wrote_back_is_left_alone(scene: Scene) -> None:
    await scene.begin()
    values = {"public_key": f"3_{made_up(48, LOWER)}", "private_key": made_up(48, LOWER)}
    fields = {name: reference("secretKeyRef", "m", name) for name in values}
    fields["api_url"] = {"value": "https://mautic.example.com"}
    await scene.objects.create(secret("m", values), resource("m", fields, type="mautic", tracardi={"id": "m"}))
    await scene.until(lambda: bool(scene.row("m") and scene.row("m", production=False)))
    assert await scene.writes_when_settled() == both("POST", "m")
    scene.tracardi.write_back("m", {"access_token": "made up"})
    assert await scene.writes_when_settled() == []


async def test_token_revoked_server_down_and_500s(scene: Scene) -> None:
    await scene.begin()
    value = await scene.publish("a")
    await scene.until_delivered("a", value)
    await scene.writes_when_settled()

    scene.tracardi.revoke(USER)
    assert await scene.writes_when_settled() == []

    down = Fault(times=10_000, is_down=True)
    scene.tracardi.faults.append(down)
    await scene.until_reason("Unreachable")
    new = token()
    await scene.objects.store("a", {KEY: new})
    scene.tracardi.seen.clear()
    down.times = 0
    await scene.until_delivered("a", new)
    assert await scene.writes_when_settled() == both("POST", "a")

    scene.tracardi.faults.append(Fault("/resource", times=2, status=500, method="POST", is_done=True))
    newer = token()
    await scene.objects.store("a", {KEY: newer})
    await scene.until_delivered("a", newer)
    assert await scene.writes_when_settled() == both("POST", "a")
    await scene.until_reason("Ready")


async def test_a_row_that_tracardi_does_not_take_is_named_and_holds_back_no_other(scene: Scene) -> None:
    scene.tracardi.rejected.add("a")
    await scene.begin()
    await scene.publish("a")
    value = await scene.publish("b")
    await scene.until_delivered("b", value)
    await scene.until_told("Incomplete", "/a: not stored")
    scene.tracardi.rejected.clear()
    await scene.until_reason("Ready")


async def test_a_refused_login_is_told_and_a_new_one_is_used(scene: Scene) -> None:
    await scene.begin()
    scene.tracardi.add_user(USER, "another", "developer")
    scene.tracardi.revoke(USER)  # it may have logged in before
    assert f"Secret '{LOGIN}'" in await scene.until_reason("Rejected")
    value = await scene.publish("a")
    await scene.objects.store(LOGIN, {"username": USER, "password": "another"})
    await scene.until_delivered("a", value)
    await scene.until_reason("Ready")


async def test_two_consumers_keep_to_their_own_rows_and_the_end_takes_only_ones_own(scene: Scene) -> None:
    """Two clusters differ by the uids of their consumers, as these two do."""
    await scene.begin(deletionPolicy="Delete")
    value = await scene.publish("a")
    await scene.until_delivered("a", value)
    await scene.consume("second")
    assert "another ResourceConsumer made" in await scene.until_reason("Incomplete", "second")
    scene.tracardi.store({"id": "by-hand", "name": "By hand", "type": "api"})
    assert await scene.writes_when_settled() == both("POST", "a")

    await scene.objects.delete(CONSUMERS, NAME)
    await scene.objects.until_gone(CONSUMERS, NAME)
    await scene.until_delivered("a", value)  # by the second one, to which it is free now
    assert await scene.writes_when_settled() == sorted(both("DELETE", "a") + both("POST", "a"))
    assert scene.row("by-hand")


async def test_a_context_that_is_no_longer_named_is_cleared(scene: Scene) -> None:
    await scene.begin()
    value = await scene.publish("a")
    await scene.until_delivered("a", value)
    await scene.writes_when_settled()

    def production_only(body: Document) -> None:
        body["spec"]["tracardi"]["contexts"] = ["production"]

    await scene.objects.edit(CONSUMERS, NAME, production_only)
    await scene.until(lambda: not scene.row("a", production=False))
    assert await scene.writes_when_settled() == [("DELETE", "a", "staging")]


async def test_a_host_that_is_not_allowed_gets_nothing(scene: Scene) -> None:
    await scene.begin(url=scene.url.replace("127.0.0.1", "localhost"))
    await scene.publish("a")
    assert "--allowed-hosts" in await scene.until_reason("NotAllowed")
    assert scene.tracardi.seen == []


async def test_an_operator_that_is_killed_in_the_middle_ends_what_it_began(
    scene: Scene, delivering: OperatorProcess
) -> None:
    values = {name: await scene.publish(name) for name in (f"r{number:02}" for number in range(30))}
    for name in values:
        await scene.objects.until_ready(name)
    stop = Fault("/resource", after=20, times=10_000, delay=60.0, method="POST")
    scene.tracardi.faults.append(stop)
    await scene.begin()
    await asyncio.to_thread(stop.reached.wait, WAIT)
    delivering.kill()
    scene.tracardi.faults.clear()
    missing = [
        (id_, production) for id_ in values for production in (True, False) if not scene.row(id_, production=production)
    ]
    assert len(missing) == 2 * len(values) - 20
    scene.tracardi.seen.clear()
    delivering.restart(*FLAGS)
    delivering.wait_until_ready()
    for name, value in values.items():
        await scene.until_delivered(name, value)
    contexts = {True: "production", False: "staging"}
    assert await scene.writes_when_settled() == sorted(
        ("POST", id_, contexts[production]) for id_, production in missing
    )


async def test_a_tracardi_that_was_filled_by_hand_moves_in(scene: Scene) -> None:
    """`import`, apply, adopt: each row is written once, to be marked, and nothing else in it changes."""
    values = {name: {"production": {"token": token()}, "test": {"token": token()}} for name in ("a", "b", "c")}
    for name, credentials in values.items():
        for production in (True, False):
            row = {"id": f"id-{name}", "name": f"The {name}", "type": "sendgrid", "credentials": credentials}
            more = {"tags": ["token", "sendgrid"], "groups": ["team"], "icon": "plugin", "enabled": name != "b"}
            scene.tracardi.store({**row, **more}, production=production)
    before = {key: dict(row) for key, row in scene.tracardi.rows.items()}
    scene.tracardi.add_user(USER, scene.password, "developer")
    await _apply(scene.objects, await asyncio.to_thread(_import, scene.url, scene.password))
    for name in ("the-a", "the-b", "the-c"):
        await scene.objects.until_ready(name)
    scene.tracardi.seen.clear()
    await scene.begin(adopt=True)
    await scene.until_reason("Ready")
    assert await scene.writes_when_settled() == both("POST", "id-a", "id-b", "id-c")
    uid = (await scene.objects.get(CONSUMERS, NAME))["metadata"]["uid"]
    expected = {key: {**row, "groups": [*row["groups"], mark(uid)]} for key, row in before.items()}
    assert scene.tracardi.rows == expected


def _import(url: str, password: str) -> list[Document]:
    command = [sys.executable, "-m", "tracardi_operator", "import", "--url", url, "--user", USER, "--stream"]
    environment = os.environ | {"TRACARDI_PASSWORD": password}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return list(yaml.safe_load_all(done.stdout))


async def _apply(objects: Objects, bodies: list[Document]) -> None:
    for body in bodies:
        await objects.client.create(KINDS[body["kind"]], objects.namespace, body)


async def test_nothing_that_is_logged_or_told_holds_a_value(scene: Scene, delivering: OperatorProcess) -> None:
    """At the level debug, with a Tracardi whose error pages repeat what they were sent."""
    await scene.begin()
    value = await scene.publish("a")
    await scene.until_delivered("a", value)
    scene.tracardi.faults.append(Fault("/resource", times=4, status=500, method="POST", echoes=True))
    scene.tracardi.faults.append(Fault("/resources", times=3, status=502, echoes=True))
    new = token()
    await scene.objects.store("a", {KEY: new})
    await scene.until_delivered("a", new)
    await scene.until_reason("Ready")
    told = delivering.everything_logged() + str((await scene.objects.get(CONSUMERS, NAME)).get("status"))
    assert not found(told, traces_of([value, new, scene.password, scene.tracardi.token_of(USER)]))
