"""The target `bundle`: one Secret in the consumer's namespace, written only when it differs."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tracardi_operator.api.consumer import BundleTarget, ResourceConsumerStatus
from tracardi_operator.api.names import CONSUMER_KIND, LABEL_CONSUMER, LABEL_MANAGED_BY, MANAGER
from tracardi_operator.api.status import OutputStatus
from tracardi_operator.consumer_summary import Delivered, omitted_resources
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.control.consumers.gather import ConsumerGatherer, Selection
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.inputs import decode_base64
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.records import ConsumerRecord
from tracardi_operator.control.writer import Outdated, Refused, Writer
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import NotFound
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.plan import Desired, Observed, metadata_differs, name_taken, next_revision, superfluous
from tracardi_operator.provenance import Provenance
from tracardi_operator.publish.bundle import default_key, render, too_large
from tracardi_operator.publish.entry import Entry, Omission
from tracardi_operator.publish.secret import OutputSecret

_FORMATS_VERSION = "1"
"""Raised when a release renders a format, or the Airflow connection of a type, differently: bundles are made anew."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """A bundle as it is."""

    provenance: Provenance
    """What the bundle should be made from."""
    output: Observed | None
    """Whatever bears its name."""
    previous: ResourceConsumerStatus


class BundlePublisher:
    def __init__(
        self,
        client: Client,
        store: KindStore[ConsumerRecord],
        gatherer: ConsumerGatherer,
        writer: Writer,
        fingerprints: Fingerprints,
    ) -> None:
        self._client = client
        self._store = store
        self._gatherer = gatherer
        self._writer = writer
        self._fingerprints = fingerprints

    async def deliver(
        self, consumer: ConsumerRecord, target: BundleTarget, previous: ResourceConsumerStatus
    ) -> Delivered:
        """Make the bundle hold what the consumer takes. Reads nothing if it does already, and status says so.

        Raises `Unsettled`, `Outdated`, `DeliveryFailed` and the client's errors.
        """
        selection = self._gatherer.select(consumer, [target.environment])
        standing = _Standing(_provenance(target, selection), self._output(consumer), previous)
        if _is_as_recorded(consumer, standing) and not self._former(consumer):
            return _as_before(selection, previous)
        if problem := name_taken(consumer.outputs[0], standing.output, consumer.uid, CONSUMER_KIND, consumer.key.name):
            raise DeliveryFailed(problem)
        return await self._write(consumer, target, selection, standing)

    async def _write(
        self, consumer: ConsumerRecord, target: BundleTarget, selection: Selection, standing: _Standing
    ) -> Delivered:
        entries, omitted = await self._gatherer.load(selection)
        standing = replace(standing, provenance=_without_disputed(standing.provenance, entries))
        rendered = render(target.format, entries, target.environment)
        secret = _secret(consumer, target, rendered.document)
        if problem := too_large(rendered):
            raise DeliveryFailed(problem)
        fingerprint = self._fingerprints.of({key: value.encode() for key, value in secret.data.items()})
        present = await self._present(standing.output)
        desired = _desired(secret, fingerprint, standing, changed=present != fingerprint)
        output = standing.output
        if output is None or present != fingerprint or metadata_differs(output, desired):
            output = await self._replace(consumer, desired, output)
        await self._remove_former(consumer)
        return _delivered(selection, (*omitted, *rendered.omitted), desired, output, standing.previous)

    async def _replace(self, consumer: ConsumerRecord, desired: Desired, output: Observed | None) -> Observed:
        try:
            if output is None:
                await self._writer.confirm(consumer)  # the garbage collector takes a bundle along with its consumer
            return await self._writer.write(consumer, desired, output)
        except Refused as error:
            raise DeliveryFailed(error.problem) from error

    async def _present(self, output: Observed | None) -> bytes | None:
        """The fingerprint of what the bundle holds: remembered, or read after a restart or an edit by hand."""
        if output is None or (known := self._fingerprints.present(output)):
            return known if output else None
        try:
            body = await self._client.get(SECRETS, output.meta.namespace, output.name)
        except NotFound:
            self._store.forget_output(output.meta.namespace, output.name, output.meta.uid)
            raise Outdated from None
        read = ObjectMeta.decode(body["metadata"])
        self._store.observe(SECRETS, read)
        if read.resource_version != output.meta.resource_version:
            raise Outdated
        fingerprint = self._fingerprints.of(decode_base64(body.get("data")))
        self._fingerprints.examined(output, fingerprint)
        return fingerprint

    async def _remove_former(self, consumer: ConsumerRecord) -> None:
        for output in self._former(consumer):
            try:
                await self._writer.remove(consumer, output)
            except Refused as error:
                raise DeliveryFailed(error.problem) from error

    def _former(self, consumer: ConsumerRecord) -> list[Observed]:
        """Bundles under names that the consumer had before."""
        return superfluous(self._store.owned(consumer), consumer.outputs)

    def _output(self, consumer: ConsumerRecord) -> Observed | None:
        return self._store.output(consumer.key.namespace, consumer.outputs[0])


def _provenance(target: BundleTarget, selection: Selection) -> Provenance:
    """In the terms of `Provenance`: the target's settings, the format, and all that the bundle is made from."""
    settings = f"{_FORMATS_VERSION}/{target.model_dump_json()}"
    digest = hashlib.sha256(settings.encode()).hexdigest()[:16]
    return Provenance(spec=digest, service=target.format, inputs=(("resources", selection.digest()),))


