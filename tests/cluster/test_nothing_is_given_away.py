"""Every field that names another object or host, with everything that somebody could try by it: nothing is given away.

The fields are those of the CRDs: a new one fails a test until it is known here, as a reference or as mere words.
`mine` is the namespace of somebody who tries, `yours` that of somebody who has something to lose.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pytest

from tests.audit import AuditLog
from tests.cluster.authors import User
from tests.cluster.builders import Document, consumer, reference, rule
from tests.cluster.namespaces import Namespaces
from tests.cluster.objects import Objects, config_map, decode, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.reference_fields import LOGIN, REFERENCES, WORDS, Names, Reference, all_fields
from tests.cluster.scenes import KEY, NAME, publish, token
from tests.sentinels import found, made_up, traces_of
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import CONFIG_MAPS, EVENTS, SECRETS, Kind

SERVICES: Final = Kind("", "v1", "services", "Service")
KINDS: Final = {kind.kind: kind for kind in (RESOURCES, CONSUMERS)}


def test_every_field_is_known_as_a_reference_or_as_words() -> None:
    words = {f"{root}.{path}" for root, paths in WORDS.items() for path in paths.split()}
    fields = all_fields()
    assert fields - words - REFERENCES.keys() == set(), "new fields: does one name an object, a host or a namespace?"
    assert (words | REFERENCES.keys()) - fields == set(), "these are no longer there"


# Those who try, and what they could get


class Listener:
    """Hears who connects to it, and sends everybody elsewhere if told to."""

    def __init__(self, port: int, elsewhere: str) -> None:
        self.port = port
        self.heard: list[bytes] = []
        self._elsewhere = elsewhere

    @classmethod
    @asynccontextmanager
    async def serving(cls, elsewhere: str = "") -> AsyncIterator["Listener"]:
        server = await asyncio.start_server(lambda reader, writer: listener._hear(reader, writer), "127.0.0.1", 0)
        listener = cls(server.sockets[0].getsockname()[1], elsewhere)
        async with server:
            yield listener

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(await reader.read(65536))
        location = f"Location: {self._elsewhere}\r\n" if self._elsewhere else ""
        status = "307 Temporary Redirect" if self._elsewhere else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()
        await writer.wait_closed()


@dataclass(frozen=True)
class Scene:
    control_plane: ControlPlane
    operator: OperatorProcess
    mine: Objects
    yours: Objects
    audit: AuditLog
    listener: Listener

    def author(self, *rules: Document, of: str = "mine") -> User:
        """Somebody who may write our kinds in a namespace, and do what further rules say."""
        namespace = (self.mine if of == "mine" else self.yours).namespace
        return User.with_rights(self.control_plane, namespace, f"author-{made_up(4).lower()}", *rules)

    async def equip(self) -> None:
        """In `mine` is all that a right Resource or consumer names."""
        data = {KEY: token(), "username": made_up(16), "password": made_up(24)}
        documents = secret(NAME, data), secret(LOGIN, data), config_map(NAME, {KEY: "words"})
        for kind, document in zip((SECRETS, SECRETS, CONFIG_MAPS), documents, strict=True):
            await self.mine.client.create(kind, self.mine.namespace, document)

    def stored(self, *documents: Document) -> str:
        """What the API server would store of an administrator with a client that drops unknown fields."""
        options = ("--validate=ignore", "--dry-run=server", "--namespace", self.mine.namespace, "-o", "name")
        sent = json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
        return self.control_plane.kubectl("create", *options, "-f", "-", input=sent, check=False).stdout

    async def outcome(self, document: Document) -> tuple[str, str]:
        """Create it in `mine`; reason and message of its Ready condition, when the operator has looked at it."""
        kind = KINDS[document["kind"]]
        await self.mine.client.create(kind, self.mine.namespace, document)
        return await self.settled(kind, document["metadata"]["name"])

    async def settled(self, kind: Kind, name: str) -> tuple[str, str]:
        def is_settled(body: Document) -> bool:
            status = body["status"]
            return status["observedGeneration"] == body["metadata"]["generation"] and bool(_ready(status))

        body = await self.mine.until_there(kind, name, is_settled)
        (ready,) = _ready(body["status"])
        return ready["reason"], ready["message"]

    def reads_of_yours(self) -> list[str]:
        """The values that the operator read in `yours` since the audit log was marked."""
        self.audit.settle(quiet=2)
        requests = self.audit.requests()
        return [r.name for r in requests if r.verb == "get" and r.namespace == self.yours.namespace]

    async def received(self, *values: str) -> set[str]:
        """Traces of values in `mine`: in its Secrets, in what is said there, at the listener, in the operator's log."""
        secrets = [body async for body in _all(self.mine, SECRETS)]
        texts = [text.decode(errors="replace") for body in secrets for text in decode(body).values()]
        for kind in (CONSUMERS, RESOURCES, EVENTS):
            texts += [json.dumps(body) async for body in _all(self.mine, kind)]
        texts += [heard.decode(errors="replace") for heard in self.listener.heard]
        return found("\n".join((*texts, self.operator.everything_logged())), traces_of(values))


