"""All reading that precedes a decision. Returns one view per environment, and reads only what can have changed."""

from collections.abc import Set
from typing import Any

from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.api.status import EnvironmentStatus, ResourceStatus
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.inputs import InputReader, decode_base64
from tracardi_operator.control.store import Record, Store
from tracardi_operator.evaluate import Catalogue
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import NotFound
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.plan import Observed, View, is_settled
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
        refs = sorted(references(spec.credentials[environment]))
        versions = {ref: await self._version(record, ref) for ref in refs}
        expected = self._provenance(record, spec, environment, versions)
        if is_settled(expected, output, previous, record.uid):
            return View(environment, expected, None, output, None, intact=True, previous=previous)
        inputs: dict[InputRef, Data | Missing] = {}
        for ref in refs:
            versions[ref], inputs[ref] = await self._reader.read(record, ref, versions[ref])
            self._store.learn(record, ref, versions[ref])
        output, fingerprint, intact = await self._examine(record, output)
        actual = self._provenance(record, spec, environment, versions)
        return View(environment, actual, inputs, output, fingerprint, intact, previous)

    async def _version(self, record: Record, ref: InputRef) -> str:
        """What the watch told, or what a read tells about a reference that is new."""
        version = self._store.version(record, ref)
        if version is None:
            version, _ = await self._reader.read(record, ref, None)
            self._store.learn(record, ref, version)
        return version

    async def _examine(self, record: Record, output: Observed | None) -> tuple[Observed | None, bytes | None, bool]:
        """The fingerprint of our output's data, and whether it is what we last knew.

        Remembered, or from one read after a restart or an edit by hand.
        """
        if output is None or not output.belongs_to(record.uid):
            return output, None, False
        fingerprint = self._fingerprints.recall(output)
        if fingerprint is not None:
            return output, fingerprint, True
        try:
            body = await self._client.get(SECRETS, record.key.namespace, output.name)
        except NotFound:
            self._store.forget_output(record.key.namespace, output.name, output.meta.uid)
            return None, None, False
        fingerprint = self._fingerprints.of(decode_base64(body.get("data")))
        intact = self._fingerprints.is_known(output, fingerprint)
        current = self._take_in(record, body["metadata"])
        if current:
            self._fingerprints.remember(current, fingerprint)
        return current, fingerprint, intact

    def _take_in(self, record: Record, metadata: dict[str, Any]) -> Observed | None:
        self._store.observe(SECRETS, ObjectMeta.decode(metadata))
        return self._store.output(record.key.namespace, metadata["name"])

    def _provenance(
        self, record: Record, spec: ResourceSpec, environment: Environment, versions: dict[InputRef, str]
    ) -> Provenance:
        service = self._catalogue.get(spec.type)
        digest = service.digest if service else _UNKNOWN_TYPE
        return provenance(spec, environment, record.generation, digest, versions, self._domains)
