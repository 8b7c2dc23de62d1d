"""The life of a Resource in steps, and what is to be seen after each: the same, whatever went wrong under way."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.proxy import Proxy
from tests.cluster.builders import Document, reference, resource
from tests.cluster.objects import PAUSE, Objects, config_map, decode, encode, secret
from tests.sentinels import HEX, made_up
from tracardi_operator.api.names import ANNOTATION_PROVENANCE, ANNOTATION_REVISION, LABEL_ENVIRONMENT, LABEL_RESOURCE
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.kube.client import WatchEvent
from tracardi_operator.kube.errors import ApiError, Unreachable
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS

NAME = "visits"
"""The Resource, and the Secret and the ConfigMap that production is made from."""
SANDBOX = "sandbox"
"""The Secret that test is made from."""
INPUTS = {NAME, SANDBOX}
KEY = "api-key"
URL = "url"
OUTPUT = f"{NAME}-production-resolved"
RENAMED = "renamed"
TOKENS = (made_up(32, HEX), made_up(32, HEX), made_up(32, HEX))
"""In the order in which the Secret holds them."""
SANDBOX_TOKEN = made_up(32, HEX)
DEADLINE = 60.0
QUIET = 0.5

Step = Callable[[Objects], Awaitable[object]]
Picture = dict[str, Any]


async def create(objects: Objects) -> None:
    production = {"token": reference("secretKeyRef", NAME, KEY), "api_url": reference("configMapKeyRef", NAME, URL)}
    credentials = {"production": {"fields": production}, "test": {"secretRef": {"name": SANDBOX}}}
    await objects.create(
        secret(NAME, {KEY: TOKENS[0]}),
        config_map(NAME, {URL: "https://visits.example.com"}),
        secret(SANDBOX, {"token": SANDBOX_TOKEN, "api_url": "https://sandbox.example.com"}),
        resource(NAME, type="matomo", credentials=credentials),
    )


async def rotate(objects: Objects) -> None:
    await objects.store(NAME, {KEY: TOKENS[1]})


async def move(objects: Objects) -> None:
    address = {URL: "https://moved.example.com"}
    await objects.edit(CONFIG_MAPS, NAME, lambda body: body.update(data=address))


async def invalidate(objects: Objects) -> None:
    await objects.store(NAME, {KEY: "<your-api-key>"})


async def repair(objects: Objects) -> None:
    await objects.store(NAME, {KEY: TOKENS[2]})


async def edit_output(objects: Objects) -> None:
    added = encode({"token": "somebody else's"})
    await objects.edit(SECRETS, OUTPUT, lambda body: body["data"].update(added))


async def delete_output(objects: Objects) -> None:
    await objects.delete(SECRETS, OUTPUT)


async def rename_output(objects: Objects) -> None:
    named = {"environments": {"production": {"name": RENAMED}}}
    await objects.edit_spec(NAME, lambda spec: spec.update(output=named))


async def remove_environment(objects: Objects) -> None:
    await objects.edit_spec(NAME, lambda spec: spec["credentials"].pop("test"))


async def delete(objects: Objects) -> None:
    await objects.delete(RESOURCES, NAME)


STEPS: tuple[Step, ...] = (
    create,
    rotate,
    move,
    invalidate,
    repair,
    edit_output,
    delete_output,
    rename_output,
    remove_environment,
    delete,
)


async def picture(objects: Objects) -> Picture:
    """Everything in the namespace that the operator wrote, without what differs between two runs."""
    body = await objects.find(RESOURCES, NAME)
    return {"outputs": await _outputs(objects), "status": _bare(body["status"]) if body else None}


async def clean_pictures(objects: Objects, proxy: Proxy) -> dict[Step, Picture]:
    """What is to be seen after each step when nothing goes wrong."""
    pictures = {}
    for step in STEPS:
        await step(objects)
        pictures[step] = await settled(objects, proxy)
    return pictures


async def settled(objects: Objects, proxy: Proxy) -> Picture:
    """What is to be seen once nothing changes any more and nothing is asked."""
    deadline = time.monotonic() + DEADLINE
    before: Picture = {}
    while True:
        await asyncio.sleep(QUIET)
        now = await picture(objects)
        if now == before and proxy.quiet_since(objects.namespace) > QUIET and _is_finished(now):
            return now
        assert time.monotonic() < deadline, now
        before = now


def _is_finished(seen: Picture) -> bool:
    """The garbage collector has done its part, and the operator has begun its own."""
    return bool(seen["status"]) == bool(seen["outputs"])


async def until(
    objects: Objects,
    expected: Picture,
    is_quiet: Callable[[], bool] = lambda: True,
    unless: Callable[[], bool] = lambda: False,
) -> float:
    """Seconds until all is as expected and stays so while nothing more is asked; or until something else is so."""
    started = time.monotonic()
    came = None
    while True:
        if unless():
            return time.monotonic() - started
        seen = await picture(objects)
        came = (came or time.monotonic()) if seen == expected else None
        if came and is_quiet():
            return came - started
        if time.monotonic() - started > DEADLINE:
            raise AssertionError(f"{'never quiet' if came else 'not as expected'}:\n{_difference(seen, expected)}")
        await asyncio.sleep(PAUSE)


@dataclass
class History:
    """Every state of the namespace's outputs, in the order in which they were written."""

    states: list[Document] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    """Names of outputs, in the order in which they went."""

    def tokens(self, *names: str) -> list[str]:
        """What the outputs of these names held, one after the other."""
        return [decode(body).get("token", b"").decode() for body in self.states if _name(body) in names]

    def assert_nothing_older_follows(self) -> None:
        """Neither a lower revision of an output, nor one made from an earlier version of any of its inputs."""
        sequences: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for body in self.states:
            sequences[_name(body), "revision"].append(int(body["metadata"]["annotations"][ANNOTATION_REVISION]))
            labels = body["metadata"]["labels"]
            for name, version in _made_from(body)["inputs"].items():
                made_for = (labels[LABEL_RESOURCE], labels[LABEL_ENVIRONMENT], name)
                sequences[made_for].append(int(version.partition("/")[2]))
        for what, sequence in sequences.items():
            assert sequence == sorted(sequence), what


