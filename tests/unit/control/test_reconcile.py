"""One pass over a Resource, and several: which requests it takes, what is there afterwards, what status says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.control.fake_client import raising, refused, writes
from tests.unit.control.world import INPUT, KEY, OUTPUT, World, credentials
from tests.unit.examples import OTHER_TOKEN, TOKEN, owner
from tracardi_operator.api.names import ANNOTATION_REQUESTED_AT, API_VERSION, KIND
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.writer import RESOURCES, Outdated, Refused
from tracardi_operator.kube.errors import Forbidden, Invalid, ServerError, TooManyRequests, Unreachable
from tracardi_operator.kube.kinds import SECRETS

GET_INPUT = f"get secrets/{INPUT}"
LOOK = f"get secrets/{OUTPUT} metadata"
EXAMINE = f"get secrets/{OUTPUT}"
POST, PUT, DELETE = (f"{verb} secrets/{OUTPUT}" for verb in ("create", "update", "delete"))
STATUS = "patch resources/r/status"
THIRD_TOKEN = TOKEN[:-1] + "B"
BAD = "<your-api-key>"


def renamed(name: str) -> dict[str, Any]:
    return {"environments": {"production": {"name": name}}}


class TestTheMainJob:
    async def test_a_first_publication_takes_one_read_one_write_and_one_status(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        assert await world.run() == [GET_INPUT, POST, STATUS]
        assert (world.token(), world.production().revision, world.ready().status) == (TOKEN, 1, "True")

    async def test_when_nothing_changed_there_is_no_request(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.requests.clear()
        await world.reconcile()
        assert world.api.requests == []

    async def test_an_operator_that_starts_anew_makes_no_request(self, world: World) -> None:
        await world.published(TOKEN)
        world.restart()
        assert world.woken == {KEY}
        assert await world.run() == []

    async def test_a_rotation_takes_one_read_one_write_and_one_status(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)
        assert await world.run() == [GET_INPUT, PUT, STATUS]
        assert (world.token(), world.production().revision) == (OTHER_TOKEN, 2)

    async def test_a_rotation_after_a_restart_reads_the_output_once_more(self, world: World) -> None:
        await world.published(TOKEN)
        world.restart()
        world.secret(token=OTHER_TOKEN)
        assert await world.run() == [GET_INPUT, EXAMINE, PUT, STATUS]

    async def test_asked_for_it_examines_everything_anew_once(self, world: World) -> None:
        await world.published(TOKEN)
        world.restart()
        world.api.put(RESOURCES, "r", {"metadata": {"annotations": {ANNOTATION_REQUESTED_AT: "now"}}})
        requests = await world.run()
        assert requests[:2] == [GET_INPUT, EXAMINE]
        assert (world.token(), world.production().revision) == (TOKEN, 1)
        await world.reconcile()
        assert world.api.requests[-1] == requests[-1]

    async def test_an_input_that_was_touched_without_a_change_keeps_the_revision(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(SECRETS, INPUT, {"metadata": {"labels": {"a": "b"}}})
        await world.run()
        assert (world.token(), world.production().revision) == (TOKEN, 1)

    async def test_both_environments_are_published(self, world: World) -> None:
        await world.published(TOKEN, credentials=credentials("production", "test"))
        assert (world.token(), world.token("r-test-resolved")) == (TOKEN, TOKEN)

    async def test_what_others_added_to_the_output_outlives_a_rotation(self, world: World) -> None:
        await world.published(TOKEN)
        other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "uid": "theirs"}
        world.api.put(
            SECRETS,
            OUTPUT,
            {
                "metadata": {
                    "labels": world.meta()["labels"] | {"team": "x"},
                    "finalizers": ["example.org/theirs"],
                    "ownerReferences": [*world.meta()["ownerReferences"], other],
                }
            },
        )
        world.secret(token=OTHER_TOKEN)
        await world.run()
        after = world.meta()
        assert (world.token(), after["labels"]["team"], after["finalizers"]) == (
            OTHER_TOKEN,
            "x",
            ["example.org/theirs"],
        )
        assert [reference["uid"] for reference in after["ownerReferences"]] == ["theirs", world.record().uid]


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
        assert await world.run() == [GET_INPUT, DELETE, STATUS]
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


class TestSecretsOfOthers:
    async def test_a_stranger_that_is_known_is_not_even_read(self, world: World) -> None:
        world.secret(OUTPUT, token="mine")
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.relist()
        requests = await world.run()
        assert (requests, world.reasons()) == ([GET_INPUT, STATUS], ["NameTaken"])

    async def test_a_stranger_that_nobody_told_of_is_found_by_the_write_that_it_refuses(self, world: World) -> None:
        world.secret(OUTPUT, token="mine")
        world.secret(token=TOKEN)
        world.resource()
        assert await world.run() == [GET_INPUT, POST, LOOK, STATUS]
        assert (world.token(OUTPUT), world.reasons()) == ("mine", ["NameTaken"])

    async def test_a_stranger_made_while_we_publish_is_left_alone(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.api.once("create", "secrets", before=lambda: world.secret(OUTPUT, token="mine"))
        await world.run()
        assert (world.token(OUTPUT), world.reasons()) == ("mine", ["NameTaken"])

    async def test_a_stranger_that_is_an_input_of_another_resource_is_recognised(self, world: World) -> None:
        world.secret("shared", token=TOKEN)
        world.resource("other", credentials=credentials("production", name="shared"))
        await world.run()
        world.secret(token=TOKEN)
        world.resource(output=renamed("shared"))
        await world.run()
        assert (world.reasons(), world.token("shared")) == (["NameTaken"], TOKEN)

    async def test_a_name_that_is_freed_is_taken(self, world: World) -> None:
        world.secret(OUTPUT, token="mine")
        world.secret(token=TOKEN)
        world.resource()
        await world.run()
        world.api.remove(SECRETS, OUTPUT)
        await world.run()
        assert (world.token(), world.ready().status) == (TOKEN, "True")

    async def test_the_output_of_a_namesake_that_was_deleted_is_not_taken_over(self, world: World) -> None:
        leftover = owner("uid-of-another").encode()
        world.api.put(SECRETS, OUTPUT, {"data": {}, "metadata": {"ownerReferences": [leftover]}})
        world.secret(token=TOKEN)
        world.resource()
        await world.run()
        assert (world.data(OUTPUT), world.reasons()) == ({}, ["NameTaken"])


class TestOutputsOfOurOwn:
    """One that fed on outputs could set off a circle of writes without end."""

    async def test_a_resource_does_not_take_from_its_own_output(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource(credentials=credentials("production", name=OUTPUT))
        assert list(writes(await world.run())) == [STATUS]
        assert (world.token(), world.reasons()) == (TOKEN, ["NotAllowed"])

    async def test_a_resource_does_not_take_from_the_output_of_another(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource("other", credentials={"production": {"secretRef": {"name": OUTPUT}}})
        await world.run()
        assert (world.ready("other").reason, world.data("other-production-resolved")) == ("NotAllowed", None)

    async def test_two_that_name_each_other_come_to_rest_and_keep_what_they_have(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource("other")
        await world.run()
        world.resource(credentials=credentials("production", name="other-production-resolved"))
        world.resource("other", credentials=credentials("production", name=OUTPUT))
        assert all(line.endswith("/status") for line in writes(await world.run()))
        assert (world.token(), world.token("other-production-resolved")) == (TOKEN, TOKEN)


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

    @pytest.mark.parametrize("error", [refused(422, "Invalid", Invalid), refused(403, "Forbidden", Forbidden)])
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


class TestHolding:
    async def test_a_suspended_resource_reads_and_writes_nothing_but_its_status(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource(suspend=True)
        world.secret(token=OTHER_TOKEN)
        assert await world.run() == [STATUS]
        assert (world.token(), world.ready().reason) == (TOKEN, "Suspended")

    async def test_a_resource_that_is_resumed_catches_up(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource(suspend=True)
        world.secret(token=OTHER_TOKEN)
        await world.run()
        world.resource()
        await world.run()
        assert (world.token(), world.ready().status) == (OTHER_TOKEN, "True")

    async def test_a_spec_that_cannot_be_read_keeps_the_outputs(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(RESOURCES, "r", {"spec": {"type": "sendgrid", "credentials": {}}})
        assert await world.run() == [STATUS]
        assert (world.token(), world.ready().reason) == (TOKEN, "InvalidSpec")

    async def test_outputs_are_looked_after_again_once_the_spec_can_be_read(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(RESOURCES, "r", {"spec": {"type": "sendgrid", "credentials": {}}})
        await world.run()
        world.secret(token=OTHER_TOKEN)
        world.resource(output=renamed("new"))
        await world.run()
        assert (world.token("new"), world.data(OUTPUT)) == (OTHER_TOKEN, None)

    async def test_an_unknown_type_is_told(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource(type="sendgrit")
        await world.run()
        assert (world.reasons(), world.data(OUTPUT)) == (["UnknownType"], None)

    async def test_a_resource_that_is_being_deleted_is_left_alone(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(RESOURCES, "r", {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
        world.secret(token=OTHER_TOKEN)
        assert await world.run() == []

    async def test_a_resource_that_is_not_known_is_left_alone(self, world: World) -> None:
        await world.reconcile()
        assert world.api.requests == []

    async def test_a_status_that_cannot_be_read_is_written_anew(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.put(RESOURCES, "r", {"status": {"observedGeneration": "of another form"}})
        await world.run()
        assert (world.ready().status, world.production().revision) == ("True", 1)


class TestTelling:
    async def test_a_first_publication_is_no_event(self, world: World) -> None:
        await world.published(TOKEN)
        assert world.recorder.told == []

    async def test_a_first_failure_is_an_event(self, world: World) -> None:
        world.resource()
        await world.run()
        assert world.recorder.told == [("r", "Warning", "SecretNotFound")]

    async def test_each_transition_is_one_event(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=BAD)
        await world.run()
        world.secret(token=f"{TOKEN}\n")
        await world.run()
        world.secret(token=TOKEN)
        await world.run()
        expected = [("r", "Warning", "Placeholder"), ("r", "Warning", "Whitespace"), ("r", "Normal", "Ready")]
        assert world.recorder.told == expected

    async def test_a_rotation_is_an_event_of_publication(self, world: World) -> None:
        await world.published(TOKEN)
        world.secret(token=OTHER_TOKEN)
        await world.run()
        assert world.recorder.told == [("r", "Normal", "Published")]

    async def test_a_repair_is_no_event(self, world: World) -> None:
        await world.published(TOKEN)
        world.api.remove(SECRETS, OUTPUT)
        await world.run()
        assert world.recorder.told == []


async def test_the_output_is_controlled_by_the_resource_and_never_blocks_its_deletion(world: World) -> None:
    await world.published(TOKEN)
    expected = {"apiVersion": API_VERSION, "kind": KIND, "name": "r", "uid": world.record().uid, "controller": True}
    assert world.meta()["ownerReferences"] == [expected]


async def test_after_a_pass_nothing_is_unsettled(world: World) -> None:
    await world.published(TOKEN)
    assert list(world.store.unsettled()) == []


async def test_an_input_that_changed_under_way_leaves_the_resource_unsettled(world: World) -> None:
    await world.published(TOKEN)
    world.secret(token=OTHER_TOKEN)
    world.deliver()

    def change() -> None:
        world.secret(token=THIRD_TOKEN)
        world.deliver(SECRETS)

    world.api.once("patch", "resources", after=change)
    await world.reconcile()
    assert list(world.store.unsettled()) == [KEY]
