"""One pass over one Resource: gather, decide, write only what differs, say so in status."""

import logging
from collections.abc import Callable, Mapping, Set
from datetime import datetime

from pydantic import ValidationError

from tracardi_operator.api.names import LABEL_ENVIRONMENT
from tracardi_operator.api.parse import parse_spec
from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.api.status import MAX_CONSUMERS, EnvironmentStatus, ResourceStatus
from tracardi_operator.control.events import EventRecorder, Type
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.gather import Gatherer, withdraws_invalid
from tracardi_operator.control.propagation import Propagation
from tracardi_operator.control.records import RESOURCES, Key, Record
from tracardi_operator.control.store import Store
from tracardi_operator.control.type_registry import TypeRegistry, Unusable
from tracardi_operator.control.writer import Refused, Writer
from tracardi_operator.evaluate import Verdict, evaluate_environment
from tracardi_operator.kube.errors import ApiError, Forbidden, ServerError
from tracardi_operator.plan import Decision, Observed, View, decide_invalid, decide_valid, superfluous
from tracardi_operator.publish.secret import OutputSecret, render_output
from tracardi_operator.services.model import ServiceType
from tracardi_operator.summary import (
    conclude,
    initial_status,
    new_revisions,
    ready_condition,
    summarise,
    suspended,
    unreadable,
    withdrawn_outputs,
)

log = logging.getLogger(__name__)

Written = Callable[[Record, OutputSecret, Observed], None]
"""Told of each output that was written."""


