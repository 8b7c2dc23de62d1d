"""Compares the cluster, once all is quiet, with what it should be. Knows the API objects and the rules of `types`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.chaos.seeded.cluster import Cluster, Document, decode
from tests.chaos.seeded.consumers import bundle_name, consumers_told
from tests.chaos.seeded.expectation import (
    ENVIRONMENTS,
    REVISION,
    Expectation,
    annotations,
    condition,
    expect,
    is_held,
    is_written_by_operator,
    output_name,
    own_labels,
    owner,
    provenance,
    rendered,
    settings,
    type_named,
    version,
    withdraws,
)
from tests.chaos.seeded.journal import Journal, Written
from tests.chaos.seeded.site import Site
from tests.chaos.seeded.types import Type, Verdict

_OURS: Final = "tracardi.com/"


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything in the namespace, and the ResourceTypes, at one moment."""

    resources: dict[str, Document]
    secrets: dict[str, Document]
    config_maps: dict[str, Document]
    types: dict[str, Document]
    consumers: dict[str, Document]

    @classmethod
    def of(cls, cluster: Cluster) -> "Picture":
        def named(plural: str) -> dict[str, Document]:
            return {body["metadata"]["name"]: body for body in cluster.list(plural)}

        kinds = ("resources", "secrets", "configmaps", "resourcetypes", "resourceconsumers")
        return cls(*map(named, kinds))

    @property
    def versions(self) -> dict[tuple[str, str], str]:
        """To tell whether anything has changed."""
        kinds = {
            "resources": self.resources,
            "secrets": self.secrets,
            "types": self.types,
            "config maps": self.config_maps,
            "consumers": self.consumers,
        }
        return {(kind, name): version(body) for kind, there in kinds.items() for name, body in there.items()}

    @property
    def inputs(self) -> dict[tuple[str, str], Document]:
        secrets = {("Secret", name): body for name, body in self.secrets.items()}
        return secrets | {("ConfigMap", name): body for name, body in self.config_maps.items()}

    @property
    def uids(self) -> set[str]:
        """Of the Resources and their consumers."""
        return {str(body["metadata"]["uid"]) for body in (*self.resources.values(), *self.consumers.values())}


