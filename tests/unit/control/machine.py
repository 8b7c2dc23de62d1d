"""A cluster in which anything happens at any time, as a state machine: `Machine.steps` counts what was tried."""

from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.unit.control.faults import ERRORS, WRITES, Crash
from tests.unit.control.judge import BAD
from tests.unit.control.scene import CONFIG, CONSUMER, SHARED, Scene, by_fields, whole
from tracardi_operator.api.names import default_bundle_name
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind

INPUTS = st.sampled_from(["a", "a", "b"])
NAMES = st.sampled_from(["r", "r", "q"])
KINDS = st.sampled_from([SECRETS, RESOURCES, CONFIG_MAPS, CONSUMERS])
CREDENTIALS: Final[dict[str, Object]] = {
    "fields a": by_fields("a"),
    "fields b": by_fields("b"),
    "whole a": whole("a"),
    "whole b": whole("b"),
    "output": by_fields("q-production-resolved"),
}
REQUESTS = st.sampled_from(["get", "list", "watch", *sorted(WRITES)])
ENVIRONMENTS = st.sampled_from(["production", "production", "test"])
THEN = st.sampled_from([0.003, 0.006, 0.009, 0.013, 1.0, 1.0, 4.0, 30.0])
"""Seconds until the next thing happens: in the midst of a request or a reconciliation, or when all is done."""


def _change_data(found: Object) -> None:
    found["data"] = found["data"] | encode_base64({"token": BAD})


def _add_key(found: Object) -> None:
    found["data"] = found["data"] | encode_base64({"extra": "x"})


def _label(found: Object) -> None:
    found["metadata"]["labels"] = found["metadata"].get("labels", {}) | {"team": "x"}


def _strip_labels(found: Object) -> None:
    found["metadata"].pop("labels", None)


def _strip_annotations(found: Object) -> None:
    found["metadata"].pop("annotations", None)


HAND_EDITS = st.sampled_from([_change_data, _add_key, _label, _strip_labels, _strip_annotations])


