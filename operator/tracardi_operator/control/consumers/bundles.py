"""The target `bundle`: one Secret in the consumer's namespace, written only when it differs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args

from cachetools import LRUCache

from tracardi_operator.api.consumer import BundleFormat, BundleTarget, ResourceConsumerStatus
from tracardi_operator.api.digests import short_digest
from tracardi_operator.api.names import ANNOTATION_MEMBERS, CONSUMER_KIND, LABEL_CONSUMER, LABEL_MANAGED_BY, MANAGER
from tracardi_operator.api.problems import Problem
from tracardi_operator.api.resource import Environment
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
from tracardi_operator.publish.bundle import Rendered, default_key, render, too_large
from tracardi_operator.publish.bundle.part import fitting, held, included, members
from tracardi_operator.publish.entry import Entry, Omission
from tracardi_operator.publish.secret import OutputSecret

_FORMATS_VERSION = "1"
"""Raised when a release renders a format, or the Airflow connection of a type, differently: bundles are made anew."""

_REMEMBERED: Final = 1024
"""Bundles that can't hold all."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """A bundle as it is."""

    provenance: Provenance
    """What the bundle should be made from."""
    output: Observed | None
    """Whatever bears its name."""
    previous: ResourceConsumerStatus


@dataclass(frozen=True, slots=True)
class _Kept:
    """A bundle that can't hold all that is taken."""

    state: tuple[tuple[str, str], Provenance]
    """Its name and version, and what it should be made from."""
    output: Observed
    resources: int
    """How many are in it."""


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
        self._kept: LRUCache[str, _Kept] = LRUCache(_REMEMBERED)
        """By uid of the consumer."""

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
        if problem := too_large(rendered):
            kept = await self._keep(consumer, target, entries, standing)
            raise _failure(problem, kept, selection, (*omitted, *rendered.omitted), standing.previous)
        secret = _secret(consumer, target, entries, rendered)
        fingerprint = self._fingerprint(secret)
        present = await self._present(standing.output)
        desired = _desired(secret, fingerprint, standing, changed=present != fingerprint)
        output = standing.output
        if output is None or present != fingerprint or metadata_differs(output, desired):
            output = await self._replace(consumer, desired, output)
        await self._remove_former(consumer)
        return _delivered(selection, (*omitted, *rendered.omitted), desired, output, standing.previous)

    async def _keep(
        self, consumer: ConsumerRecord, target: BundleTarget, entries: Sequence[Entry], standing: _Standing
    ) -> _Kept | None:
        """The bundle while it can't hold all: it stays as it is, but what is no longer taken leaves it.

        Read once for each state of it and of what is taken.
        """
        if standing.output:
            await self._remove_former(consumer)
        present = standing.output or next(iter(self._former(consumer)), None)
        if present is None:
            return None
        known = self._kept.get(consumer.uid)
        if known is None or known.state != (present.version, standing.provenance):
            known = self._kept[consumer.uid] = await self._withdraw(consumer, target, entries, standing, present)
        return known

    async def _withdraw(
        self,
        consumer: ConsumerRecord,
        target: BundleTarget,
        entries: Sequence[Entry],
        standing: _Standing,
        present: Observed,
    ) -> _Kept:
        """Nothing is written if all Resources that are in it are still taken, however old their values."""
        data = await self._read(present)
        still = held(data.values(), _format(present, target), entries, target.environment)
        rendered = render(target.format, still, target.environment)
        if not _are_all_in(present, included(still, rendered, target.environment), entries, target.environment):
            still = fitting(still, target.format, target.environment)
            rendered = render(target.format, still, target.environment)
            secret = _secret(consumer, target, still, rendered)
            part = replace(standing, provenance=_of_part(standing.provenance, secret), output=present)
            present = await self._write_part(consumer, secret, part, self._fingerprints.of(data))
        return _Kept((present.version, standing.provenance), present, rendered.resources)

    async def _write_part(
        self, consumer: ConsumerRecord, secret: OutputSecret, standing: _Standing, before: bytes
    ) -> Observed:
        """In place of the bundle that there is, which may bear a former name."""
        fingerprint = self._fingerprint(secret)
        desired = _desired(secret, fingerprint, standing, changed=fingerprint != before)
        written = await self._replace(consumer, desired, self._output(consumer))
        await self._remove_former(consumer)
        return written

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
        fingerprint = self._fingerprints.of(await self._read(output))
        self._fingerprints.examined(output, fingerprint)
        return fingerprint

    async def _read(self, output: Observed) -> Mapping[str, bytes]:
        try:
            body = await self._client.get(SECRETS, output.meta.namespace, output.name)
        except NotFound:
            self._store.forget_output(output.meta.namespace, output.name, output.meta.uid)
            raise Outdated from None
        read = ObjectMeta.decode(body["metadata"])
        self._store.observe(SECRETS, read)
        if read.resource_version != output.meta.resource_version:
            raise Outdated
        return decode_base64(body.get("data"))

    def _fingerprint(self, secret: OutputSecret) -> bytes:
        return self._fingerprints.of({key: value.encode() for key, value in secret.data.items()})

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
    digest = short_digest(settings)
    return Provenance(spec=digest, service=target.format, inputs=(("resources", selection.digest()),))


