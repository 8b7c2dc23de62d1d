"""Objects of our kinds as the API server has them at each moment of their lives."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.builders import Document, consumer, reference, resource
from tests.cluster.objects import DEADLINE, PAUSE, Objects, secret
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import KEY, token
from tests.sentinels import made_up
from tracardi_operator.api.names import API_VERSION
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.control.type_sync import RESOURCE_TYPES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.errors import Conflict
from tracardi_operator.kube.kinds import SECRETS, Kind

NAMESPACE = "phases"
TYPE = "acme"
LABELS = {"phase": "ready"}
"""Of the Resources that consumer `served` takes: one that is ready."""
PLACEHOLDER = {KEY: "<placeholder>"}


def capture(plane: ControlPlane, log: Path) -> dict[str, Document]:
    """An object in each phase, by the name of the phase."""
    plane.kubectl("create", "namespace", NAMESPACE)
    return asyncio.run(_play(plane, log))


async def _play(plane: ControlPlane, log: Path) -> dict[str, Document]:
    async with Objects.of(plane.kubeconfig, NAMESPACE) as objects:
        scene = Scene(objects)
        await scene.create()
        with OperatorProcess.of(plane, log) as operator:
            await scene.settle()
            await scene.disturb()
        await scene.change_unseen()
        operator.restart()
        with operator:
            await scene.recover()
        return scene.seen


@dataclass(slots=True)
class Scene:
    """Brings objects into each phase and keeps what the API server says of them then."""

    objects: Objects
    seen: dict[str, Document] = field(default_factory=dict)

    async def create(self) -> None:
        """Nothing acts on these yet."""
        await self._create(RESOURCE_TYPES, _type("acme_[0-9a-f]{32}"))
        for name in ("good", "broken", "bereft", "held", "doomed"):
            await self.objects.create(secret(name, {KEY: token()}))
        await self.objects.create(secret("bad", PLACEHOLDER), secret("custom", {KEY: f"acme_{'0f1e2d3c' * 4}"}))
        for name in ("good", "awaited", "bad", "broken", "bereft", "held", "doomed", "custom"):
            await self._create(RESOURCES, _resource(name))
        for body in _consumers():
            await self._create(CONSUMERS, body)
        await self._keep("created", RESOURCES, "good")
        await self._keep("type created", RESOURCE_TYPES, TYPE)
        await self._keep("consumer created", CONSUMERS, "served")

    async def settle(self) -> None:
        """The operator's first verdicts."""
        await self._until("ready", RESOURCES, "good", "Ready")
        await self._until("its Secret is awaited", RESOURCES, "awaited", "SecretNotFound")
        await self._until("a value is bad", RESOURCES, "bad", "Placeholder")
        for name in ("broken", "bereft", "held", "doomed", "custom"):
            await self.objects.until_ready(name)
        await self._until("type ready", RESOURCE_TYPES, TYPE, "Ready")
        await self._until("consumer ready", CONSUMERS, "served", "Ready")
        await self._until("consumer lacks a Resource", CONSUMERS, "greedy", "Incomplete")
        await self._until("consumer awaits its login", CONSUMERS, "stray", "SecretNotFound")
        await self.objects.create(secret("login", {"username": "operator", "password": made_up(24)}))
        await self._until("consumer has a forbidden host", CONSUMERS, "stray", "NotAllowed")

    async def disturb(self) -> None:
        await self.objects.store("broken", PLACEHOLDER)
        await self._until("a value is bad, the last good one is served", RESOURCES, "broken", "Placeholder")
        await self.objects.delete(SECRETS, "bereft")
        await self._until("its Secret is gone, the last good value is served", RESOURCES, "bereft", "SecretNotFound")
        await self._edit(RESOURCES, "held", _suspend)
        await self._until("suspended", RESOURCES, "held", "Suspended")
        await self._edit(CONSUMERS, "greedy", _suspend)
        await self._until("consumer suspended", CONSUMERS, "greedy", "Suspended")
        await self.objects.delete(RESOURCES, "doomed")
        await self._keep("being deleted", RESOURCES, "doomed")
        await self._edit(RESOURCE_TYPES, TYPE, lambda spec: spec.update(_type("acme_(?=x)")["spec"]))
        await self._until("type broken", RESOURCE_TYPES, TYPE, "InvalidSpec")
        await self._edit(RESOURCES, "custom", _describe)
        await self._until("its type is broken", RESOURCES, "custom", "UnknownType")

    async def change_unseen(self) -> None:
        """Nobody acts on these changes."""
        for phase, name, change in (
            ("changed, was ready", "good", _describe),
            ("changed, was bad", "bad", _describe),
            ("changed, was awaited", "awaited", _describe),
            ("changed, was suspended", "held", _resume),
            ("suspended, not yet seen", "broken", _suspend),
        ):
            await self._edit(RESOURCES, name, change)
            await self._keep(phase, RESOURCES, name)
        await self._edit(RESOURCE_TYPES, TYPE, lambda spec: spec.update(_type("acme_[0-9a-f]+")["spec"]))
        await self._keep("type changed", RESOURCE_TYPES, TYPE)
        await self._edit(CONSUMERS, "served", lambda spec: spec["bundle"].update(format="env"))
        await self._keep("consumer changed", CONSUMERS, "served")

    async def recover(self) -> None:
        await self._until("ready after a change", RESOURCES, "good", "Ready")
        await self._until("ready after it was suspended", RESOURCES, "held", "Ready")
        await self.objects.create(secret("awaited", {KEY: token()}))
        await self._until("ready after its Secret came", RESOURCES, "awaited", "Ready")
        await self.objects.store("bad", {KEY: token()})
        await self._until("ready after a bad value", RESOURCES, "bad", "Ready")
        await self._until("consumer ready after a change", CONSUMERS, "served", "Ready")

    async def _keep(self, phase: str, kind: Kind, name: str) -> None:
        self.seen[phase] = await self._get(kind, name)

    async def _until(self, phase: str, kind: Kind, name: str, reason: str) -> None:
        """Keep the first state that is about the present generation and whose Ready condition gives this reason."""
        deadline = time.monotonic() + DEADLINE
        while not _has_reason(body := await self._get(kind, name), reason):
            assert time.monotonic() < deadline, (phase, body["status"])
            await asyncio.sleep(PAUSE)
        self.seen[phase] = body

    async def _get(self, kind: Kind, name: str) -> Document:
        return await self.objects.client.get(kind, self._namespace(kind), name)

    async def _create(self, kind: Kind, body: Document) -> None:
        await self.objects.client.create(kind, self._namespace(kind), body)

    async def _edit(self, kind: Kind, name: str, change: Callable[[Document], object]) -> None:
        """Again if the operator writes status in between."""
        while True:
            body = await self._get(kind, name)
            change(body["spec"])
            try:
                await self.objects.client.replace(kind, self._namespace(kind), name, body)
            except Conflict:
                continue
            return

    def _namespace(self, kind: Kind) -> str | None:
        return None if kind is RESOURCE_TYPES else self.objects.namespace


