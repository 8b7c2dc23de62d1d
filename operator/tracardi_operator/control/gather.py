"""All reading that precedes a decision about an environment. Reads only what can have changed."""

from collections.abc import Set
from typing import Any

from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.api.status import EnvironmentStatus
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.inputs import Answer, InputReader, decode_base64
from tracardi_operator.control.records import Record
from tracardi_operator.control.store import Store
from tracardi_operator.control.type_registry import Unusable
from tracardi_operator.control.writer import Outdated
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import NotFound
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.plan import Observed, View, is_recorded, published, verdict_holds, withdraws
from tracardi_operator.provenance import Provenance, provenance
from tracardi_operator.publish.secret import output_name
from tracardi_operator.resolve import InputRef, references
from tracardi_operator.services.model import ServiceType


class Gatherer:
    def __init__(
        self,
        client: Client,
        store: Store,
        reader: InputReader,
        fingerprints: Fingerprints,
        domains: Set[str],
    ) -> None:
        self._client = client
        self._store = store
        self._reader = reader
        self._fingerprints = fingerprints
        self._domains = domains

    async def gather(
        self,
        record: Record,
        spec: ResourceSpec,
        service: ServiceType | Unusable,
        environment: Environment,
        previous: EnvironmentStatus | None,
    ) -> View:
        refs = sorted(references(spec.credentials[environment]))
        versions = {ref: await self._version(record, ref) for ref in refs}
        if unchanged := self._unchanged(record, spec, service, environment, versions, previous):
            return unchanged
        # Without a type nothing can be judged, so nothing is read.
        readable = versions if isinstance(service, ServiceType) else {}
        answers = {ref: await self._read(record, ref, version) for ref, version in readable.items()}
        versions |= {ref: read for ref, (read, _) in answers.items()}
        ours, fingerprint = await self._examine(record, self._published(record, spec, environment), previous)
        return View(
            environment=environment,
            provenance=self._provenance(record, spec, service, environment, versions),
            inputs={ref: data for ref, (_, data) in answers.items()},
            output=self._output(record, spec, environment),
            ours=ours,
            fingerprint=fingerprint,
            intact=self._fingerprints.is_intact(ours) if ours else None,
            previous=previous,
        )

    def _unchanged(
        self,
        record: Record,
        spec: ResourceSpec,
        service: ServiceType | Unusable,
        environment: Environment,
        versions: dict[InputRef, str],
        previous: EnvironmentStatus | None,
    ) -> View | None:
        """The view of an environment whose recorded verdict still holds: nothing is to be read."""
        expected = self._provenance(record, spec, service, environment, versions)
        output, ours = self._output(record, spec, environment), self._published(record, spec, environment)
        withdraw = withdraws_invalid(spec, service)
        if any(verdict_holds(expected, there, previous, record.uid, withdraw=withdraw) for there in (output, ours)):
            return View(environment, expected, None, output, ours, None, intact=True, previous=previous)
        return None

    def _output(self, record: Record, spec: ResourceSpec, environment: Environment) -> Observed | None:
        return self._store.output(record.key.namespace, output_name(record.key.name, spec, environment))

    def _published(self, record: Record, spec: ResourceSpec, environment: Environment) -> Observed | None:
        output = self._output(record, spec, environment)
        return published(output, self._store.owned(record), record.uid, environment)

    async def _version(self, record: Record, ref: InputRef) -> str:
        """What the watch told, or what a read tells about a reference that is new."""
        return self._store.version(record, ref) or (await self._read(record, ref, None))[0]

    async def _read(self, record: Record, ref: InputRef, version: str | None) -> Answer:
        """What the API server has. The store learns of it: the watch may be late, or dead."""
        answer = await self._reader.read(record, ref, version)
        self._store.learn(record, ref, answer[0])
        return answer

    async def _examine(
        self, record: Record, ours: Observed | None, previous: EnvironmentStatus | None
    ) -> tuple[Observed | None, bytes | None]:
        """Our output and the fingerprint of its data: remembered, or read after a restart or an edit by hand."""
        if ours is None or (fingerprint := self._fingerprints.present(ours)):
            return ours, fingerprint if ours else None
        try:
            body = await self._client.get(SECRETS, record.key.namespace, ours.name)
        except NotFound:
            self._store.forget_output(record.key.namespace, ours.name, ours.meta.uid)
            return None, None
        current = self._take_in(body["metadata"])
        fingerprint = self._fingerprints.of(decode_base64(body.get("data")))
        if is_recorded(current, previous):
            self._fingerprints.wrote(current, fingerprint)
        else:
            self._fingerprints.examined(current, fingerprint)
        return current, fingerprint

    def _take_in(self, metadata: dict[str, Any]) -> Observed:
        """Raises `Outdated` if the store knows a later state than the one that was read."""
        read = Observed(ObjectMeta.decode(metadata))
        self._store.observe(SECRETS, read.meta)
        if self._store.output(read.meta.namespace, read.name) != read:
            raise Outdated
        return read

    def _provenance(
        self,
        record: Record,
        spec: ResourceSpec,
        service: ServiceType | Unusable,
        environment: Environment,
        versions: dict[InputRef, str],
    ) -> Provenance:
        return provenance(
            spec, environment, record.generation, service.digest, versions, self._domains, record.requested_at
        )


def withdraws_invalid(spec: ResourceSpec, service: ServiceType | Unusable) -> bool:
    """Whether an output goes when its environment is not valid. What is wrong with a type is no fault of its input."""
    return withdraws(spec) and isinstance(service, ServiceType)