def _without_disputed(provenance: Provenance, entries: Iterable[Entry]) -> Provenance:
    """Nothing else would tell a bundle that lacks them from the one that is to be made once they are right again."""
    disputed = sorted(f"{entry.namespace}/{entry.name}" for entry in entries if not entry.credentials)
    if not disputed:
        return provenance
    digest = short_digest(json.dumps(disputed))
    return replace(provenance, inputs=(("disputed", digest), *provenance.inputs))


def _of_part(provenance: Provenance, secret: OutputSecret) -> Provenance:
    """It is never taken for the whole."""
    return replace(provenance, inputs=(("members", secret.annotations[ANNOTATION_MEMBERS]), *provenance.inputs))


def _are_all_in(output: Observed, still: Sequence[Entry], entries: Iterable[Entry], environment: Environment) -> bool:
    """Whether a bundle holds none but these, or besides them those that are left out now but not withdrawn."""
    disputed = [entry for entry in entries if not entry.credentials]
    found = {members(still, environment), members([*still, *disputed], environment)}
    return output.meta.annotations.get(ANNOTATION_MEMBERS) in found


def _format(output: Observed, target: BundleTarget) -> BundleFormat:
    """In which a bundle is written: the consumer may want another one by now."""
    written = output.provenance.service if output.provenance else ""
    return next((known for known in get_args(BundleFormat) if known == written), target.format)


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


def _secret(
    consumer: ConsumerRecord, target: BundleTarget, entries: Iterable[Entry], rendered: Rendered
) -> OutputSecret:
    return OutputSecret(
        name=consumer.outputs[0],
        type="Opaque",
        data={target.key or default_key(target.format): rendered.document},
        labels={LABEL_MANAGED_BY: MANAGER, LABEL_CONSUMER: consumer.key.name},
        annotations={ANNOTATION_MEMBERS: members(included(entries, rendered, target.environment), target.environment)},
    )


def _desired(secret: OutputSecret, fingerprint: bytes, standing: _Standing, *, changed: bool) -> Desired:
    """An edit or a deletion by hand is no change: what is put right keeps its revision.

    What status says counts only where the bundle doesn't tell what it was made from: it may be about an earlier one.
    """
    output = standing.output
    made_from = output.provenance if output else None
    recorded = made_from is None and standing.previous.observed == standing.provenance.digest()
    drifted = recorded or made_from == standing.provenance
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


def _failure(
    problem: Problem,
    kept: _Kept | None,
    selection: Selection,
    omissions: tuple[Omission, ...],
    previous: ResourceConsumerStatus,
) -> DeliveryFailed:
    if kept is None:
        return DeliveryFailed(problem)
    message = f"{problem.message}; the bundle holds {kept.resources} of them, and none that is no longer taken"
    delivered = _still_delivered(kept, selection, omissions, previous)
    return DeliveryFailed(replace(problem, message=message), kept=delivered)


def _still_delivered(
    kept: _Kept, selection: Selection, omissions: tuple[Omission, ...], previous: ResourceConsumerStatus
) -> Delivered:
    output, revision = kept.output, max(kept.output.revision, previous.revision or 0)
    return Delivered(
        selected=selection.size,
        resources=kept.resources,
        omitted=omitted_resources(omissions),
        revision=revision,
        changed=revision != previous.revision,
        observed=output.provenance.digest() if output.provenance else None,
        bundle=OutputStatus(name=output.name, resource_version=output.meta.resource_version),
    )