class Machine(RuleBasedStateMachine):
    steps: ClassVar[int] = 0

    scene: Scene

    @initialize()
    def begin(self) -> None:
        self.scene = Scene()
        self.scene.set_secret("a")
        self.scene.set_config()
        self.scene.set_resource("r", {"production": by_fields("a")})
        self.scene.set_consumer("production")
        self.scene.start()
        self.scene.pass_time(1.0)

    # What people do

    @rule(name=INPUTS, good=st.sampled_from([True, True, True, False]), then=THEN)
    def set_a_secret(self, name: str, good: bool, then: float) -> None:
        self.scene.set_secret(name, good=good)
        self._go_on(then)

    @rule(then=THEN)
    def set_the_config(self, then: float) -> None:
        self.scene.set_config()
        self._go_on(then)

    @rule(kind=st.sampled_from([SECRETS, SECRETS, CONFIG_MAPS]), name=INPUTS, then=THEN)
    def remove_an_input(self, kind: Kind, name: str, then: float) -> None:
        self.scene.remove(kind, name if kind == SECRETS else CONFIG)
        self._go_on(then)

    @rule(
        name=NAMES,
        production=st.sampled_from(["fields a", "fields a", *CREDENTIALS, None]),
        test=st.sampled_from([None, None, *CREDENTIALS]),
        output=st.sampled_from([None, None, SHARED]),
        on_invalid=st.sampled_from(["KeepLast", "KeepLast", "Withdraw"]),
        suspend=st.sampled_from([False, False, False, True]),
        then=THEN,
    )
    def set_a_resource(
        self,
        name: str,
        production: str | None,
        test: str | None,
        output: str | None,
        on_invalid: str,
        suspend: bool,
        then: float,
    ) -> None:
        chosen = {"production": production or (None if test else "fields a"), "test": test}
        credentials = {environment: CREDENTIALS[one] for environment, one in chosen.items() if one}
        named = {"environments": {next(iter(credentials)): {"name": output}}} if output else {}
        more = {"suspend": True} if suspend else {}
        self.scene.set_resource(name, credentials, {"onInvalid": on_invalid, **named}, **more)
        self._go_on(then)

    @rule(name=NAMES, output=st.sampled_from([None, SHARED]), then=THEN)
    def rename_an_output(self, name: str, output: str | None, then: float) -> None:
        environments = {"production": {"name": output}} if output else {}
        self.scene.edit_resource(name, lambda found: found["spec"]["output"].update(environments=environments))
        self._go_on(then)

    @rule(
        environment=ENVIRONMENTS,
        secret=st.sampled_from([None, None, None, SHARED]),
        suspend=st.sampled_from([False, False, False, True]),
        then=THEN,
    )
    def set_a_consumer(self, environment: str, secret: str | None, suspend: bool, then: float) -> None:
        self.scene.set_consumer(environment, secret, suspend=suspend)
        self._go_on(then)

    @rule(then=THEN)
    def remove_a_consumer(self, then: float) -> None:
        self.scene.remove(CONSUMERS, CONSUMER)
        self._go_on(then)

    @rule(edit=HAND_EDITS, then=THEN)
    def edit_a_bundle(self, edit: Any, then: float) -> None:
        self.scene.edit_output(default_bundle_name(CONSUMER), edit)
        self._go_on(then)

    @rule(then=THEN)
    def remove_a_bundle(self, then: float) -> None:
        self.scene.remove(SECRETS, default_bundle_name(CONSUMER))
        self._go_on(then)

    @rule(name=NAMES, then=THEN)
    def ask_for_it(self, name: str, then: float) -> None:
        self.scene.request(name)
        self._go_on(then)

    @rule(name=NAMES, then=THEN)
    def remove_a_resource(self, name: str, then: float) -> None:
        self.scene.remove(RESOURCES, name)
        self._go_on(then)

    @rule(name=NAMES, environment=ENVIRONMENTS, edit=HAND_EDITS, then=THEN)
    def edit_an_output(self, name: str, environment: str, edit: Any, then: float) -> None:
        self.scene.edit_output(self.scene.output_of(name, environment), edit)
        self._go_on(then)

    @rule(name=NAMES, environment=ENVIRONMENTS, then=THEN)
    def remove_an_output(self, name: str, environment: str, then: float) -> None:
        self.scene.remove(SECRETS, self.scene.output_of(name, environment))
        self._go_on(then)

    @rule(name=st.sampled_from([SHARED, "q-production-resolved"]), like_ours=st.booleans(), then=THEN)
    def make_a_stranger(self, name: str, like_ours: bool, then: float) -> None:
        self.scene.make_stranger(name, like_ours=like_ours)
        self._go_on(then)

    @rule(name=NAMES, then=THEN)
    def make_an_impostor(self, name: str, then: float) -> None:
        self.scene.make_impostor(name)
        self._go_on(then)

    # What happens to the operator

    @rule(seconds=st.sampled_from([65.0, 130.0]))
    def wait_for_the_resync(self, seconds: float) -> None:
        self._go_on(seconds)

    @rule(verb=REQUESTS, error=st.sampled_from(sorted(ERRORS)), times=st.integers(1, 3), then=THEN)
    def fail(self, verb: str, error: str, times: int, then: float) -> None:
        self.scene.faults.once += [(verb, error)] * times
        self._go_on(then)

    @rule(error=st.sampled_from(sorted(ERRORS)), seconds=st.sampled_from([1.0, 20.0]), then=THEN)
    def fail_for_a_while(self, error: str, seconds: float, then: float) -> None:
        self.scene.faults.outage = (self.scene.now() + seconds, error)
        self._go_on(then)

    @rule(requests=st.integers(0, 6), before=st.booleans(), then=THEN)
    def crash_at_a_request(self, requests: int, before: bool, then: float) -> None:
        self.scene.faults.crash = Crash(requests, before)
        self._go_on(then)

    @precondition(lambda self: self.scene.process)
    @rule(then=THEN)
    def stop(self, then: float) -> None:
        self.scene.kill()
        self._go_on(then)

    @precondition(lambda self: not self.scene.process)
    @rule(then=THEN)
    def start(self, then: float) -> None:
        self.scene.start()
        self._go_on(then)

    @precondition(lambda self: not self.scene.process)
    @rule(then=THEN)
    def start_for_sure(self, then: float) -> None:
        self.start(then)

    @rule(kind=KINDS, how=st.sampled_from(["drop", "end", "tear", "silent", "410", "lag"]), then=THEN)
    def disturb_a_watch(self, kind: Kind, how: str, then: float) -> None:
        self.scene.disturb(kind, how)
        self._go_on(then)

    @rule(kind=KINDS, versions=st.integers(1, 8), then=THEN)
    def reconnect_to_the_past(self, kind: Kind, versions: int, then: float) -> None:
        """The stream ends, and the next server lags behind the last."""
        self.scene.faults.behind[kind.plural] = versions
        self.scene.disturb(kind, "tear")
        self._go_on(then)

    @rule(then=THEN)
    def compact(self, then: float) -> None:
        """Whoever begins to watch from an earlier version is told 410."""
        self.scene.server.compact()
        self._go_on(then)

    # In the end

    def teardown(self) -> None:
        if not hasattr(self, "scene"):  # Hypothesis gave up before it began
            return
        try:
            self.scene.settle()
            self.scene.settle_anew()
        finally:
            self.scene.close()

    def _go_on(self, seconds: float) -> None:
        Machine.steps += 1
        self.scene.pass_time(seconds)
