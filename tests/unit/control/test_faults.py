"""Lost answers, crashes, conflicts and late news: nothing is lost, nothing is made twice, and the next try is right."""

import logging

import pytest

from tests.unit.control.fake_client import raising, refused, writes
from tests.unit.control.world import (
    INPUT,
    KEY,
    OUTPUT,
    POST,
    PUT,
    STATUS,
    World,
    credentials,
    renamed,
)
from tests.unit.examples import OTHER_TOKEN, TOKEN
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.control.writer import Outdated, Refused
from tracardi_operator.kube.errors import (
    BadRequest,
    Forbidden,
    Invalid,
    ServerError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from tracardi_operator.kube.kinds import SECRETS


class TestFaults:
    async def test_a_lost_answer_to_the_first_write_makes_no_second_output(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("create", "secrets", after=raising(Unreachable("no answer")))
        with pytest.raises(Unreachable):
            await world.reconcile()
        before = world.meta()
        world.woken.add(KEY)
        assert POST not in await world.run()
        assert (world.production().revision, world.meta()) == (1, before)

    async def test_a_lost_answer_of_which_the_watch_tells_nothing_either_makes_no_second_output(
        self, world: World
    ) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("create", "secrets", after=raising(Unreachable("no answer")))
        with pytest.raises(Unreachable):
            await world.reconcile()
        before = world.meta()
        world.api.take_changes()
        world.woken.add(KEY)
        assert list(writes(await world.run())) == [POST, STATUS]
        assert (world.production().revision, world.meta()) == (1, before)

    async def test_a_write_to_an_output_that_changed_meanwhile_is_outdated_and_right_the_next_time(
        self, world: World
    ) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)
        world.deliver()

        def label() -> None:
            world.api.put(SECRETS, OUTPUT, {"metadata": {"labels": world.meta()["labels"] | {"team": "x"}}})

        world.api.once("update", "secrets", before=label)
        with pytest.raises(Outdated):
            await world.reconcile()
        await world.reconcile()
        assert (world.token(), world.meta()["labels"]["team"]) == (OTHER_TOKEN, "x")
        assert (world.production().revision, world.ready().status) == (2, "True")

    async def test_an_output_that_vanished_before_a_write_is_made_anew(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)
        world.deliver()
        world.api.once("update", "secrets", before=lambda: world.api.remove(SECRETS, OUTPUT))
        with pytest.raises(Outdated):
            await world.reconcile()
        await world.reconcile()
        assert world.token() == OTHER_TOKEN

    async def test_a_crash_between_output_and_status_leaves_only_the_status_to_be_written(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("patch", "resources", before=raising(Unreachable("killed")))
        with pytest.raises(Unreachable):
            await world.reconcile()
        world.restart()
        assert list(writes(await world.run())) == [STATUS]
        assert (world.production().revision, world.ready().status) == (1, "True")

    async def test_a_crash_between_rotation_and_status_leaves_only_the_status_to_be_written(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)
        world.deliver()
        world.api.once("patch", "resources", before=raising(Unreachable("killed")))
        with pytest.raises(Unreachable):
            await world.reconcile()
        world.restart()
        assert list(writes(await world.run())) == [STATUS]
        assert (world.production().revision, world.production().ready) == (2, True)

    async def test_a_status_write_whose_answer_is_lost_is_not_repeated(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("patch", "resources", after=raising(Unreachable("no answer")))
        with pytest.raises(Unreachable):
            await world.reconcile()
        world.woken.add(KEY)
        assert await world.run() == []

    async def test_a_resource_edited_under_way_keeps_its_status_from_an_older_spec(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("patch", "resources", before=lambda: world.resource(output=renamed("new")))
        with pytest.raises(Outdated):
            await world.reconcile()
        await world.run()
        assert (world.status().observed_generation, world.token("new"), world.data(OUTPUT)) == (2, TOKEN, None)

    async def test_a_resource_deleted_under_way_is_no_error(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("patch", "resources", before=lambda: world.api.remove(RESOURCES, "r"))
        await world.reconcile()
        assert await world.run() == []

    @pytest.mark.parametrize(
        "error",
        [
            refused(422, "Invalid", Invalid),
            refused(403, "Forbidden", Forbidden),
            refused(400, "", BadRequest),  # by an admission webhook that sets no code of its own
            refused(413, "RequestEntityTooLarge", TooLarge),
        ],
    )
    async def test_a_refused_output_is_told_in_status_and_raised_to_be_tried_again(
        self, world: World, error: Exception
    ) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("create", "secrets", before=raising(error))
        with pytest.raises(Refused):
            await world.reconcile()
        assert (world.reasons(), world.production().ready) == (["Rejected"], False)

    async def test_a_refused_withdrawal_is_told_and_no_event_says_that_it_was_done(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource(credentials=credentials("production", "test"))
        await world.run()
        world.resource(credentials=credentials("production"))
        world.deliver()
        world.api.once("delete", "secrets", before=raising(refused(403, "Forbidden", Forbidden)))
        with pytest.raises(Refused):
            await world.reconcile()
        ready = world.ready()
        assert (ready.status, ready.reason) == ("False", "Rejected")
        assert ready.message.startswith("test: the API server does not delete Secret 'r-test-resolved'")
        assert "Withdrawn" not in {reason for *_, reason in world.recorder.told}
        await world.reconcile()
        assert (world.data("r-test-resolved"), world.ready().status) == (None, "True")

    async def test_a_refused_withdrawal_does_not_hold_up_another(self, world: World) -> None:
        world.secret(token=TOKEN)
        both = credentials("production", "test")
        world.resource(credentials=both)
        await world.run()
        names = {"production": {"name": "p"}, "test": {"name": "t"}}
        world.resource(credentials=both, output={"environments": names})
        world.deliver()
        world.api.once("delete", "secrets", before=raising(refused(403, "Forbidden", Forbidden)))
        with pytest.raises(Refused):
            await world.reconcile()
        assert [bool(world.data(f"r-{name}-resolved")) for name in ("production", "test")] == [True, False]

    async def test_a_refused_output_is_published_by_a_later_try(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("create", "secrets", before=raising(refused(422, "Invalid", Invalid)))
        with pytest.raises(Refused):
            await world.reconcile()
        await world.reconcile()
        assert (world.token(), world.production().problems) == (TOKEN, None)

    async def test_a_refused_replacement_keeps_the_last_good_one(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)
        world.deliver()
        world.api.once("update", "secrets", before=raising(refused(422, "Invalid", Invalid)))
        with pytest.raises(Refused):
            await world.reconcile()
        environment = world.production()
        assert (world.token(), environment.stale, environment.revision) == (TOKEN, True, 1)

    async def test_one_refused_environment_does_not_hold_up_the_other(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource(credentials=credentials("production", "test"))
        world.deliver()
        world.api.once("create", "secrets", before=raising(refused(403, "Forbidden", Forbidden)))
        with pytest.raises(Refused):
            await world.reconcile()
        assert [e.ready for e in (world.status().environments or {}).values()] == [False, True]

    @pytest.mark.parametrize(
        "error", [refused(500, "InternalError", ServerError), refused(429, "TooManyRequests", TooManyRequests)]
    )
    async def test_what_passes_by_itself_is_raised_and_not_told_in_status(self, world: World, error: Exception) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.api.once("create", "secrets", before=raising(error))
        with pytest.raises(type(error)):
            await world.reconcile()
        assert world.status().conditions is None

    async def test_an_input_deleted_while_it_is_read_is_not_taken_for_present(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)

        def delete() -> None:
            world.api.remove(SECRETS, INPUT)
            world.deliver()

        world.api.once("get", "secrets", after=delete)
        await world.run()
        assert world.reasons() == ["SecretNotFound"]

    async def test_a_version_that_one_read_comes_upon_reaches_all_that_name_the_input(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.resource("other")
        await world.run()
        world.restart()
        await world.run()

        world.resource(description="edited", output=renamed("new"))
        world.deliver()
        world.secret(token=OTHER_TOKEN)  # the watch of the Resources is ahead of that of the Secrets
        await world.reconcile()
        await world.run()
        assert (world.token("new"), world.token("other-production-resolved")) == (OTHER_TOKEN, OTHER_TOKEN)

    async def test_an_output_that_is_read_as_an_input_before_our_write_is_answered_is_ours(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource("taker", credentials=credentials("production", name=OUTPUT))
        await world.run()
        world.resource()
        world.deliver()

        def read() -> None:
            taker = world.record("taker")
            world.store.learn(taker, taker.references[0], f"{world.meta()['uid']}/{world.meta()['resourceVersion']}")
            world.woken.add(taker.key)

        world.api.once("create", "secrets", after=read)
        await world.run()
        assert (world.ready("r").status, world.ready("taker").reason) == ("True", "NotAllowed")


class TestAheadOfTheWatch:
    async def test_what_was_written_is_known_before_the_watch_tells_of_it(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        await world.reconcile()
        late = world.api.take_changes()
        world.secret(token=OTHER_TOKEN)
        world.deliver()
        await world.reconcile()
        assert list(writes(world.api.requests)) == [POST, STATUS, PUT, STATUS]
        world.api.changes = late
        assert await world.run() == []

    async def test_what_was_removed_is_known_to_be_gone_before_the_watch_tells_of_it(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource(output=renamed("new"))
        world.deliver()
        await world.reconcile()
        before = len(world.api.requests)
        await world.reconcile()
        assert world.api.requests[before:] == []


async def test_a_refused_removal_is_tried_again_and_does_not_hold_up_status(world: World) -> None:
    await world.published(TOKEN)
    world.resource(output=renamed("new"))
    world.deliver()
    world.api.once("delete", "secrets", before=raising(refused(403, "Forbidden", Forbidden)))
    with pytest.raises(Refused):
        await world.reconcile()
    output = world.production().output
    assert output is not None
    assert output.name == "new"


async def test_that_status_may_not_be_written_is_an_error_and_told_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.secret(token=TOKEN)
    world.resource()
    world.deliver()
    for _ in range(2):
        world.api.once("patch", "resources", before=raising(refused(403, "Forbidden", Forbidden)))
        with pytest.raises(Forbidden):
            await world.reconcile()
    told = [entry.levelname for entry in caplog.records if entry.message.startswith("Status may not be written")]
    assert told == ["ERROR"]


async def test_credentials_that_are_no_longer_accepted_are_not_told_as_a_want_of_rights(world: World) -> None:
    world.secret(token=TOKEN)
    world.resource()
    world.deliver()
    for error, is_forbidden in (
        (refused(403, "Forbidden", Forbidden), True),
        (refused(401, "Unauthorized", Unauthorized), False),
    ):
        world.api.once("patch", "resources", before=raising(error))
        with pytest.raises(type(error)):
            await world.reconcile()
        assert world.reconciler._writer.status_is_forbidden is is_forbidden


async def test_a_status_that_came_about_otherwise_waits_for_no_right(world: World) -> None:
    world.secret(token=TOKEN)
    world.resource()
    world.deliver()
    world.api.once("patch", "resources", after=raising(refused(403, "Forbidden", Forbidden)))  # as by another replica
    with pytest.raises(Forbidden):
        await world.reconcile()
    assert world.reconciler._writer.status_is_forbidden
    world.woken.add(KEY)
    assert STATUS not in await world.run()
    assert not world.reconciler._writer.status_is_forbidden


async def test_the_status_of_a_resource_that_is_gone_waits_for_no_right(world: World) -> None:
    world.secret(token=TOKEN)
    world.resource()
    world.deliver()
    world.api.once("patch", "resources", before=raising(refused(403, "Forbidden", Forbidden)))
    with pytest.raises(Forbidden):
        await world.reconcile()
    world.api.remove(RESOURCES, "r")
    world.deliver()
    assert not world.reconciler._writer.status_is_forbidden
