"""How soon a change of an input is readable in the output, idle and beside a steady load of other changes."""

import asyncio
import base64
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter

from tests.bench.bare import BareClient, output_name
from tests.bench.fleet import change_token, token
from tests.bench.samples import Failed
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.kinds import SECRETS

PROBE = 0
"""The Resource whose input is edited."""
PAUSE = 0.03
"""Seconds after each edit, for the status of the one before."""
LOADED = 101
"""The probe and those beside it that the load is on: no backlog is longer."""
LOADERS, LOADER_PAUSE = 8, 0.15
"""So many change inputs one after the other, each with so many seconds in between: some 50 changes a second."""
WAIT, STREAM_SECONDS = 120.0, 3600

Seen = asyncio.Queue[tuple[str, float]]
"""The tokens that an output held, each with the moment when it was seen."""

Change = Callable[[int], Awaitable[None]]
Edit = Callable[[], Awaitable[float]]
"""Edits the probe's input and returns the seconds that count."""

serials = itertools.count(1)
"""No value comes twice."""


async def bare_edits(bare: BareClient, admin: Client, namespace: str, edits: int) -> list[float]:
    """Seconds that GET, PUT and apply take in a row, after each of so many edits."""

    async def edit() -> float:
        await change_token(admin, namespace, PROBE, next(serials))
        started = perf_counter()
        await bare.republish(namespace, PROBE)
        return perf_counter() - started

    return await _repeated(edit, edits)


async def edits_through(admin: Client, namespace: str, edits: int) -> list[float]:
    """Seconds from the moment an edit is sent until a watch tells of the output that holds the new value."""
    async with _watching(admin, namespace, output_name(PROBE)) as seen:

        async def edit() -> float:
            serial = next(serials)
            started = perf_counter()
            await change_token(admin, namespace, PROBE, serial)
            return await _arrival(seen, token(serial)) - started

        return await _repeated(edit, edits)


@asynccontextmanager
async def load(count: int, change: Change) -> AsyncIterator[None]:
    """While the block runs, change the inputs of other Resources in turn, some 50 a second.

    A slow machine gets less of it: who changes waits for what was begun.
    """
    stopped = asyncio.Event()

    async def keep_changing(first: int) -> None:
        for index in itertools.cycle(range(first, min(count, LOADED), LOADERS)):
            await asyncio.sleep(LOADER_PAUSE)
            if stopped.is_set():
                return
            await change(index)

    changing = [asyncio.create_task(keep_changing(PROBE + 1 + loader)) for loader in range(LOADERS)]
    try:
        yield
    finally:
        stopped.set()
        await asyncio.gather(*changing)


async def _repeated(edit: Edit, edits: int) -> list[float]:
    times = []
    for _ in range(edits):
        times.append(await edit())
        await asyncio.sleep(PAUSE)
    return times


async def _arrival(seen: Seen, value: str) -> float:
    """When this value was seen. Raises Failed if it is not seen at all."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WAIT):
            while (arrival := await seen.get())[0] != value:
                pass
            return arrival[1]
    raise Failed(f"an edit was not seen in the output within {WAIT:.0f} s")


@asynccontextmanager
async def _watching(client: Client, namespace: str, name: str) -> AsyncIterator[Seen]:
    """What a Secret holds from now on."""
    seen: Seen = asyncio.Queue()
    selector = f"metadata.name={name}"

    async def follow() -> None:
        async with client.watch(
            SECRETS,
            namespace,
            resource_version="",
            field_selector=selector,
            initial_events=True,
            timeout_seconds=STREAM_SECONDS,
        ) as events:
            async for event in events:
                if event.type in ("ADDED", "MODIFIED"):
                    seen.put_nowait((base64.b64decode(event.object["data"]["token"]).decode(), perf_counter()))

    watch = asyncio.create_task(follow())
    try:
        await seen.get()
        yield seen
    finally:
        watch.cancel()
        await asyncio.wait([watch])
