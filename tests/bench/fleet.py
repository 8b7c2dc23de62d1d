"""Many Resources, each with a Secret of its own; and Secrets that no Resource names."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from tracardi_operator.api.names import API_VERSION
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.kinds import SECRETS

AT_ONCE = 16
TOKEN = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"

CROWD_NAMESPACES = 50
BIG_BYTES = 1 << 20
"""Of data, the most that a Secret may have."""
BIG_EVERY, APPLIED_EVERY = 500, 10
"""Of the unrelated Secrets each 500th is big, and each tenth has its own content in an annotation, as kubectl does."""
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

Count = Callable[[int], object]
"""Told how many are done."""


def nobody(done: int) -> None:
    """Is told."""


async def for_each(count: int, do: Callable[[int], Awaitable[object]], tell: Count = nobody) -> float:
    """Do it for 0 … count - 1, so many at once. Returns the seconds it took."""
    slots = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def one(index: int) -> None:
        nonlocal done
        async with slots:
            await do(index)
        tell(done := done + 1)

    started = perf_counter()
    async with asyncio.TaskGroup() as group:
        for index in range(count):
            group.create_task(one(index))
    return perf_counter() - started


def token(serial: int) -> str:
    """Another value for each number, and never `TOKEN`."""
    return f"{TOKEN[:-6]}{serial:06d}"


async def change_token(client: Client, namespace: str, index: int, serial: int | None = None) -> None:
    """The value of this number, or that of its own index, in the Secret of one Resource."""
    value = token(index if serial is None else serial)
    await client.replace(SECRETS, namespace, f"s{index}", secret(f"s{index}", {"token": value}))


async def seed(client: Client, namespace: str, count: int, first: int = 0, tell: Count = nobody) -> None:
    """Resources r0, r1, … that take `token` from the Secrets s0, s1, …"""

    async def one(offset: int) -> None:
        index = first + offset
        await client.create(SECRETS, namespace, secret(f"s{index}", {"token": TOKEN}))
        await client.create(RESOURCES, namespace, resource(f"r{index}", f"s{index}"))

    await for_each(count - first, one, tell)


async def seed_crowd(client: Client, count: int, tell: Count = nobody) -> None:
    """Secrets that no Resource names, spread over the namespaces crowd-0, crowd-1, …, which exist."""

    async def one(index: int) -> None:
        await client.create(SECRETS, f"crowd-{index % CROWD_NAMESPACES}", unrelated(index))

    await for_each(count, one, tell)


def unrelated(index: int) -> dict[str, Any]:
    size = BIG_BYTES if index % BIG_EVERY == 0 else 300
    body = secret(f"unrelated-{index}", {"data": "x" * size})
    if index % APPLIED_EVERY == 1:
        body["metadata"]["annotations"] = {APPLIED: json.dumps(body)}
    return body


def secret(name: str, data: dict[str, str]) -> dict[str, Any]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": encoded}


def resource(name: str, secret_name: str) -> dict[str, Any]:
    credentials = {"production": {"secretRef": {"name": secret_name}}}
    spec = {"type": "sendgrid", "credentials": credentials}
    return {"apiVersion": API_VERSION, "kind": "Resource", "metadata": {"name": name}, "spec": spec}