def _ready(status: Document) -> list[Document]:
    return [condition for condition in status.get("conditions", ()) if condition["type"] == "Ready"]


async def _all(objects: Objects, kind: Kind) -> AsyncIterator[Document]:
    async for page in objects.client.list_pages(kind, objects.namespace):
        for item in page["items"]:
            yield item


@pytest.fixture
async def scene(
    control_plane: ControlPlane, operator: OperatorProcess, objects: Objects, _namespaces: Namespaces
) -> AsyncIterator[Scene]:
    yours = f"{objects.namespace}-yours"
    _namespaces.create(yours)
    audit = AuditLog(control_plane.audit_log)
    async with Listener.serving() as listener:
        yield Scene(control_plane, operator, objects, Objects(objects.client, yours), audit, listener)
    _namespaces.delete(yours)


# What is tried

Scenario = Callable[[Scene, Reference], Awaitable[None]]

NO_RIGHT: Final = ("you may not get", "you may not create Secrets")
GET_ALL: Final = rule("", ["secrets"], ["get"])


async def _in_another_namespace(scene: Scene, field: Reference) -> None:
    """The name means the object of the own namespace, where there is none."""
    value = await publish(scene.yours)
    await scene.yours.client.create(CONFIG_MAPS, scene.yours.namespace, config_map(NAME, {KEY: value}))
    await scene.mine.client.create(SECRETS, scene.mine.namespace, secret(LOGIN, {"username": "me", "password": "mine"}))
    scene.audit.mark()
    reason, _ = await scene.outcome(field.document(NAME, scene.mine.namespace))
    assert reason in ("SecretNotFound", "ConfigMapNotFound")
    assert scene.reads_of_yours() == []
    assert await scene.received(value) == set()


async def _named_without_a_right(scene: Scene, field: Reference) -> None:
    answer = scene.author().apply(field.document("yours", scene.mine.namespace))
    assert any(words in answer for words in NO_RIGHT)


async def _illegal_name(scene: Scene, field: Reference) -> None:
    _is_refused(scene, field, f"{scene.yours.namespace}/{NAME}", f"../{NAME}", "/etc/passwd", "..", "a..b", "*", "")


async def _illegal_key(scene: Scene, field: Reference) -> None:
    await scene.equip()
    _is_refused(scene, field, "../key", f"{NAME}/{KEY}", "/etc/passwd", "*", "")
    reason, _ = await scene.outcome(field.document("..", scene.mine.namespace))
    assert reason in ("KeyNotFound", "Rejected")


