"""What a consumer gets: the Resources that it may take, and what is published of them."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cachetools import TTLCache

from tracardi_operator.api.digests import short_digest
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import Environment, TracardiSettings
from tracardi_operator.control.consumers.documents import Documents
from tracardi_operator.control.fingerprints import Fingerprints
from tracardi_operator.control.later import Later
from tracardi_operator.control.records import ConsumerRecord, Record
from tracardi_operator.control.store import Store
from tracardi_operator.control.type_registry import TypeRegistry, Unusable
from tracardi_operator.plan import Observed, published
from tracardi_operator.publish.entry import Entry, Omission, Values
from tracardi_operator.selection import takes
from tracardi_operator.services.model import ServiceType

_PATIENCE_SECONDS: Final = 30.0
"""How long an output may be in the making before the others no longer wait for it."""


ByOutput = dict[str, Values | None]
"""By uid of the output."""


class Unsettled(Later):
    """Something that is to be delivered is just being made: come again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A Resource that a consumer takes, with those of its outputs that are wanted and there."""

    record: Record
    service: ServiceType
    outputs: tuple[tuple[Environment, Observed], ...]


@dataclass(frozen=True, slots=True)
class Selection:
    taken: tuple[Taken, ...]
    unpublished: tuple[Omission, ...]
    barren: tuple[str, ...]
    """The namespaces that the consumer names and of which it takes nothing."""

    @property
    def size(self) -> int:
        return len(self.taken) + len(self.unpublished)

    def digest(self) -> str:
        """Of all that a delivery is made from: identities and revisions, no values."""
        content = [
            [*t.record.key, t.record.uid, t.record.generation, t.service.digest, _revisions(t)] for t in self.taken
        ]
        left_out = [(omission.namespace, omission.name) for omission in self.unpublished]
        return short_digest(json.dumps([content, left_out]))


class ConsumerGatherer:
    def __init__(self, store: Store, types: TypeRegistry, documents: Documents, fingerprints: Fingerprints) -> None:
        self._store = store
        self._types = types
        self._documents = documents
        self._fingerprints = fingerprints
        self._patience: TTLCache[str, float] = TTLCache(4096, 10 * _PATIENCE_SECONDS)
        """By uid of an output, or of a consumer and of what it has to wait for: since when."""

    def select(self, consumer: ConsumerRecord, environments: Sequence[Environment]) -> Selection:
        """What a consumer takes, from memory.

        Raises `Unsettled` while a service type is not known yet, or a Resource is half published.
        """
        taken: list[Taken] = []
        unpublished: list[Omission] = []
        for record in self._selected(consumer):
            wanted = [environment for environment in environments if environment in record.environments]
            outputs = tuple((env, output) for env in wanted if (output := self._output(consumer, record, env)))
            awaited = f"{consumer.uid}/{record.uid}"  # another consumer may want less of it, and have all
            if len(outputs) == len(wanted):
                self._patience.pop(awaited, None)
            elif outputs and self._is_worth_waiting(record, awaited):
                raise Unsettled
            if outputs:
                taken.append(Taken(record, self._service(record), outputs))
            elif wanted:
                unpublished.append(_unpublished(record, wanted))
        giving = {one.record.key.namespace for one in taken} | {omission.namespace for omission in unpublished}
        named = (source.namespace for source in (consumer.parsed.from_ if consumer.parsed else ()))
        barren = dict.fromkeys(namespace for namespace in named if namespace not in giving)
        return Selection(tuple(taken), tuple(unpublished), tuple(barren))

    async def load(self, selection: Selection) -> tuple[list[Entry], tuple[Omission, ...]]:
        """The entries with their values, and all that is left out. Raises `Unsettled` and the client's errors.

        An entry without credentials stands for one that is left out now, but must not be withdrawn.
        """
        documents = await self._documents_of(selection)
        entries = [self._entry(taken, documents) for taken in selection.taken]
        disputed = (_disputed(entry) for entry in entries if not entry.credentials)
        return entries, (*selection.unpublished, *disputed)

    def _selected(self, consumer: ConsumerRecord) -> list[Record]:
        spec = consumer.parsed
        if spec is None:
            return []
        mine = (
            record
            for record in self._store.records(None)
            if not record.deleting
            and takes(consumer.key.namespace, spec, record.key.namespace, record.labels, record.allowed_namespaces)
        )
        return sorted(mine, key=lambda record: record.key)

    def _output(self, consumer: ConsumerRecord, record: Record, environment: Environment) -> Observed | None:
        """What is published for an environment: under its present name or, until something is, under a former one.

        Raises `Unsettled` if there was something, which may be put there again.
        """
        name = record.outputs[record.environments.index(environment)]
        output = self._store.output(record.key.namespace, name)
        found = published(output, self._store.owned(record), record.uid, environment)
        awaited = f"{consumer.uid}/{record.uid}/{environment}"
        is_present = found is not None and (found.name == name or found.name == _recorded_name(record, environment))
        if found and is_present and _may_have(consumer, record, found):
            self._patience.pop(awaited, None)
            return found
        if _recorded(record, environment).get("output") and self._is_worth_waiting(record, awaited):
            raise Unsettled
        return None

    def _service(self, record: Record) -> ServiceType:
        """A type that is broken or gone takes nothing away: what was published by it goes on under its name."""
        service = self._types.find(record.type)
        if service is None:
            raise Unsettled
        if isinstance(service, Unusable):
            return ServiceType(name=record.type, title=record.type, fields=(), example={}, how_to="", url="")
        return service

    async def _documents_of(self, selection: Selection) -> ByOutput:
        """From the cache; what is not there is read, as far as it is ours."""
        documents: ByOutput = {}
        unknown: list[Observed] = []
        for taken in selection.taken:
            for environment, output in taken.outputs:
                documents[output.meta.uid] = known = self._documents.find(output)
                if known is None and self._is_ours(taken.record, environment, output):
                    unknown.append(output)
        found = await asyncio.gather(*(self._documents.read(output) for output in unknown))
        return documents | {output.meta.uid: values for output, values in zip(unknown, found, strict=True)}

    def _entry(self, taken: Taken, documents: ByOutput) -> Entry:
        record = taken.record
        values = {environment: self._values(record, output, documents) for environment, output in taken.outputs}
        known = {environment: value for environment, value in values.items() if value is not None}
        spec = record.load_spec()
        settings, unreadable = _settings(record, spec.get("tracardi") or {})
        return Entry(
            namespace=record.key.namespace,
            name=record.key.name,
            uid=record.uid,
            created=record.created,
            service=taken.service,
            description=spec.get("description") or "",
            settings=settings,
            unreadable=unreadable,
            credentials=known if len(known) == len(values) else {},
            declared=record.environments,
        )

    def _values(self, record: Record, output: Observed, documents: ByOutput) -> Values | None:
        """None if what stands in the output is not what we put there, and nothing promises that it will be soon."""
        known = documents[output.meta.uid]
        if known is None and self._is_worth_waiting(record, output.meta.uid):
            raise Unsettled
        if known is not None:
            self._patience.pop(output.meta.uid, None)
        return known

    def _is_ours(self, record: Record, environment: Environment, output: Observed) -> bool:
        """Whether nobody has touched an output since we wrote or examined it."""
        if self._fingerprints.is_as_written(output):
            return True
        status = _recorded(record, environment)
        recorded = status.get("output") or {}
        lost = any(problem.get("reason") == Reason.OUTPUT_LOST for problem in status.get("problems") or ())
        return not lost and (recorded.get("name"), recorded.get("resourceVersion")) == output.version

    def _is_worth_waiting(self, record: Record, awaited: str) -> bool:
        """While the Resource is still to be reconciled, which puts its outputs right; but not for ever."""
        if self._store.is_settled(record):
            return False
        now = asyncio.get_running_loop().time()
        return now - self._patience.setdefault(awaited, now) < _PATIENCE_SECONDS


def _settings(record: Record, content: Mapping[str, Any]) -> tuple[TracardiSettings, Problem | None]:
    """What is said for Tracardi. Of what can't be read the id alone: by it a row that is there is known, and stays."""
    try:
        return TracardiSettings.model_validate(content), None
    except ValueError:
        return TracardiSettings.model_construct(id=content.get("id")), _unreadable(record)


