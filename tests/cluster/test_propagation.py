"""A change reaches the output through events alone: the operator resyncs once an hour here."""

import pytest

from tests.cluster.builders import literal, reference, resource
from tests.cluster.objects import Objects, config_map, decode, encode, production, secret
from tests.cluster.scenes import FIELDS, KEY, NAME, OUTPUT, output, publish, token
from tests.sentinels import HEX, made_up
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS

pytestmark = pytest.mark.usefixtures("operator")

TEST_OUTPUT = f"{NAME}-test-resolved"
HOST = reference("configMapKeyRef", "places", "matomo")
MATOMO = resource("stats", {"api_url": HOST, "token": reference("secretKeyRef", "stats", "token")}, type="matomo")


def _hex_token() -> str:
    return made_up(32, HEX)


async def test_an_edited_secret_arrives(objects: Objects) -> None:
    await publish(objects)
    value = token()
    await objects.store(NAME, {KEY: value})
    body = await objects.until_value(OUTPUT, "token", value)
    assert decode(body)["credentials.json"] == f'{{"token":"{value}"}}'.encode()
    assert production(await objects.until_status(NAME, lambda s: production(s).revision == 2)).ready


async def test_an_edited_config_map_arrives(objects: Objects) -> None:
    await objects.create(secret("stats", {"token": _hex_token()}), config_map("places", {"matomo": "https://a.test"}))
    await objects.create(MATOMO)
    await objects.until_value("stats-production-resolved", "api_url", "https://a.test")
    await objects.edit(CONFIG_MAPS, "places", lambda body: body["data"].update(matomo="https://b.test"))
    await objects.until_value("stats-production-resolved", "api_url", "https://b.test")


async def test_a_secret_and_a_config_map_that_come_after_their_resource_arrive(objects: Objects) -> None:
    await objects.create(MATOMO)
    await objects.until_reason("stats", "ConfigMapNotFound")
    await objects.create(config_map("places", {"matomo": "https://a.test"}))
    await objects.until_reason("stats", "SecretNotFound")
    await objects.create(secret("stats", {"token": _hex_token()}))
    await objects.until_ready("stats")


async def test_a_secret_deleted_and_made_anew_arrives(objects: Objects) -> None:
    await publish(objects)
    await objects.delete(SECRETS, NAME)
    await objects.until_reason(NAME, "SecretNotFound")
    value = token()
    await objects.create(secret(NAME, {KEY: value}))
    await objects.until_value(OUTPUT, "token", value)


async def test_a_secret_replaced_at_once_by_another_of_its_name_arrives(objects: Objects) -> None:
    await publish(objects)
    value = token()
    await objects.delete(SECRETS, NAME)
    await objects.create(secret(NAME, {KEY: value}))
    await objects.until_value(OUTPUT, "token", value)
    await objects.until_ready(NAME)


async def test_a_key_added_to_a_secret_arrives_and_so_does_its_removal(objects: Objects) -> None:
    await publish(objects)
    optional = reference("secretKeyRef", "login", "user")
    optional["valueFrom"]["secretKeyRef"]["optional"] = True
    fields = {"url": literal("redis.test:6379"), "user": optional, "password": reference("secretKeyRef", "login")}
    await objects.create(secret("login", {"key": made_up(20)}), resource("cache", fields, type="redis"))
    await objects.until_ready("cache")
    added = encode({"user": "tracardi"})
    await objects.edit(SECRETS, "login", lambda body: body["data"].update(added))
    await objects.until_value("cache-production-resolved", "user", "tracardi")
    await objects.edit(SECRETS, "login", lambda body: body["data"].pop("user"))
    await objects.until_there(SECRETS, "cache-production-resolved", lambda body: "user" not in body["data"])


async def test_two_resources_that_name_the_same_secret_both_follow_it(objects: Objects) -> None:
    await publish(objects)
    await objects.create(resource("second", FIELDS))
    await objects.until_ready("second")
    value = token()
    await objects.store(NAME, {KEY: value})
    await objects.until_value(OUTPUT, "token", value)
    await objects.until_value("second-production-resolved", "token", value)


# Edits of the Resource


async def test_a_field_made_to_refer_to_another_secret_follows_that(objects: Objects) -> None:
    await publish(objects)
    value = token()
    await objects.create(secret("other", {"key": value}))
    fields = {"token": reference("secretKeyRef", "other")}
    await objects.edit_spec(NAME, lambda spec: spec["credentials"]["production"].update(fields=fields))
    await objects.until_value(OUTPUT, "token", value)

    value = token()
    await objects.store("other", {"key": value})
    await objects.until_value(OUTPUT, "token", value)


async def test_an_edited_literal_arrives(objects: Objects) -> None:
    await objects.create(resource("cache", {"url": literal("a.test:6379")}, type="redis"))
    await objects.until_value("cache-production-resolved", "host", "a.test")
    fields = {"url": literal("b.test:6379")}
    await objects.edit_spec("cache", lambda spec: spec["credentials"]["production"].update(fields=fields))
    await objects.until_value("cache-production-resolved", "host", "b.test")


async def test_an_environment_added_is_published_and_withdrawn_when_it_is_removed(objects: Objects) -> None:
    await publish(objects)
    value = token()
    await objects.create(secret("sandbox", {"token": value}))
    await objects.edit_spec(NAME, lambda spec: spec["credentials"].update(test={"secretRef": {"name": "sandbox"}}))
    await objects.until_value(TEST_OUTPUT, "token", value)
    await objects.edit_spec(NAME, lambda spec: spec["credentials"].pop("test"))
    await objects.until_gone(SECRETS, TEST_OUTPUT)


async def test_labels_and_annotations_come_and_go_as_a_resource_asks_for_them(objects: Objects) -> None:
    await publish(objects)
    before = await output(objects)
    extra = {"labels": {"team": "marketing"}, "annotations": {"note": "for the shop"}}
    await objects.edit_spec(NAME, lambda spec: spec.update(output={"environments": {"production": extra}}))
    labelled = await objects.until_there(SECRETS, OUTPUT, lambda body: "team" in body["metadata"]["labels"])
    assert labelled["metadata"]["annotations"]["note"] == "for the shop"
    assert labelled["data"] == before["data"]

    await objects.edit_spec(NAME, lambda spec: spec.pop("output"))
    bare = await objects.until_there(SECRETS, OUTPUT, lambda body: "team" not in body["metadata"]["labels"])
    assert "note" not in bare["metadata"]["annotations"]
    assert production(await objects.until_ready(NAME)).revision == 1
