"""Whose a Secret is decides what happens to it: a stranger's is never touched, our own goes with its Resource."""

import pytest

from tests.cluster.builders import Document
from tests.cluster.objects import Objects, condition, decode, encode, production, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import KEY, NAME, OUTPUT, mail, output, publish, token
from tracardi_operator.api.names import ANNOTATION_REVISION, LABEL_MANAGED_BY, LABEL_RESOURCE, MANAGER
from tracardi_operator.api.status import ResourceStatus
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.kube.kinds import SECRETS

pytestmark = pytest.mark.usefixtures("operator")


def _revision(body: Document) -> str:
    revision: str = body["metadata"]["annotations"][ANNOTATION_REVISION]
    return revision


# Strangers


async def test_a_stranger_with_an_outputs_name_is_never_changed_and_makes_room_by_going_away(objects: Objects) -> None:
    stranger = secret(OUTPUT, {"token": "mine"})
    value = token()
    await objects.create(stranger, secret(NAME, {KEY: value}))
    before = await output(objects)
    await objects.create(mail())
    status = await objects.until_reason(NAME, "NameTaken")
    assert condition(status, "Reconciling") is not None

    await objects.store(NAME, {KEY: (value := token())})
    await objects.edit_spec(NAME, lambda spec: spec.update(description="edited"))
    await objects.until_reason(NAME, "NameTaken")
    assert await output(objects) == before

    await objects.delete(SECRETS, OUTPUT)
    await objects.until_value(OUTPUT, "token", value)
    await objects.until_ready(NAME)


async def test_a_stranger_outlives_the_resource_that_wanted_its_name(objects: Objects) -> None:
    await objects.create(secret(OUTPUT, {"token": "mine"}), secret(NAME, {KEY: token()}), mail())
    await objects.until_reason(NAME, "NameTaken")
    before = await output(objects)
    await objects.delete(RESOURCES, NAME)
    await objects.create(mail(output={"onInvalid": "Withdraw"}))
    await objects.until_reason(NAME, "NameTaken")
    await objects.store(NAME, {KEY: ""})
    await objects.until_reason(NAME, "Empty")
    assert await output(objects) == before


async def test_a_secret_that_only_looks_like_ours_is_a_stranger(objects: Objects) -> None:
    impostor = secret(OUTPUT, {"token": "mine"})
    impostor["metadata"]["labels"] = {LABEL_MANAGED_BY: MANAGER, LABEL_RESOURCE: NAME}
    await objects.create(impostor, secret(NAME, {KEY: token()}), mail())
    before = await output(objects)
    await objects.until_reason(NAME, "NameTaken")
    assert await output(objects) == before


async def test_an_output_that_another_resource_has_is_not_taken_from_it(objects: Objects) -> None:
    value = await publish(objects)
    before = await output(objects)
    other = mail(output={"environments": {"production": {"name": OUTPUT}}}) | {"metadata": {"name": "other"}}
    await objects.create(other)
    await objects.until_reason("other", "NameTaken")
    assert await output(objects) == before
    assert decode(before)["token"] == value.encode()


# Deletion


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
async def test_deleting_a_resource_deletes_its_output(objects: Objects, propagation: str) -> None:
    await publish(objects)
    await objects.delete(RESOURCES, NAME, propagation)
    await objects.until_gone(RESOURCES, NAME)
    await objects.until_gone(SECRETS, OUTPUT)
    assert await objects.find(SECRETS, NAME)


async def test_deleting_a_resource_deletes_its_output_while_the_operator_is_stopped(
    objects: Objects, operator: OperatorProcess
) -> None:
    await publish(objects)
    operator.stop()
    await objects.delete(RESOURCES, NAME)
    await objects.until_gone(RESOURCES, NAME)
    await objects.until_gone(SECRETS, OUTPUT)


async def test_a_resource_made_anew_under_its_old_name_is_published(objects: Objects) -> None:
    value = await publish(objects)
    await objects.delete(RESOURCES, NAME)
    await objects.create(mail())
    status = await objects.until_ready(NAME)
    assert production(status).revision == 1
    assert decode(await output(objects))["token"] == value.encode()


# Edits by hand


async def _heals(objects: Objects, before: Document) -> None:
    """The output becomes what it was, in the same revision, and status agrees."""

    def is_as_before(body: Document) -> bool:
        return decode(body) == decode(before) and _meta(body) == _meta(before)

    healed = await objects.until_there(SECRETS, OUTPUT, is_as_before)
    status = await objects.until_status(NAME, lambda status: _recorded(status) == _version(healed))
    assert production(status).ready
    assert production(status).revision == int(_revision(before))


def _meta(body: Document) -> tuple[object, ...]:
    metadata = body["metadata"]
    return tuple(metadata.get(part) for part in ("labels", "annotations", "ownerReferences"))


