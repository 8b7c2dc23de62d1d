"""Many Resources, each with a Secret of its own, and the requests that publishing them takes, done by a bare client."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import aiohttp

from tracardi_operator.api.names import API_VERSION, MANAGER
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.session import Connection

AT_ONCE = 16
TOKEN = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"
TYPES = ("Ready", "Resolved", "Valid", "Published")


async def for_each(count: int, do: Callable[[int], Awaitable[object]]) -> float:
    """Do it for 0 … count - 1, so many at once. Returns the seconds it took."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> None:
        async with slots:
            await do(index)

    started = perf_counter()
    async with asyncio.TaskGroup() as group:
        for index in range(count):
            group.create_task(one(index))
    return perf_counter() - started


async def change_token(client: Client, namespace: str, index: int) -> None:
    """Another value in the Secret of one Resource."""
    await client.replace(SECRETS, namespace, f"s{index}", secret(f"s{index}", {"token": token(index)}))


def token(index: int) -> str:
    """Another one than `TOKEN`."""
    return f"{TOKEN[:-6]}{index:06d}"


async def seed(client: Client, namespace: str, count: int) -> None:
    """Resources r0, r1, … that take `token` from the Secrets s0, s1, …"""

    async def one(index: int) -> None:
        await client.create(SECRETS, namespace, secret(f"s{index}", {"token": TOKEN}))
        await client.create(RESOURCES, namespace, resource(f"r{index}", f"s{index}"))

    await for_each(count, one)


def secret(name: str, data: dict[str, str]) -> dict[str, Any]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": encoded}


def resource(name: str, secret_name: str) -> dict[str, Any]:
    credentials = {"production": {"secretRef": {"name": secret_name}}}
    spec = {"type": "sendgrid", "credentials": credentials}
    return {"apiVersion": API_VERSION, "kind": "Resource", "metadata": {"name": name}, "spec": spec}


class BareClient:
    """The least that can do the work: aiohttp, and the requests one after the other. Knows nothing, checks nothing."""

    def __init__(self, connection: Connection, session: aiohttp.ClientSession) -> None:
        self._server = connection.server
        self._session = session

    async def publish_all(self, namespace: str, count: int) -> float:
        """GET the input, POST the output and apply the status of each Resource. Returns the seconds it took."""

        async def one(index: int) -> None:
            await self._request("GET", SECRETS.path(namespace, f"s{index}"))
            await self._request("POST", SECRETS.path(namespace), json=_output(f"r{index}"))
            await self._apply_status(namespace, f"r{index}")

        return await for_each(count, one)

    async def republish_all(self, namespace: str, count: int, change: Callable[[int], Awaitable[object]]) -> float:
        """Change each input, and as soon as it is changed GET it, PUT the output and apply the status. In seconds."""
        changed: asyncio.Queue[int] = asyncio.Queue()

        async def change_one(index: int) -> None:
            await change(index)
            changed.put_nowait(index)

        async def publish_one(_: int) -> None:
            index = await changed.get()
            await self._request("GET", SECRETS.path(namespace, f"s{index}"))
            output = _output(f"r{index}")
            await self._request("PUT", SECRETS.path(namespace, output["metadata"]["name"]), json=output)
            await self._apply_status(namespace, f"r{index}")

        async with asyncio.TaskGroup() as group:
            group.create_task(for_each(count, change_one))
            return await group.create_task(for_each(count, publish_one))

    async def _apply_status(self, namespace: str, name: str) -> None:
        body = {
            "apiVersion": API_VERSION,
            "kind": "Resource",
            "metadata": {"name": name, "namespace": namespace},
            "status": _status(name),
        }
        path = f"{RESOURCES.path(namespace, name, 'status')}?fieldManager={MANAGER}&force=true"
        headers = {"Content-Type": "application/apply-patch+yaml"}
        await self._request("PATCH", path, data=json.dumps(body), headers=headers)

    async def _request(self, method: str, path: str, **options: Any) -> None:
        async with self._session.request(method, self._server + path, **options) as response:
            await response.json()
            response.raise_for_status()


def _output(name: str) -> dict[str, Any]:
    data = {
        "token": TOKEN,
        "type": "sendgrid",
        "provider": "sendgrid",
        "credentials.json": json.dumps({"token": TOKEN}),
    }
    body = secret(f"{name}-production-resolved", data)
    body["metadata"] |= {
        "labels": {f"tracardi.com/{label}": name for label in ("resource", "environment", "type", "managed-by")},
        "annotations": {"tracardi.com/provenance": "x" * 150, "tracardi.com/revision": "1"},
    }
    return body


def _status(name: str) -> dict[str, Any]:
    output = {"name": f"{name}-production-resolved", "resourceVersion": "1234"}
    return {
        "observedGeneration": 1,
        "conditions": [
            {
                "type": kind,
                "status": "True",
                "observedGeneration": 1,
                "lastTransitionTime": "2026-01-01T00:00:00Z",
                "reason": kind,
                "message": "all outputs hold the present values",
            }
            for kind in TYPES
        ],
        "environments": {"production": {"ready": True, "revision": 1, "observed": "0" * 16, "output": output}},
        "binding": {"name": output["name"]},
    }
