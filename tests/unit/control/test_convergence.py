"""Whatever is done to the cluster, in whatever order and with whatever faults: in the end all is as it should be."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.unit.control.fake_client import raising, writes
from tests.unit.control.world import INPUT, World
from tests.unit.examples import OTHER_TOKEN, TOKEN
from tracardi_operator.api.names import ANNOTATION_PROVENANCE
from tracardi_operator.api.status import EnvironmentStatus
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.records import RESOURCES, Key, Record
from tracardi_operator.control.writer import Outdated, Refused
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.errors import Unreachable
from tracardi_operator.kube.kinds import SECRETS

NAMES = st.sampled_from(["q", "r"])
SHARED = "shared"
"""The name of an output that both Resources may ask for, and a stranger may have."""
OUTPUTS = st.sampled_from([SHARED, "q-production-resolved", "r-production-resolved"])
GOOD = (TOKEN, OTHER_TOKEN)
VALUES = st.sampled_from([*GOOD, "<your-api-key>", None])
WRITES = st.sampled_from([("create", "secrets"), ("update", "secrets"), ("delete", "secrets"), ("patch", "resources")])
EDITS: dict[str, Object] = {
    "data": {"data": encode_base64({"token": "edited"})},
    "label": {"metadata": {"labels": {"team": "x"}}},
    "annotations": {"metadata": {"annotations": {}}},
}


class Convergence(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World()
        self.api = self.world.api
        self.world.resource("r")

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    # What people do

    @rule(value=VALUES)
    def set_the_input(self, value: str | None) -> None:
        if value is not None:
            self.world.secret(token=value)
        elif self.api.object(SECRETS, INPUT):
            self.api.remove(SECRETS, INPUT)

    @rule(name=NAMES, output=st.sampled_from([None, SHARED]), on_invalid=st.sampled_from(["KeepLast", "Withdraw"]))
    def ask(self, name: str, output: str | None, on_invalid: str) -> None:
        named = {"environments": {"production": {"name": output}}} if output else {}
        self.world.resource(name, output={"onInvalid": on_invalid, **named})

    @rule(name=NAMES)
    def suspend(self, name: str) -> None:
        self.world.resource(name, suspend=True)

    @rule(name=NAMES)
    def delete_a_resource(self, name: str) -> None:
        if found := self.api.object(RESOURCES, name):
            self.api.remove(RESOURCES, name)
            self._collect_garbage(found["metadata"]["uid"])

    @rule()
    def make_a_stranger(self) -> None:
        if not self.api.object(SECRETS, SHARED):
            self.world.secret(SHARED, token="mine")

    @rule(name=OUTPUTS, edit=st.sampled_from(sorted(EDITS)))
    def edit_by_hand(self, name: str, edit: str) -> None:
        if self._owner(name):
            self.api.put(SECRETS, name, EDITS[edit])

    @rule(name=OUTPUTS)
    def delete_by_hand(self, name: str) -> None:
        if self.api.object(SECRETS, name):
            self.api.remove(SECRETS, name)

    # What happens to the operator

    @rule()
    def tell_of_secrets(self) -> None:
        self.world.deliver(SECRETS)

    @rule()
    def tell_of_resources(self) -> None:
        self.world.deliver(RESOURCES)

    @rule(request=WRITES)
    def lose_a_request(self, request: tuple[str, str]) -> None:
        self.api.once(*request, before=raising(Unreachable("refused")))

    @rule(request=WRITES)
    def lose_an_answer(self, request: tuple[str, str]) -> None:
        self.api.once(*request, after=raising(Unreachable("no answer")))

    @rule(name=NAMES, edit=st.sampled_from(sorted(EDITS)), told=st.booleans(), verb=st.sampled_from(["update", "get"]))
    def edit_by_hand_while_it_works(self, name: str, edit: str, told: bool, verb: str) -> None:
        """While an output is replaced by the next value, or while an earlier edit of it is examined."""
        output = self._name_of_output(name)
        if verb == "update":
            self.set_the_input(next(good for good in GOOD if good != self._input()))
        else:
            self.edit_by_hand(output, "label")
        self.world.deliver()
        self.api.once(
            verb, "secrets", name=output, after=lambda: self._tell(self.edit_by_hand(output, edit), told=told)
        )
        self.work(name)
        self.api.forgive()

    @rule(name=NAMES, value=VALUES, told=st.booleans(), verb=st.sampled_from(["get", "update", "create"]))
    def set_the_input_while_it_works(self, name: str, value: str | None, told: bool, verb: str) -> None:
        self.set_the_input(next(good for good in GOOD if good != self._input()))
        self.world.deliver()
        self.api.once(verb, "secrets", after=lambda: self._tell(self.set_the_input(value), told=told))
        self.work(name)
        self.api.forgive()

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule(name=NAMES)
    def work(self, name: str) -> None:
        try:
            self.do(self.world.reconcile(Key("ns", name)))
        except (Outdated, Refused, Unreachable):
            self.world.woken.add(Key("ns", name))

    # In the end

    def teardown(self) -> None:
        try:
            self.api.forgive()
            self.do(self.world.run())
            for record in self._records():
                self._is_as_it_should_be(record)
            assert self._strangers_hold({"token": b"mine"})
            self._nothing_is_left_to_do()
        finally:
            self.loop.close()

    def _is_as_it_should_be(self, record: Record) -> None:
        status = self.world.status(record.key.name)
        if record.load_spec().get("suspend"):
            assert self.world.ready(record.key.name).reason == "Suspended"
            return
        environment = (status.environments or {})["production"]
        reasons = [problem.reason for problem in environment.problems or ()]
        value = self._input()
        if value not in GOOD:
            self._keeps_or_withdraws(record, environment, reasons)
        elif reasons:
            assert reasons == ["NameTaken"]
            assert self._owner(record.outputs[0]) not in (None, record.uid) or self._is_strangers(record.outputs[0])
        else:
            assert environment.ready
            assert self.world.token(record.outputs[0]) == value
            assert self._published(record) == [record.outputs[0]]
            self._is_recorded(environment)

    def _keeps_or_withdraws(self, record: Record, environment: EnvironmentStatus, reasons: list[str]) -> None:
        assert not environment.ready
        assert ("Placeholder" if self._input() else "SecretNotFound") in reasons
        if record.load_spec().get("output", {}).get("onInvalid") == "Withdraw":
            assert self._published(record) == []
        if environment.output:
            self._is_recorded(environment)
            assert environment.stale or "OutputLost" in reasons
            assert "OutputLost" in reasons or self.world.token(environment.output.name) in GOOD

    def _is_recorded(self, environment: EnvironmentStatus) -> None:
        assert environment.output
        assert environment.output.resource_version == self.world.meta(environment.output.name)["resourceVersion"]

    def _nothing_is_left_to_do(self) -> None:
        assert list(self.world.store.unreconciled()) == [] or self.do(self._pass_over_all()) == []
        assert self.do(self._pass_over_all()) == []
        self.world.restart()
        assert list(writes(self.do(self.world.run()))) == []

    async def _pass_over_all(self) -> list[str]:
        before = len(self.api.requests)
        for record in self._records():
            await self.world.reconcile(record.key)
        return self.api.requests[before:]

    def _records(self) -> list[Record]:
        return [record for key in sorted(self.world.store) if (record := self.world.store.record(key))]

    def _input(self) -> str | None:
        return self.world.token(INPUT)

    def _published(self, record: Record) -> list[str]:
        """The outputs of a Resource; one whose provenance somebody removed counts as his."""
        names = sorted(name for plural, _, name in self.api.objects if plural == "secrets")
        owned = [name for name in names if self._owner(name) == record.uid]
        return [name for name in owned if ANNOTATION_PROVENANCE in self.world.meta(name).get("annotations", {})]

    def _owner(self, name: str) -> str | None:
        found = self.api.object(SECRETS, name)
        owners = found["metadata"].get("ownerReferences") if found else None
        uid: str | None = owners[0]["uid"] if owners else None
        return uid

    def _is_strangers(self, name: str) -> bool:
        return self.api.object(SECRETS, name) is not None and self._owner(name) is None

    def _strangers_hold(self, data: dict[str, bytes]) -> bool:
        return not self._is_strangers(SHARED) or self.world.data(SHARED) == data

    def _collect_garbage(self, uid: str) -> None:
        for _, _, name in [place for place in self.api.objects if place[0] == "secrets"]:
            if self._owner(name) == uid:
                self.api.remove(SECRETS, name)

    def _name_of_output(self, name: str) -> str:
        record = self.world.store.record(Key("ns", name))
        return record.outputs[0] if record and record.outputs else SHARED

    def _tell(self, _done: None, *, told: bool) -> None:
        if told:
            self.world.deliver(SECRETS)


TestConvergence = Convergence.TestCase
TestConvergence.settings = settings(max_examples=100, stateful_step_count=30, deadline=None, derandomize=True)