def _version(body: Document) -> str:
    version: str = body["metadata"]["resourceVersion"]
    return version


def _recorded(status: ResourceStatus) -> str | None:
    """The version of the output that status speaks of."""
    output = production(status).output
    return output.resource_version if output else None


EDITS = {
    "a value is changed": lambda body: body["data"].update(encode({"token": "edited"})),
    "a key is added": lambda body: body["data"].update(encode({"extra": "added"})),
    "a key is removed": lambda body: body["data"].pop("token"),
    "all data are removed": lambda body: body.pop("data"),
    "a label of ours is removed": lambda body: body["metadata"]["labels"].pop(LABEL_MANAGED_BY),
    "a label of ours is changed": lambda body: body["metadata"]["labels"].update({LABEL_RESOURCE: "other"}),
    "the annotations are removed": lambda body: body["metadata"].pop("annotations"),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_an_output_edited_by_hand_is_healed(objects: Objects, edit: str) -> None:
    await publish(objects)
    before = await output(objects)
    await objects.edit(SECRETS, OUTPUT, EDITS[edit])
    await _heals(objects, before)


async def test_an_edit_by_hand_while_the_operator_is_stopped_is_healed(
    objects: Objects, operator: OperatorProcess
) -> None:
    await publish(objects)
    before = await output(objects)
    operator.stop()
    await objects.edit(SECRETS, OUTPUT, EDITS["a value is changed"])
    operator.restart()
    await _heals(objects, before)


async def test_an_output_deleted_by_hand_comes_back_with_the_same_revision(objects: Objects) -> None:
    await publish(objects)
    value = token()
    await objects.store(NAME, {KEY: value})
    before = await objects.until_value(OUTPUT, "token", value)
    assert _revision(before) == "2"

    await objects.delete(SECRETS, OUTPUT)
    again = await objects.until_there(
        SECRETS, OUTPUT, lambda body: body["metadata"]["uid"] != before["metadata"]["uid"]
    )
    assert (again["data"], _revision(again)) == (before["data"], "2")
    status = await objects.until_status(NAME, lambda status: _recorded(status) == _version(again))
    assert production(status).revision == 2


async def test_labels_and_annotations_that_others_add_are_kept(objects: Objects) -> None:
    def label(body: Document) -> None:
        body["metadata"]["labels"]["team"] = "marketing"
        body["metadata"]["annotations"]["example.com/note"] = "kept"

    await publish(objects)
    await objects.edit(SECRETS, OUTPUT, label)
    value = token()
    await objects.store(NAME, {KEY: value})
    metadata = (await objects.until_value(OUTPUT, "token", value))["metadata"]
    assert metadata["labels"]["team"] == "marketing"
    assert metadata["annotations"]["example.com/note"] == "kept"


# Loss


@pytest.mark.parametrize("loss", ["deleted", "edited"])
async def test_an_output_lost_while_its_input_is_bad_is_reported_and_comes_back_with_the_repair(
    objects: Objects, loss: str
) -> None:
    value = await publish(objects)
    await objects.store(NAME, {KEY: f"{value}\n"})
    await objects.until_reason(NAME, "Whitespace")

    if loss == "deleted":
        await objects.delete(SECRETS, OUTPUT)
    else:
        await objects.edit(SECRETS, OUTPUT, EDITS["a value is changed"])
    status = await objects.until_status(
        NAME, lambda s: "OutputLost" in [problem.reason for problem in production(s).problems or ()]
    )
    assert production(status).stale is None

    await objects.store(NAME, {KEY: value})
    await objects.until_value(OUTPUT, "token", value)
    assert production(await objects.until_ready(NAME)).problems is None


# Withdrawal


async def test_the_output_of_a_removed_environment_goes_away(objects: Objects) -> None:
    value = await publish(objects)
    await objects.edit_spec(NAME, lambda spec: spec["credentials"].update(test=spec["credentials"]["production"]))
    await objects.until_value(f"{NAME}-test-resolved", "token", value)
    await objects.edit_spec(NAME, lambda spec: spec["credentials"].pop("production"))
    await objects.until_gone(SECRETS, OUTPUT)
    status = await objects.until_ready(NAME)
    assert list(status.environments or ()) == ["test"]
    assert await objects.find(SECRETS, f"{NAME}-test-resolved")


async def test_a_renamed_output_appears_under_its_new_name_and_the_old_one_goes_away(objects: Objects) -> None:
    value = await publish(objects)
    named = {"environments": {"production": {"name": "renamed"}}}
    await objects.edit_spec(NAME, lambda spec: spec.update(output=named))
    await objects.until_value("renamed", "token", value)
    await objects.until_gone(SECRETS, OUTPUT)
    status = await objects.until_ready(NAME)
    assert status.binding is not None
    assert status.binding.name == "renamed"