async def _written_into_another_namespace(scene: Scene, field: Reference) -> None:
    """It is written into the own namespace; who has one of the name keeps it as it is."""
    await scene.equip()
    await scene.yours.create(secret("wanted", {"a": "b"}))
    before = await scene.yours.get(SECRETS, "wanted")
    scene.audit.mark()
    await scene.outcome(field.document("wanted", scene.mine.namespace))
    await scene.mine.until_there(SECRETS, "wanted")
    assert await scene.yours.get(SECRETS, "wanted") == before
    assert [r.name for r in scene.audit.writes() if r.namespace == scene.yours.namespace] == []


async def _written_without_a_right(scene: Scene, field: Reference) -> None:
    answer = scene.author(GET_ALL).apply(field.document("wanted", scene.mine.namespace))
    assert "you may not create Secrets" in answer


async def _taken_without_a_right(scene: Scene, field: Reference) -> None:
    """Neither from the own namespace nor, with consent, from another."""
    author = scene.author(rule("", ["secrets"], ["get", "create"], ["c-bundle"]), rule("", ["secrets"], ["create"]))
    for namespace in (scene.mine.namespace, scene.yours.namespace):
        assert "you may not get all Secrets" in author.apply(field.document(namespace, scene.mine.namespace))


async def _taken_without_consent(scene: Scene, field: Reference) -> None:
    """And what is said does not tell whether there is anything."""
    value = await publish(scene.yours)
    scene.audit.mark()
    answer = await scene.outcome(field.document(scene.yours.namespace, scene.mine.namespace))
    assert scene.reads_of_yours() == []
    assert await scene.received(value) == set()
    nowhere = field.document("no-such-namespace", scene.mine.namespace) | {"metadata": {"name": "nowhere"}}
    reason, words = await scene.outcome(nowhere)
    assert (reason, words.replace("no-such-namespace", scene.yours.namespace)) == answer


async def _no_longer_taken(scene: Scene, field: Reference) -> None:
    value = await _given(scene, field.document(scene.yours.namespace, scene.mine.namespace))
    elsewhere = field.document(scene.mine.namespace, scene.mine.namespace)["spec"]
    await scene.mine.edit(CONSUMERS, "c", lambda body: body.update(spec=elsewhere))
    await _until_withdrawn(scene, value)


async def _given_without_a_right(scene: Scene, field: Reference) -> None:
    await publish(scene.yours)
    given = field.document(scene.mine.namespace, "")["spec"]["allowedNamespaces"]
    patch = json.dumps({"spec": {"allowedNamespaces": given}})
    answer = scene.author(of="yours").kubectl("patch", "tres", NAME, "--type=merge", "--patch", patch)
    assert f"you may not get Secret {NAME}" in answer


async def _given_but_not_taken(scene: Scene, _: Reference) -> None:
    value = await publish(scene.yours, allowedNamespaces=[scene.mine.namespace])
    scene.audit.mark()
    await scene.outcome(consumer("c", scene.mine.namespace))
    assert scene.reads_of_yours() == []
    assert await scene.received(value) == set()


async def _no_longer_given(scene: Scene, _: Reference) -> None:
    value = await _given(scene, consumer("c", scene.yours.namespace))
    await scene.yours.edit_spec(NAME, lambda spec: spec.pop("allowedNamespaces"))
    await _until_withdrawn(scene, value)


async def _given(scene: Scene, document: Document) -> str:
    """With both halves of the consent it arrives: otherwise nothing that is not given would prove anything."""
    value = await publish(scene.yours, allowedNamespaces=[scene.mine.namespace])
    await scene.outcome(document)
    await scene.mine.until_there(SECRETS, "c-bundle", lambda body: value.encode() in b"".join(decode(body).values()))
    assert await scene.received(value) != set()
    return value


async def _until_withdrawn(scene: Scene, value: str) -> None:
    await scene.mine.until_there(
        SECRETS, "c-bundle", lambda body: value.encode() not in b"".join(decode(body).values())
    )
    assert await scene.received(value) == set()


