"""The operator as a whole: what runs, in which order it starts, and how it ends."""

import asyncio
import logging
import secrets
import socket
from datetime import UTC, datetime

from tracardi_operator.api.names import MANAGER
from tracardi_operator.control import health
from tracardi_operator.control.consumers.deliveries import Deliveries
from tracardi_operator.control.consumers.network import Network
from tracardi_operator.control.consumers.tracardi import TracardiPublisher
from tracardi_operator.control.events import EventRecorder
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.gather import Gatherer
from tracardi_operator.control.inputs import InputReader
from tracardi_operator.control.logs import log_discreetly
from tracardi_operator.control.metrics import Metrics
from tracardi_operator.control.policies import PolicyWatch
from tracardi_operator.control.propagation import Propagation
from tracardi_operator.control.reconcile import Reconciler
from tracardi_operator.control.records import Key, Record
from tracardi_operator.control.resync import Resync
from tracardi_operator.control.settings import Settings
from tracardi_operator.control.sinks import Sinks
from tracardi_operator.control.store import Store
from tracardi_operator.control.type_registry import TypeRegistry
from tracardi_operator.control.type_sync import TypeComparison, TypeReporter
from tracardi_operator.control.watch import ResourceWatch, Serve
from tracardi_operator.control.workers import work
from tracardi_operator.control.writer import Writer
from tracardi_operator.evaluate import Catalogue
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS
from tracardi_operator.kube.lease import LeaderElection
from tracardi_operator.kube.reflector import Reflector
from tracardi_operator.kube.session import Connection, connect
from tracardi_operator.kube.workqueue import Priority, WorkQueue

log = logging.getLogger(__name__)

_SECRET_SELECTOR = "type!=helm.sh/release.v1"  # Helm's releases are large, many and nobody's credential

_POLL_SECONDS = 0.05


async def run(settings: Settings, catalogue: Catalogue, serve: Serve, stop: asyncio.Event) -> None:
    """Run the operator until `stop` is set. Raises Unreachable if the configuration leads nowhere."""
    asyncio.get_running_loop().set_exception_handler(log_discreetly)
    metrics = Metrics()
    connection = await connect(settings.kubeconfig, settings.context)
    async with connection.session() as session:
        client = Client(connection, session, concurrency=settings.workers, observe=metrics.request)
        election_client = Client(connection, session, observe=metrics.request)
        await Operator(settings, catalogue, connection, client, election_client, metrics, serve).run(stop)


