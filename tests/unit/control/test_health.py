"""What the probes say, and why; metrics beside them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Gauge

from tests.unit.examples import TOKEN, body
from tests.unit.kube.fake import FakeApi, refusal
from tracardi_operator.api.names import PLURAL
from tracardi_operator.control import app, health
from tracardi_operator.control.inputs import decode_base64, encode_base64
from tracardi_operator.control.settings import Settings
from tracardi_operator.control.watch import OnObject
from tracardi_operator.kube.lease import LeaderElection
from tracardi_operator.kube.session import Connection
from tracardi_operator.services.catalogue import builtin


async def ask(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


def shortcomings(*words: str) -> Callable[[], list[str]]:
    return lambda: list(words)


@asynccontextmanager
async def serving(alive: Callable[[], list[str]] = list, ready: Callable[[], list[str]] = list) -> AsyncIterator[int]:
    registry = CollectorRegistry()
    Gauge("made_up", "A gauge.", registry=registry).set(7)
    async with health.serve("127.0.0.1", 0, alive=alive, ready=ready, registry=registry) as port:
        yield port


async def test_all_is_well_when_nothing_falls_short() -> None:
    async with serving() as port:
        assert await ask(port, "/healthz") == (200, "ok\n")
        assert await ask(port, "/readyz") == (200, "ok\n")


async def test_what_falls_short_is_named_one_a_line() -> None:
    async with serving(ready=shortcomings("the resync is late", "a right is missing")) as port:
        assert await ask(port, "/readyz") == (503, "the resync is late\na right is missing\n")
        assert await ask(port, "/healthz") == (200, "ok\n")


async def test_life_and_readiness_are_different_questions() -> None:
    async with serving(alive=shortcomings("stuck")) as port:
        assert await ask(port, "/healthz") == (503, "stuck\n")
        assert await ask(port, "/readyz") == (200, "ok\n")


async def test_metrics_are_those_of_the_registry() -> None:
    async with serving() as port:
        status, text = await ask(port, "/metrics")
    assert (status, "made_up 7.0" in text) == (200, True)


# The operator's own answers, on a fake API server

POLICY_KINDS = {"validatingadmissionpolicies", "validatingadmissionpolicybindings"}


class Watch:
    """Stands in for Kopf."""

    def __init__(self, *told: tuple[str, str | None, Mapping[str, Any]]) -> None:
        self._told = told

    def __call__(
        self, connection: Connection, namespaces: Sequence[str], on_object: OnObject, stop: Future[None]
    ) -> None:
        for told in self._told:
            on_object(*told)
        stop.result()


@pytest.fixture
async def api() -> AsyncIterator[FakeApi]:
    async with FakeApi().serve() as fake:
        yield fake


@dataclass
class Operating:
    """Runs the whole operator but for Kopf."""

    api: FakeApi
    kubeconfig: str
    caplog: pytest.LogCaptureFixture

    @asynccontextmanager
    async def run(
        self, watch: Watch | None = None, *namespaces: str, leader_election: bool = False
    ) -> AsyncIterator[int]:
        settings = Settings(
            kubeconfig=self.kubeconfig,
            health_host="127.0.0.1",
            health_port=0,
            namespaces=namespaces,
            resync_seconds=0.1,
            leader_election=leader_election,
            lease_namespace="ns",
        )
        stop = asyncio.Event()
        task = asyncio.create_task(app.run(settings, builtin(), watch or Watch(), stop))
        try:
            await eventually(lambda: "Started" in self.caplog.messages)
            yield next(vars(entry)["health_port"] for entry in self.caplog.records if entry.message == "Started")
        finally:
            stop.set()
            await task


@pytest.fixture
def operating(api: FakeApi, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Operating:
    caplog.set_level("DEBUG")
    return Operating(api, api.kubeconfig(tmp_path / "kubeconfig"), caplog)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def says(port: int, words: str) -> str:
    """What readiness says once these words are in it."""
    async with asyncio.timeout(5):
        while words not in (text := (await ask(port, "/readyz"))[1]):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return text


async def test_an_operator_is_ready_once_its_caches_are_complete(operating: Operating) -> None:
    async with operating.run() as port:
        assert await says(port, "ok") == "ok\n"
        metrics = (await ask(port, "/metrics"))[1]
    assert 'workqueue_depth{name="resources"} 0.0' in metrics
    assert "tracardi_operator_leader 1.0" in metrics


async def test_an_operator_that_may_not_list_resources_says_so(operating: Operating) -> None:
    operating.api.faults.append(lambda request: refusal(403, "Forbidden") if "/resources" in request.path else None)
    async with operating.run() as port:
        text = await says(port, "list of Resources: list /apis/tracardi.com/v1alpha1/resources: 403 Forbidden")
        assert "caches are not complete yet" in text
        assert (await ask(port, "/healthz"))[0] == 200


@pytest.mark.parametrize("plural", ["secrets", "configmaps"])
async def test_an_operator_that_may_not_watch_its_inputs_says_so(operating: Operating, plural: str) -> None:
    operating.api.faults.append(lambda request: refusal(403, "Forbidden") if request.path.endswith(plural) else None)
    async with operating.run() as port:
        await says(port, f"watch of {plural}: watch /api/v1/{plural}: 403 Forbidden")


async def test_an_operator_publishes_and_tells_no_value_and_ends_when_it_is_told_to(operating: Operating) -> None:
    api = operating.api
    api.put("secrets", "ns", "sendgrid")
    api.objects["secrets", "ns", "sendgrid"]["data"] = encode_base64({"token": TOKEN})
    api.put("resources", "ns", "r", generation=1)
    resource = api.objects["resources", "ns", "r"] | {"spec": body()["spec"]}
    async with operating.run(Watch((PLURAL, None, resource))) as port:
        await says(port, "ok")
        await eventually(lambda: "status" in api.objects["resources", "ns", "r"])
    assert decode_base64(api.objects["secrets", "ns", "r-production-resolved"]["data"])["token"] == TOKEN.encode()
    assert operating.caplog.messages[-1] == "Stopping"
    assert not any(part in f"{vars(entry)}" for entry in operating.caplog.records for part in (TOKEN, TOKEN[-20:]))


async def test_an_operator_forgets_a_resource_that_the_watch_tells_to_be_deleted(operating: Operating) -> None:
    resource = body()
    async with operating.run(Watch((PLURAL, None, resource), (PLURAL, "DELETED", resource))) as port:
        await says(port, "ok")
        assert "tracardi_operator_resources{" not in (await ask(port, "/metrics"))[1]
    assert ("PATCH", "/apis/tracardi.com/v1alpha1/namespaces/ns/resources/r/status") not in operating.api.requests


async def test_a_standby_does_not_tell_of_a_status_that_it_could_not_write_when_it_led(
    operating: Operating, monkeypatch: pytest.MonkeyPatch
) -> None:
    operating.api.faults.append(lambda request: refusal(403, "Forbidden") if request.method == "PATCH" else None)
    operating.api.put("resources", "ns", "r", generation=1)
    resource = operating.api.objects["resources", "ns", "r"] | {"spec": body()["spec"]}
    async with operating.run(Watch((PLURAL, None, resource)), leader_election=True) as port:
        await says(port, "status may not be written")
        monkeypatch.setattr(LeaderElection, "is_leader", False)
        await says(port, "ok")


class TestNamespaces:
    """Of the two that are listed, one is not there, nor is its Role: whatever is asked for in it is forbidden."""

    @pytest.fixture
    def operating(self, operating: Operating) -> Operating:
        operating.api.faults.append(lambda request: refusal(403, "Forbidden") if "/missing/" in request.path else None)
        return operating

    async def test_the_one_that_is_missing_is_named_and_the_other_served(self, operating: Operating) -> None:
        async with operating.run(None, "shop", "missing") as port:
            await eventually(lambda: "Caches are complete" in operating.caplog.messages)
            text = (await ask(port, "/readyz"))[1]
        assert "list of Resources in missing: " in text
        assert "watch of secrets: watch /api/v1/namespaces/missing/secrets: 403 Forbidden" in text
        assert "shop" not in text

    async def test_all_is_well_once_it_is_there(self, operating: Operating) -> None:
        async with operating.run(None, "shop", "missing") as port:
            await says(port, "missing")
            operating.api.faults.clear()
            assert await says(port, "ok") == "ok\n"

    async def test_nothing_is_asked_for_in_the_whole_cluster_but_the_policies(self, operating: Operating) -> None:
        operating.api.faults.clear()
        async with operating.run(None, "shop", "home") as port:
            await says(port, "ok")
        outside = {path for _, path in operating.api.requests if "/namespaces/" not in path}
        assert {path.rpartition("/")[2] for path in outside} == POLICY_KINDS


async def test_an_operator_that_may_not_see_the_policies_is_ready_and_says_that_it_does_not_know(
    operating: Operating,
) -> None:
    operating.api.faults.append(
        lambda request: refusal(403, "Forbidden") if request.path.rpartition("/")[2] in POLICY_KINDS else None
    )
    async with operating.run() as port:
        await eventually(lambda: any("Unknown whether" in message for message in operating.caplog.messages))
        await says(port, "ok")
        assert "tracardi_operator_admission_policies_in_force NaN" in (await ask(port, "/metrics"))[1]