class Checker:
    def __init__(self, journal: Journal, site: Site) -> None:
        self._journal = journal
        self._site = site
        self.right = 0
        """Environments that had to be published and were, the last time."""

    def violations(self, seen: Picture) -> list[str]:
        """What is not as it should be."""
        self.right = 0
        return [
            *(f"ResourceType {name}: {told}" for name, body in seen.types.items() for told in _type_told(body)),
            *(
                f"Resource {name}: {told}"
                for name, body in seen.resources.items()
                for told in self._resource(seen, body)
            ),
            *consumers_told(seen.resources, seen.secrets, seen.consumers, [self._site.url]),
            *self._site.told(seen.resources, seen.secrets, seen.consumers, self._journal),
            *self._strangers(seen),
            *_left_over(seen),
        ]

    # Resources

    def _resource(self, seen: Picture, body: Document) -> Iterator[str]:
        told, spec = body.get("status") or {}, body["spec"]
        ready = condition(body, "Ready")
        if told.get("observedGeneration") != body["metadata"]["generation"]:
            yield f"status is about generation {told.get('observedGeneration')}, not {body['metadata']['generation']}"
            return
        if spec.get("suspend"):
            if (ready.get("status"), ready.get("reason")) != ("Unknown", "Suspended"):
                yield f"suspended, but Ready is {ready}"
            return
        if ready.get("reason") == "InvalidSpec":
            if _has_readable_destination(spec):
                yield f"the API server took a spec that the operator can't read: {ready.get('message')}"
            return
        environments = told.get("environments") or {}
        if environments.keys() != spec["credentials"].keys():
            yield f"status has {sorted(environments)}, spec {sorted(spec['credentials'])}"
            return
        for environment, standing in environments.items():
            for wrong in self._environment(seen, body, environment, standing):
                yield f"{environment}: {wrong}"
        yield from _summary(body, environments)

    def _environment(self, seen: Picture, body: Document, environment: str, told: Document) -> Iterator[str]:
        service = type_named(body["spec"]["type"], seen.types)
        expected = expect(body["spec"], environment, service, seen.inputs)
        there = seen.secrets.get(output_name(body, environment))
        is_taken = there is not None and owner(there) != body["metadata"]["uid"]
        if (
            service is None
            or expected.verdict is Verdict.WRONG
            or (expected.verdict is Verdict.OPEN and not told["ready"])
        ):
            yield from self._not_ready(seen, body, environment, told, expected)
        elif is_taken:
            yield from self._not_ready(seen, body, environment, told, expected, reason="NameTaken")
        elif there is None:
            yield "is not published"
        else:
            self.right += 1
            yield from _published(body, environment, told, expected, service, there)

    def _not_ready(
        self, seen: Picture, body: Document, environment: str, told: Document, expected: Expectation, reason: str = ""
    ) -> Iterator[str]:
        reasons = {each["reason"] for each in told.get("problems", ()) if each["severity"] == "error"}
        if told["ready"]:
            yield "ready, though it can't be"
        if not reasons or reason not in (reasons | {""}):
            yield f"problems are {reasons}, expected {reason or 'some'}"
        if not expected.type_is_usable and reasons - {"OutputLost"} != {"UnknownType"}:
            yield f"problems are {reasons}, expected UnknownType"
        ours = _ours(seen, body, environment)
        if withdraws(body["spec"]) and expected.type_is_usable and not reason:
            yield from (f"{name} should have been withdrawn" for name in ours)
        elif recorded := told.get("output"):
            yield from _kept(seen, told, recorded, reasons)
        elif ours:
            yield f"status says nothing of {sorted(ours)}"

    # Strangers

    def _strangers(self, seen: Picture) -> Iterator[str]:
        """What users wrote last is as they wrote it, unless it is an output."""
        last = {(each.plural, each.name): each for each in self._journal.users}
        places = {"secrets": seen.secrets, "configmaps": seen.config_maps}
        for (plural, name), written in last.items():
            if plural not in places:
                continue
            there = places[plural].get(name)
            if written.body is None:
                continue
            if plural == "configmaps" or self._is_strange(seen, written):
                yield from _untouched(plural, written.body, there)

    def _is_strange(self, seen: Picture, written: Written) -> bool:
        assert written.body
        uid = owner(written.body)
        if owner(written.body, "ResourceConsumer"):
            return False
        if not uid:
            return True
        names = {output_name(body, environment) for body in self._journal.specs(uid) for environment in ENVIRONMENTS}
        return uid in seen.uids and not is_written_by_operator(written.body) and written.name not in names


def _has_readable_destination(spec: Document) -> bool:
    """The one part of a spec that only the operator can judge: JSON as text."""
    try:
        return isinstance(json.loads((spec.get("tracardi") or {}).get("destination", "{}")), dict)
    except ValueError:
        return False


def _ours(seen: Picture, body: Document, environment: str) -> set[str]:
    uid = body["metadata"]["uid"]
    return {
        name
        for name, secret in seen.secrets.items()
        if owner(secret) == uid
        and is_written_by_operator(secret)
        and (secret["metadata"].get("labels") or {}).get("tracardi.com/environment") == environment
    }


def _published(
    body: Document, environment: str, told: Document, expected: Expectation, service: Type, there: Document
) -> Iterator[str]:
    spec = body["spec"]
    kind = f"servicebinding.io/{service.binding_type or spec['type']}"
    if there["type"] != kind:  # a type made anew under its name; the type of a Secret can't be changed
        if told["ready"] or "Rejected" not in {each["reason"] for each in told.get("problems", ())}:
            yield f"the output has the type {there['type']}, and status does not say so"
        return
    if not told["ready"]:
        yield f"not ready, though it can be: {[each['reason'] for each in told.get('problems', ())]}"
    data = {key: value.decode() for key, value in decode(there).items()}
    if expected.verdict is Verdict.RIGHT and data != rendered(spec["type"], service, expected.values):
        yield "the output is not what its inputs say"
    if (
        expected.verdict is Verdict.OPEN
        and json.loads(data.get("credentials.json", "{}")).keys() < expected.values.keys()
    ):
        yield "the output lacks a value"
    if provenance(there).get("inputs", {}) != expected.inputs:
        yield "provenance names other versions than those of the inputs"
    yield from _metadata(body, environment, there)
    yield from _recorded(told, there)
    if told.get("stale"):
        yield "ready and stale"


