"""A service type of one's own: created, used, changed, broken and deleted, and what happens to its Resources each time.

The operator resyncs once an hour, so whatever happens here is the work of events.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.audit import OPERATOR, AuditLog, Request
from tests.cluster.builders import Document, literal, reference, resource
from tests.cluster.install import install
from tests.cluster.objects import Objects, decode, production, ready, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import mail, token
from tests.sentinels import HEX, found, made_up, traces_of
from tracardi_operator.api.resource_type import ResourceTypeStatus
from tracardi_operator.control.type_sync import RESOURCE_TYPES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.errors import Conflict, NotFound
from tracardi_operator.kube.kinds import SECRETS, Kind

pytestmark = pytest.mark.usefixtures("operator")

SAMPLE = Path(__file__).parents[2] / "manifests" / "samples" / "custom" / "order-desk.yaml"
NAME = "shop"
"""The Resource, and the Secret that its key comes from."""
CRD = "crd/resourcetypes.tracardi.com"
OUTPUT = f"{NAME}-production-resolved"
ANY_HEX = {"pattern": "acme_[0-9a-f]+", "expected": "'acme_' and hexadecimal digits"}
LONG_HEX = {"pattern": "acme_[0-9a-f]{40}", "expected": "'acme_' and 40 hexadecimal digits"}
BROKEN = {"pattern": "acme_(?=x)", "expected": "what no engine in linear time can find out"}


def key() -> str:
    return f"acme_{made_up(32, HEX)}"


class ClusterWide(Objects):
    """Objects that are in no namespace."""

    async def get(self, kind: Kind, name: str) -> Document:
        return await self.client.get(kind, None, name)


class Type:
    """A ResourceType with a field `key` and an optional `region`, under a name of its own."""

    def __init__(self, name: str, objects: Objects) -> None:
        self.name = name
        self._all = ClusterWide(objects.client, "")

    async def create(self, **rules: Any) -> None:
        await self._all.client.create(RESOURCE_TYPES, None, self._body(rules or ANY_HEX))

    async def change(self, **rules: Any) -> None:
        spec = self._body(rules)["spec"]
        while True:
            body = await self._all.get(RESOURCE_TYPES, self.name)
            with suppress(Conflict):  # the operator may write status in between
                await self._all.client.replace(RESOURCE_TYPES, None, self.name, body | {"spec": spec})
                return

    async def delete(self) -> None:
        with suppress(NotFound):
            await self._all.client.delete(RESOURCE_TYPES, None, self.name)

    async def until(self, reason: str) -> ResourceTypeStatus:
        """The first status that is about the present generation and whose Ready condition gives this reason."""

        def is_so(body: Document) -> bool:
            status = ResourceTypeStatus.model_validate(body["status"])
            reasons = [condition.reason for condition in status.conditions or () if condition.type == "Ready"]
            return status.observed_generation == body["metadata"]["generation"] and reasons == [reason]

        body = await self._all.until_there(RESOURCE_TYPES, self.name, is_so)
        return ResourceTypeStatus.model_validate(body["status"])

    def _body(self, rules: Document) -> Document:
        fields = [
            {"name": "key", "sensitive": True, "required": True, **rules},
            {"name": "region", "enum": ["eu", "us"], "default": "eu"},
        ]
        binding = {"provider": "acme", "entries": {"password": "key"}}
        return {
            "apiVersion": "tracardi.com/v1alpha1",
            "kind": "ResourceType",
            "metadata": {"name": self.name},
            "spec": {"title": "Acme", "fields": fields, "binding": binding},
        }


@pytest.fixture
async def acme(objects: Objects) -> AsyncIterator[Type]:
    made = Type(f"acme-{secrets.token_hex(4)}", objects)
    yield made
    await made.delete()


@pytest.fixture
def audit(control_plane: ControlPlane) -> AuditLog:
    return AuditLog(control_plane.audit_log)


def shop(acme: Type, **spec: Any) -> Document:
    return resource(NAME, {"key": reference("secretKeyRef", NAME)}, type=acme.name, **spec)


async def publish(acme: Type, objects: Objects, **spec: Any) -> str:
    """Create the type, the Secret and the Resource, wait until it is ready, and return the key."""
    value = key()
    await acme.create()
    await objects.create(secret(NAME, {"key": value}), shop(acme, **spec))
    await objects.until_ready(NAME)
    return value


async def output(objects: Objects) -> Document:
    return await objects.get(SECRETS, OUTPUT)


# Created and used


async def test_a_resource_of_an_own_type_is_published_with_its_defaults_and_entries(
    acme: Type, objects: Objects
) -> None:
    value = await publish(acme, objects)
    published = await output(objects)
    data = {name: text.decode() for name, text in decode(published).items()}
    document = {"key": value, "region": "eu"}
    assert json.loads(data.pop("credentials.json")) == document
    assert data == document | {"type": acme.name, "provider": "acme", "password": value}
    assert published["type"] == f"servicebinding.io/{acme.name}"
    assert (await acme.until("Ready")).problems is None


async def test_a_value_that_does_not_fit_is_told_in_the_words_of_the_type(acme: Type, objects: Objects) -> None:
    await publish(acme, objects)
    await objects.store(NAME, {"key": "other_0123456789"})
    status = await objects.until_reason(NAME, "BadFormat")
    assert "expected 'acme_' and hexadecimal digits" in ready(status).message
    assert production(status).stale is True


async def test_a_resource_that_was_there_first_is_published_as_soon_as_its_type_exists(
    acme: Type, objects: Objects
) -> None:
    value = key()
    await objects.create(secret(NAME, {"key": value}), shop(acme))
    status = await objects.until_reason(NAME, "UnknownType")
    assert f"there is no service type {acme.name!r}" in ready(status).message
    await acme.create()
    await objects.until_value(OUTPUT, "key", value)
    await objects.until_ready(NAME)


async def test_a_literal_for_a_sensitive_field_is_refused_with_the_advice_to_replace_it(
    acme: Type, objects: Objects
) -> None:
    await acme.create()
    await objects.create(resource(NAME, {"key": literal(key())}, type=acme.name))
    message = ready(await objects.until_reason(NAME, "SensitiveLiteral")).message
    assert "replace it at the service" in message
    await objects.until_gone(SECRETS, OUTPUT)


# Changed


async def test_a_stricter_type_keeps_the_last_good_output_and_a_relaxed_one_recovers(
    acme: Type, objects: Objects
) -> None:
    await publish(acme, objects)
    before = await output(objects)

    await acme.change(**LONG_HEX)
    status = await objects.until_reason(NAME, "BadFormat")
    assert "40 hexadecimal digits" in ready(status).message
    assert production(status).stale is True
    assert await output(objects) == before

    await acme.change(**ANY_HEX)
    status = await objects.until_ready(NAME)
    assert (production(status).stale, production(status).revision) == (None, 1)
    assert decode(await output(objects)) == decode(before)


async def test_a_change_of_a_type_touches_only_the_resources_that_use_it(
    acme: Type, objects: Objects, audit: AuditLog
) -> None:
    others = [f"other{index}" for index in range(19)]
    await objects.create(secret("mail", {"api-key": token()}))
    for name in others:
        await objects.create(mail() | {"metadata": {"name": name}})
    await publish(acme, objects)
    for name in others:
        await objects.until_ready(name)
    await acme.until("Ready")

    audit.mark()
    await acme.change(**LONG_HEX)
    await objects.until_reason(NAME, "BadFormat")
    await acme.until("Ready")
    audit.settle()
    own = [request for request in audit.requests() if request.namespace in (objects.namespace, "")]
    touched = [request for request in own if request.verb not in ("list", "watch", "create")]
    assert {request.name for request in touched} == {NAME, acme.name}
    assert sorted(_short(request) for request in touched if request.is_write) == [
        f"patch resources/status {NAME}",
        f"patch resourcetypes/status {acme.name}",
    ]


def _short(request: Request) -> str:
    return f"{request.verb} {request.resource} {request.name}"


# Broken


@pytest.mark.parametrize("settings", [{}, {"output": {"onInvalid": "Withdraw"}}], ids=["KeepLast", "Withdraw"])
async def test_a_type_that_breaks_leaves_what_is_published_as_it_is_and_says_why(
    acme: Type, objects: Objects, settings: Document
) -> None:
    await publish(acme, objects, **settings)
    before = await output(objects)

    await acme.change(**BROKEN)
    (problem,) = (await acme.until("InvalidSpec")).problems or []
    assert problem.path == "spec.fields[0].pattern"
    assert "look-around" in problem.message
    status = await objects.until_reason(NAME, "UnknownType")
    assert f"the ResourceType {acme.name!r} is broken" in ready(status).message
    assert production(status).stale is True
    assert await output(objects) == before

    await acme.change(**ANY_HEX)
    await acme.until("Ready")
    await objects.until_ready(NAME)
    assert await output(objects) == before


async def test_a_secret_that_changes_while_the_type_is_broken_is_published_when_it_is_repaired(
    acme: Type, objects: Objects
) -> None:
    await publish(acme, objects)
    before = await output(objects)
    await acme.change(**BROKEN)
    await objects.until_reason(NAME, "UnknownType")
    rotated = key()
    await objects.store(NAME, {"key": rotated})
    await acme.until("InvalidSpec")
    assert await output(objects) == before
    await acme.change(**ANY_HEX)
    await objects.until_value(OUTPUT, "key", rotated)


async def test_a_broken_type_affects_no_other(acme: Type, objects: Objects, audit: AuditLog) -> None:
    await objects.create(secret("mail", {"api-key": token()}), mail())
    await objects.until_ready("mail")
    audit.mark()
    await acme.create(**BROKEN)
    await acme.until("InvalidSpec")
    audit.settle()
    assert [request for request in audit.writes() if request.namespace == objects.namespace] == []


async def test_no_value_is_told_whatever_becomes_of_the_type(
    acme: Type, objects: Objects, operator: OperatorProcess, control_plane: ControlPlane, namespace: str
) -> None:
    values = [await publish(acme, objects), f"other_{made_up(32)}", key()]
    await acme.change(**LONG_HEX)
    await objects.until_reason(NAME, "BadFormat")
    await objects.store(NAME, {"key": values[1]})
    await acme.change(**BROKEN)
    await objects.until_reason(NAME, "UnknownType")
    await acme.change(**ANY_HEX)
    await objects.until_reason(NAME, "BadFormat")
    await objects.store(NAME, {"key": values[2]})
    await objects.until_value(OUTPUT, "key", values[2])
    kinds = "resources.tracardi.com,resourcetypes.tracardi.com,events"
    told = control_plane.kubectl("get", kinds, "--namespace", namespace, "-o", "json").stdout
    assert found(told + operator.everything_logged(), traces_of(values)) == set()


# Deleted


async def test_a_type_that_is_deleted_leaves_what_is_published_and_one_made_anew_recovers(
    acme: Type, objects: Objects
) -> None:
    value = await publish(acme, objects)
    before = await output(objects)
    await acme.delete()
    status = await objects.until_reason(NAME, "UnknownType")
    assert production(status).stale is True
    assert await output(objects) == before

    await acme.create()
    await objects.until_ready(NAME)
    assert decode(await output(objects))["key"] == value.encode()


# Restarts


async def test_a_restart_writes_nothing_and_reads_no_value(
    acme: Type, objects: Objects, operator: OperatorProcess, audit: AuditLog
) -> None:
    await publish(acme, objects)
    await acme.until("Ready")
    await _restart(operator, audit)
    assert _said_and_read(audit, acme, objects) == []


@pytest.mark.parametrize("how", ["broken", "deleted"])
async def test_a_restart_without_a_usable_type_changes_nothing(
    acme: Type, objects: Objects, operator: OperatorProcess, audit: AuditLog, how: str
) -> None:
    value = await publish(acme, objects)
    await (acme.change(**BROKEN) if how == "broken" else acme.delete())
    before = await objects.until_reason(NAME, "UnknownType")
    if how == "broken":
        await acme.until("InvalidSpec")
    await _restart(operator, audit)
    assert _said_and_read(audit, acme, objects) == []
    assert await objects.status(NAME) == before
    assert decode(await output(objects))["key"] == value.encode()


async def _restart(operator: OperatorProcess, audit: AuditLog, *flags: str) -> None:
    """Return when it has had the time to do what it does after a start."""
    operator.stop()
    audit.mark()
    operator.restart(*flags)
    operator.wait_until_ready()
    await asyncio.sleep(1.0)
    audit.settle()


def _said_and_read(audit: AuditLog, acme: Type, objects: Objects) -> list[str]:
    """Writes and reads of values. Events are no part of the state; what earlier tests left is none of this test."""
    found = (request for request in audit.requests() if request.is_write or request.reads_value)
    own = (request for request in found if request.namespace == objects.namespace or request.name == acme.name)
    return [_short(request) for request in own if request.resource != "events"]


# Where types can't be read


async def test_without_resource_types_an_unknown_type_is_said_to_be_perhaps_one(
    acme: Type, objects: Objects, operator: OperatorProcess
) -> None:
    value = await publish(acme, objects)
    operator.stop()
    operator.restart("--no-resource-types")
    status = await objects.until_reason(NAME, "UnknownType")
    assert "This installation does not read ResourceTypes" in ready(status).message
    assert decode(await output(objects))["key"] == value.encode()


async def test_while_types_may_not_be_listed_no_verdict_on_resources_of_own_types_changes(
    acme: Type, objects: Objects, operator: OperatorProcess, control_plane: ControlPlane, audit: AuditLog
) -> None:
    value = await publish(acme, objects)
    await objects.create(secret("mail", {"api-key": token()}), mail())
    await objects.until_ready("mail")
    before = await objects.status(NAME)
    operator.stop()
    with _without_the_right(control_plane):
        audit.mark()
        operator.restart("--resync-seconds", "1")
        other = token()
        await objects.store("mail", {"api-key": other})
        await objects.until_value("mail-production-resolved", "token", other)  # all else goes on
        await objects.create(mail() | {"metadata": {"name": "new"}})
        await objects.until_ready("new")
        missed = [line for line in operator.log.read_text().splitlines() if "the watch did not tell" in line]
        assert [line for line in missed if objects.namespace in line] == []  # other tests' objects go meanwhile
        operator.wait_until(503, "list of ResourceTypes")
        assert await objects.status(NAME) == before
        rotated = key()
        await objects.store(NAME, {"key": rotated})
        audit.settle()
        assert [request for request in audit.writes() if request.name in (NAME, OUTPUT)] == []
        assert decode(await output(objects))["key"] == value.encode()
    operator.wait_until_ready()
    await objects.until_value(OUTPUT, "key", rotated)


@contextmanager
def _without_the_right(control_plane: ControlPlane) -> Iterator[None]:
    """The operator may not read ResourceTypes."""
    role = "clusterrole/tracardi-operator"
    asked = ("auth", "can-i", "list", "resourcetypes.tracardi.com", "--as", OPERATOR)
    rules = json.loads(control_plane.kubectl("get", role, "-o", "json").stdout)["rules"]
    fewer = [rule for rule in rules if rule["resources"] != ["resourcetypes"]]

    def give(wanted: list[Document], answer: str) -> None:
        control_plane.kubectl("patch", role, "--type=merge", "--patch", json.dumps({"rules": wanted}))
        while control_plane.kubectl(*asked, check=False).stdout.strip() != answer:
            pass

    give(fewer, "no")
    try:
        yield
    finally:
        give(rules, "yes")


async def test_a_kind_that_is_installed_later_is_watched_without_a_restart(
    acme: Type, objects: Objects, operator: OperatorProcess, control_plane: ControlPlane
) -> None:
    operator.stop()
    control_plane.kubectl("delete", CRD)
    try:
        operator.restart("--resync-seconds", "2")
        value = key()
        await objects.create(secret(NAME, {"key": value}), shop(acme))
        await objects.create(secret("mail", {"api-key": token()}), mail())
        await objects.until_ready("mail")
        operator.wait_until(503, "list of ResourceTypes")
        assert (await objects.status(NAME)).observed_generation == -1
    finally:
        install.__wrapped__(control_plane)
    operator.wait_until_ready()
    await acme.create()
    await objects.until_ready(NAME)


# The sample


async def test_the_sample_of_an_own_type_is_published(
    objects: Objects, control_plane: ControlPlane, namespace: str
) -> None:
    control_plane.kubectl("apply", "--namespace", namespace, "-f", str(SAMPLE))
    try:
        await objects.until_ready("order-desk-main")
    finally:
        control_plane.kubectl("delete", "resourcetypes.tracardi.com", "order-desk")
