"""What the operator does for its users, and what shows it. `rights.py` says which right each behaviour needs."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property

from tests.cluster.builders import Document, consumer, reference, resource
from tests.cluster.objects import DEADLINE, PAUSE, Objects, config_map, decode, reason_of, secret
from tests.cluster.operator_process import NAMESPACE, OperatorProcess
from tests.cluster.scenes import KEY, token
from tests.sentinels import HEX, made_up
from tracardi_operator.api.names import FINALIZER_ROWS, MANAGER, default_bundle_name
from tracardi_operator.control.records import CONSUMERS
from tracardi_operator.control.type_sync import RESOURCE_TYPES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import EVENTS, SECRETS

AT_EVENTS_ONLY = ("--resync-seconds", "3600")


@dataclass
class Scene:
    """The running operator, and what one test has made for it."""

    plane: ControlPlane
    operator: OperatorProcess
    objects: Objects
    value: str = ""
    """What the output is to hold."""

    @cached_property
    def name(self) -> str:
        return f"mail-{secrets.token_hex(4)}"

    def output(self, environment: str = "production") -> str:
        return f"{self.name}-{environment}-resolved"

    async def store(self, value: str) -> None:
        self.value = value
        await self.objects.store(self.name, {KEY: value})

    async def holds_value(self) -> bool:
        body = await self.objects.find(SECRETS, self.output())
        return body is not None and decode(body).get("token") == self.value.encode()

    async def is_ready(self) -> bool:
        return self.operator.fetch("/readyz")[0] == 200


Step = Callable[[Scene], Awaitable[None]]


async def _nothing(_: Scene) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Behaviour:
    words: str
    trigger: Step
    """Makes it due, when a right is missing."""
    holds: Callable[[Scene], Awaitable[bool]]
    prepare: Step = _nothing
    """With all rights."""
    starts_with: tuple[str, ...] | None = None
    """Flags of an operator that is started when the right is missing; None: it runs already."""
    once_more: Step = _nothing
    """After the right is there again, for what is not tried again by itself."""


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not await condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        await asyncio.sleep(PAUSE)


# Resources


def _environments(scene: Scene, *names: str) -> dict[str, Document]:
    fields = {"token": reference("secretKeyRef", scene.name, KEY)}
    return {name: {"fields": fields} for name in names}


async def _create(scene: Scene) -> None:
    scene.value = token()
    body = resource(scene.name, credentials=_environments(scene, "production", "test"))
    await scene.objects.create(secret(scene.name, {KEY: scene.value}), body)


async def _publish(scene: Scene) -> None:
    await _create(scene)
    await scene.objects.until_ready(scene.name)


async def _edit(scene: Scene) -> None:
    await scene.store(token())


async def _spoil(scene: Scene) -> None:
    await scene.store("changeme")


async def _remove_an_environment(scene: Scene) -> None:
    keep = _environments(scene, "production")
    await scene.objects.edit_spec(scene.name, lambda spec: spec.update(credentials=keep))


async def _is_withdrawn(scene: Scene) -> bool:
    return await scene.objects.find(SECRETS, scene.output("test")) is None


async def _is_told(scene: Scene) -> bool:
    return reason_of(await scene.objects.status(scene.name)) == "Ready"


async def _has_event(scene: Scene) -> bool:
    pages = scene.objects.client.list_pages(EVENTS, scene.objects.namespace)
    return any([scene.name == event["involvedObject"]["name"] async for page in pages for event in page["items"]])


async def _create_with_config_map(scene: Scene) -> None:
    scene.value = made_up(32, HEX)
    fields = {
        "token": reference("secretKeyRef", scene.name, KEY),
        "api_url": reference("configMapKeyRef", scene.name, KEY),
    }
    await scene.objects.create(
        secret(scene.name, {KEY: scene.value}),
        config_map(scene.name, {KEY: "https://matomo.example.com"}),
        resource(scene.name, fields, type="matomo"),
    )


async def _create_once_ready(scene: Scene) -> None:
    await until(scene.is_ready, "/readyz")
    await _create(scene)


PUBLISHES = Behaviour("the output of a Resource is published", _create, Scene.holds_value)
PUBLISHES_AT_ONCE = Behaviour(
    "a new Resource is published at once", _create_once_ready, Scene.holds_value, starts_with=AT_EVENTS_ONLY
)
ROTATES = Behaviour("a changed value reaches the output", _edit, Scene.holds_value, prepare=_publish)
WITHDRAWS = Behaviour(
    "the output of a removed environment is withdrawn", _remove_an_environment, _is_withdrawn, prepare=_publish
)
TELLS_STATUS = Behaviour("status says how the Resource stands", _create, _is_told)
TELLS_BY_EVENT = Behaviour("an Event tells of a change", _spoil, _has_event, prepare=_publish, once_more=_edit)
READS_CONFIG_MAPS = Behaviour(
    "a field that comes from a ConfigMap is published", _create_with_config_map, Scene.holds_value
)
COMPARES = Behaviour(
    "what a watch missed is found by a comparison; `/readyz` fails without it", _nothing, Scene.is_ready
)
WATCHES = Behaviour(
    "the operator learns of changes; `/readyz` fails without it", _nothing, Scene.is_ready, starts_with=()
)


# ResourceConsumers


async def _consume(scene: Scene) -> None:
    await _create(scene)
    await scene.objects.create(consumer(scene.name, scene.objects.namespace))


async def _consume_once_ready(scene: Scene) -> None:
    await until(scene.is_ready, "/readyz")
    await _consume(scene)


async def _is_delivered(scene: Scene) -> bool:
    body = await scene.objects.find(SECRETS, default_bundle_name(scene.name))
    return body is not None and scene.value in json.dumps([value.decode() for value in decode(body).values()])


async def _deliver(scene: Scene) -> None:
    await _consume(scene)
    await until(lambda: _is_delivered(scene), "a bundle")


async def _rename_the_bundle(scene: Scene) -> None:
    rename = {"secretName": f"{scene.name}-other"}
    await scene.objects.edit(CONSUMERS, scene.name, lambda body: body["spec"]["bundle"].update(rename))


async def _has_no_old_bundle(scene: Scene) -> bool:
    return await scene.objects.find(SECRETS, default_bundle_name(scene.name)) is None


async def _consume_by_tracardi(scene: Scene) -> None:
    """By one whose address is the name of a Service that is not there, so that nothing is sent anywhere."""
    target = {
        "url": f"http://{scene.name}.{scene.objects.namespace}.svc",
        "login": {"name": scene.name},
        "testFallback": "Nothing",
        "deletionPolicy": "Delete",
    }
    await scene.objects.create(
        secret(scene.name, {"username": "operator", "password": token()}),
        consumer(scene.name, scene.objects.namespace, tracardi=target),
    )


async def _conditions(scene: Scene) -> list[Document]:
    body = await scene.objects.get(CONSUMERS, scene.name)
    return list(body["status"].get("conditions", ()))


async def _tells_of_the_service(scene: Scene) -> bool:
    return any("there is no Service" in condition["message"] for condition in await _conditions(scene))


async def _consumer_is_told(scene: Scene) -> bool:
    return ("Ready", "True") in {(c["type"], c["status"]) for c in await _conditions(scene)}


async def _has_finalizer(scene: Scene) -> bool:
    body = await scene.objects.get(CONSUMERS, scene.name)
    return FINALIZER_ROWS in body["metadata"].get("finalizers", ())


DELIVERS_AT_ONCE = Behaviour(
    "a new ResourceConsumer receives at once", _consume_once_ready, _is_delivered, starts_with=AT_EVENTS_ONLY
)
WITHDRAWS_BUNDLES = Behaviour(
    "a bundle that was renamed is not left behind", _rename_the_bundle, _has_no_old_bundle, prepare=_deliver
)
TELLS_CONSUMERS = Behaviour("status says how the ResourceConsumer stands", _consume, _consumer_is_told)
KEEPS_CONSUMERS = Behaviour(
    "a ResourceConsumer with `deletionPolicy: Delete` stays until its resources are gone from Tracardi",
    _consume_by_tracardi,
    _has_finalizer,
)
FINDS_SERVICES = Behaviour(
    "a ResourceConsumer may name a Service of its own namespace", _consume_by_tracardi, _tells_of_the_service
)


# ResourceTypes and policies


async def _create_type(scene: Scene) -> None:
    body = {"apiVersion": RESOURCE_TYPES.api_version, "kind": RESOURCE_TYPES.kind, "metadata": {"name": scene.name}}
    await scene.objects.client.create(RESOURCE_TYPES, None, {**body, "spec": {"fields": [{"name": "key"}]}})


async def _create_type_once_ready(scene: Scene) -> None:
    await until(scene.is_ready, "/readyz")
    await _create_type(scene)


async def _is_examined(scene: Scene) -> bool:
    body = await scene.objects.client.get(RESOURCE_TYPES, None, scene.name)
    return "conditions" in body["status"]


async def _change_type(scene: Scene) -> None:
    patch = json.dumps({"spec": {"title": "Changed"}})
    scene.plane.kubectl("patch", "resourcetype", scene.name, "--type=merge", "--patch", patch)


async def _knows_policies(scene: Scene) -> bool:
    return "tracardi_operator_admission_policies_in_force 1.0" in scene.operator.fetch("/metrics")[1]


async def _restart(scene: Scene) -> None:
    scene.operator.stop()
    scene.operator.restart()


EXAMINES_TYPES = Behaviour(
    "status says whether a ResourceType can be used", _create_type, _is_examined, once_more=_change_type
)
EXAMINES_TYPES_AT_ONCE = Behaviour(
    "a new ResourceType is examined at once", _create_type_once_ready, _is_examined, starts_with=AT_EVENTS_ONLY
)
KNOWS_POLICIES = Behaviour(
    "a metric and the log say whether the admission policies are in force",
    _nothing,
    _knows_policies,
    starts_with=(),
    once_more=_restart,
)


# The Lease


async def _forget_the_lease(scene: Scene) -> None:
    scene.operator.stop()
    scene.plane.kubectl("delete", "lease", MANAGER, "--namespace", NAMESPACE, "--ignore-not-found")


async def _release_the_lease(scene: Scene) -> None:
    scene.operator.stop()


async def _leads(scene: Scene) -> bool:
    return any(json.loads(line)["message"] == "Leading" for line in scene.operator.log.read_text().splitlines())


LEADS_FIRST = Behaviour(
    "the first operator of a cluster works", _nothing, _leads, prepare=_forget_the_lease, starts_with=()
)
LEADS = Behaviour(
    "an operator takes over when no other works", _nothing, _leads, prepare=_release_the_lease, starts_with=()
)