def _metadata(body: Document, environment: str, there: Document) -> Iterator[str]:
    wanted = settings(body["spec"], environment)
    labels = (wanted.get("labels") or {}) | own_labels(body, environment)
    present = there["metadata"].get("labels") or {}
    if labels.items() - present.items() or {key for key in present if key.startswith(_OURS)} - labels.keys():
        yield f"labels are {present}"
    if (wanted.get("annotations") or {}).items() - annotations(there).items():
        yield f"annotations are {sorted(annotations(there))}"


def _recorded(told: Document, there: Document) -> Iterator[str]:
    recorded = told.get("output", {})
    metadata = there["metadata"]
    if (recorded.get("name"), recorded.get("resourceVersion")) != (metadata["name"], metadata["resourceVersion"]):
        yield f"status records {recorded}, the output is {metadata['name']} at {metadata['resourceVersion']}"
    if told.get("revision") != int(annotations(there).get(REVISION, -1)):
        yield f"status has revision {told.get('revision')}, the output {annotations(there).get(REVISION)}"


def _kept(seen: Picture, told: Document, recorded: Document, reasons: set[str]) -> Iterator[str]:
    there = seen.secrets.get(recorded["name"])
    if there is None:
        yield f"status tells of an output {recorded['name']} that is not there"
        return
    if recorded["resourceVersion"] != there["metadata"]["resourceVersion"]:
        yield f"status records {recorded}, it is at {there['metadata']['resourceVersion']}"
    if bool(told.get("stale")) == ("OutputLost" in reasons):
        yield f"stale is {told.get('stale')} with the problems {reasons}"
    if bool(told.get("stale")) != ("since" in told):
        yield "stale and since don't agree"


def _summary(body: Document, environments: Document) -> Iterator[str]:
    is_ready = all(each["ready"] for each in environments.values())
    kinds = {each["type"]: each["status"] for each in body["status"]["conditions"]}
    generations = {each["observedGeneration"] for each in body["status"]["conditions"]}
    if kinds.get("Ready") != str(is_ready) or kinds.get("Published") != str(is_ready):
        yield f"conditions are {kinds}, environments ready: {is_ready}"
    progress = [kind for kind in ("Reconciling", "Stalled") if kinds.get(kind) == "True"]
    if len(progress) != (0 if is_ready else 1):
        yield f"conditions are {kinds}"
    if generations != {body["metadata"]["generation"]}:
        yield f"conditions are about {generations}"
    spec = body["spec"]
    first = next(environment for environment in ENVIRONMENTS if environment in spec["credentials"])
    chosen = (spec.get("output") or {}).get("binding", first)
    bound = (environments.get(chosen) or {}).get("output", {}).get("name")
    if (body["status"].get("binding") or {}).get("name") != bound:
        yield f"binding is {body['status'].get('binding')}, expected {bound}"


def _type_told(body: Document) -> Iterator[str]:
    told, ready = body.get("status") or {}, condition(body, "Ready")
    if told.get("observedGeneration") != body["metadata"]["generation"]:
        yield "status is about another generation"
    if ready.get("status") not in ("True", "False") or (ready.get("status") == "False") != bool(told.get("problems")):
        yield f"Ready is {ready.get('status')}, problems: {told.get('problems')}"


def _untouched(plural: str, written: Document, there: Document | None) -> Iterator[str]:
    name = written["metadata"]["name"]
    if there is None:
        yield f"{plural} {name}, a stranger's, was removed"
    elif version(there) != version(written):
        yield f"{plural} {name}, a stranger's, was touched: {there['metadata']['managedFields'][-1].get('manager')}"


def _left_over(seen: Picture) -> Iterator[str]:
    """No output that nobody has a place for; what is of an object that is gone, the garbage collector takes."""
    holders = {body["metadata"]["uid"]: body for body in (*seen.resources.values(), *seen.consumers.values())}
    for name, secret in seen.secrets.items():
        if not is_written_by_operator(secret):
            continue
        holder = holders.get(owner(secret) or owner(secret, "ResourceConsumer"))
        if holder is None:
            yield f"{name} is of an object that is gone"
        elif not is_held(holder) and name not in _standing(holder):
            yield f"{name} should have been withdrawn"


def _standing(holder: Document) -> set[str]:
    """The names of the Secrets that status tells of, and of that which a consumer asks for."""
    status = holder.get("status") or {}
    outputs = [(each.get("output") or {}).get("name") for each in (status.get("environments") or {}).values()]
    bundles = [(status.get("bundle") or {}).get("name"), bundle_name(holder)]
    return {name for name in (*outputs, *bundles) if name}