def _may_have(consumer: ConsumerRecord, record: Record, output: Observed) -> bool:
    """Whether an output is ours and, in another namespace, made from nothing but what the Resource names now.

    Whoever wrote the consent was held to the objects that it names now, and perhaps may not get those that the last
    good values are from.
    """
    if output.provenance is None or consumer.key.namespace == record.key.namespace:
        return output.provenance is not None
    named = {f"{ref.kind}/{ref.name}" for ref in record.references}
    return {name for name, _ in output.provenance.inputs} <= named


def _recorded_name(record: Record, environment: Environment) -> str:
    """Of the output that stands for an environment. A label may have been put on another one by hand."""
    name: str = (_recorded(record, environment).get("output") or {}).get("name", "")
    return name


def _recorded(record: Record, environment: Environment) -> dict[str, Any]:
    """What status says of an environment."""
    found: dict[str, Any] = (record.load_status().get("environments") or {}).get(environment) or {}
    return found


def _revisions(taken: Taken) -> list[tuple[str, str, int]]:
    return [(environment, output.meta.uid, output.revision) for environment, output in taken.outputs]


def _unpublished(record: Record, wanted: Sequence[Environment]) -> Omission:
    namespace, name = record.key
    message = (
        f"nothing is published of it for {' or '.join(wanted)}; "
        f"`kubectl describe resource {name} -n {namespace}` says why"
    )
    return Omission(namespace, name, Problem(Reason.NOT_PUBLISHED, message))


def _unreadable(record: Record) -> Problem:
    namespace, name = record.key
    words = f"can't be read; `kubectl describe resource {name} -n {namespace}` says why"
    return Problem(Reason.NOT_EXPRESSIBLE, f"tracardi {words}", field="tracardi")


def _disputed(entry: Entry) -> Omission:
    message = (
        "an output of it was changed by somebody and has not been put right; "
        f"`kubectl describe resource {entry.name} -n {entry.namespace}` says why"
    )
    return Omission(entry.namespace, entry.name, Problem(Reason.OUTPUT_LOST, message))
