"""Own types among the known ones: what is told of them, whose Resources are woken, and what a verdict waits for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.control.fake_client import FakeClient
from tests.unit.control.world import KEY, STATUS, World, credentials
from tests.unit.examples import OTHER_TOKEN, TOKEN
from tracardi_operator.api.names import API_VERSION, TYPE_KIND
from tracardi_operator.api.resource_type import ResourceTypeStatus
from tracardi_operator.control.order import Behind
from tracardi_operator.control.type_registry import TypeRegistry, Unusable
from tracardi_operator.control.type_sync import RESOURCE_TYPES, TypeComparison, TypeReporter
from tracardi_operator.kube.errors import ApiError, Conflict, Forbidden, NotFound, Unreachable
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import ServiceType

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN: dict[str, Any] = {"pattern": "(", "expected": "x"}


def own_type(name: str = "acme", version: int = 1, *, uid: str = "u", generation: int = 0, **rules: Any) -> Any:
    """A ResourceType with a sensitive field `token`. Each version is a generation of its own, unless told otherwise."""
    return {
        "apiVersion": API_VERSION,
        "kind": TYPE_KIND,
        "metadata": {"name": name, "uid": uid, "resourceVersion": str(version), "generation": generation or version},
        "spec": {"fields": [{"name": "token", "sensitive": True, "required": True, **rules}]},
    }


class Woken:
    """A registry, and which of these types' Resources it has woken."""

    NAMES = ("acme", "other", "sendgrid")

    def __init__(self, **settings: Any) -> None:
        self.names: list[str] = []
        self.registry = TypeRegistry(builtin(), **({"reads_custom": True} | settings), wake=self._wake)

    def _wake(self, is_meant: Callable[[str], bool]) -> None:
        self.names += filter(is_meant, self.NAMES)

    def since(self) -> list[str]:
        names, self.names = self.names, []
        return names


@pytest.fixture
def woken() -> Woken:
    """Complete, with the type `acme`."""
    made = Woken()
    made.registry.replace([own_type()], 1)
    made.since()
    return made


