"""All reading that precedes a decision. Returns one view per environment, and reads only what can have changed."""

from collections.abc import Set
from typing import Any

from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.api.status import EnvironmentStatus, ResourceStatus
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.inputs import InputReader, decode_base64
from tracardi_operator.control.store import Record, Store
from tracardi_operator.control.writer import Outdated
from tracardi_operator.evaluate import Catalogue
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import NotFound
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.plan import Observed, View, is_recorded, is_settled, published, withdraws
from tracardi_operator.provenance import Provenance, provenance
from tracardi_operator.publish.secret import output_name
from tracardi_operator.resolve import Data, InputRef, Missing, references

_UNKNOWN_TYPE = "unknown"


class Gatherer:
    def __init__(
        self,
        client: Client,
        store: Store,
        reader: InputReader,
        fingerprints: Fingerprints,
        catalogue: Catalogue,
        domains: Set[str],
    ) -> None:
        self._client = client
        self._store = store
        self._reader = reader
        self._fingerprints = fingerprints
        self._catalogue = catalogue
        self._domains = domains

    async def gather(self, record: Record, spec: ResourceSpec, status: ResourceStatus) -> dict[Environment, View]:
        previous = status.environments or {}
        return {env: await self._view(record, spec, env, previous.get(env)) for env in spec.credentials}

    async def _view(
        self, record: Record, spec: ResourceSpec, environment: Environment, previous: EnvironmentStatus | None
    ) -> View:
        output = self._store.output(record.key.namespace, output_name(record.key.name, spec, environment))
        ours = published(output, self._store.owned(record), record.uid, environment)
        refs = sorted(references(spec.credentials[environment]))
        versions = {ref: await self._version(record, ref) for ref in refs}
        expected = self._provenance(record, spec, environment, versions)
        withdraw = withdraws(spec)
        if any(is_settled(expected, there, previous, record.uid, withdraw=withdraw) for there in (output, ours)):
            return View(environment, expected, None, output, ours, None, intact=True, previous=previous)
        inputs: dict[InputRef, Data | Missing] = {}
        for ref in refs:
            versions[ref], inputs[ref] = await self._reader.read(record, ref, versions[ref])
            self._store.learn(record, ref, versions[ref])
        ours, fingerprint = await self._examine(record, ours, previous)
        return View(
            environment=environment,
            provenance=self._provenance(record, spec, environment, versions),
            inputs=inputs,
            output=self._store.output(record.key.namespace, output_name(record.key.name, spec, environment)),
            ours=ours,
            fingerprint=fingerprint,
            intact=self._fingerprints.is_intact(ours) if ours else None,
            previous=previous,
        )

    async def _version(self, record: Record, ref: InputRef) -> str:
        """What the watch told, or what a read tells about a reference that is new."""
        version = self._store.version(record, ref)
        if version is None:
            version, _ = await self._reader.read(record, ref, None)
            self._store.learn(record, ref, version)
        return version

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
        self, record: Record, spec: ResourceSpec, environment: Environment, versions: dict[InputRef, str]
    ) -> Provenance:
        service = self._catalogue.get(spec.type)
        digest = service.digest if service else _UNKNOWN_TYPE
        return provenance(spec, environment, record.generation, digest, versions, self._domains, record.requested_at)