class Operator:
    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        connection: Connection,
        client: Client,
        election_client: Client,
        metrics: Metrics,
        serve: Serve,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._metrics = metrics
        of_queue = metrics.queue("resources")
        self._queue: WorkQueue[Key] = WorkQueue(group=lambda key: key.namespace, observer=of_queue)
        of_queue.watch(self._queue)
        self._propagation = Propagation(metrics.propagation.observe, self._is_leader)
        self._store = Store(
            self._enqueue,
            changed=self._resource_changed,
            receivers=lambda record: self._deliveries.receivers.of(record),
        )
        metrics.count_resources(self._store.census, catalogue)
        self._types = TypeRegistry(
            catalogue,
            reads_custom=settings.reads_types,
            wake=self._store.wake_types,
            report=lambda: self._type_reporter.wake(),
        )
        self._type_reporter = TypeReporter(client, self._types, _now)
        self._recorder = EventRecorder(client, asyncio.get_running_loop().time)
        fingerprints = Fingerprints()
        self._deliveries = self._make_deliveries(client, fingerprints)
        metrics.count_consumers(self._deliveries.store.census)
        stores = (self._store, self._deliveries.store)
        self._watch = ResourceWatch(connection, settings.namespaces, stores, self._types, serve)
        sinks = Sinks(stores, (fingerprints.forget, self._deliveries.forget_output))
        self._reflectors = _reflectors(client, sinks, settings)
        self._resync = self._make_resync(client)
        self._policies = PolicyWatch(client, metrics.policies, settings.silence_seconds)
        self._writer = Writer(client, self._store, fingerprints)
        self._reconciler = self._make_reconciler(client, fingerprints)
        self._election = _election(connection, election_client, settings) if settings.leader_election else None
        self._started = False
        metrics.leader.set_function(self._is_leader)
        metrics.resync_interval.set(settings.resync_seconds)

    def _make_reconciler(self, client: Client, fingerprints: Fingerprints) -> Reconciler:
        domains = frozenset(self._settings.allowed_domains)
        return Reconciler(
            store=self._store,
            gatherer=Gatherer(client, self._store, InputReader(client), fingerprints, domains),
            writer=self._writer,
            fingerprints=fingerprints,
            recorder=self._recorder,
            types=self._types,
            propagation=self._propagation,
            written=self._deliveries.written,
            domains=domains,
            now=_now,
        )

    def _make_deliveries(self, client: Client, fingerprints: Fingerprints) -> Deliveries:
        return Deliveries(
            client,
            self._store,
            self._types,
            TracardiPublisher(Network(client, self._settings.allowed_hosts)),
            fingerprints,
            self._recorder,
            self._metrics,
            knows=self._knows,
            knows_consumers=lambda: self._resync.knows_consumers,
            reconsider=self._reconsider,
            now=_now,
        )

    def _make_resync(self, client: Client) -> Resync:
        types = TypeComparison(client, self._types, on_served=self._watch.restart)
        return Resync(
            client,
            self._store,
            self._queue,
            self._settings.namespaces,
            self._settings.resync_seconds,
            types=types if self._settings.reads_types else None,
            consumers=self._deliveries.store,
            caches=self._reflectors,
            relist=self._settings.relist_seconds,
            on_missed=self._watch.restart,
            on_done=self._resynced,
        )

    def _resynced(self) -> None:
        self._metrics.resync_at.set_to_current_time()
        self._deliveries.resync()

    async def run(self, stop: asyncio.Event) -> None:
        """Start what feeds the caches, wait until they are complete, then work until told to stop."""
        settings = self._settings
        async with (
            health.serve(
                settings.health_host,
                settings.health_port,
                alive=list,
                ready=self._shortcomings,
                registry=self._metrics.registry,
            ) as port,
            asyncio.TaskGroup() as tasks,
        ):
            log.info("Started", extra={"health_port": port, "server": self._connection.server})
            main = tasks.create_task(self._main())
            await stop.wait()
            log.info("Stopping")
            main.cancel()

    async def _main(self) -> None:
        async with asyncio.TaskGroup() as group:
            await self._resync.until_served()
            group.create_task(self._watch.run())
            await self._resync.first()
            group.create_task(self._policies.run())
            for reflector in self._reflectors:
                group.create_task(reflector.run())
            await self._await_caches()
            log.info("Caches are complete", extra={"resources": len(self._store)})
            self._started = True
            group.create_task(self._recorder.run())
            group.create_task(self._resync.run())
            await (self._election.run(self._lead) if self._election else self._lead())

    async def _await_caches(self) -> None:
        """Return once one namespace is complete, and of each other it is known that it can't be served yet."""
        while not (self._is_any_complete() and all(r.synced.is_set() or r.last_error for r in self._reflectors)):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)

    def _is_any_complete(self) -> bool:
        incomplete = {reflector.namespace for reflector in self._reflectors if not reflector.synced.is_set()}
        return any(reflector.namespace not in incomplete for reflector in self._reflectors)

    async def _lead(self) -> None:
        """Work. All else goes on in a standby too, so that its caches are warm."""
        async with asyncio.TaskGroup() as workers:
            workers.create_task(self._type_reporter.run())
            workers.create_task(self._deliveries.run())
            for _ in range(self._settings.workers):
                workers.create_task(work(self._queue, self._reconciler, self._metrics.reconciles))

    def _is_leader(self) -> bool:
        return self._election is None or self._election.is_leader

    def _enqueue(self, record: Record) -> None:
        self._propagation.told(record.key)
        self._queue.add(record.key, Priority.NEW if record.is_new else Priority.EVENT)

    def _resource_changed(self, record: Record) -> None:
        if self._store.record(record.key) is None:  # a standby would remember for ever what there was
            self._queue.discard(record.key)
            self._propagation.forget(record.key)
        self._deliveries.resource_changed(record)

    def _knows(self, namespace: str) -> bool:
        """Whether all is known that a namespace has. One that is not served has nothing, as far as we know."""
        caches = (reflector for reflector in self._reflectors if reflector.namespace in (None, namespace))
        return self._resync.knows_resources(namespace) and all(cache.synced.is_set() for cache in caches)

    def _reconsider(self, namespace: str) -> None:
        """Some of its Resources have other receivers."""
        for record in self._store.records(namespace):
            if not self._store.is_settled(record):
                self._queue.add(record.key, Priority.RESYNC)

    def _shortcomings(self) -> list[str]:
        found = [f"watch of {r.kind}: {r.shortcoming}" for r in self._reflectors if not r.healthy]
        if self._started and not self._watch.is_running:
            found.append("watch of Resources: ended, is started again")
        if self._is_leader() and self._writer.status_is_forbidden:
            found.append("status may not be written: run as the ServiceAccount that it was installed for")
        found += [f"{subject}: {error}" for subject, error in self._resync.errors.items()]
        if not self._started:
            found.append("caches are not complete yet")
        if self._resync.is_late:
            found.append("the resync is late")
        return found


def _reflectors(client: Client, sink: Sinks, settings: Settings) -> list[Reflector]:
    """The watches of Secrets and ConfigMaps: of all of them, or one for each namespace."""
    return [
        Reflector(
            client,
            kind,
            namespace,
            sink=sink,
            field_selector=_SECRET_SELECTOR if kind == SECRETS else "",
            silence=settings.silence_seconds,
        )
        for kind in (SECRETS, CONFIG_MAPS)
        for namespace in settings.namespaces or (None,)
    ]


def _election(connection: Connection, client: Client, settings: Settings) -> LeaderElection:
    """On a client of its own: a renewal does not wait behind the requests of workers."""
    return LeaderElection(
        client,
        namespace=settings.lease_namespace or connection.namespace,
        name=MANAGER,
        identity=f"{socket.gethostname()}-{secrets.token_hex(4)}",
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