class TestRegistry:
    def test_nothing_is_said_of_a_type_that_is_not_known_until_all_are_listed(self) -> None:
        made = Woken()
        assert made.registry.find("acme") is None
        made.registry.replace([], 1)
        assert isinstance(made.registry.find("acme"), Unusable)
        assert made.since() == ["acme", "other"]

    def test_built_in_types_wait_for_nothing(self) -> None:
        assert Woken().registry.find("sendgrid") == builtin()["sendgrid"]

    def test_an_own_type_can_be_found(self, woken: Woken) -> None:
        found = woken.registry.find("acme")
        assert isinstance(found, ServiceType)
        assert [field.name for field in found.fields] == ["token"]

    def test_a_name_that_was_misspelt_is_guessed_among_all_types(self, woken: Woken) -> None:
        found = woken.registry.find("acmee")
        assert isinstance(found, Unusable)
        assert "did you mean 'acme'" in found.problem.message

    def test_a_built_in_type_is_not_replaced(self, woken: Woken) -> None:
        woken.registry.observe(own_type("sendgrid"))
        assert woken.registry.find("sendgrid") == builtin()["sendgrid"]
        assert woken.since() == []

    def test_a_change_wakes_the_resources_of_this_type_alone(self, woken: Woken) -> None:
        woken.registry.observe(own_type(version=2, minLength=3))
        assert woken.since() == ["acme"]

    def test_a_change_of_metadata_or_of_status_wakes_nobody(self, woken: Woken) -> None:
        woken.registry.observe(own_type(version=2, generation=1) | {"status": {"observedGeneration": 1}})
        assert woken.since() == []

    def test_an_older_version_changes_nothing(self, woken: Woken) -> None:
        woken.registry.observe(own_type(version=3, minLength=3))
        woken.since()
        woken.registry.observe(own_type(version=2, **BROKEN))
        assert (woken.since(), type(woken.registry.find("acme"))) == ([], ServiceType)

    def test_a_broken_type_is_known_and_cannot_be_used(self, woken: Woken) -> None:
        woken.registry.observe(own_type(version=2, **BROKEN))
        found = woken.registry.find("acme")
        assert isinstance(found, Unusable)
        assert "is broken" in found.problem.message
        assert woken.since() == ["acme"]

    def test_a_deleted_type_is_unknown_and_one_made_anew_is_known(self, woken: Woken) -> None:
        woken.registry.take_in("DELETED", own_type())
        assert isinstance(woken.registry.find("acme"), Unusable)
        woken.registry.take_in("ADDED", own_type(version=5, uid="other"))
        assert isinstance(woken.registry.find("acme"), ServiceType)
        assert woken.since() == ["acme", "acme"]

    def test_late_news_do_not_bring_back_what_was_deleted(self, woken: Woken) -> None:
        woken.registry.forget("acme", "u")
        woken.registry.observe(own_type(version=9))
        assert isinstance(woken.registry.find("acme"), Unusable)

    def test_a_late_deletion_does_not_touch_one_made_anew(self, woken: Woken) -> None:
        woken.registry.observe(own_type(version=2, uid="new"))
        woken.registry.forget("acme", "u")
        assert isinstance(woken.registry.find("acme"), ServiceType)

    def test_a_list_removes_what_is_gone_and_keeps_what_is_younger(self, woken: Woken) -> None:
        woken.registry.observe(own_type("other", 7))
        woken.registry.replace([], 5)
        assert [record.name for record in woken.registry.records()] == ["other"]

    def test_a_younger_list_with_an_older_state_is_of_a_restored_cluster(self, woken: Woken) -> None:
        woken.registry.observe(own_type(version=9, pattern="x"))
        woken.registry.replace([own_type(version=5)], 1000)
        assert [record.resource_version for record in woken.registry.records()] == [5]

    def test_a_type_that_is_younger_than_the_list_of_a_restored_cluster_stays(self, woken: Woken) -> None:
        woken.registry.observe(own_type(version=190))
        woken.registry.observe(own_type("young", version=205, uid="young"))
        woken.registry.replace([own_type(version=50)], 200)
        assert [(r.name, r.resource_version) for r in woken.registry.records()] == [("acme", 50), ("young", 205)]

    def test_an_older_list_changes_nothing(self, woken: Woken) -> None:
        woken.registry.observe(own_type(version=9, pattern="x"))
        woken.registry.replace([own_type(version=5)], 8)
        assert [record.resource_version for record in woken.registry.records()] == [9]

    def test_while_there_is_no_list_known_types_stay_in_force_and_nothing_else_is_judged(self, woken: Woken) -> None:
        woken.registry.lose()
        assert isinstance(woken.registry.find("acme"), ServiceType)
        assert woken.registry.find("other") is None
        woken.registry.replace([own_type()], 1)
        assert isinstance(woken.registry.find("other"), Unusable)
        assert "other" in woken.since()

    def test_where_none_are_read_that_is_said(self) -> None:
        found = Woken(reads_custom=False).registry.find("acme")
        assert isinstance(found, Unusable)
        assert "does not read ResourceTypes" in found.problem.message


# The verdict on a Resource


@pytest.fixture
def world() -> World:
    return World()


async def published(world: World, **spec: Any) -> None:
    world.own_types = [own_type()]
    world.types.replace(world.own_types, 1)
    await world.published(TOKEN, type="acme", **spec)


async def test_no_verdict_is_given_before_the_types_are_listed(world: World) -> None:
    await published(world)
    before = world.status()
    world.restart()
    world.types = TypeRegistry(builtin(), reads_custom=True, wake=world.store.wake_types)
    world.reconciler._types = world.types
    world.secret(token=OTHER_TOKEN)
    assert await world.run() == []
    assert (world.status(), world.token()) == (before, TOKEN)

    world.types.replace(world.own_types, 1)
    await world.run()
    assert (world.token(), world.ready().status) == (OTHER_TOKEN, "True")


async def test_a_restart_with_own_types_asks_for_nothing(world: World) -> None:
    await published(world)
    world.restart()
    assert await world.run() == []


@pytest.mark.parametrize("output", [{}, {"onInvalid": "Withdraw"}], ids=["KeepLast", "Withdraw"])
@pytest.mark.parametrize("how", ["broken", "deleted"])
async def test_without_its_type_nothing_is_read_and_the_output_stays(
    world: World, how: str, output: dict[str, str]
) -> None:
    await published(world, output=output)
    if how == "broken":
        world.types.observe(own_type(version=2, **BROKEN))
    else:
        world.types.forget("acme", "u")
    assert await world.run() == [STATUS]
    assert (world.reasons(), world.token(), world.production().stale) == (["UnknownType"], TOKEN, True)
    world.secret(token=OTHER_TOKEN)
    assert await world.run() == [STATUS]
    assert world.token() == TOKEN


