"""How soon an edit is readable in the output, as a ratio to bare requests measured in the same run."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
import yaml

from tests.cluster.builders import Document, resource
from tests.cluster.install import ROOT
from tests.cluster.objects import Objects, decode, encode, production, secret
from tests.cluster.scenes import FIELDS, KEY, NAME, OUTPUT, output, publish, token
from tracardi_operator.api.names import ANNOTATION_REVISION
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.kinds import SECRETS, Kind

pytestmark = pytest.mark.usefixtures("operator")

EDITS = 200

Seen = asyncio.Queue[tuple[bytes, float]]
"""The tokens that the output held, each with the moment when it was seen."""

TWINS = Kind("twins.test", "v1alpha1", "twins", "Twin")
"""As Resource in all but its name, so that its status costs the same and nobody watches or guards it."""


def _twin_definition() -> Document:
    definition: Document = yaml.safe_load((ROOT / "crds" / "resources.yaml").read_text())
    names = {"kind": TWINS.kind, "listKind": "TwinList", "plural": TWINS.plural, "singular": "twin"}
    definition["metadata"] = {"name": str(TWINS)}
    definition["spec"] |= {"group": TWINS.group, "names": names}
    return definition


@pytest.fixture
async def twin(control_plane: ControlPlane, objects: Objects) -> AsyncIterator[Document]:
    """An object whose status the bare requests write."""
    definition = yaml.safe_dump(_twin_definition())
    control_plane.kubectl("apply", "--server-side", "-f", "-", input=definition)
    control_plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", f"crd/{TWINS}")
    body = resource("bare", FIELDS) | {"apiVersion": TWINS.api_version, "kind": TWINS.kind}
    yield await objects.client.create(TWINS, objects.namespace, body)
    control_plane.kubectl("delete", "crd", str(TWINS), "--wait=false")


async def test_an_edit_is_readable_in_the_output_within_four_times_the_bare_requests(
    objects: Objects, twin: Document
) -> None:
    """Bare: a GET of the input, a PUT of the output and an apply of the status in a row, by the operator's client."""
    await publish(objects)
    await objects.create(secret("bare-input", {KEY: token()}), secret("bare-output", {"token": token()}))
    status = (await objects.get(RESOURCES, NAME))["status"]
    bare, through = [], []
    async with _watching(objects) as seen:
        for edit in range(EDITS):
            bare.append(await _seconds(_bare_requests(objects, status | {"observedGeneration": edit})))
            through.append(await _edit(objects, seen))
    for name, times in (("bare", bare), ("through the operator", through)):
        print(f"{name}: p50 {_percentile(times, 50) * 1000:.1f} ms, p95 {_percentile(times, 95) * 1000:.1f} ms")
    assert _percentile(through, 95) <= 4 * _percentile(bare, 95)


async def _edit(objects: Objects, seen: Seen) -> float:
    """Seconds from the answer to an edit of the input until the output was seen with the new value."""
    value = token()
    body = await objects.get(SECRETS, NAME)
    await objects.client.replace(SECRETS, objects.namespace, NAME, body | {"data": encode({KEY: value})})
    answered = time.perf_counter()
    while (found := await seen.get())[0] != value.encode():
        pass
    # the status is written, and the next edit meets an idle operator
    revision = int((await output(objects))["metadata"]["annotations"][ANNOTATION_REVISION])
    await objects.until_status(NAME, lambda status: production(status).revision == revision)
    return max(0.0, found[1] - answered)


async def _bare_requests(objects: Objects, status: Document) -> None:
    client, namespace = objects.client, objects.namespace
    body = await client.get(SECRETS, namespace, "bare-input")
    target = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bare-output"}, "data": body["data"]}
    await client.replace(SECRETS, namespace, "bare-output", target | {"data": encode({"token": token()})})
    owner = {"apiVersion": TWINS.api_version, "kind": TWINS.kind, "metadata": {"name": "bare"}, "status": status}
    await client.apply_status(TWINS, namespace, "bare", owner, field_manager="bare")


@asynccontextmanager
async def _watching(objects: Objects) -> AsyncIterator[Seen]:
    seen: Seen = asyncio.Queue()
    started = asyncio.Event()
    watch = asyncio.create_task(_watch(objects.client, objects.namespace, seen, started))
    await started.wait()
    try:
        yield seen
    finally:
        watch.cancel()
        await asyncio.wait([watch])


async def _watch(client: Client, namespace: str, seen: Seen, started: asyncio.Event) -> None:
    selector = f"metadata.name={OUTPUT}"
    async with client.watch(
        SECRETS, namespace, resource_version="", field_selector=selector, initial_events=True
    ) as events:
        started.set()
        async for event in events:
            if event.type != "BOOKMARK":
                seen.put_nowait((decode(event.object)["token"], time.perf_counter()))


async def _seconds(work: Awaitable[None]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


def _percentile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1]
