"""What keeps an output, what repairs it and what withdraws it."""

from datetime import UTC, datetime

import pytest

from tests.unit.control.fake_client import raising, refused, writes
from tests.unit.control.world import (
    BAD,
    DELETE,
    GET_INPUT,
    INPUT,
    OUTPUT,
    STATUS,
    World,
    credentials,
    renamed,
)
from tests.unit.examples import OTHER_TOKEN, TOKEN
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.writer import Outdated
from tracardi_operator.kube.errors import Forbidden, ServerError
from tracardi_operator.kube.kinds import SECRETS


class TestLastKnownGood:
    async def test_a_bad_value_replaces_nothing(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        assert await world.run() == [GET_INPUT, STATUS]
        assert world.token() == TOKEN

    async def test_a_bad_value_is_told_with_the_time_since_when_old_values_are_served(self, world: World) -> None:
        await world.published(TOKEN)
        world.pass_time(hours=1)
        world.secret(token=BAD)
        await world.run()
        since = world.production().since
        assert (world.reasons(), world.production().stale) == (["Placeholder"], True)
        assert since == datetime(2026, 1, 1, 1, tzinfo=UTC)

    async def test_it_stays_stale_since_then_when_it_is_bad_in_another_way(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        await world.run()
        world.pass_time(hours=1)
        world.api.remove(SECRETS, INPUT)
        await world.run()
        assert (world.reasons(), world.production().since) == (["SecretNotFound"], datetime(2026, 1, 1, tzinfo=UTC))

    async def test_the_same_value_once_more_is_the_same_revision_and_no_longer_stale(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.remove(SECRETS, INPUT)
        await world.run()
        world.secret(token=TOKEN)
        await world.run()
        environment = world.production()
        assert (environment.ready, environment.revision, environment.stale, environment.since) == (True, 1, None, None)

    async def test_an_output_deleted_while_its_input_is_bad_is_lost(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        await world.run()
        world.api.remove(SECRETS, OUTPUT)
        await world.run()
        assert (world.reasons(), world.production().stale) == (["Placeholder", "OutputLost"], None)

    async def test_an_output_edited_while_its_input_is_bad_is_lost_and_found_again_with_the_repair(
        self, world: World
    ) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        await world.run()
        world.api.put(SECRETS, OUTPUT, {"data": encode_base64({"token": "edited"})})
        await world.run()
        assert (world.reasons(), world.production().stale) == (["Placeholder", "OutputLost"], None)
        world.secret(token=TOKEN)
        await world.run()
        assert (world.token(), world.ready().status) == (TOKEN, "True")

    async def test_an_output_edited_while_its_input_is_bad_is_lost_though_another_process_wrote_it(
        self, world: World
    ) -> None:
        await world.published(TOKEN)
        world.restart()
        world.secret(token=BAD)
        await world.run()
        world.api.put(SECRETS, OUTPUT, {"data": encode_base64({"token": "edited"})})
        await world.run()
        assert world.reasons() == ["Placeholder", "OutputLost"]

    async def test_an_output_edited_after_it_was_found_to_be_right_is_lost(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(SECRETS, OUTPUT, {"metadata": {"labels": world.meta()["labels"] | {"team": "x"}}})
        world.restart()
        await world.run()
        world.secret(token=BAD)
        await world.run()
        world.api.put(SECRETS, OUTPUT, {"data": encode_base64({"token": "edited"})})
        await world.run()
        assert world.reasons() == ["Placeholder", "OutputLost"]

    async def test_a_label_added_while_its_input_is_bad_is_no_loss(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        await world.run()
        world.api.put(SECRETS, OUTPUT, {"metadata": {"labels": world.meta()["labels"] | {"team": "x"}}})
        await world.run()
        assert (world.reasons(), world.production().stale) == (["Placeholder"], True)

    async def test_a_label_added_while_no_operator_ran_is_no_loss(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        await world.run()
        world.api.put(SECRETS, OUTPUT, {"metadata": {"labels": world.meta()["labels"] | {"team": "x"}}})
        world.restart()
        await world.run()
        assert (world.reasons(), world.production().stale) == (["Placeholder"], True)

    async def test_with_on_invalid_withdraw_a_bad_value_takes_the_output_away(self, world: World) -> None:
        await world.published(TOKEN, output={"onInvalid": "Withdraw"})
        world.secret(token=BAD)
        assert await world.run() == [GET_INPUT, "get resources/r", DELETE, STATUS]
        assert (world.data(), world.production().output) == (None, None)


class TestRepair:
    async def test_data_edited_by_hand_is_put_right_under_the_same_revision(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(SECRETS, OUTPUT, {"data": encode_base64({"token": "edited"})})
        await world.run()
        assert (world.token(), world.production().revision) == (TOKEN, 1)

    async def test_an_output_deleted_by_hand_comes_back_under_the_same_revision(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)
        await world.run()
        world.api.remove(SECRETS, OUTPUT)
        await world.run()
        assert (world.token(), world.production().revision) == (OTHER_TOKEN, 2)

    async def test_an_edit_by_hand_that_arrives_before_the_answer_to_our_write_is_put_right(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)

        def edit() -> None:
            world.api.put(SECRETS, OUTPUT, {"data": encode_base64({"token": "edited"})})
            world.deliver()

        world.api.once("update", "secrets", after=edit)
        await world.run()
        assert world.token() == OTHER_TOKEN

    async def test_what_was_read_before_a_later_edit_decides_nothing(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(SECRETS, OUTPUT, {"metadata": {"labels": world.meta()["labels"] | {"a": "b"}}})
        world.deliver()

        def edit() -> None:
            world.api.put(SECRETS, OUTPUT, {"data": encode_base64({"token": "edited"})})
            world.deliver()

        world.api.once("get", "secrets", name=OUTPUT, after=edit)
        with pytest.raises(Outdated):
            await world.reconcile()

    async def test_a_second_edit_by_hand_that_arrives_while_the_first_is_read_is_put_right(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(SECRETS, OUTPUT, {"metadata": {"labels": world.meta()["labels"] | {"a": "b"}}})
        world.deliver()

        def edit() -> None:
            world.api.put(SECRETS, OUTPUT, {"data": encode_base64({"token": "edited"})})
            world.deliver()

        world.api.once("get", "secrets", name=OUTPUT, after=edit)
        await world.run()
        assert world.token() == TOKEN


class TestWithdrawal:
    async def test_a_renamed_output_is_there_under_its_new_name_before_the_old_one_goes(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource(output=renamed("new"))
        requests = list(writes(await world.run()))
        assert requests == ["create secrets/new", DELETE, STATUS]
        assert (world.token("new"), world.data(OUTPUT)) == (TOKEN, None)

    async def test_a_renamed_output_stands_under_its_former_name_until_its_input_is_good(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        world.resource(output=renamed("new"))
        assert list(writes(await world.run())) == [STATUS]
        assert (world.token(OUTPUT), world.production().stale) == (TOKEN, True)
        world.restart()
        assert await world.run() == []
        world.secret(token=OTHER_TOKEN)
        await world.run()
        assert (world.token("new"), world.data(OUTPUT), world.production().revision) == (OTHER_TOKEN, None, 2)

    async def test_a_renamed_output_stands_under_its_former_name_while_the_new_one_is_taken(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret("new", token="mine")
        world.resource(output=renamed("new"))
        await world.run()
        assert (world.token(OUTPUT), world.token("new"), world.reasons()) == (TOKEN, "mine", ["NameTaken"])

    async def test_a_secret_that_only_claims_to_be_ours_is_not_removed(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(SECRETS, "claims", {"data": {}, "metadata": {"ownerReferences": world.meta()["ownerReferences"]}})
        await world.run()
        assert world.data("claims") == {}

    async def test_to_ask_for_withdrawal_while_the_input_is_bad_withdraws(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        await world.run()
        world.resource(output={"onInvalid": "Withdraw"})
        await world.run()
        assert world.data() is None

    async def test_the_output_of_a_removed_environment_goes(self, world: World) -> None:
        await world.published(TOKEN, credentials=credentials("production", "test"))
        world.resource(credentials=credentials("test"))
        assert list(writes(await world.run())) == [DELETE, STATUS]
        assert list(world.status().environments or ()) == ["test"]

    async def test_a_removed_environment_goes_even_while_its_input_is_bad(self, world: World) -> None:
        await world.published(TOKEN, credentials=credentials("production", "test"))
        world.api.remove(SECRETS, INPUT)
        world.resource(credentials=credentials("test"))
        await world.run()
        assert (world.data(OUTPUT), world.token("r-test-resolved")) == (None, TOKEN)

    async def test_an_old_output_that_changed_since_it_was_seen_is_looked_at_before_it_is_removed(
        self, world: World
    ) -> None:
        await world.published(TOKEN)
        world.resource(output=renamed("new"))
        world.deliver()
        world.api.put(SECRETS, OUTPUT, {"metadata": {"ownerReferences": []}})
        world.api.take_changes()  # the watch is behind
        await world.run()
        assert world.token(OUTPUT) == TOKEN
        assert world.token("new") == TOKEN

    async def test_an_output_that_is_gone_already_needs_no_removal(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource(output=renamed("new"))
        world.api.once("delete", "secrets", before=lambda: world.api.remove(SECRETS, OUTPUT))
        await world.run()
        assert world.ready().status == "True"


class TestUnreadable:
    """The input of production can't be read, as when the API server has lost the key that it was encrypted with."""

    @pytest.fixture
    async def world(self, world: World) -> World:
        for name in ("p", "t"):
            world.secret(name, token=TOKEN)
        world.resource(credentials=self.both(), output=renamed("former"))
        await world.run()
        for name in ("p", "t"):
            world.secret(name, token=OTHER_TOKEN)
        return world

    def both(self) -> dict[str, object]:
        return credentials("production", name="p") | credentials("test", name="t")

    async def fail(self, world: World, error: Exception | None = None) -> None:
        error = error or refused(500, "InternalError", ServerError)
        world.api.once("get", "secrets", name="p", before=raising(error))
        world.deliver()
        with pytest.raises(type(error)):
            await world.reconcile()

    @pytest.mark.parametrize(
        "error", [refused(500, "InternalError", ServerError), refused(403, "Forbidden", Forbidden)], ids=str
    )
    async def test_it_does_not_hold_up_the_other_environment(self, world: World, error: Exception) -> None:
        await self.fail(world, error)
        assert (world.token("former"), world.token("r-test-resolved")) == (TOKEN, OTHER_TOKEN)

    async def test_it_does_not_hold_up_a_withdrawal(self, world: World) -> None:
        world.resource(credentials=credentials("production", name="p"), output=renamed("former"))
        await self.fail(world)
        assert (world.token("former"), world.data("r-test-resolved")) == (TOKEN, None)

    async def test_what_is_published_stays_even_under_a_former_name(self, world: World) -> None:
        world.resource(credentials=self.both(), output=None)
        await self.fail(world)
        assert (world.token("former"), world.data()) == (TOKEN, None)

    async def test_status_does_not_claim_that_all_was_examined(self, world: World) -> None:
        before = world.status()
        world.resource(credentials=self.both(), description="edited")
        await self.fail(world)
        assert world.status() == before

    async def test_all_is_right_once_it_can_be_read(self, world: World) -> None:
        await self.fail(world)
        world.woken.add(world.record().key)
        await world.run()
        assert (world.token("former"), world.ready().status) == (OTHER_TOKEN, "True")
        assert [e.revision for e in (world.status().environments or {}).values()] == [2, 2]
