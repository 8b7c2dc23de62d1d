"""The API server in memory, which the unit tests stand on, answers as the real one does: one scenario, run on both."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.cluster.builders import Document, resource
from tests.cluster.install import install
from tests.cluster.objects import Objects, config_map, secret
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT
from tests.unit.control.fake_client import FakeClient
from tracardi_operator.api.names import API_VERSION, KIND
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client, WatchEvent
from tracardi_operator.kube.errors import ApiError
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind

PATIENCE = 120.0
PAUSE = 0.05
OTHER_UID = "00000000-0000-0000-0000-000000000000"


class Telling:
    """Sends requests and notes what came of each, in words that are the same on every server."""

    def __init__(self, client: Client, namespace: str, operator: Client) -> None:
        """`operator` may write status."""
        self.client = client
        self.operator = operator
        self.namespace = namespace
        self.outcomes: list[str] = []
        self._known: dict[tuple[str, str], Document] = {}

    async def create(self, kind: Kind, body: Document) -> None:
        await self._tell("create", kind, body["metadata"]["name"], self.client.create(kind, self.namespace, body))

    async def replace(self, kind: Kind, body: Document) -> None:
        name = body["metadata"]["name"]
        await self._tell("replace", kind, name, self.client.replace(kind, self.namespace, name, body))

    async def apply_status(self, name: str, status: Document, **metadata: Any) -> None:
        body = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": name, "namespace": self.namespace, **metadata},
            "status": status,
        }
        answer = self.operator.apply_status(RESOURCES, self.namespace, name, body, field_manager="test")
        await self._tell("apply the status of", RESOURCES, name, answer)

    async def delete(self, kind: Kind, name: str, **preconditions: Any) -> None:
        await self._tell("delete", kind, name, self.client.delete(kind, self.namespace, name, **preconditions))

    async def get(self, kind: Kind, name: str, *, metadata_only: bool = False) -> None:
        answer = self.client.get(kind, self.namespace, name, metadata_only=metadata_only)
        await self._tell("get", kind, name, answer)

    async def until_gone(self, kind: Kind, name: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await self.client.get(kind, self.namespace, name)
                except ApiError as error:
                    self.outcomes.append(f"{name} goes by itself: {error.status}")
                    return
                if isinstance(self.client, FakeClient):
                    self.client.server.collect_garbage()
                await asyncio.sleep(PAUSE)

    async def listed(self, kind: Kind, **options: Any) -> None:
        """Which objects of ours a metadata list has, and whether it bears a version."""
        async for page in self.client.list_pages(kind, self.namespace, metadata_only=True, **options):
            names = sorted(n for n in (one["metadata"]["name"] for one in page["items"]) if n != "kube-root-ca.crt")
            self.outcomes.append(f"list {kind}: {names}, {sorted(page['items'][0])[-1:] if page['items'] else []}")

    async def watched(self, kind: Kind, version: str, count: int, *, initial_events: bool = False) -> None:
        """The first `count` events of a watch, or its refusal."""
        try:
            async with asyncio.timeout(PATIENCE), self._watch(kind, version, initial_events) as events:
                seen = [await anext(events) for _ in range(count)]
        except ApiError as error:
            self.outcomes.append(f"watch {kind}: {error.status}")
            return
        versions = [int(event.object["metadata"]["resourceVersion"]) for event in seen]
        grows = versions == sorted(versions)
        self.outcomes.append(f"watch {kind}: {[_event(one) for one in seen]}, in order: {grows or initial_events}")

    def current(self, kind: Kind, name: str) -> Document:
        """The last state that was answered."""
        return self._known[kind.plural, name]

    def version(self, kind: Kind, name: str) -> str:
        return str(self.current(kind, name)["metadata"]["resourceVersion"])

    def _watch(self, kind: Kind, version: str, initial_events: bool) -> Any:
        return self.client.watch(
            kind, self.namespace, resource_version=version, metadata_only=True, initial_events=initial_events
        )

    async def _tell(self, verb: str, kind: Kind, name: str, request: Awaitable[Document]) -> None:
        try:
            answer = await request
        except ApiError as error:
            self.outcomes.append(f"{verb} {name}: {error.status} {error.reason}")
        else:
            self.outcomes.append(f"{verb} {name}: {self._describe(kind, name, verb, answer)}")

    def _describe(self, kind: Kind, name: str, verb: str, answer: Document) -> str:
        if verb == "delete":
            return "done"
        before, metadata = self._known.get((kind.plural, name)), answer["metadata"]
        if verb != "get":
            self._known[kind.plural, name] = answer
        same = {
            key: before["metadata"][key] == metadata[key] for key in ("uid", "resourceVersion") if before is not None
        }
        shown = {key: answer.get(key) for key in ("type", "data", "status") if key in answer}
        kept = {key: metadata.get(key) for key in ("generation", "labels", "finalizers")}
        return f"same: {same}, {shown}, {kept}, deleting: {'deletionTimestamp' in metadata}"


async def secrets_have_preconditions(telling: Telling) -> None:
    body = secret("a", {"key": "1"})
    await telling.create(SECRETS, body)
    await telling.create(SECRETS, body)
    await telling.replace(SECRETS, telling.current(SECRETS, "a"))
    await telling.replace(SECRETS, secret("a", {"key": "2"}))
    first = telling.current(SECRETS, "a")
    await telling.replace(SECRETS, _labelled(first, team="x"))
    await telling.replace(SECRETS, _labelled(first, team="y"))
    await telling.replace(SECRETS, _with(first, uid=OTHER_UID, resourceVersion=None))
    await telling.replace(SECRETS, secret("none", {"key": "1"}))
    await telling.replace(SECRETS, {**telling.current(SECRETS, "a"), "type": "example.com/other"})
    await telling.delete(SECRETS, "a", uid=OTHER_UID)
    await telling.delete(SECRETS, "a", resource_version=first["metadata"]["resourceVersion"])
    await telling.delete(SECRETS, "a", uid=first["metadata"]["uid"], resource_version=telling.version(SECRETS, "a"))
    await telling.delete(SECRETS, "a")
    await telling.get(SECRETS, "a")


async def status_is_apart_from_the_spec(telling: Telling) -> None:
    await telling.create(RESOURCES, resource("r"))
    first = telling.current(RESOURCES, "r")
    await telling.apply_status("r", {"observedGeneration": 1})
    await telling.apply_status("r", {"observedGeneration": 1})
    await telling.apply_status("r", {"observedGeneration": 1}, uid=OTHER_UID)
    await telling.apply_status("r", {"observedGeneration": 2}, resourceVersion=first["metadata"]["resourceVersion"])
    await telling.apply_status("none", {"observedGeneration": 1})
    now = telling.current(RESOURCES, "r")
    await telling.replace(RESOURCES, {**now, "status": {"observedGeneration": 7}})
    await telling.replace(RESOURCES, _labelled(now, team="x"))
    now = telling.current(RESOURCES, "r")
    await telling.replace(RESOURCES, {**now, "spec": {**now["spec"], "description": "other"}})
    await telling.replace(RESOURCES, _with(telling.current(RESOURCES, "r"), resourceVersion=None))
    await telling.replace(RESOURCES, first)


async def finalizers_hold_an_object(telling: Telling) -> None:
    for kind, body in ((SECRETS, secret("held", {"key": "1"})), (RESOURCES, resource("held-resource"))):
        body["metadata"]["finalizers"] = ["example.com/hold"]
        name = body["metadata"]["name"]
        await telling.create(kind, body)
        await telling.delete(kind, name)
        await telling.delete(kind, name)
        held = await telling.client.get(kind, telling.namespace, name)
        await telling.replace(kind, _with(held, finalizers=None))
        await telling.get(kind, name)


async def what_an_object_owned_goes_with_it(telling: Telling) -> None:
    await telling.create(RESOURCES, resource("owner"))
    await telling.create(CONFIG_MAPS, config_map("other-owner", {"key": "1"}))
    owners = [_owner(telling.current(RESOURCES, "owner"), RESOURCES)]
    others = [_owner(telling.current(CONFIG_MAPS, "other-owner"), CONFIG_MAPS)]
    await telling.create(SECRETS, _with(secret("owned", {"key": "1"}), ownerReferences=owners))
    await telling.create(SECRETS, _with(secret("shared", {"key": "1"}), ownerReferences=owners + others))
    await telling.delete(RESOURCES, "owner")
    await telling.until_gone(SECRETS, "owned")
    await telling.listed(SECRETS)


async def watches_tell_what_happened_since(telling: Telling) -> None:
    await telling.create(SECRETS, secret("first", {"key": "1"}))
    start = telling.version(SECRETS, "first")
    await telling.create(SECRETS, secret("second", {"key": "1"}))
    await telling.replace(SECRETS, telling.current(SECRETS, "second"))
    await telling.replace(SECRETS, _labelled(telling.current(SECRETS, "second"), team="x"))
    await telling.delete(SECRETS, "second")
    await telling.create(SECRETS, {**secret("release", {"key": "1"}), "type": "helm.sh/release.v1"})
    await telling.watched(SECRETS, start, 4)
    await telling.watched(SECRETS, "", 3, initial_events=True)
    await telling.listed(SECRETS)
    await telling.listed(SECRETS, field_selector="type!=helm.sh/release.v1")
    await telling.listed(SECRETS, not_older_than=start)
    await telling.get(SECRETS, "first", metadata_only=True)


async def a_version_long_past_is_gone(telling: Telling) -> None:
    await telling.create(RESOURCES, resource("late"))
    if isinstance(telling.client, FakeClient):
        telling.client.server.compact()
    await telling.watched(RESOURCES, "1", 1)


SCENARIOS: tuple[Callable[[Telling], Awaitable[None]], ...] = (
    secrets_have_preconditions,
    status_is_apart_from_the_spec,
    finalizers_hold_an_object,
    what_an_object_owned_goes_with_it,
    watches_tell_what_happened_since,
    a_version_long_past_is_gone,
)


@pytest.fixture(scope="module")
def quiet() -> Iterator[ControlPlane]:
    """A control plane of its own, where no operator answers to what is written."""
    with ControlPlane.start() as plane:
        install(plane)
        yield plane


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_the_fake_api_server_answers_as_the_real_one(
    scenario: Callable[[Telling], Awaitable[None]], quiet: ControlPlane
) -> None:
    namespace = f"agrees-{SCENARIOS.index(scenario)}"
    quiet.kubectl("create", "namespace", namespace)
    kubeconfig = quiet.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
    async with Objects.of(quiet.kubeconfig, namespace) as admin, Objects.of(kubeconfig, namespace) as own:
        real = Telling(admin.client, namespace, own.client)
        await scenario(real)
    client = FakeClient()
    fake = Telling(client, "ns", client)
    await scenario(fake)
    assert fake.outcomes == real.outcomes


def _labelled(body: Document, **labels: str) -> Document:
    return _with(body, labels=labels)


def _with(body: Document, **metadata: Any) -> Document:
    """With other metadata; None takes away."""
    changed = {key: value for key, value in {**body["metadata"], **metadata}.items() if value is not None}
    return {**body, "metadata": changed}


def _owner(body: Document, kind: Kind) -> Document:
    metadata = body["metadata"]
    return {"apiVersion": kind.api_version, "kind": kind.kind, "name": metadata["name"], "uid": metadata["uid"]}


def _event(event: WatchEvent) -> tuple[str, str, list[str]]:
    metadata = event.object["metadata"]
    ends = sorted(metadata.get("annotations") or {}) if event.type == "BOOKMARK" else []
    return event.type, metadata.get("name") or "", ends