async def _sent_without_a_right(scene: Scene, field: Reference) -> None:
    answer = scene.author(rule("", ["secrets"], ["get"], [LOGIN])).apply(
        field.document(f"http://tracardi.{scene.mine.namespace}.svc", scene.mine.namespace)
    )
    assert "you may not get all Secrets" in answer


async def _sent_to_another_namespace(scene: Scene, field: Reference) -> None:
    service = {"metadata": {"name": "tracardi"}, "spec": {"ports": [{"port": scene.listener.port}]}}
    await scene.yours.client.create(SERVICES, scene.yours.namespace, service)
    host = f"tracardi.{scene.yours.namespace}"
    await _is_not_sent(scene, field, host, f"{host}.svc", f"{host}.svc.cluster.local", f"{host}.svc.cluster.local.")


async def _sent_to_an_external_name(scene: Scene, field: Reference) -> None:
    """Nor to a Service without an address of its own, which DNS answers for."""
    for name, spec in {
        "out": {"type": "ExternalName", "externalName": "localhost"},
        "headless": {"clusterIP": "None"},
    }.items():
        service = {"metadata": {"name": name}, "spec": spec | {"ports": [{"port": scene.listener.port}]}}
        await scene.mine.client.create(SERVICES, scene.mine.namespace, service)
    hosts = (f"{name}.{scene.mine.namespace}.svc" for name in ("out", "headless", "no-such-service"))
    await _is_not_sent(scene, field, *hosts)


LOOPBACK: Final = "127.0.0.1 localhost [::1] 127.1 2130706433 0x7f.1 0.0.0.0 [::] [::ffff:127.0.0.1] 127.0.0.1."


async def _sent_to_loopback(scene: Scene, field: Reference) -> None:
    await _is_not_sent(scene, field, *LOOPBACK.split())
    scene.operator.stop()
    scene.operator.restart("--allowed-hosts", "localhost")
    scene.operator.wait_until_ready()
    document = field.document(f"http://localhost:{scene.listener.port}", scene.mine.namespace)
    reason, message = await scene.outcome(document | {"metadata": {"name": "listed"}})
    assert (reason, scene.listener.heard) == ("NotAllowed", [])
    assert "loopback" in message


async def _sent_to_link_local(scene: Scene, field: Reference) -> None:
    await _is_not_sent(scene, field, "169.254.169.254", "[fe80::1]", "2852039166", "metadata.google.internal")


async def _sent_elsewhere(scene: Scene, field: Reference) -> None:
    async with Listener.serving(f"http://127.0.0.1:{scene.listener.port}/user/token") as redirecting:
        scene.operator.stop()
        scene.operator.restart("--allowed-hosts", f"127.0.0.1:{redirecting.port}")
        scene.operator.wait_until_ready()
        await scene.equip()
        document = field.document(f"http://127.0.0.1:{redirecting.port}", scene.mine.namespace)
        reason, _ = await scene.outcome(document)
        assert redirecting.heard
    assert (reason in ("Rejected", "Unreachable"), scene.listener.heard) == (True, [])


async def _sent_to_an_illegal_host(scene: Scene, field: Reference) -> None:
    mine = f"{scene.mine.namespace}.svc"
    _is_refused(scene, field, "file:///etc/passwd", "//tracardi", "tracardi", "http://a/?b", "http://a b")
    _is_refused(scene, field, *(f"http://127.0.0.1{sign}.{mine}" for sign in "#\\%?"), f"http://me:you@tracardi.{mine}")
    await _is_not_sent(
        scene, field, f"tracardi.{mine}.example.test", f".{mine}", f"a.tracardi.{mine}", f"..{mine}", "."
    )


def _is_refused(scene: Scene, field: Reference, *values: str) -> None:
    assert scene.stored(*(field.document(value, scene.mine.namespace) for value in values)) == ""


async def _is_not_sent(scene: Scene, field: Reference, *hosts: str) -> None:
    await scene.equip()
    for index, host in enumerate(hosts):
        document = field.document(f"http://{host}:{scene.listener.port}/", scene.mine.namespace)
        reason, _ = await scene.outcome(document | {"metadata": {"name": f"c{index}"}})
        assert (reason, scene.listener.heard) == ("NotAllowed", []), host


