"""The objects of one namespace, as an administrator changes and sees them."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.cluster.builders import Document
from tests.cluster.sessions import client
from tracardi_operator.api.status import Condition, EnvironmentStatus, ResourceStatus
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import Conflict, NotFound
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind

DEADLINE = 240.0
"""Seconds. A wait fails after it, and nothing is said about speed: the garbage collector takes long at times."""
PAUSE = 0.02

Data = Mapping[str, str | bytes]
KINDS = {kind.kind: kind for kind in (SECRETS, CONFIG_MAPS, RESOURCES, CONSUMERS)}


def secret(name: str, data: Data) -> Document:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": encode(data)}


def config_map(name: str, data: Mapping[str, str]) -> Document:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": dict(data)}


def encode(data: Data) -> dict[str, str]:
    raw = {key: value.encode() if isinstance(value, str) else value for key, value in data.items()}
    return {key: base64.b64encode(value).decode() for key, value in raw.items()}


def decode(body: Document) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in body.get("data", {}).items()}


class Objects:
    def __init__(self, client: Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace

    @classmethod
    @asynccontextmanager
    async def of(cls, kubeconfig: Path, namespace: str) -> AsyncIterator["Objects"]:
        async with client(kubeconfig) as opened:
            yield cls(opened, namespace)

    async def create(self, *bodies: Document) -> None:
        for body in bodies:
            await self.client.create(KINDS[body["kind"]], self.namespace, body)

    async def get(self, kind: Kind, name: str) -> Document:
        return await self.client.get(kind, self.namespace, name)

    async def edit(self, kind: Kind, name: str, change: Callable[[Document], object]) -> Document:
        """Read, change, write; again if somebody else wrote in between."""
        while True:
            body = await self.get(kind, name)
            change(body)
            try:
                return await self.client.replace(kind, self.namespace, name, body)
            except Conflict:
                continue

    async def edit_spec(self, name: str, change: Callable[[Document], object]) -> Document:
        return await self.edit(RESOURCES, name, lambda body: change(body["spec"]))

    async def store(self, name: str, data: Data) -> Document:
        """Give a Secret these data and no others."""
        return await self.edit(SECRETS, name, lambda body: body.update(data=encode(data)))

    async def delete(self, kind: Kind, name: str, propagation: str | None = None) -> None:
        await self.client.delete(kind, self.namespace, name, propagation=propagation)

    async def until(self, kind: Kind, name: str, holds: Callable[[Document | None], bool]) -> Document | None:
        """The first state of an object (None: there is none) of which `holds` is true."""
        deadline = time.monotonic() + DEADLINE
        while not holds(state := await self.find(kind, name)):
            assert time.monotonic() < deadline, f"waited in vain; {kind} {name!r} is: {json.dumps(_bare(state))}"
            await asyncio.sleep(PAUSE)
        return state

    async def until_there(self, kind: Kind, name: str, holds: Callable[[Document], bool] = bool) -> Document:
        state = await self.until(kind, name, lambda body: body is not None and holds(body))
        assert state is not None
        return state

    async def until_gone(self, kind: Kind, name: str) -> None:
        await self.until(kind, name, lambda body: body is None)

    async def until_status(self, name: str, holds: Callable[[ResourceStatus], bool]) -> ResourceStatus:
        """The first status that is about the present generation and of which `holds` is true."""

        def is_so(body: Document) -> bool:
            return body["status"]["observedGeneration"] == body["metadata"]["generation"] and holds(status_of(body))

        return status_of(await self.until_there(RESOURCES, name, is_so))

    async def until_ready(self, name: str) -> ResourceStatus:
        return await self.until_reason(name, "Ready")

    async def until_reason(self, name: str, reason: str) -> ResourceStatus:
        """The first status whose Ready condition gives this reason."""
        return await self.until_status(name, lambda status: reason_of(status) == reason)

    async def until_value(self, output: str, key: str, value: str) -> Document:
        """The first state of an output that holds this value."""
        return await self.until_there(SECRETS, output, lambda body: decode(body).get(key) == value.encode())

    async def status(self, name: str) -> ResourceStatus:
        return status_of(await self.get(RESOURCES, name))

    async def find(self, kind: Kind, name: str) -> Document | None:
        try:
            return await self.get(kind, name)
        except NotFound:
            return None


def status_of(body: Document) -> ResourceStatus:
    return ResourceStatus.model_validate(body["status"])


def condition(status: ResourceStatus, kind: str) -> Condition | None:
    return next((c for c in status.conditions or () if c.type == kind), None)


def ready(status: ResourceStatus) -> Condition:
    found = condition(status, "Ready")
    assert found is not None
    return found


def reason_of(status: ResourceStatus) -> str | None:
    found = condition(status, "Ready")
    return found.reason if found else None


def production(status: ResourceStatus) -> EnvironmentStatus:
    assert status.environments is not None
    return status.environments["production"]


def _bare(state: Document | None) -> Any:
    """Without what makes a failure's message unreadable."""
    if state is None:
        return None
    metadata = {key: value for key, value in state["metadata"].items() if key != "managedFields"}
    return {**state, "metadata": metadata}