def _has_reason(body: Document, reason: str) -> bool:
    status = body["status"]
    reasons = [condition["reason"] for condition in status.get("conditions", ()) if condition["type"] == "Ready"]
    return status["observedGeneration"] == body["metadata"]["generation"] and reasons == [reason]


def _resource(name: str) -> Document:
    if name == "custom":
        return resource(name, {"key": reference("secretKeyRef", name, KEY)}, type=TYPE)
    body = resource(name, {"token": reference("secretKeyRef", name, KEY)})
    body["metadata"]["labels"] = LABELS if name == "good" else {}
    body["metadata"]["finalizers"] = ["example.com/hold"] if name == "doomed" else []
    return body


def _type(pattern: str) -> Document:
    fields = [{"name": "key", "sensitive": True, "required": True, "pattern": pattern, "expected": "a key"}]
    spec = {"title": "Acme", "fields": fields}
    return {"apiVersion": API_VERSION, "kind": "ResourceType", "metadata": {"name": TYPE}, "spec": spec}


def _consumers() -> list[Document]:
    stray = {"url": "https://elsewhere.example", "login": {"name": "login"}, "testFallback": "Nothing"}
    selected = [{"namespace": NAMESPACE, "selector": {"matchLabels": LABELS}}]
    return [
        consumer("served", **{"from": selected}),
        consumer("greedy", NAMESPACE),
        consumer("stray", NAMESPACE, tracardi=stray),
    ]


def _describe(spec: Document) -> None:
    spec["description"] = "another"


def _suspend(spec: Document) -> None:
    spec["suspend"] = True


def _resume(spec: Document) -> None:
    del spec["suspend"]
