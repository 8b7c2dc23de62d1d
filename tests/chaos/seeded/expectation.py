"""What one environment of a Resource should come to, from the objects of the cluster alone."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.seeded.cluster import Document, decode
from tests.chaos.seeded.types import BUILTIN, Type, Value, Verdict, own_type

PROVENANCE: Final = "tracardi.com/provenance"
REVISION: Final = "tracardi.com/revision"
ENVIRONMENTS: Final = ("production", "test")
_OWN_LABELS: Final = (
    "app.kubernetes.io/managed-by",
    "tracardi.com/resource",
    "tracardi.com/environment",
    "tracardi.com/type",
)
_ELSEWHERE: Final = {"type", "provider", "host", "port", "uri", "certificates", "private-key"}
"""Names of fields that stand in the document only, unless they are entries."""
_KINDS: Final = {"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}

Inputs = Mapping[tuple[str, str], Document]
"""Secrets and ConfigMaps by kind and name."""


@dataclass(slots=True)
class Expectation:
    """`values` are complete if the verdict is RIGHT."""

    verdict: Verdict = Verdict.RIGHT
    values: dict[str, Value] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    """What was looked at, as provenance writes it."""
    type_is_usable: bool = True

    def worsen(self, verdict: Verdict) -> None:
        if self.verdict is not Verdict.WRONG:
            self.verdict = verdict if verdict is not Verdict.RIGHT else self.verdict


def type_named(name: str, own_types: Mapping[str, Document]) -> Type | None:
    """A service type; None if there is none that can be used."""
    if name in BUILTIN:
        return BUILTIN[name]
    body = own_types.get(name)
    return own_type(body["spec"]) if body and condition(body, "Ready").get("status") == "True" else None


def expect(spec: Document, environment: str, service: Type | None, inputs: Inputs) -> Expectation:
    if service is None:
        return Expectation(Verdict.WRONG, type_is_usable=False)
    expected = Expectation()
    credentials = spec["credentials"][environment]
    given = credentials.get("fields") or {}
    raw: dict[str, bytes] = {}
    for name, source in given.items():
        _take_field(expected, service, name, source, inputs, raw)
    if secret := credentials.get("secretRef"):
        _take_secret(expected, service.fields.keys() - given.keys(), secret, inputs, raw)
    _judge(expected, service, raw)
    if service.open:
        expected.worsen(Verdict.OPEN)
    return expected


def _take_field(
    expected: Expectation, service: Type, name: str, source: Document, inputs: Inputs, raw: dict[str, bytes]
) -> None:
    definition = service.fields.get(name)
    kind, ref = next(iter(source["valueFrom"].items())) if "valueFrom" in source else ("", {})
    data = _look(expected, _KINDS[kind], ref["name"], inputs) if kind else None
    if definition is None:
        expected.worsen(Verdict.WRONG)
    elif not kind:
        if definition.sensitive:
            expected.worsen(Verdict.WRONG)
        raw[name] = str(source["value"]).encode()
    elif kind == "configMapKeyRef" and definition.sensitive:
        expected.worsen(Verdict.WRONG)
    elif data is not None and ref["key"] in data:
        raw[name] = data[ref["key"]]
    elif not ref.get("optional") or _is_output(inputs.get((_KINDS[kind], ref["name"]))):
        expected.worsen(Verdict.WRONG)


def _take_secret(
    expected: Expectation, names: Iterable[str], secret: Document, inputs: Inputs, raw: dict[str, bytes]
) -> None:
    data = _look(expected, "Secret", secret["name"], inputs)
    if data is not None:
        raw |= {name: data[name] for name in names if name in data}
    elif not secret.get("optional") or _is_output(inputs.get(("Secret", secret["name"]))):
        expected.worsen(Verdict.WRONG)


def _look(expected: Expectation, kind: str, name: str, inputs: Inputs) -> dict[str, bytes] | None:
    body = inputs.get((kind, name))
    expected.inputs[f"{kind}/{name}"] = version(body) if body else "absent"
    if body is None or _is_output(body):
        return None
    if kind == "Secret":
        return decode(body)
    return {key: text.encode() for key, text in (body.get("data") or {}).items()}


def _judge(expected: Expectation, service: Type, raw: Mapping[str, bytes]) -> None:
    for name, definition in service.fields.items():
        if name in raw:
            verdict, value = definition.judge(raw[name])
            expected.worsen(verdict)
            expected.values[name] = value
        elif definition.default is not None:
            expected.values[name] = definition.default
        elif definition.required:
            expected.worsen(Verdict.WRONG)
    begun = [names for names in service.one_of if raw.keys() & set(names)]
    if service.one_of and not (len(begun) == 1 and raw.keys() >= set(begun[0])):
        expected.worsen(Verdict.WRONG)


def rendered(type_name: str, service: Type, values: Mapping[str, Value]) -> dict[str, str]:
    """The data of the output that holds these values."""
    entries = {entry: made for entry, forms in service.entries.items() if (made := _filled(forms, values)) is not None}
    flat = {name: _text(value) for name, value in values.items() if name not in _ELSEWHERE}
    document = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    own = {"type": service.binding_type or type_name, "provider": service.provider or type_name}
    return flat | entries | own | {"credentials.json": document}


def _filled(forms: tuple[str, ...], values: Mapping[str, Value]) -> str | None:
    for form in forms:
        if set(re.findall(r"{(.*?)}", form)) <= values.keys():
            return form.format(**{name: _text(value) for name, value in values.items()})
    return None


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def own_labels(resource: Document, environment: str) -> dict[str, str]:
    values = ("tracardi-operator", resource["metadata"]["name"], environment, resource["spec"]["type"])
    return dict(zip(_OWN_LABELS, values, strict=True))


def settings(spec: Document, environment: str) -> Document:
    """What the Resource asks for about one output."""
    found: Document = ((spec.get("output") or {}).get("environments") or {}).get(environment) or {}
    return found


def output_name(resource: Document, environment: str) -> str:
    default = f"{resource['metadata']['name']}-{environment}-resolved"
    name: str = settings(resource["spec"], environment).get("name", default)
    return name


def withdraws(spec: Document) -> bool:
    return bool((spec.get("output") or {}).get("onInvalid") == "Withdraw")


def owner(body: Document, kind: str = "Resource") -> str:
    """The uid of the object of this kind that controls another; empty if there is none."""
    owners = body["metadata"].get("ownerReferences", ())
    return next((str(o["uid"]) for o in owners if o.get("controller") and o["kind"] == kind), "")


def is_published(body: Document) -> bool:
    """Whether a Secret is an output of a Resource or a bundle of a consumer; such a one is no input."""
    return bool(owner(body) or owner(body, "ResourceConsumer"))


def _is_output(body: Document | None) -> bool:
    return body is not None and is_published(body)


def is_written_by_operator(body: Document) -> bool:
    return is_published(body) and {"spec", "type"} <= provenance(body).keys()


def annotations(body: Document) -> dict[str, str]:
    return body["metadata"].get("annotations") or {}


def provenance(body: Document) -> dict[str, Any]:
    """What an output says that it was made from; empty if it says nothing that can be read."""
    try:
        content = json.loads(annotations(body).get(PROVENANCE, ""))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def version(body: Document) -> str:
    return f"{body['metadata']['uid']}/{body['metadata']['resourceVersion']}"


def condition(body: Document, kind: str) -> Document:
    conditions: list[Document] = (body.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), {})


def is_held(body: Document) -> bool:
    """Whether an object of ours stays as it is: suspended, or not to be read."""
    return bool(body["spec"].get("suspend") or condition(body, "Ready").get("reason") == "InvalidSpec")
