"""Whatever happens in whatever order: the indexes agree with each other, and with the cluster once all is told."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.control.known import contents
from tests.unit.examples import body, meta, owner, spec
from tracardi_operator.api.names import KIND
from tracardi_operator.api.problems import SourceKind
from tracardi_operator.control.objects import Place
from tracardi_operator.control.records import Key, Record
from tracardi_operator.control.store import Store
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta, OwnerReference
from tracardi_operator.provenance import ABSENT

if TYPE_CHECKING:
    from tracardi_operator.resolve import InputRef

RESOURCES = st.sampled_from(["q", "r"])
OBJECTS = st.sampled_from(["a", "b"])
"""Inputs and outputs of one another, all in one namespace."""
OWNERS = st.sampled_from([None, "q", "r", "foreign"])
FOREIGN = OwnerReference("apps/v1", "Deployment", "d", "uid-of-a-deployment", True, None)


class Sequences(RuleBasedStateMachine):
    """A cluster that changes, watches that tell of it in order but not at once, and answers that come late."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(lambda record: None)
        self.objects = self.store._objects
        self.clock = 0
        self.secrets: dict[str, ObjectMeta] = {}
        self.resources: dict[str, dict[str, Any]] = {}
        self.secret_events: list[tuple[str, ObjectMeta]] = []
        self.resource_events: list[tuple[str, dict[str, Any]]] = []
        self.reads: list[tuple[Record, InputRef, str]] = []
        self.answers: list[ObjectMeta] = []

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    # The cluster

    @rule(name=OBJECTS, by=OWNERS)
    def put_secret(self, name: str, by: str | None) -> None:
        version = self.tick()
        before = self.secrets.get(name)
        owners = (self._reference(by),) if by == "foreign" or by in self.resources else ()
        after = meta(name, version, uid=before.uid if before else f"secret-{version}", owners=owners)
        self.secrets[name] = after
        self.secret_events.append(("MODIFIED", after))

    @rule(name=OBJECTS)
    def remove_secret(self, name: str) -> None:
        if gone := self.secrets.pop(name, None):
            self.secret_events.append(("DELETED", meta(name, self.tick(), uid=gone.uid, owners=gone.owner_references)))

    @rule(name=RESOURCES, takes=OBJECTS, gives=OBJECTS)
    def put_resource(self, name: str, takes: str, gives: str) -> None:
        version = self.tick()
        before = self.resources.get(name)
        uid = before["metadata"]["uid"] if before else f"resource-{version}"
        self.resources[name] = _resource(name, version, uid, takes, gives)
        self.resource_events.append(("MODIFIED", self.resources[name]))

    @rule(name=RESOURCES)
    def remove_resource(self, name: str) -> None:
        if gone := self.resources.pop(name, None):
            self.resource_events.append(("DELETED", gone))

    # What the operator is told

    @precondition(lambda self: self.secret_events)
    @rule()
    def tell_of_a_secret(self) -> None:
        kind, told = self.secret_events.pop(0)
        (self.store.forget if kind == "DELETED" else self.store.observe)(SECRETS, told)

    @precondition(lambda self: self.resource_events)
    @rule()
    def tell_of_a_resource(self) -> None:
        kind, told = self.resource_events.pop(0)
        if kind == "DELETED":
            self.store.drop(Key("ns", told["metadata"]["name"]), told["metadata"]["uid"])
        else:
            self.store.take_in(told)

    @rule(name=RESOURCES)
    def read_an_input(self, name: str) -> None:
        """An answer that is on its way, for a Resource that is being worked on."""
        record = self.store.record(Key("ns", name))
        if record and self.store.version(record, record.references[0]) != ABSENT:
            ref = record.references[0]
            self.reads.append((record, ref, _version(self.secrets.get(ref.name))))

    @precondition(lambda self: self.reads)
    @rule(data=st.data())
    def answer_a_read(self, data: st.DataObject) -> None:
        record, ref, version = self.reads.pop(data.draw(st.integers(0, len(self.reads) - 1)))
        self.store.learn(record, ref, version)

    @rule(name=RESOURCES)
    def write_an_output(self, name: str) -> None:
        record = self.store.record(Key("ns", name))
        if record and name in self.resources and self.resources[name]["metadata"]["uid"] == record.uid:
            current = self.secrets.get(record.outputs[0])
            if current is None or any(o.uid == record.uid for o in current.owner_references):
                self.put_secret(record.outputs[0], name)
                self.answers.append(self.secrets[record.outputs[0]])

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def answer_a_write(self, data: st.DataObject) -> None:
        self.store.observe(SECRETS, self.answers.pop(data.draw(st.integers(0, len(self.answers) - 1))))

    @initialize()
    def first_list(self) -> None:
        self.list_secrets()

    @precondition(lambda self: not self.reads and not self.answers)
    @rule()
    def list_secrets(self) -> None:
        """What the watch would have told up to now is skipped, as after a 410.

        Not while answers are on their way: one from before the list, about an object that was deleted before it too,
        can't be told from one about an object that nobody named at the time.
        """
        self.secret_events.clear()
        found = [meta for meta in self.secrets.values() if self.store.observe(SECRETS, meta)]
        kept = {meta.key: meta.version for meta in found}
        assert self.store.replace(SECRETS, None, kept, str(self.clock)), "taken for a restored cluster"

    # What holds at any time

    @invariant()
    def interest_is_that_of_the_resources(self) -> None:
        expected: defaultdict[Place, set[Key]] = defaultdict(set)
        for record in self._records():
            for name in (*(ref.name for ref in record.references), *record.outputs):
                expected[Place(SourceKind.SECRET, "ns", name)].add(record.key)
        assert self.named() == expected

    @invariant()
    def outputs_are_indexed_by_their_controllers(self) -> None:
        expected: defaultdict[str, set[Place]] = defaultdict(set)
        for place, output in self.objects._outputs.items():
            assert output.meta.name == place.name
            if output.controller:
                expected[output.controller.uid].add(place)
        assert contents(self.objects._owned) == expected

    @invariant()
    def nothing_is_kept_that_nobody_names_or_owns(self) -> None:
        ours = {place for place, output in self.objects._outputs.items() if output.controller not in (None, FOREIGN)}
        assert self.objects._outputs.keys() <= self.objects._versions.keys()
        assert self.objects._versions.keys() <= self.named().keys() | ours

    # What holds in the end

    def teardown(self) -> None:
        self._tell_all()
        self._nothing_known_is_wrong()
        self.list_secrets()
        self._nothing_known_is_wrong()
        for record in self._records():
            assert self.store.version(record, record.references[0]) in (
                ABSENT,
                None,
                *map(_version, self.secrets.values()),
            )
            output = self.store.output("ns", record.outputs[0])
            assert (output.meta if output else None) == self.secrets.get(record.outputs[0])

    def named(self) -> dict[Place, set[Key]]:
        """By whom each object is named, as an input or as an output."""
        inputs, outputs = contents(self.objects._inputs), contents(self.objects._output_names)
        return {place: inputs.get(place, set()) | outputs.get(place, set()) for place in inputs.keys() | outputs.keys()}

    def _tell_all(self) -> None:
        while self.resource_events:
            self.tell_of_a_resource()
        while self.secret_events:
            self.tell_of_a_secret()
        while self.answers:
            self.store.observe(SECRETS, self.answers.pop())
        while self.reads:
            self.store.learn(*self.reads.pop())

    def _nothing_known_is_wrong(self) -> None:
        assert {record.key.name for record in self._records()} == self.resources.keys()
        for record in self._records():
            ref = record.references[0]
            assert self.store.version(record, ref) in (None, _version(self.secrets.get(ref.name)))
            owned = [found for _, found in sorted(self.secrets.items()) if _controls(record, found)]
            assert [output.meta for output in self.store.owned(record)] == owned

    def _records(self) -> list[Record]:
        return [record for key in self.store if (record := self.store.record(key))]

    def _reference(self, by: str | None) -> OwnerReference:
        return FOREIGN if by in (None, "foreign") else owner(self.resources[str(by)]["metadata"]["uid"], str(by))


def _resource(name: str, version: int, uid: str, takes: str, gives: str) -> dict[str, Any]:
    fields = {"token": {"valueFrom": {"secretKeyRef": {"name": takes, "key": "token"}}}}
    output = {"environments": {"production": {"name": gives}}}
    content = spec(credentials={"production": {"fields": fields}}, output=output)
    metadata = {"uid": uid, "generation": version}
    return body(
        name, version, metadata=metadata, spec=content.model_dump(mode="json", by_alias=True, exclude_none=True)
    )


def _version(found: ObjectMeta | None) -> str:
    return f"{found.uid}/{found.resource_version}" if found else ABSENT


def _controls(record: Record, found: ObjectMeta) -> bool:
    return any(o.kind == KIND and o.controller and o.uid == record.uid for o in found.owner_references)


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=100, stateful_step_count=40, deadline=None, derandomize=True)