async def test_a_type_that_comes_back_has_what_changed_meanwhile_published(world: World) -> None:
    await published(world)
    world.types.forget("acme", "u")
    await world.run()
    world.secret(token=OTHER_TOKEN)
    await world.run()
    world.types.observe(own_type(version=9, uid="new"))
    await world.run()
    assert (world.token(), world.ready().status, world.production().revision) == (OTHER_TOKEN, "True", 2)


async def test_resources_of_other_types_are_left_alone(world: World) -> None:
    await published(world)
    world.resource("mail", credentials=credentials("production"))
    await world.run()
    world.types.observe(own_type(version=2, minLength=3))
    assert world.woken == {KEY}


@pytest.mark.parametrize(
    ("known", "told", "expected"),
    [
        ([], own_type(), "True"),
        ([own_type()], own_type(version=2, minLength=1000), "False"),
    ],
)
async def test_a_type_that_changes_while_status_is_written_counts(known: list[Any], told: Any, expected: str) -> None:
    world = World()
    world.own_types = known
    world.restart()
    world.secret(token=TOKEN)
    world.resource(type="acme")
    world.api.once("patch", "resources", before=lambda: world.types.observe(told))
    await world.run()
    assert world.ready().status == expected


def test_waking_makes_the_resync_look_again() -> None:
    """The key may get lost with a worker that dies: what was found by the former type must not count as found."""
    world = World()
    world.secret(token=TOKEN)
    world.resource(type="acme")
    world.deliver()
    record = world.record()
    record.reconciled = world.store.snapshot(record)
    assert list(world.store.unreconciled()) == []
    world.types.observe(own_type())
    assert list(world.store.unreconciled()) == [KEY]


# The list


class Listing(FakeClient):
    """Lists these ResourceTypes, or raises."""

    def __init__(self, *bodies: Any) -> None:
        super().__init__()
        self.bodies = list(bodies)
        self.error: Exception | None = None
        self.at = 5

    async def list_pages(self, kind: Any, namespace: str | None, **_: Any) -> AsyncIterator[Any]:
        assert (kind, namespace) == (RESOURCE_TYPES, None)
        if self.error:
            raise self.error
        yield {"metadata": {"resourceVersion": str(self.at)}, "items": self.bodies}


class TestList:
    async def test_what_is_listed_is_known(self) -> None:
        made = Woken()
        await TypeComparison(Listing(own_type()), made.registry, on_served=lambda: None).run()
        assert isinstance(made.registry.find("acme"), ServiceType)

    @pytest.mark.parametrize("error", [Forbidden("list", "/x", 403, "Forbidden"), Unreachable("x")])
    async def test_a_list_that_fails_takes_back_that_all_are_known(self, woken: Woken, error: Exception) -> None:
        client = Listing(own_type())
        client.error = error
        with pytest.raises(type(error)):
            await TypeComparison(client, woken.registry, on_served=lambda: None).run()
        assert woken.registry.find("other") is None

    async def test_a_kind_that_comes_to_be_served_is_told_once(self, woken: Woken) -> None:
        told: list[None] = []
        client = Listing()
        comparison = TypeComparison(client, woken.registry, on_served=lambda: told.append(None))
        await comparison.run()
        client.error = NotFound("list", "/x", 404, "NotFound")
        with pytest.raises(NotFound):
            await comparison.run()
        client.error = None
        await comparison.run()
        await comparison.run()
        assert len(told) == 1


@pytest.mark.looptime
class TestRestore:
    """The cluster is put back to a backup: versions are lower from then on."""

    @pytest.fixture
    def client(self) -> Listing:
        client = Listing(own_type(version=50, generation=2, maxLength=5), own_type("made", 55, uid="made"))
        client.at = 60
        return client

    @pytest.fixture
    async def comparison(self, client: Listing, woken: Woken) -> TypeComparison:
        comparison = TypeComparison(client, woken.registry, on_served=lambda: None)
        await comparison.run()
        client.bodies, client.at = [own_type(version=10, generation=2)], 20
        return comparison

    def known(self, woken: Woken) -> dict[str, int]:
        return {record.name: record.resource_version for record in woken.registry.records()}

    async def test_a_server_that_is_behind_is_not_believed_at_once(
        self, comparison: TypeComparison, woken: Woken
    ) -> None:
        with pytest.raises(Behind):
            await comparison.run()
        assert self.known(woken) == {"acme": 50, "made": 55}

    async def test_one_that_stays_behind_is_believed_in_the_end(self, comparison: TypeComparison, woken: Woken) -> None:
        before = woken.registry.find("acme")
        for _ in range(2):
            with pytest.raises(Behind):
                await comparison.run()
            await asyncio.sleep(31)
        await comparison.run()
        found = woken.registry.find("acme")
        assert self.known(woken) == {"acme": 10}
        assert isinstance(found, ServiceType)
        assert isinstance(before, ServiceType)
        assert found.digest != before.digest