class Hazard(StrEnum):
    OTHER_NAMESPACE = "other namespace"
    MISSING_RIGHT = "missing right"
    NO_CONSENT = "consent missing"
    WITHDRAWN = "consent withdrawn"
    EXTERNAL_NAME = "ExternalName"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    REDIRECT = "redirect"
    SLASHES = "slashes or dots"


SCENARIOS: Final[dict[Names, dict[Hazard, Scenario]]] = {
    Names.OBJECT: {
        Hazard.OTHER_NAMESPACE: _in_another_namespace,
        Hazard.MISSING_RIGHT: _named_without_a_right,
        Hazard.SLASHES: _illegal_name,
    },
    Names.KEY: {Hazard.SLASHES: _illegal_key},
    Names.WRITTEN: {
        Hazard.OTHER_NAMESPACE: _written_into_another_namespace,
        Hazard.MISSING_RIGHT: _written_without_a_right,
        Hazard.SLASHES: _illegal_name,
    },
    Names.GIVER: {
        Hazard.MISSING_RIGHT: _taken_without_a_right,
        Hazard.NO_CONSENT: _taken_without_consent,
        Hazard.WITHDRAWN: _no_longer_taken,
        Hazard.SLASHES: _illegal_name,
    },
    Names.RECEIVER: {
        Hazard.MISSING_RIGHT: _given_without_a_right,
        Hazard.NO_CONSENT: _given_but_not_taken,
        Hazard.WITHDRAWN: _no_longer_given,
        Hazard.SLASHES: _illegal_name,
    },
    Names.HOST: {
        Hazard.OTHER_NAMESPACE: _sent_to_another_namespace,
        Hazard.MISSING_RIGHT: _sent_without_a_right,
        Hazard.EXTERNAL_NAME: _sent_to_an_external_name,
        Hazard.LOOPBACK: _sent_to_loopback,
        Hazard.LINK_LOCAL: _sent_to_link_local,
        Hazard.REDIRECT: _sent_elsewhere,
        Hazard.SLASHES: _sent_to_an_illegal_host,
    },
}
"""Consent is between namespaces, the network is for hosts, and a key is of an object that is held to the rest."""

MATRIX: Final = [(path, hazard) for path, field in REFERENCES.items() for hazard in SCENARIOS[field.names]]


@pytest.mark.parametrize(("path", "hazard"), MATRIX, ids=[f"{path}-{hazard}" for path, hazard in MATRIX])
async def test_nothing_is_given_away(scene: Scene, path: str, hazard: Hazard) -> None:
    await SCENARIOS[REFERENCES[path].names][hazard](scene, REFERENCES[path])


@pytest.mark.parametrize("kept", ["the new input is bad", "the Resource is suspended"])
async def test_who_may_not_get_what_is_published_gives_it_to_no_namespace(scene: Scene, kept: str) -> None:
    """He names a Secret that he may get, and the last good output of another one stays: in its own namespace."""
    value = await publish(scene.yours)
    await scene.yours.create(secret("bait", {KEY: "<placeholder>"}))
    mallory = scene.author(rule("", ["secrets"], ["get"], ["bait"]), of="yours")
    production = {"fields": {"token": reference("secretKeyRef", "bait", KEY)}}
    spec: Document = {"credentials": {"production": production}, "allowedNamespaces": [scene.mine.namespace]}
    spec |= {"suspend": True} if kept == "the Resource is suspended" else {}
    patch = json.dumps({"spec": spec})
    assert mallory.kubectl("patch", "tres", NAME, "--type=merge", "--patch", patch) == ""
    await scene.yours.until_reason(NAME, "Suspended" if "suspend" in spec else "Placeholder")
    await scene.outcome(consumer("c", scene.yours.namespace))
    assert await scene.received(value) == set()
