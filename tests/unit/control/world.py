"""The control loop on a fake API server: what a test does to the cluster, and passes over its Resources."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.control.fake_client import FakeClient
from tests.unit.examples import secret_ref
from tracardi_operator.api.status import Condition, EnvironmentStatus, ResourceStatus
from tracardi_operator.control.consumers.deliveries import Deliveries
from tracardi_operator.control.consumers.network import Network
from tracardi_operator.control.consumers.tracardi import TracardiPublisher
from tracardi_operator.control.events import EventRecorder
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.gather import Gatherer
from tracardi_operator.control.inputs import InputReader, decode_base64, encode_base64
from tracardi_operator.control.metrics import Metrics
from tracardi_operator.control.propagation import Propagation
from tracardi_operator.control.reconcile import Reconciler
from tracardi_operator.control.records import CONSUMERS, RESOURCES, Key, OwnRecord, Record
from tracardi_operator.control.sinks import Sinks
from tracardi_operator.control.store import Store
from tracardi_operator.control.type_registry import TypeRegistry
from tracardi_operator.control.writer import Outdated, Writer
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.services.catalogue import builtin

KEY = Key("ns", "r")
INPUT = "sendgrid"
OUTPUT = "r-production-resolved"
BAD = "<your-api-key>"
"""A value that is refused as a placeholder."""

GET_INPUT = f"get secrets/{INPUT}"
LOOK = f"get secrets/{OUTPUT} metadata"
EXAMINE = f"get secrets/{OUTPUT}"
POST, PUT, DELETE = (f"{verb} secrets/{OUTPUT}" for verb in ("create", "update", "delete"))
STATUS = "patch resources/r/status"
"""The requests of a pass, as the API server logs them."""

_PASSES = 20


class Recorder(EventRecorder):
    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def record(self, record: OwnRecord, kind: str, reason: str, message: str) -> None:
        self.told.append((record.key.name, kind, reason))


class World:
    def __init__(self) -> None:
        self.api = FakeClient()
        self.recorder = Recorder()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.own_types: list[Object] = []
        """What a list of ResourceTypes tells after a restart."""
        self.restart()

    def restart(self) -> None:
        """Another process: nothing in memory, then all is listed."""
        self.woken: set[Key] = set()
        self.store = Store(
            lambda record: self.woken.add(record.key),
            changed=lambda record: self.deliveries.resource_changed(record),
            receivers=lambda record: self.deliveries.receivers.of(record),
        )
        fingerprints = Fingerprints()
        self.types = TypeRegistry(builtin(), reads_custom=True, wake=self.store.wake_types)
        self.types.replace(self.own_types, 0)
        reader = InputReader(self.api)
        self.deliveries = Deliveries(
            self.api,
            self.store,
            self.types,
            TracardiPublisher(Network(self.api, ())),
            fingerprints,
            self.recorder,
            Metrics(),
            knows=lambda _: True,
            knows_consumers=lambda: True,
            reconsider=self._reconsider,
            now=lambda: self.now,
        )
        self.stores = (self.store, self.deliveries.store)
        self.sinks = Sinks(self.stores, (fingerprints.forget, self.deliveries.forget_output))
        self.reconciler = Reconciler(
            store=self.store,
            gatherer=Gatherer(self.api, self.store, reader, fingerprints, frozenset()),
            writer=Writer(self.api, self.store, fingerprints),
            fingerprints=fingerprints,
            recorder=self.recorder,
            types=self.types,
            propagation=Propagation(lambda _: None),
            written=self.deliveries.written,
            domains=frozenset(),
            now=lambda: self.now,
        )
        self.api.take_changes()
        for (plural, *_), found in self.api.objects.items():
            if plural == CONSUMERS.plural:
                self.deliveries.store.take_in(found)
            if plural == RESOURCES.plural:
                self.store.take_in(found)
        self.relist()

    # The cluster

    def secret(self, name: str = INPUT, namespace: str = "ns", **data: str) -> None:
        self.api.put(SECRETS, name, {"data": encode_base64(data)}, namespace)

    def resource(self, name: str = "r", **spec: Any) -> None:
        """Create a Resource of the type sendgrid, or give it another spec."""
        standard = {"type": "sendgrid", "credentials": credentials("production")}
        self.api.put(RESOURCES, name, {"spec": standard | spec})

    def status(self, name: str = "r") -> ResourceStatus:
        found = self.api.object(RESOURCES, name)
        assert found
        return ResourceStatus.model_validate(found.get("status") or {"observedGeneration": -1})

    def production(self) -> EnvironmentStatus:
        return (self.status().environments or {})["production"]

    def ready(self, name: str = "r") -> Condition:
        return next(c for c in self.status(name).conditions or () if c.type == "Ready")

    def reasons(self) -> list[str]:
        return [problem.reason for problem in self.production().problems or ()]

    def data(self, name: str = OUTPUT) -> dict[str, bytes] | None:
        """What a Secret holds; None if there is none."""
        found = self.api.object(SECRETS, name)
        return decode_base64(found["data"]) if found else None

    def token(self, name: str = OUTPUT) -> str | None:
        data = self.data(name)
        return data["token"].decode() if data else None

    def meta(self, name: str = OUTPUT) -> Object:
        found = self.api.object(SECRETS, name)
        assert found
        metadata: Object = found["metadata"]
        return metadata

    # The operator

    def record(self, name: str = "r") -> Record:
        found = self.store.record(Key("ns", name))
        assert found
        return found

    def relist(self) -> None:
        """As the reflectors do."""
        for kind in (SECRETS, CONFIG_MAPS):
            if not self._list(kind):
                self.sinks.rewind(kind, None)
                assert self._list(kind)

    def _list(self, kind: Kind) -> bool:
        found = [
            ObjectMeta.decode(each["metadata"])
            for (plural, *_), each in self.api.objects.items()
            if plural == kind.plural
        ]
        kept = {meta.key: meta.version for meta in found if self.sinks.observe(kind, meta)}
        return self.sinks.replace(kind, None, kept, str(self.api.version))

    def deliver(self, *kinds: Kind) -> None:
        """Let the watches, or those of some kinds alone, tell what they have not told yet."""
        for change in self.api.take_changes():
            if kinds and change.kind not in kinds:
                self.api.changes.append(change)
                continue
            metadata = change.object["metadata"]
            own = next((store for store in self.stores if store.kind == change.kind), None)
            if own is not None and change.type == "DELETED":
                own.drop(Key(metadata["namespace"], metadata["name"]), metadata["uid"])
            elif own is not None:
                own.take_in(change.object)
            elif change.type == "DELETED":
                self.sinks.forget(change.kind, ObjectMeta.decode(metadata))
            else:
                self.sinks.observe(change.kind, ObjectMeta.decode(metadata))

    async def reconcile(self, key: Key = KEY) -> None:
        """One pass, whatever it raises."""
        self.woken.discard(key)
        await self.reconciler.reconcile(key)

    async def run(self) -> list[str]:
        """Deliver and reconcile until nothing is left to do, trying `Outdated` again. The requests that it took."""
        before = len(self.api.requests)
        for _ in range(_PASSES):
            self.deliver()
            if not self.woken:
                return self.api.requests[before:]
            key = min(self.woken)
            try:
                await self.reconcile(key)
            except Outdated:
                self.woken.add(key)
        raise AssertionError(f"no end to it: {self.api.requests[before:]}")

    def _reconsider(self, namespace: str) -> None:
        for record in self.store.records(namespace):
            if not self.store.is_settled(record):
                self.woken.add(record.key)

    async def published(self, token: str, **spec: Any) -> None:
        """Bring a Resource, its input and its output into being."""
        self.secret(token=token)
        self.resource(**spec)
        await self.run()
        assert self.ready().status == "True"

    def pass_time(self, **time: float) -> None:
        self.now += timedelta(**time)


def credentials(*environments: str, **reference: Any) -> dict[str, Any]:
    return {environment: {"fields": {"token": secret_ref(**reference)}} for environment in environments}


def renamed(name: str) -> dict[str, Any]:
    """The `output` of a spec that has another name for the output of production."""
    return {"environments": {"production": {"name": name}}}