class Reconciler:
    kind = RESOURCES

    def __init__(
        self,
        store: Store,
        gatherer: Gatherer,
        writer: Writer,
        fingerprints: Fingerprints,
        recorder: EventRecorder,
        types: TypeRegistry,
        propagation: Propagation,
        written: Written,
        domains: Set[str],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._gatherer = gatherer
        self._writer = writer
        self._fingerprints = fingerprints
        self._recorder = recorder
        self._types = types
        self._propagation = propagation
        self._written = written
        self._domains = domains
        self._now = now

    async def reconcile(self, key: Key) -> None:
        """Bring the outputs and the status of a Resource to what its spec and inputs say.

        Raises `Outdated` when something changed under way, and the client's errors: the caller tries again later.
        """
        with self._propagation.through(key):
            record = self._store.record(key)
            if record and not (record.deleting or record.is_rewound or self._store.is_settled(record)):
                await self._pass(record)

    async def _pass(self, record: Record) -> None:
        record.reconciled = None  # whoever looks meanwhile is to find that something is under way
        news, receivers = record.news, self._store.receivers(record)
        previous = _load_status(record)
        status, failure = await self._process(record, previous)
        status = status.model_copy(update={"consumers": _named(receivers, previous)})
        if status == previous:
            self._writer.leave_status(record)
        elif await self._writer.write_status(record, status):
            self._announce(record, previous, status)
        else:
            return
        if failure:
            raise failure
        if (record.news, self._store.receivers(record)) == (news, receivers):
            record.reconciled = self._store.snapshot(record)  # else something came in between, and was perhaps not seen

    async def _process(
        self, record: Record, previous: ResourceStatus
    ) -> tuple[ResourceStatus, Refused | ApiError | None]:
        """The status to write, and what the API server did not do, if anything (to be tried again later)."""
        spec, problems = parse_spec(record.load_spec())
        if spec is None:
            return unreadable(problems, record.generation, previous, self._now()), None
        if spec.suspend:
            return suspended(record.generation, previous, self._now()), None
        service = self._types.find(spec.type)
        if service is None:
            return previous, None
        return await self._serve(record, spec, service, previous)

    async def _serve(
        self, record: Record, spec: ResourceSpec, service: ServiceType | Unusable, previous: ResourceStatus
    ) -> tuple[ResourceStatus, Refused | ApiError | None]:
        before = previous.environments or {}
        environments: dict[Environment, EnvironmentStatus] = {}
        refused: Refused | None = None
        failed: dict[Environment, ApiError] = {}
        for environment in spec.credentials:
            try:
                view = await self._gatherer.gather(record, spec, service, environment, before.get(environment))
                environments[environment], failure = await self._publish(record, spec, service, view)
                refused = refused or failure
            except (Forbidden, ServerError) as error:  # an input that can't be decrypted holds up nothing but its own
                failed[environment] = error
        left_over = await self._withdraw_superfluous(record, environments, failed.keys())
        if failed:  # status as a whole would claim that all has been examined
            return previous, next(iter(failed.values()))
        left = [(environment, refusal.problem) for environment, refusal in left_over]
        status = summarise(spec, environments, record.generation, previous, self._now(), left)
        return status, refused or next((refusal for _, refusal in left_over), None)

    async def _publish(
        self, record: Record, spec: ResourceSpec, service: ServiceType | Unusable, view: View
    ) -> tuple[EnvironmentStatus, Refused | None]:
        if view.inputs is None and view.previous is not None:
            return view.previous, None
        decision = self._decide(record, spec, service, view)
        output, failure = view.ours, None
        try:
            output = await self._carry_out(record, decision, view)
        except Refused as error:
            failure = error
        problem = failure.problem if failure else None
        return conclude(view, decision, output, problem, self._now()), failure

    def _decide(self, record: Record, spec: ResourceSpec, service: ServiceType | Unusable, view: View) -> Decision:
        verdict = self._verdict(spec, service, view)
        if isinstance(service, Unusable) or verdict.values is None:
            return decide_invalid(view, verdict, withdraw=withdraws_invalid(spec, service))
        secret = render_output(record.key.name, spec, view.environment, service, verdict.values)
        fingerprint = self._fingerprints.of({name: value.encode() for name, value in secret.data.items()})
        return decide_valid(view, verdict, secret, fingerprint, record.uid, record.key.name)

    def _verdict(self, spec: ResourceSpec, service: ServiceType | Unusable, view: View) -> Verdict:
        if isinstance(service, Unusable):
            return Verdict(view.environment, problems=(service.problem,))
        return evaluate_environment(service, view.environment, spec, view.inputs or {}, self._domains)

    async def _carry_out(self, record: Record, decision: Decision, view: View) -> Observed | None:
        """What stands for the environment afterwards."""
        if decision.write:
            if view.output is None and view.previous and view.previous.output:
                await self._writer.confirm(record)  # the garbage collector takes an output along with its Resource
            written = await self._writer.write(record, decision.write, view.output)
            self._propagation.published(record.key)
            self._written(record, decision.write.secret, written)
            return written
        if decision.remove:
            await self._writer.remove(record, decision.remove)
            return None
        if view.ours and view.fingerprint and not any(problem.is_error for problem in decision.problems):
            self._fingerprints.wrote(view.ours, view.fingerprint)
        return view.ours

    async def _withdraw_superfluous(
        self, record: Record, environments: Mapping[Environment, EnvironmentStatus], failed: Set[Environment]
    ) -> list[tuple[str, Refused]]:
        """Those whose removal was refused, each with its environment.

        Of an environment that `failed` nobody knows what stands for it, so all of it stays.
        """
        standing = [environment.output.name for environment in environments.values() if environment.output]
        known = [o for o in self._store.owned(record) if o.meta.labels.get(LABEL_ENVIRONMENT) not in failed]
        refused: list[tuple[str, Refused]] = []
        for output in superfluous(known, [*record.outputs, *standing]):
            try:
                await self._writer.remove(record, output)
            except Refused as error:
                refused.append((output.meta.labels.get(LABEL_ENVIRONMENT, ""), error))
        return refused

    def _announce(self, record: Record, previous: ResourceStatus, status: ResourceStatus) -> None:
        """One Event for a transition: readiness or its reason changed, or else a new revision went out. And one for
        what is published no more.

        The first publication is no transition: status tells it, and thousands of them at once would be noise.
        """
        now, before = ready_condition(status), ready_condition(previous)
        if now is None or (before is None and now.status == "True"):
            return
        if before is None or (before.status, before.reason) != (now.status, now.reason):
            kind: Type = "Warning" if now.status == "False" else "Normal"
            self._recorder.record(record, kind, now.reason, now.message)
            log.info("Readiness changed", extra={**record.about(), "reason": now.reason})
        elif published := new_revisions(status, previous):
            self._recorder.record(record, "Normal", "Published", published)
            log.info("Published", extra={**record.about(), "outputs": published})
        left = {output.name for output in self._store.owned(record)}
        if withdrawn := withdrawn_outputs(status, previous, left):
            self._recorder.record(record, "Normal", "Withdrawn", withdrawn)
            log.info("Withdrawn", extra={**record.about(), "outputs": withdrawn})


def _named(receivers: tuple[str, ...] | None, previous: ResourceStatus) -> list[str] | None:
    """For status; while consumers are not known those stay that it names."""
    return previous.consumers if receivers is None else list(receivers[:MAX_CONSUMERS]) or None


def _load_status(record: Record) -> ResourceStatus:
    """What status says; one that can't be read (an older or newer form) counts as none, and is written anew."""
    try:
        return ResourceStatus.model_validate(record.load_status())
    except ValidationError:
        return initial_status()