# Status


class Statuses(FakeClient):
    """Takes statuses in as the API server does."""

    def __init__(self) -> None:
        super().__init__()
        self.applied: list[Any] = []
        self.errors: list[Exception] = []

    async def apply_status(self, kind: Any, namespace: str | None, name: str, body: Any, **_: Any) -> Any:
        assert (kind, namespace) == (RESOURCE_TYPES, None)
        if self.errors:
            raise self.errors.pop(0)
        self.applied.append(body)
        stored = own_type(
            name, int(body["metadata"]["resourceVersion"]) + 100, generation=body["status"]["observedGeneration"]
        )
        return stored | {"spec": {}, "status": body["status"]}


class Reporting:
    def __init__(self, *bodies: Any) -> None:
        self.client = Statuses()
        self.now = NOW
        self.registry = TypeRegistry(builtin(), reads_custom=True, report=lambda: self.reporter.wake())
        self.reporter = TypeReporter(self.client, self.registry, lambda: self.now)
        for body in bodies:
            self.registry.observe(body)

    async def settle(self) -> list[Any]:
        """What is written until nothing more is."""
        before = len(self.client.applied)
        task = asyncio.create_task(self.reporter.run())
        for _ in range(50):
            await asyncio.sleep(0)
        task.cancel()
        return self.client.applied[before:]

    def ready(self) -> tuple[str, str, str]:
        status = ResourceTypeStatus.model_validate(self.client.applied[-1]["status"])
        (condition,) = (c for c in status.conditions or () if c.type == "Ready")
        return condition.status, condition.reason, condition.message


class TestStatus:
    async def test_a_type_that_can_be_used_is_ready_and_that_is_written_once(self) -> None:
        made = Reporting(own_type())
        assert len(await made.settle()) == 1
        assert made.ready()[:2] == ("True", "Ready")
        assert await made.settle() == []

    async def test_a_broken_type_is_told_with_all_that_is_wrong(self) -> None:
        made = Reporting(own_type(**BROKEN))
        (body,) = await made.settle()
        status, reason, message = made.ready()
        assert (status, reason) == ("False", "InvalidSpec")
        assert "spec.fields[0].pattern" in message
        assert [problem["path"] for problem in body["status"]["problems"]] == ["spec.fields[0].pattern"]

    async def test_a_type_with_a_built_in_name_is_told_to_be_without_effect(self) -> None:
        made = Reporting(own_type("sendgrid"))
        await made.settle()
        assert made.ready()[:2] == ("False", "NameTaken")

    async def test_the_time_is_that_of_the_last_transition(self) -> None:
        made = Reporting(own_type())
        (first,) = await made.settle()
        made.now += timedelta(hours=1)
        (record,) = made.registry.records()
        made.registry.observe(
            own_type(version=record.resource_version + 1, generation=2, maxLength=9) | {"status": record.status}
        )
        (second,) = await made.settle()
        assert (
            first["status"]["conditions"][0]["lastTransitionTime"]
            == second["status"]["conditions"][0]["lastTransitionTime"]
        )
        assert second["status"]["observedGeneration"] == 2

    @pytest.mark.parametrize(
        "error", [NotFound("patch", "/x", 404, "NotFound"), Conflict("patch", "/x", 409, "Conflict")]
    )
    async def test_what_changed_meanwhile_is_left_to_the_watch(self, error: ApiError) -> None:
        made = Reporting(own_type())
        made.client.errors = [error]
        assert await made.settle() == []
        made.registry.observe(own_type(version=2, generation=1))
        assert len(await made.settle()) == 1

    @pytest.mark.looptime
    @pytest.mark.parametrize(
        "error",
        [
            Forbidden("patch", "/x", 403, "Forbidden"),
            Conflict("patch", "/x", 409, "Conflict"),
            Unreachable("x"),
            KeyError("defect"),
        ],
    )
    async def test_what_cannot_be_written_is_tried_again(self, error: Exception) -> None:
        made = Reporting(own_type())
        made.client.errors = [error]
        task = asyncio.create_task(made.reporter.run())
        await asyncio.sleep(60)
        task.cancel()
        assert len(made.client.applied) == 1

    async def test_a_status_that_cannot_be_read_is_written_anew(self) -> None:
        made = Reporting(own_type() | {"status": {"conditions": "x"}})
        assert len(await made.settle()) == 1
