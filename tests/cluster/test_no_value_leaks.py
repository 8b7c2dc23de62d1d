"""A value is found in the outputs it belongs in and nowhere else: not whole, not in part, not encoded, not hashed.

Every field of the types of the first release holds a value of its own that passes the checks; then each is spoilt in
every way. The messages of all other types are walked by `tests/fuzz`.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.cluster.authors import User
from tests.cluster.builders import Document, literal, reference, resource
from tests.cluster.objects import Objects, decode, encode, production, reason_of, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import KEY, NAME, OUTPUT, publish, token
from tests.sentinels import HEX, LOWER, found, made_up, traces_of
from tracardi_operator.api.names import LABEL_MANAGED_BY, MANAGER
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import EVENTS, SECRETS, Kind
from tracardi_operator.services.catalogue import builtin

UPPER_HEX = "0123456789ABCDEF"
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
PUBLIC = {"region": "eu-central-1"}
"""The only value that is no sentinel: there are just a few regions."""


class Sentinel(NamedTuple):
    value: str
    needle: str
    """The part of the value that is nowhere else in the world."""


def _made(length: int, alphabet: str, before: str = "", after: str = "") -> Sentinel:
    needle = made_up(length, alphabet)
    return Sentinel(before + needle + after, needle)


def _host(before: str = "", after: str = "") -> Sentinel:
    return _made(12, LOWER, before, f".test{after}")


def _word() -> Sentinel:
    return _made(24, LOWER + LOWER.upper())


def _sentinels() -> dict[str, dict[str, Sentinel]]:
    """A value for every field of one complete set of a type."""
    return {
        "airtable": {"api_key": _made(64, HEX, "patMadeUp0Key0000.")},
        "aws": {"aws_access_key_id": _made(16, BASE32, "AKIA"), "aws_secret_access_key": _made(40, LOWER)},
        "aws-s3": {
            "access_key": _made(16, BASE32, "ASIA"),
            "secret": _made(40, LOWER),
            "session_token": _made(120, LOWER),
            "bucket": _made(16, LOWER),
        },
        "clicksend": {
            "username": _made(12, LOWER, after="@shop.test"),
            "api_key": _made(12, UPPER_HEX, "5E2B9A10-7C3D-4F86-A1B2-"),
        },
        "elastic-search": {"url": _host(), "username": _word(), "password": _word()},
        "matomo": {"token": _made(32, HEX), "api_url": _host("https://")},
        "redis": {"url": _host(after=":6379"), "user": _word(), "password": _word()},
        "salesforce": {
            "client_id": _made(24, LOWER),
            "client_secret": _word(),
            "subdomain": _made(26, LOWER, "mc"),
        },
        "salesforce-oauth": {
            "domain": _made(12, LOWER, after=".my.salesforce.com"),
            "client_id": _made(80, LOWER, "3MVG9"),
            "client_secret": _made(64, UPPER_HEX),
        },
        "sendgrid": {"token": _made(43, LOWER, "SG.dGhpcy1pcy1tYWRlLXVwXw.")},
        "telegram": {"bot_token": _made(35, LOWER, "7123456789:"), "chat_id": _made(13, "123456789", "-1")},
        "twilio": {"account_sid": _made(32, HEX, "AC"), "auth_token": _made(32, HEX)},
    }


SPOILT: dict[str, Callable[[str], str | bytes]] = {
    "trailing newline": lambda value: f"{value}\n",
    "inner newline": lambda value: f"{value[:9]}\n{value[9:]}",
    "quotes": lambda value: f'"{value}"',
    "prefix": lambda value: f"Bearer {value}",
    "assignment": lambda value: f"token={value}",
    "placeholder": lambda value: f"<{value}>",
    "URL": lambda value: f"https://user:{value}@shop.test/",
    "JSON": lambda value: json.dumps({"value": value}),
    "cut": lambda value: value[:-1],
    "foreign letter": lambda value: f"{value}é",
    "doubly encoded": lambda value: base64.b64encode(value.encode()),
    "not UTF-8": lambda value: b"\xff" + value.encode(),
    "UTF-16": lambda value: value.encode("utf-16"),
    "far too long": lambda value: value * 3000,
}

Values = dict[str, dict[str, Sentinel]]


class Scene:
    """One Resource per type; production from a whole Secret, test field by field from another."""

    def __init__(self, objects: Objects, sentinels: Values) -> None:
        self.objects = objects
        self.sentinels = sentinels

    def documents(self) -> Iterator[Document]:
        for name, fields in self.sentinels.items():
            data = {field: sentinel.value for field, sentinel in fields.items()} | PUBLIC
            singly = {field: reference("secretKeyRef", f"{name}-singly", field) for field in fields}
            yield secret(name, data)
            yield secret(f"{name}-singly", data)
            credentials = {"production": {"secretRef": {"name": name}}, "test": {"fields": singly | _region(name)}}
            yield resource(name, type=name, credentials=credentials)

    async def spoil(self, how: Callable[[str], str | bytes]) -> None:
        """Change every value of every Secret, and wait until the operator has judged them."""
        before = {name: await self._observed(name) for name in self.sentinels}
        async with asyncio.TaskGroup() as group:
            for name, fields in self.sentinels.items():
                data = {field: how(sentinel.value) for field, sentinel in fields.items()}
                group.create_task(self.objects.store(name, data))
                group.create_task(self.objects.store(f"{name}-singly", data))
        for name in self.sentinels:
            await self._until_judged(name, before[name])

    async def _observed(self, name: str) -> tuple[str | None, ...]:
        environments = (await self.objects.status(name)).environments or {}
        return tuple(environment.observed for environment in environments.values())

    async def _until_judged(self, name: str, before: tuple[str | None, ...]) -> None:
        await self.objects.until_status(
            name, lambda status: not {e.observed for e in (status.environments or {}).values()} & set(before)
        )


def _region(service: str) -> Document:
    return {"region": literal(PUBLIC["region"])} if service.startswith("aws") else {}


class Traces:
    """Everything that the operator, or the API server on its behalf, has shown of itself."""

    def __init__(self, control_plane: ControlPlane, objects: Objects, operator: OperatorProcess) -> None:
        self._control_plane = control_plane
        self._objects = objects
        self._operator = operator
        self._texts: set[str] = set()

    async def collect(self) -> None:
        for body in await self._list(RESOURCES, self._objects.namespace):
            self._texts |= {json.dumps(body["metadata"]), json.dumps(body["status"], ensure_ascii=False)}
        self._texts |= {json.dumps(body["metadata"]) for body in await self.outputs()}
        self._texts |= {json.dumps(event, ensure_ascii=False) for event in await self._list(EVENTS, None)}
        self._texts |= {self._operator.fetch(path)[1] for path in ("/healthz", "/readyz", "/metrics")}

    async def outputs(self) -> list[Document]:
        found = await self._list(SECRETS, self._objects.namespace)
        return [body for body in found if body["metadata"].get("labels", {}).get(LABEL_MANAGED_BY) == MANAGER]

    async def everything(self) -> str:
        await self.collect()
        requests = {event["requestURI"] for event in self._control_plane.audit_events()}
        return "\n".join((*self._texts, *requests, self._operator.everything_logged()))

    async def _list(self, kind: Kind, namespace: str | None) -> list[Any]:
        return [item async for page in self._objects.client.list_pages(kind, namespace) for item in page["items"]]


@pytest.fixture
def traces(control_plane: ControlPlane, objects: Objects, operator: OperatorProcess) -> Traces:
    return Traces(control_plane, objects, operator)


async def test_a_value_right_or_wrong_is_found_in_outputs_alone(
    control_plane: ControlPlane, objects: Objects, traces: Traces
) -> None:
    sentinels = _sentinels()
    assert set(sentinels) <= set(builtin())
    needles = {s.needle for fields in sentinels.values() for s in fields.values()}
    scene = Scene(objects, sentinels)
    # client-side: kubectl leaves the data of each Secret in an annotation
    documents = {"apiVersion": "v1", "kind": "List", "items": list(scene.documents())}
    control_plane.kubectl("apply", "--namespace", objects.namespace, "-f", "-", input=json.dumps(documents))
    for name in sentinels:
        await objects.until_ready(name)

    published = json.dumps([json.loads(decode(o)["credentials.json"]) for o in await traces.outputs()])
    assert {needle for needle in needles if needle not in published} == set()
    applied = json.dumps((await objects.get(SECRETS, "sendgrid"))["metadata"])
    assert found(applied, traces_of(needles)) != set()

    await traces.collect()
    for how in SPOILT.values():
        await scene.spoil(how)
        await traces.collect()
    assert found(await traces.everything(), traces_of(needles)) == set()


async def test_a_key_that_no_type_knows_is_found_nowhere(objects: Objects, traces: Traces) -> None:
    extra = made_up(20)
    value = token()
    await objects.create(secret(NAME, {"token": value, extra: extra}))
    await objects.create(resource(NAME, credentials={"production": {"secretRef": {"name": NAME}}}))
    await objects.until_ready(NAME)
    await objects.store(NAME, {extra: extra})
    await objects.until_reason(NAME, "KeyNotFound")
    assert found(await traces.everything(), traces_of([extra])) == set()


async def test_a_value_put_into_an_output_by_hand_is_found_nowhere(objects: Objects, traces: Traces) -> None:
    by_hand = made_up(30)
    edit = encode({"token": by_hand, "extra": by_hand})
    value = await publish(objects)
    await objects.edit(SECRETS, OUTPUT, lambda body: body["data"].update(edit))
    await objects.until_value(OUTPUT, "token", value)
    await objects.store(NAME, {KEY: ""})
    await objects.until_reason(NAME, "Empty")
    await traces.collect()
    await objects.edit(SECRETS, OUTPUT, lambda body: body["data"].update(edit))
    await objects.until_status(NAME, lambda s: "OutputLost" in [p.reason for p in production(s).problems or ()])
    assert found(await traces.everything(), traces_of([by_hand])) == set()


async def test_a_literal_that_is_wrong_is_found_in_the_spec_alone(objects: Objects, traces: Traces) -> None:
    value = made_up(30)
    wrong = {
        "unknown-field": resource("unknown-field", {"tokn": literal(value)}),
        "bad-format": resource("bad-format", {"url": literal(f"{value} !")}, type="redis"),
        "bad-number": resource("bad-number", {"url": literal("a.test"), "port": literal(value)}, type="elastic-search"),
        "bad-choice": resource("bad-choice", {"url": literal("a.test"), "protocol": literal(value)}, type="redis"),
        "unknown-type": resource("unknown-type", {"token": literal(value)}, type="no-such-type"),
    }
    await objects.create(*wrong.values())
    for name in wrong:
        await objects.until_status(name, lambda status: reason_of(status) is not None)
    assert found(await traces.everything(), traces_of([value])) == set()


async def test_a_refused_sensitive_literal_is_found_nowhere(
    control_plane: ControlPlane, objects: Objects, traces: Traces
) -> None:
    value = token()
    author = User.with_rights(control_plane, objects.namespace, "author")
    refusal = author.kubectl("create", "-f", "-", document=resource(NAME, {"token": literal(value)}))
    assert "sensitive" in refusal
    seen = await traces.everything() + refusal
    assert found(seen, traces_of([value.removeprefix("SG.")])) == set()
