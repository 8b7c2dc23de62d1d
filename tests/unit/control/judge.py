"""What holds at each write of the operator, and what holds once all is quiet. Knows the API objects only."""

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tests.unit.control.fake_server import Change, FakeServer, Place
from tracardi_operator.api.names import (
    ANNOTATION_PROVENANCE,
    ANNOTATION_REVISION,
    CONSUMER_KIND,
    KIND,
    LABEL_ENVIRONMENT,
    default_bundle_name,
    default_output_name,
)
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind

BAD: Final = "<your-api-key>"
"""A value that is refused as a placeholder."""
_ENTRIES: Final = {"token", "api_url", "uri", "type", "provider", "credentials.json"}
"""The keys of an output of the type matomo."""


class Pair(NamedTuple):
    """The values of an environment of the type matomo."""

    token: str
    api_url: str


Given = tuple[str | None, str | None]
"""What an object has to give: a token and an address."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output as its Secret tells it."""

    body: Object

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def owner(self) -> str | None:
        """The uid of the Resource that controls it."""
        owners = self.body["metadata"].get("ownerReferences", ())
        return next((o["uid"] for o in owners if o.get("controller") and o["kind"] == KIND), None)

    @property
    def environment(self) -> str:
        return str(self.body["metadata"].get("labels", {}).get(LABEL_ENVIRONMENT))

    @property
    def is_written_by_us(self) -> bool:
        return self.owner is not None and ANNOTATION_PROVENANCE in self._annotations

    @property
    def revision(self) -> int:
        return int(self._annotations.get(ANNOTATION_REVISION, 0))

    @property
    def inputs(self) -> dict[str, str]:
        """By kind and name, `uid/resourceVersion`."""
        provenance = json.loads(self._annotations.get(ANNOTATION_PROVENANCE, "{}"))
        return dict(provenance.get("inputs", {}))

    @property
    def pair(self) -> Pair | None:
        """None if it holds anything but a pair."""
        data = {key: _text(value) for key, value in self.body["data"].items()}
        if data.keys() != _ENTRIES:
            return None
        pair = Pair(data["token"], data["api_url"])
        document = json.loads(data["credentials.json"])
        return pair if document == pair._asdict() and data["uri"] == pair.api_url else None

    @property
    def _annotations(self) -> dict[str, str]:
        return dict(self.body["metadata"].get("annotations", {}))


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bundle of a ResourceConsumer as its Secret tells it."""

    body: Object

    @property
    def owner(self) -> str | None:
        """The uid of the consumer that controls it."""
        owners = self.body["metadata"].get("ownerReferences", ())
        return next((o["uid"] for o in owners if o.get("controller") and o["kind"] == CONSUMER_KIND), None)

    @property
    def pairs(self) -> dict[str, Pair]:
        """By name of the Resource."""
        content = json.loads(_text(self.body["data"]["resources.json"]))
        entries = content.get("ns", {})
        return {name: Pair(**entry["credentials"]) for name, entry in entries.items()}


class Judge:
    def __init__(self, server: FakeServer) -> None:
        self.violations: list[str] = []
        self._server = server
        self._before: dict[Place, Object] = {}
        self._asked: defaultdict[tuple[str, str], list[Object]] = defaultdict(list)
        """By uid and environment: all credentials that were asked for at some time."""
        self._given: defaultdict[tuple[str, str], set[Given]] = defaultdict(set)
        """By plural and name: all that an object had to give at some time."""
        self._unwanted: set[str] = set()
        """The uids of outputs that were not asked for, at some time since they were last written."""
        self._is_operator = False
        self.process = 0
        """The number of the present process."""
        self._wrote: dict[Place, tuple[int, Object]] = {}
        """Which process wrote an output last, and how."""
        self._published: defaultdict[str, set[Pair]] = defaultdict(set)
        """By name of a Resource: all that was ever published of it."""
        server.listeners.append(self._see)

    @contextmanager
    def operator_acts(self, *, writes: bool) -> Iterator[None]:
        """What changes meanwhile is the operator's doing."""
        before, self._is_operator = self._server.version, True
        try:
            yield
        finally:
            self._is_operator = False
        if writes and self._server.version == before:
            self._complain("a write that changed nothing")

    # At each change

    def _see(self, change: Change) -> None:
        before = self._before.pop(change.place, None)
        if change.type != "DELETED":
            self._before[change.place] = change.object
            self._note(change)
        self._note_what_is_unwanted()
        if self._is_operator and change.kind == SECRETS:
            self._judge_write(change, before)

    def _note(self, change: Change) -> None:
        if change.kind == RESOURCES:
            for environment, credentials in change.object["spec"]["credentials"].items():
                asked = self._asked[change.object["metadata"]["uid"], environment]
                if credentials not in asked:
                    asked.append(credentials)
        elif change.kind in (SECRETS, CONFIG_MAPS):
            self._given[change.kind.plural, change.place[2]].add(_given(change.object))

    def _judge_write(self, change: Change, before: Object | None) -> None:
        if Bundle(before or change.object).owner:
            self._judge_bundle(change, before)
            return
        there = Output(before) if before else None
        if change.type == "DELETED":
            assert there
            self._judge_removal(there)
            return
        output = Output(change.object)
        if there and there.owner != output.owner:
            self._complain(f"{output.name} is a stranger's and was written")
        if not self._was_good(output):
            self._complain(f"{output.name} was never to be as it was written")
        if there:
            self._judge_order(there, output, was_ours=self._wrote.get(change.place, (0, None))[1] == before)
            self._judge_what_others_added(there, output)
        if output.pair:
            self._published[_resource_of(output)].add(output.pair)
        self._wrote[change.place] = self.process, change.object
        self._unwanted.discard(change.object["metadata"]["uid"])
        self._note_what_is_unwanted()

    def _judge_bundle(self, change: Change, before: Object | None) -> None:
        name = change.place[2]
        if change.type == "DELETED":
            return
        if before and Bundle(before).owner != Bundle(change.object).owner:
            self._complain(f"{name} is a stranger's and was written")
        for resource, pair in Bundle(change.object).pairs.items():
            if pair not in self._published[resource]:
                self._complain(f"{name}: what it has of {resource} was never published")
        if before:
            self._judge_what_others_added(Output(before), Output(change.object))

    def _judge_removal(self, there: Output) -> None:
        if not there.is_written_by_us:
            self._complain(f"{there.name} is not ours and was removed")
        if there.body["metadata"]["uid"] not in self._unwanted:
            self._complain(f"{there.name} was removed though it was asked for all the time")

    def _judge_order(self, there: Output, output: Output, *, was_ours: bool) -> None:
        if output.revision < there.revision:
            self._complain(f"{output.name}: revision {output.revision} after {there.revision}")
        if was_ours and (output.revision > there.revision) != (output.pair != there.pair):
            self._complain(f"{output.name}: revision {there.revision} became {output.revision} for another reason")
        for name, version in output.inputs.items():
            if _is_older(version, there.inputs.get(name, "")):
                self._complain(f"{output.name}: made from an older {name} than before")

    def _judge_what_others_added(self, there: Output, output: Output) -> None:
        for part in ("labels", "annotations"):
            before, after = there.body["metadata"].get(part, {}), output.body["metadata"].get(part, {})
            lost = {key for key in before if key not in after and not key.startswith("tracardi.com/")}
            if lost:
                self._complain(f"{output.name}: others' {part} {sorted(lost)} were removed")

    def _note_what_is_unwanted(self) -> None:
        wanted = {
            (resource["metadata"]["uid"], environment, output_name(resource, environment))
            for resource in self._resources()
            if not _withdraws(resource)
            for environment in resource["spec"]["credentials"]
        }
        for output in self._outputs():
            if output.owner and (output.owner, output.environment, output.name) not in wanted:
                self._unwanted.add(output.body["metadata"]["uid"])

    def _was_good(self, output: Output) -> bool:
        """Each object that was asked for gave at some time what the output has of it.

        Not all of them at the same time: two objects can't be read at once.
        """
        pair = output.pair
        if pair is None or BAD in pair:
            return False
        asked = self._asked[output.owner or "", output.environment]
        return any(self._was_given(pair, *_sources(credentials)) for credentials in asked)

    def _was_given(self, pair: Pair, token: tuple[str, str], address: tuple[str, str]) -> bool:
        if token == address:
            return pair in self._given[token]
        return any(pair.token == one for one, _ in self._given[token]) and any(
            pair.api_url == one for _, one in self._given[address]
        )

    # Once all is quiet

    def require_match(self) -> None:
        """What is published is what is asked for, and status says so."""
        for resource in self._resources():
            if resource["spec"].get("suspend"):
                assert _condition(resource, "Ready")["reason"] == "Suspended", resource
            else:
                self._require_match(resource)
        live = {resource["metadata"]["uid"] for resource in self._resources()}
        for output in self._outputs():
            assert output.owner is None or output.owner in live, f"{output.name} is of a Resource that is gone"
        for consumer in self._of_kind(CONSUMERS):
            self._require_delivered(consumer)

    def end_state(self) -> dict[str, Any]:
        """To be compared with that of another run."""
        outputs = {
            o.name: (o.pair, o.revision, o.environment, sorted(o.body["metadata"]["labels"].items()))
            for o in self._outputs()
            if o.is_written_by_us
        }
        ready = {r["metadata"]["name"]: _condition(r, "Ready")["reason"] for r in self._resources()}
        return {"outputs": outputs, "ready": ready}

    @property
    def all_ready(self) -> bool:
        return all(_condition(resource, "Ready")["status"] == "True" for resource in self._resources())

    def _require_match(self, resource: Object) -> None:
        status, uid = resource["status"], resource["metadata"]["uid"]
        assert status["observedGeneration"] == resource["metadata"]["generation"], "status is about an earlier spec"
        environments = status.get("environments", {})
        assert environments.keys() == resource["spec"]["credentials"].keys()
        for environment, told in environments.items():
            self._require_environment(resource, environment, told)
        is_ready = all(told["ready"] for told in environments.values())
        assert (_condition(resource, "Ready")["status"] == "True") == is_ready
        standing = {told["output"]["name"] for told in environments.values() if told.get("output")}
        ours = {o.name for o in self._outputs() if o.owner == uid and o.is_written_by_us}
        assert ours <= standing, f"{ours - standing} should have been withdrawn"

    def _require_environment(self, resource: Object, environment: str, told: Object) -> None:
        uid, pair = resource["metadata"]["uid"], self._resolved(resource, environment)
        found = self._output(resource, output_name(resource, environment))
        reasons = {problem["reason"] for problem in told.get("problems", ())}
        if pair is None:
            self._require_kept_or_withdrawn(resource, environment, told, reasons)
        elif found and found.owner != uid:
            assert (told["ready"], "NameTaken" in reasons) == (False, True), told
        else:
            assert found, f"{environment} of {resource['metadata']['name']} is not published"
            assert found.pair == pair, f"{found.name} is not what its inputs say"
            assert told["ready"], told
            _require_recorded(found, told)

    def _require_kept_or_withdrawn(self, resource: Object, environment: str, told: Object, reasons: set[str]) -> None:
        uid = resource["metadata"]["uid"]
        assert not told["ready"], told
        ours = [o for o in self._outputs() if (o.owner, o.environment) == (uid, environment) and o.is_written_by_us]
        if _withdraws(resource):
            assert not ours, f"{ours[0].name} should have been withdrawn"
        elif told.get("output"):
            kept = self._output(resource, told["output"]["name"])
            assert kept, "status tells of an output that is not there"
            _require_recorded(kept, told)
            assert told.get("stale", False) != ("OutputLost" in reasons), told
            by, _ = self._wrote.get(("secrets", kept.body["metadata"]["namespace"], kept.name), (0, None))
            if by == self.process:  # else nobody knows what it was like before it was edited by hand
                assert "OutputLost" in reasons or self._was_good(kept), "what is kept was never good"

    def _require_delivered(self, consumer: Object) -> None:
        """Its bundle holds what is published, and status says so."""
        target, reason = consumer["spec"]["bundle"], _condition(consumer, "Ready")["reason"]
        if consumer["spec"].get("suspend"):
            assert reason == "Suspended", consumer
            return
        assert consumer["status"]["observedGeneration"] == consumer["metadata"]["generation"], "about an earlier spec"
        name = target.get("secretName") or default_bundle_name(consumer["metadata"]["name"])
        bundle = Bundle(self._server.objects[SECRETS.plural, "ns", name])
        if bundle.owner != consumer["metadata"]["uid"]:
            assert reason == "NameTaken", consumer
            return
        recorded = consumer["status"]["bundle"]["resourceVersion"]
        assert recorded == bundle.body["metadata"]["resourceVersion"], "status is about an earlier bundle"
        assert self._surely_published(target["environment"]).items() <= bundle.pairs.items(), "something is missing"
        assert bundle.pairs.keys() <= self._perhaps_published(target["environment"]), "something should be withdrawn"
        assert bundle.body["data"].keys() == {"resources.json"}, "somebody else's key is in the bundle"
        former = [b for b in self._of_kind(SECRETS) if Bundle(b).owner == bundle.owner and b is not bundle.body]
        assert not [b["metadata"]["name"] for b in former], "a former bundle should have been removed"

    def _surely_published(self, environment: str) -> dict[str, Pair]:
        """As the operator wrote it: an output that was edited by hand and can't be put right is not given on."""
        standing = {r["metadata"]["name"]: self._standing(r, environment) for r in self._resources()}
        lost = {r["metadata"]["name"] for r in self._resources() if "OutputLost" in str(r["status"])}
        return {
            name: output.pair
            for name, output in standing.items()
            if output and output.pair in self._published[name] and self._is_untouched(output) and name not in lost
        }

    def _standing(self, resource: Object, environment: str) -> Output | None:
        """Under the name that is asked for or, until something is there, under that which status tells."""
        if environment not in resource["spec"]["credentials"]:
            return None
        told = resource["status"].get("environments", {}).get(environment, {}).get("output", {}).get("name", "")
        outputs = (self._output(resource, name) for name in (output_name(resource, environment), told))
        own = (o for o in outputs if o and o.owner == resource["metadata"]["uid"] and o.is_written_by_us)
        return next((output for output in own if output.environment == environment), None)

    def _is_untouched(self, output: Output) -> bool:
        _, written = self._wrote.get((SECRETS.plural, "ns", output.name), (0, None))
        return written is not None and written["data"] == output.body["data"]

    def _perhaps_published(self, environment: str) -> set[str]:
        resources = {
            r["metadata"]["uid"]: str(r["metadata"]["name"])
            for r in self._resources()
            if environment in r["spec"]["credentials"]
        }
        owners = {output.owner for output in self._outputs() if output.is_written_by_us}
        return {name for uid, name in resources.items() if uid in owners}

    def _of_kind(self, kind: Kind) -> list[Object]:
        return [found for (plural, *_), found in sorted(self._server.objects.items()) if plural == kind.plural]

    def _resources(self) -> list[Object]:
        return self._of_kind(RESOURCES)

    def _outputs(self) -> list[Output]:
        return [Output(found) for (plural, *_), found in self._server.objects.items() if plural == SECRETS.plural]

    def _output(self, resource: Object, name: str) -> Output | None:
        found = self._server.objects.get((SECRETS.plural, resource["metadata"]["namespace"], name))
        return Output(found) if found else None

    def _resolved(self, resource: Object, environment: str) -> Pair | None:
        """What an environment asks for, as its inputs are now; None if it is not all there and right."""
        namespace = resource["metadata"]["namespace"]
        sources = _sources(resource["spec"]["credentials"][environment])
        token, address = (self._server.objects.get((plural, namespace, name)) for plural, name in sources)
        values = (_given(token)[0] if token else None, _given(address)[1] if address else None)
        return Pair(*map(str, values)) if None not in values and BAD not in values else None

    def _complain(self, violation: str) -> None:
        self.violations.append(violation)


