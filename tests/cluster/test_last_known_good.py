"""A value that is wrong never replaces one that worked: what is published stays, byte for byte, and status says so."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.cluster.objects import Data, Objects, decode, production, ready
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import KEY, NAME, OUTPUT, output, publish, token
from tracardi_operator.kube.kinds import SECRETS

pytestmark = pytest.mark.usefixtures("operator")

SPOILT: dict[str, tuple[str, Callable[[str], Data]]] = {
    "key gone": ("KeyNotFound", lambda value: {"other": value}),
    "empty": ("Empty", lambda _: {KEY: ""}),
    "trailing newline": ("Whitespace", lambda value: {KEY: f"{value}\n"}),
    "placeholder": ("Placeholder", lambda _: {KEY: "<your-api-key>"}),
    "wrong format": ("BadFormat", lambda value: {KEY: value[:-1]}),
    "not UTF-8": ("NotText", lambda value: {KEY: b"\xff\xfe" + value.encode()}),
    "doubly encoded": ("DoubleEncoded", lambda value: {KEY: base64.b64encode(value.encode())}),
}
"""What is done to the Secret, and the reason that status must give."""


async def _spoil(objects: Objects, how: str, value: str) -> str:
    """Do it, and return the reason to be expected."""
    if how == "deleted":
        await objects.delete(SECRETS, NAME)
        return "SecretNotFound"
    reason, make = SPOILT[how]
    await objects.store(NAME, make(value))
    return reason


async def _repair(objects: Objects, how: str, value: str) -> None:
    if how == "deleted":
        await objects.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": NAME}})
    await objects.store(NAME, {KEY: value})


@pytest.mark.parametrize("how", ["deleted", *SPOILT])
async def test_a_secret_that_turns_bad_keeps_the_output_and_is_reported_and_recovers(
    objects: Objects, how: str
) -> None:
    value = await publish(objects)
    before = await output(objects)

    reason = await _spoil(objects, how, value)
    status = await objects.until_reason(NAME, reason)
    assert await output(objects) == before
    assert (ready(status).status, production(status).ready) == ("False", False)
    assert production(status).stale is True
    assert (began := production(status).since)
    assert ready(status).last_transition_time - began <= timedelta(seconds=1)  # the clock is read twice

    await _repair(objects, how, value)
    status = await objects.until_ready(NAME)
    assert (production(status).stale, production(status).since) == (None, None)
    assert production(status).revision == 1
    assert decode(await output(objects)) == decode(before)


async def test_a_repair_with_another_value_is_published_as_the_next_revision(objects: Objects) -> None:
    await publish(objects)
    await objects.store(NAME, {KEY: "<your-api-key>"})
    await objects.until_reason(NAME, "Placeholder")

    repaired = token()
    await objects.store(NAME, {KEY: repaired})
    assert production(await objects.until_ready(NAME)).revision == 2
    assert decode(await output(objects))["token"] == repaired.encode()


async def test_stale_since_tells_when_it_began_however_the_value_is_wrong_meanwhile(objects: Objects) -> None:
    await publish(objects)
    await objects.store(NAME, {KEY: "<your-api-key>"})
    first = production(await objects.until_reason(NAME, "Placeholder"))
    await objects.delete(SECRETS, NAME)
    assert production(await objects.until_reason(NAME, "SecretNotFound")).since == first.since


async def test_one_bad_environment_does_not_hold_up_the_other(objects: Objects) -> None:
    value = token()
    await publish(objects)
    await objects.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sandbox"}})
    await objects.edit_spec(NAME, lambda spec: spec["credentials"].update(test={"secretRef": {"name": "sandbox"}}))
    await objects.until_reason(NAME, "KeyNotFound")
    await objects.store(NAME, {KEY: value})
    await objects.until_value(OUTPUT, "token", value)


async def test_with_on_invalid_withdraw_the_output_goes_away_and_comes_back(objects: Objects) -> None:
    value = await publish(objects, output={"onInvalid": "Withdraw"})
    await objects.store(NAME, {KEY: "<your-api-key>"})
    await objects.until_gone(SECRETS, OUTPUT)
    status = await objects.until_reason(NAME, "Placeholder")
    assert (production(status).stale, production(status).output) == (None, None)

    await objects.store(NAME, {KEY: value})
    await objects.until_value(OUTPUT, "token", value)
    await objects.until_ready(NAME)


async def test_a_bad_value_survives_a_restart_of_the_operator_without_replacing_the_good_one(
    objects: Objects, operator: OperatorProcess
) -> None:
    await publish(objects)
    before = await output(objects)
    operator.stop()
    await objects.store(NAME, {KEY: "<your-api-key>"})
    operator.restart()
    status = await objects.until_reason(NAME, "Placeholder")
    assert production(status).stale is True
    assert await output(objects) == before
