"""The requests that publishing takes, sent by a client that knows nothing and checks nothing: what times are held to.

What it writes is as large as what the operator writes, and changes as that does: the API server stores no write that
changes nothing, and would be done sooner.
"""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from tests.bench.fleet import Count, for_each, nobody, secret
from tracardi_operator.api.names import API_VERSION, MANAGER
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind
from tracardi_operator.kube.session import Connection

PAGE = 500
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
APPLY = "application/apply-patch+yaml"


class BareClient:
    """aiohttp, and the requests of one Resource one after the other."""

    def __init__(self, connection: Connection, session: aiohttp.ClientSession) -> None:
        self._server = connection.server
        self._session = session
        self._revisions = itertools.count(1)

    async def publish(self, namespace: str, index: int) -> None:
        """GET the input, POST the output and apply the status of one Resource."""
        await self._publish(namespace, index, "POST", SECRETS.path(namespace))

    async def republish(self, namespace: str, index: int) -> None:
        """The same with a PUT of the output."""
        await self._publish(namespace, index, "PUT", SECRETS.path(namespace, output_name(index)))

    async def publish_all(self, namespace: str, count: int, tell: Count = nobody) -> float:
        """Returns the seconds it took."""
        return await for_each(count, lambda index: self.publish(namespace, index), tell)

    async def republish_all(self, namespace: str, count: int, change: Callable[[int], Awaitable[object]]) -> float:
        """Change each input, and republish it as soon as it is changed. In seconds."""
        changed: asyncio.Queue[int] = asyncio.Queue()

        async def change_one(index: int) -> None:
            await change(index)
            changed.put_nowait(index)

        async def republish_one(_: int) -> None:
            await self.republish(namespace, await changed.get())

        async with asyncio.TaskGroup() as group:
            group.create_task(for_each(count, change_one))
            return await group.create_task(for_each(count, republish_one))

    async def read(self, namespace: str, name: str) -> None:
        """GET one Secret."""
        await self.send("GET", SECRETS.path(namespace, name))

    async def tell_consumer(self, namespace: str, name: str, count: int) -> None:
        """Apply the status of a ResourceConsumer that so many Resources are delivered to."""
        status = _consumer_status(count, next(self._revisions))
        await self._apply_status(CONSUMERS, namespace, name, status)

    async def send(self, method: str, path: str, **options: Any) -> Any:
        """The answer to one request. Raises aiohttp's errors."""
        async with self._session.request(method, self._server + path, **options) as response:
            answer = await response.json()
            response.raise_for_status()
            return answer

    async def list_all(self) -> None:
        """What is to be known of a cluster at a start: all Resources, and the metadata of Secrets and ConfigMaps."""
        await self._list(RESOURCES.path(None), "application/json")
        for kind in (SECRETS, CONFIG_MAPS):
            await self._list(kind.path(None), METADATA_LIST)

    async def _list(self, path: str, accept: str) -> None:
        position = ""
        while True:
            query = {"limit": str(PAGE)} | ({"continue": position} if position else {})
            page = await self.send("GET", path, params=query, headers={"Accept": accept})
            if not (position := page["metadata"].get("continue", "")):
                return

    async def _publish(self, namespace: str, index: int, method: str, path: str) -> None:
        revision = next(self._revisions)
        read = await self.send("GET", SECRETS.path(namespace, f"s{index}"))
        written = await self.send(method, path, json=_output(index, read["data"]["token"], revision))
        status = _status(index, revision, written["metadata"]["resourceVersion"])
        await self._apply_status(RESOURCES, namespace, f"r{index}", status)

    async def _apply_status(self, kind: Kind, namespace: str, name: str, status: dict[str, Any]) -> None:
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": API_VERSION, "kind": kind.kind, "metadata": metadata, "status": status}
        path = f"{kind.path(namespace, name, 'status')}?fieldManager={MANAGER}&force=true"
        await self.send("PATCH", path, data=json.dumps(body), headers={"Content-Type": APPLY})


def output_name(index: int) -> str:
    return f"r{index}-production-resolved"


def _output(index: int, token: str, revision: int) -> dict[str, Any]:
    body = secret(output_name(index), {"type": "sendgrid", "provider": "sendgrid", "credentials.json": "x" * 80})
    body["data"]["token"] = token
    body["metadata"] |= {
        "labels": {f"tracardi.com/{label}": f"r{index}" for label in ("resource", "environment", "type", "managed-by")},
        "annotations": {"tracardi.com/provenance": "x" * 150, "tracardi.com/revision": str(revision)},
    }
    return body


def _status(index: int, revision: int, resource_version: str) -> dict[str, Any]:
    output = {"name": output_name(index), "resourceVersion": resource_version}
    return {
        "observedGeneration": 1,
        "conditions": [_condition(kind) for kind in ("Ready", "Resolved", "Valid", "Published")],
        "environments": {"production": {"ready": True, "revision": revision, "observed": "0" * 16, "output": output}},
        "binding": {"name": output["name"]},
    }


def _consumer_status(count: int, revision: int) -> dict[str, Any]:
    return {
        "observedGeneration": 1,
        "conditions": [_condition(kind) for kind in ("Ready", "Delivered")],
        "resources": count,
        "revision": revision,
        "observed": "0" * 16,
    }


def _condition(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "reason": kind,
        "message": "all outputs hold the present values",
    }
