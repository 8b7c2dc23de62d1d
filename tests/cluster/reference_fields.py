"""The fields of the CRDs that name an object, a host or a namespace, and how to write an object that has each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import yaml

from tests.cluster.builders import Document, consumer, reference, resource
from tests.cluster.install import ROOT
from tests.cluster.scenes import FIELDS, KEY, NAME

LOGIN: Final = "login"
BUNDLE: Final = {"environment": "production", "format": "json"}


class Names(StrEnum):
    """What a field names."""

    OBJECT = "an object that is read"
    KEY = "a key of one"
    WRITTEN = "a Secret that is written"
    GIVER = "a namespace to take from"
    RECEIVER = "a namespace that may take"
    HOST = "a host"


@dataclass(frozen=True)
class Reference:
    names: Names
    document: Callable[[str, str], Document]
    """An object of the given namespace whose field has the given value, and that is right otherwise."""


def _resource(**spec: Any) -> Document:
    return resource("r", **{"fields": FIELDS, **spec})


def _from_secret(name: str, key: str = KEY) -> Document:
    return _resource(fields={"token": reference("secretKeyRef", name, key)})


def _from_config_map(name: str, key: str = KEY) -> Document:
    return _resource(type="redis", fields={"url": reference("configMapKeyRef", name, key)})


def _tracardi(namespace: str, **settings: Any) -> Document:
    target = {"url": f"http://tracardi.{namespace}.svc", "login": {"name": LOGIN}, "testFallback": "Nothing"}
    return consumer("c", namespace, tracardi=target | settings)


def _bundle(namespace: str, **settings: Any) -> Document:
    return consumer("c", namespace, bundle=BUNDLE | settings)


def _authorities(namespace: str, kind: str, name: str, key: str = KEY) -> Document:
    return _tracardi(namespace, tls={"ca": {kind: {"name": name, "key": key}}})


_SOURCE = "resources.spec.credentials{}.fields{}.valueFrom"
_TRACARDI = "resourceconsumers.spec.tracardi"
REFERENCES: Final = {
    "resources.spec.credentials{}.secretRef.name": Reference(
        Names.OBJECT, lambda value, _: resource("r", credentials={"production": {"secretRef": {"name": value}}})
    ),
    f"{_SOURCE}.secretKeyRef.name": Reference(Names.OBJECT, lambda value, _: _from_secret(value)),
    f"{_SOURCE}.secretKeyRef.key": Reference(Names.KEY, lambda value, _: _from_secret(NAME, value)),
    f"{_SOURCE}.configMapKeyRef.name": Reference(Names.OBJECT, lambda value, _: _from_config_map(value)),
    f"{_SOURCE}.configMapKeyRef.key": Reference(Names.KEY, lambda value, _: _from_config_map(NAME, value)),
    "resources.spec.output.environments{}.name": Reference(
        Names.WRITTEN, lambda value, _: _resource(output={"environments": {"production": {"name": value}}})
    ),
    "resources.spec.allowedNamespaces[]": Reference(
        Names.RECEIVER, lambda value, _: _resource(allowedNamespaces=[value])
    ),
    "resourceconsumers.spec.from[].namespace": Reference(Names.GIVER, lambda value, _: consumer("c", value)),
    "resourceconsumers.spec.bundle.secretName": Reference(
        Names.WRITTEN, lambda value, namespace: _bundle(namespace, secretName=value)
    ),
    "resourceconsumers.spec.bundle.key": Reference(Names.KEY, lambda value, namespace: _bundle(namespace, key=value)),
    f"{_TRACARDI}.url": Reference(Names.HOST, lambda value, namespace: _tracardi(namespace, url=value)),
    f"{_TRACARDI}.login.name": Reference(
        Names.OBJECT, lambda value, namespace: _tracardi(namespace, login={"name": value})
    ),
    f"{_TRACARDI}.login.usernameKey": Reference(
        Names.KEY, lambda value, namespace: _tracardi(namespace, login={"name": LOGIN, "usernameKey": value})
    ),
    f"{_TRACARDI}.login.passwordKey": Reference(
        Names.KEY, lambda value, namespace: _tracardi(namespace, login={"name": LOGIN, "passwordKey": value})
    ),
    f"{_TRACARDI}.tls.ca.secretKeyRef.name": Reference(
        Names.OBJECT, lambda value, namespace: _authorities(namespace, "secretKeyRef", value)
    ),
    f"{_TRACARDI}.tls.ca.secretKeyRef.key": Reference(
        Names.KEY, lambda value, namespace: _authorities(namespace, "secretKeyRef", NAME, value)
    ),
    f"{_TRACARDI}.tls.ca.configMapKeyRef.name": Reference(
        Names.OBJECT, lambda value, namespace: _authorities(namespace, "configMapKeyRef", value)
    ),
    f"{_TRACARDI}.tls.ca.configMapKeyRef.key": Reference(
        Names.KEY, lambda value, namespace: _authorities(namespace, "configMapKeyRef", NAME, value)
    ),
}

WORDS: Final = {
    "resources.spec": "type description credentials{}.fields{key} credentials{}.fields{}.value "
    "output.environments{}.labels{key} output.environments{}.labels{} output.environments{}.annotations{key} "
    "output.environments{}.annotations{} tracardi.id tracardi.name tracardi.tags[] tracardi.groups[] tracardi.icon "
    "tracardi.destination",
    "resourceconsumers.spec": "from[].selector.matchLabels{key} from[].selector.matchLabels{} "
    "from[].selector.matchExpressions[].key from[].selector.matchExpressions[].values[]",
    "resourcetypes.spec": "title description fields[].name fields[].title fields[].default fields[].enum[] "
    "fields[].pattern fields[].expected fields[].example fields[].howTo requires[].field requires[].needs[] "
    "oneOf[][] binding.type binding.provider binding.entries{key} binding.entries{} howTo url tags[] icon",
}
"""Text that names no object, host or namespace. `url` of a type is for people to read: nothing opens it."""


def _texts(schema: Document, path: str) -> Iterator[str]:
    """Where text stands that an author chooses, keys of maps included."""
    if (schema.get("type") == "string" and "enum" not in schema) or "x-kubernetes-int-or-string" in schema:
        yield path
    for name, sub in schema.get("properties", {}).items():
        yield from _texts(sub, f"{path}.{name}")
    if "items" in schema:
        yield from _texts(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        if not any("key in [" in rule["rule"] for rule in schema.get("x-kubernetes-validations", ())):
            yield f"{path}{{key}}"
        yield from _texts(schema["additionalProperties"], f"{path}{{}}")


def all_fields() -> set[str]:
    """Their paths, with `{}` for the values of a map and `[]` for the items of a list."""
    found = set()
    for file in (ROOT / "crds").glob("*.yaml"):
        definition = yaml.safe_load(file.read_text())
        if definition["kind"] == "CustomResourceDefinition":
            plural = definition["spec"]["names"]["plural"]
            schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            found |= set(_texts(schema["properties"]["spec"], f"{plural}.spec"))
    return found
