"""What consumers should have: both halves of the consent, and the bundles that come of it."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from tests.chaos.seeded.cluster import Document, decode
from tests.chaos.seeded.expectation import condition, is_held, is_written_by_operator, output_name, owner

Named = Mapping[str, Document]

_KIND: Final = "ResourceConsumer"
_KEYS: Final = {
    "json": "resources.json",
    "env": "resources.env",
    "airflow": "connections.json",
    "tracardi": "resources.json",
}


def consumers_told(
    resources: Named, secrets: Named, consumers: Named, tracardis: Collection[str] = ()
) -> Iterator[str]:
    """What is wrong about consumers, and about what Resources tell of them. `tracardis` are those that there are."""
    for name, body in consumers.items():
        for wrong in _consumer(resources, secrets, body, tracardis):
            yield f"ResourceConsumer {name}: {wrong}"
    for name, body in resources.items():
        yield from (f"Resource {name}: {wrong}" for wrong in _receivers(body, consumers))


def bundle_name(holder: Document) -> str:
    """Of a consumer with a bundle; empty for anything else."""
    bundle = holder["spec"].get("bundle")
    return str(bundle.get("secretName") or f"{holder['metadata']['name']}-bundle") if bundle else ""


def _consumer(resources: Named, secrets: Named, body: Document, tracardis: Collection[str]) -> Iterator[str]:
    told, ready = body.get("status") or {}, condition(body, "Ready")
    if body["metadata"].get("deletionTimestamp"):
        if body["spec"].get("tracardi", {}).get("url") in tracardis:
            yield "is still being deleted"
    elif told.get("observedGeneration") != body["metadata"]["generation"]:
        yield f"status is about generation {told.get('observedGeneration')}, not {body['metadata']['generation']}"
    elif body["spec"].get("suspend"):
        if (ready.get("status"), ready.get("reason")) != ("Unknown", "Suspended"):
            yield f"suspended, but Ready is {ready}"
    elif ready.get("reason") == "InvalidSpec":
        yield f"the API server took a spec that the operator can't read: {ready.get('message')}"
    elif "bundle" in body["spec"]:
        yield from _bundle(resources, secrets, body, ready)
    elif body["spec"]["tracardi"]["url"] not in tracardis and ready.get("status") != "False":
        yield f"there is no such Tracardi, but Ready is {ready}"


def _bundle(resources: Named, secrets: Named, body: Document, ready: Document) -> Iterator[str]:
    spec, told = body["spec"]["bundle"], body["status"]
    there = secrets.get(bundle_name(body))
    if there is not None and owner(there, _KIND) != body["metadata"]["uid"]:
        if (ready["status"], ready["reason"]) != ("False", "NameTaken"):
            yield f"the name of the bundle is taken, but Ready is {ready}"
        return
    if there is None:
        yield f"there is no bundle, and Ready is {ready}"
        return
    if there["type"] != "Opaque":
        return  # its name was that of an output, and the type of a Secret can't be changed
    recorded = told.get("bundle") or {}
    if (recorded.get("name"), recorded.get("resourceVersion")) != (
        there["metadata"]["name"],
        there["metadata"]["resourceVersion"],
    ):
        yield f"status records {recorded}, the bundle is at {there['metadata']['resourceVersion']}"
    taken = {name: each for name, each in resources.items() if taken_by(body, each) and _has(each, spec["environment"])}
    if ready["status"] != str(told.get("resources") == len(taken)):
        yield f"Ready is {ready}, {told.get('resources')} of {len(taken)} delivered"
    data = decode(there)
    if data.keys() != {spec.get("key") or _KEYS[spec["format"]]}:
        yield f"the bundle has the keys {sorted(data)}"
    elif spec["format"] == "json":
        yield from _content(secrets, taken, body, json.loads(next(iter(data.values()))))


def _content(secrets: Named, taken: Named, body: Document, document: Document) -> Iterator[str]:
    environment, namespace = body["spec"]["bundle"]["environment"], body["metadata"]["namespace"]
    entries = document.get(namespace, {})
    expected: dict[str, Any] = {}
    for name, resource in taken.items():
        output, told = output_of(secrets, resource, environment), told_of(resource, environment)
        if is_held(resource) or (output and not told.get("ready")):
            entries.pop(name, None)  # held or stale: whether somebody has touched it can't be told from here
        elif output:
            credentials = json.loads(decode(output).get("credentials.json", b"null"))
            expected[name] = {"type": resource["spec"]["type"], "credentials": credentials}
    if entries != expected:
        yield f"the bundle has {sorted(entries)}, expected {sorted(expected)}, or other values"
    if document.keys() - {namespace}:
        yield f"the bundle takes from {sorted(document)}"


def output_of(secrets: Named, resource: Document, environment: str) -> Document | None:
    """What is published of an environment, under its present name or a former one."""
    uid, present = resource["metadata"]["uid"], secrets.get(output_name(resource, environment))
    if present and owner(present) == uid and is_written_by_operator(present):
        return present
    former = secrets.get((told_of(resource, environment).get("output") or {}).get("name", ""))
    return former if former and owner(former) == uid else None


def told_of(resource: Document, environment: str) -> Document:
    """What status says of an environment."""
    environments = (resource.get("status") or {}).get("environments") or {}
    told: Document = environments.get(environment) or {}
    return told


def _has(resource: Document, environment: str) -> bool:
    return environment in resource["spec"]["credentials"]


def _receivers(resource: Document, consumers: Named) -> Iterator[str]:
    namespace = resource["metadata"]["namespace"]
    expected = sorted(f"{namespace}/{name}" for name, body in consumers.items() if taken_by(body, resource))
    if is_held(resource) or condition(resource, "Ready").get("reason") == "UnknownType":
        return
    told = (resource.get("status") or {}).get("consumers") or []
    if told != expected:
        yield f"is said to go to {told}, expected {expected}"


def taken_by(consumer: Document, resource: Document) -> bool:
    if consumer["metadata"].get("deletionTimestamp"):
        return False
    here = resource["metadata"]["namespace"]
    labels = resource["metadata"].get("labels") or {}
    return any(
        each["namespace"] == here and _selects(each.get("selector"), labels) for each in consumer["spec"]["from"]
    )


def _selects(selector: Document | None, labels: Mapping[str, str]) -> bool:
    selector = selector or {}
    exact = selector.get("matchLabels") or {}
    return exact.items() <= labels.items() and all(
        _holds(each, labels) for each in selector.get("matchExpressions") or ()
    )


def _holds(requirement: Document, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(requirement["key"]), requirement.get("values") or []
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[requirement["operator"]]