def _sources(credentials: Object) -> tuple[tuple[str, str], tuple[str, str]]:
    """Plural and name of the objects that the token and the address come from."""
    if "secretRef" in credentials:
        source = SECRETS.plural, credentials["secretRef"]["name"]
        return source, source
    token, address = (credentials["fields"][key]["valueFrom"] for key in Pair._fields)
    return (SECRETS.plural, token["secretKeyRef"]["name"]), (CONFIG_MAPS.plural, address["configMapKeyRef"]["name"])


def _given(found: Object) -> Given:
    """Nothing, if it is an output: that is no input."""
    if Output(found).owner:
        return None, None
    decode = _text if "type" in found else str
    data = {key: decode(value) for key, value in found.get("data", {}).items()}
    return data.get("token"), data.get("api_url")


def output_name(resource: Object, environment: str) -> str:
    environments = resource["spec"].get("output", {}).get("environments", {})
    name = environments.get(environment, {}).get("name")
    return name or default_output_name(resource["metadata"]["name"], environment)


def _require_recorded(found: Output, told: Object) -> None:
    recorded = told["output"]
    assert (recorded["name"], recorded["resourceVersion"]) == (found.name, found.body["metadata"]["resourceVersion"])
    assert "OutputLost" in str(told) or told["revision"] == found.revision


def _resource_of(output: Output) -> str:
    """The name of the Resource that controls it."""
    owners = output.body["metadata"].get("ownerReferences", ())
    return str(next((o["name"] for o in owners if o["uid"] == output.owner), ""))


def _condition(resource: Object, kind: str) -> Object:
    conditions: list[Object] = resource["status"].get("conditions", [])
    return next((c for c in conditions if c["type"] == kind), {"status": "", "reason": ""})


def _withdraws(resource: Object) -> bool:
    return bool(resource["spec"].get("output", {}).get("onInvalid") == "Withdraw")


def _is_older(version: str, than: str) -> bool:
    (uid, _, number), (other, _, bound) = version.partition("/"), than.partition("/")
    return uid == other and bool(number) and bool(bound) and int(number) < int(bound)


def _text(value: str) -> str:
    try:
        return base64.b64decode(value).decode()
    except binascii.Error:
        return ""