def _without_disputed(provenance: Provenance, entries: Iterable[Entry]) -> Provenance:
    """Nothing else would tell a bundle that lacks them from the one that is to be made once they are right again."""
    disputed = sorted(f"{entry.namespace}/{entry.name}" for entry in entries if not entry.credentials)
    if not disputed:
        return provenance
    digest = hashlib.sha256(json.dumps(disputed).encode()).hexdigest()[:16]
    return replace(provenance, inputs=(("disputed", digest), *provenance.inputs))


def _is_as_recorded(consumer: ConsumerRecord, standing: _Standing) -> bool:
    """Whether the bundle, and what status says of it, are what they should be: then nothing is read."""
    output, recorded = standing.output, standing.previous.bundle
    return (
        output is not None
        and recorded is not None
        and output.belongs_to(consumer.uid)
        and output.version == (recorded.name, recorded.resource_version)
        and output.provenance == standing.provenance
        and standing.previous.observed == standing.provenance.digest()
    )


def _secret(consumer: ConsumerRecord, target: BundleTarget, document: str) -> OutputSecret:
    return OutputSecret(
        name=consumer.outputs[0],
        type="Opaque",
        data={target.key or default_key(target.format): document},
        labels={LABEL_MANAGED_BY: MANAGER, LABEL_CONSUMER: consumer.key.name},
        annotations={},
    )


def _desired(secret: OutputSecret, fingerprint: bytes, standing: _Standing, *, changed: bool) -> Desired:
    """An edit or a deletion by hand is no change: what is put right keeps its revision."""
    output = standing.output
    was_made = output is not None and output.provenance == standing.provenance
    drifted = was_made or standing.previous.observed == standing.provenance.digest()
    before = max(output.revision if output else 0, standing.previous.revision or 0)
    return Desired(secret, fingerprint, standing.provenance, next_revision(before, changed=changed and not drifted))


def _as_before(selection: Selection, previous: ResourceConsumerStatus) -> Delivered:
    return Delivered(
        selected=selection.size,
        resources=previous.resources or 0,
        omitted=tuple(previous.omitted or ()),
        revision=previous.revision or 0,
        changed=False,
        barren=selection.barren,
        observed=previous.observed,
        bundle=previous.bundle,
    )


def _delivered(
    selection: Selection,
    omissions: tuple[Omission, ...],
    desired: Desired,
    output: Observed,
    previous: ResourceConsumerStatus,
) -> Delivered:
    return Delivered(
        selected=selection.size,
        resources=selection.size - len(omissions),
        omitted=omitted_resources(omissions),
        revision=desired.revision,
        changed=desired.revision != previous.revision,
        barren=selection.barren,
        observed=desired.provenance.digest(),
        bundle=OutputStatus(name=output.name, resource_version=output.meta.resource_version),
    )
