"""One pass over a Resource, and several: which requests it takes, what is there afterwards, what status says."""

import pytest

from tests.unit.control.fake_client import raising, refused
from tests.unit.control.world import (
    BAD,
    EXAMINE,
    GET_INPUT,
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
from tracardi_operator.api.names import ANNOTATION_REQUESTED_AT, API_VERSION, KIND
from tracardi_operator.api.problems import Reason
from tracardi_operator.control import reconcile
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.kube.errors import NotFound
from tracardi_operator.kube.kinds import SECRETS

THIRD_TOKEN = TOKEN[:-1] + "B"


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


async def test_its_own_output_is_no_news_to_a_resource(world: World) -> None:
    world.secret(token=TOKEN)
    world.resource()
    world.deliver()
    await world.reconcile()
    world.deliver()
    assert world.woken == set()


async def test_an_output_deleted_by_hand_while_its_status_is_written_is_made_again(world: World) -> None:
    def remove() -> None:
        world.api.remove(SECRETS, OUTPUT)
        world.deliver()

    world.secret(token=TOKEN)
    world.resource()
    world.deliver()
    world.api.once("patch", "resources", before=remove)
    await world.run()
    assert world.token() == TOKEN


@pytest.mark.parametrize(("verb", "plural"), [("create", "secrets"), ("patch", "resources")])
async def test_an_input_that_changes_while_a_new_resource_is_published_is_published_anew(
    world: World, verb: str, plural: str
) -> None:
    def change() -> None:
        world.secret(token=OTHER_TOKEN)
        world.deliver(SECRETS)

    world.secret(token=TOKEN)
    world.deliver()
    world.resource()
    world.api.once(verb, plural, before=change)
    await world.run()
    assert world.token() == OTHER_TOKEN


async def test_an_input_that_comes_while_status_says_that_there_is_none_is_published(world: World) -> None:
    def create() -> None:
        world.secret(token=TOKEN)
        world.deliver(SECRETS)

    world.resource()
    world.api.once("patch", "resources", before=create)
    await world.run()
    assert world.token() == TOKEN


async def test_an_input_that_a_relist_alone_tells_of_while_status_is_written_is_published(world: World) -> None:
    def relist() -> None:
        world.secret(token=OTHER_TOKEN)
        world.api.take_changes()
        world.relist()

    world.secret(token=TOKEN)
    world.resource()
    world.api.once("patch", "resources", after=relist)
    await world.run()
    assert world.token() == OTHER_TOKEN


async def test_a_status_that_is_not_found_while_the_resource_is_there_is_not_the_end(world: World) -> None:
    world.secret(token=TOKEN)
    world.resource()
    world.api.once("patch", "resources", before=raising(refused(404, "NotFound", NotFound)))
    await world.run()
    assert list(world.store.unreconciled()) == [KEY]


async def test_one_environment_that_names_the_output_of_the_other_is_told_so(world: World) -> None:
    """It is looked at first, when there is no such output yet."""
    world.secret(token=TOKEN)
    world.resource(credentials=credentials("production", name="r-test-resolved") | credentials("test"))
    await world.run()
    assert world.reasons() == [Reason.NOT_ALLOWED]


async def test_a_left_over_output_that_comes_while_status_is_written_is_withdrawn(world: World) -> None:
    def leave() -> None:
        metadata = {name: world.meta()[name] for name in ("ownerReferences", "labels", "annotations")}
        world.api.put(SECRETS, "left-over", {"metadata": metadata, "data": {}})
        world.deliver()

    world.secret(token=TOKEN)
    world.resource()
    world.deliver()
    world.api.once("patch", "resources", before=leave)
    await world.run()
    assert world.data("left-over") is None


async def test_an_edit_of_its_output_that_another_reads_first_is_undone(world: World) -> None:
    """The other names it as an input: that is refused, and yet looked at again with each version."""
    await world.published(TOKEN)
    world.resource("b", credentials=credentials("production", name=OUTPUT))
    await world.run()
    world.api.put(SECRETS, OUTPUT, {"data": encode_base64({"token": "edited"})})
    other = world.record("b")
    world.store.learn(other, other.references[0], f"{world.meta()['uid']}/{world.meta()['resourceVersion']}")
    world.api.put(RESOURCES, "r", {"status": {"observedGeneration": 1}})  # so that it is to be written
    world.deliver(RESOURCES)
    world.api.once("patch", "resources", name="r", before=lambda: world.deliver(SECRETS))
    await world.reconcile()
    await world.run()
    assert world.token() == TOKEN


async def test_status_follows_when_a_kept_output_is_given_away_while_it_is_written(world: World) -> None:
    def give_away() -> None:
        world.api.put(SECRETS, OUTPUT, {"metadata": {"ownerReferences": []}})
        world.deliver(SECRETS)

    await world.published(TOKEN)
    world.resource("b", credentials=credentials("production", name=OUTPUT))
    await world.run()
    world.secret(token=BAD)
    world.resource(output=renamed("new"))
    world.deliver()
    world.api.once("patch", "resources", name="r", before=give_away)
    await world.run()
    assert world.production().output is None


async def test_nothing_is_done_by_a_resource_that_a_restore_may_have_changed(world: World) -> None:
    await world.published(TOKEN)
    world.store.rewind_records([world.record()])
    world.secret(token=OTHER_TOKEN)
    assert await world.run() == []
    world.store.take_in(world.api.server.objects["resources", "ns", "r"])
    await world.run()
    assert world.token() == OTHER_TOKEN


async def test_an_input_that_a_restore_brought_back_is_published(world: World) -> None:
    await world.published(TOKEN)
    backup = dict(world.api.server.objects)
    world.api.remove(SECRETS, INPUT)
    await world.run()
    assert world.ready().reason == "SecretNotFound"
    world.api.server.objects = backup | {("resources", "ns", "r"): world.api.server.objects["resources", "ns", "r"]}
    world.relist()
    await world.run()
    assert world.ready().reason == "Ready"


async def test_a_cluster_restored_with_younger_lists_is_published_as_it_is(world: World) -> None:
    """As `etcdutl snapshot restore --bump-revision --mark-compacted` leaves it: objects are older, lists younger."""
    await world.published(TOKEN)
    backup = dict(world.api.server.objects)
    world.secret(token=OTHER_TOKEN)
    await world.run()
    world.api.server.objects = backup
    world.api.server.version += 1_000_000
    world.api.take_changes()
    world.store.rewind_records([world.record()])
    world.store.take_in(backup["resources", "ns", "r"])
    world.relist()
    await world.run()
    output = world.production().output
    assert output
    assert (world.token(), output.resource_version) == (TOKEN, world.meta()["resourceVersion"])


async def test_a_resource_that_is_as_it_was_left_is_not_even_parsed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.published(TOKEN)
    monkeypatch.setattr(reconcile, "parse_spec", None)
    await world.reconcile()


async def test_after_a_pass_nothing_is_unsettled(world: World) -> None:
    await world.published(TOKEN)
    assert list(world.store.unreconciled()) == []


async def test_an_input_that_changed_under_way_leaves_the_resource_unsettled(world: World) -> None:
    await world.published(TOKEN)
    world.secret(token=OTHER_TOKEN)
    world.deliver()

    def change() -> None:
        world.secret(token=THIRD_TOKEN)
        world.deliver(SECRETS)

    world.api.once("patch", "resources", after=change)
    await world.reconcile()
    assert list(world.store.unreconciled()) == [KEY]


async def test_what_a_read_came_upon_is_not_read_again_while_the_watch_is_silent(world: World) -> None:
    await world.published(TOKEN)
    world.restart()
    world.secret(token=OTHER_TOKEN)
    world.api.put(RESOURCES, "r", {"metadata": {"annotations": {ANNOTATION_REQUESTED_AT: "now"}}})
    world.deliver(RESOURCES)
    await world.reconcile()
    assert world.token() == OTHER_TOKEN
    before = len(world.api.requests)
    await world.reconcile()
    assert world.api.requests[before:] == []