def assert_in_order(history: History) -> None:
    """Of the life above: nothing older follows, and production held the tokens in the order of `TOKENS`."""
    history.assert_nothing_older_follows()
    order = [TOKENS.index(token) for token in history.tokens(OUTPUT, RENAMED) if token in TOKENS]
    assert order == sorted(order)


@asynccontextmanager
async def recorded(objects: Objects) -> AsyncIterator[History]:
    """Record every state of the outputs, whatever becomes of the API server."""
    history = History()
    task = asyncio.create_task(_record(objects, history))
    try:
        yield history
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _record(objects: Objects, history: History) -> None:
    version = ""
    while True:
        with suppress(ApiError, Unreachable):
            async with objects.client.watch(SECRETS, objects.namespace, resource_version=version) as events:
                async for event in events:
                    version = event.object["metadata"]["resourceVersion"]
                    _note(history, event)
        await asyncio.sleep(0.2)


def _note(history: History, event: WatchEvent) -> None:
    if LABEL_RESOURCE not in event.object["metadata"].get("labels", {}):
        return  # a bookmark, or an input
    if event.type == "DELETED":
        history.removed.append(_name(event.object))
    else:
        history.states.append(event.object)


async def _outputs(objects: Objects) -> dict[str, Any]:
    pages = [page async for page in objects.client.list_pages(SECRETS, objects.namespace)]
    return {_name(item): _output(item) for page in pages for item in page["items"] if _name(item) not in INPUTS}


def _output(body: Document) -> Document:
    metadata = body["metadata"]
    made_from = _made_from(body)
    annotations = {key: value for key, value in metadata["annotations"].items() if key != ANNOTATION_PROVENANCE}
    return {
        "type": body["type"],
        "data": decode(body),
        "labels": metadata["labels"],
        "annotations": annotations,
        "owners": [(owner["kind"], owner["name"]) for owner in metadata["ownerReferences"]],
        "made from": {**made_from, "inputs": sorted(made_from["inputs"])},
    }


def _made_from(body: Document) -> Document:
    made_from: Document = json.loads(body["metadata"]["annotations"][ANNOTATION_PROVENANCE])
    return made_from


_CHANGING = {"lastTransitionTime", "resourceVersion", "since", "observed"}


def _bare(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _bare(value) for key, value in part.items() if key not in _CHANGING}
    return [_bare(value) for value in part] if isinstance(part, list) else part


def _name(body: Document) -> str:
    name: str = body["metadata"]["name"]
    return name


def _difference(seen: Picture, expected: Picture) -> str:
    return "\n".join(
        f"{key}: {seen[key]}\n  expected: {expected[key]}" for key in expected if seen[key] != expected[key]
    )
