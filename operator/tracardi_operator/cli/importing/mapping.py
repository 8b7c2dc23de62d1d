"""From a resource of Tracardi to a Resource, and the Secrets that it refers to. Pure.

What is sensitive, or not what its field expects and so may be anything, goes to a Secret; the rest stands in the
Resource, to be read and reviewed.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracardi_operator.api.hints import did_you_mean
from tracardi_operator.api.manifest import MAX_LITERAL, parse_manifest
from tracardi_operator.api.names import API_VERSION, KIND
from tracardi_operator.api.problems import Problem, SourceKind
from tracardi_operator.api.resource import ENVIRONMENTS, Environment, ResourceSpec
from tracardi_operator.checks.conversion import convert
from tracardi_operator.cli.hiding import quoted
from tracardi_operator.cli.importing.credentials import Taken, encode, take
from tracardi_operator.cli.importing.names import kubernetes_names
from tracardi_operator.cli.importing.omissions import Omission, Why, told
from tracardi_operator.cli.importing.settings import Manifest, drop_unfit, settings_of
from tracardi_operator.evaluate import Catalogue, evaluate
from tracardi_operator.resolve import Data, InputRef, Inputs
from tracardi_operator.services.model import Field, Kind, ServiceType
from tracardi_operator.services.signatures import looks_like_a_value
from tracardi_operator.tracardi.models import TracardiResource, Values

_FORMER = {"marketing_cloud": "salesforce", "rabbitMQ": "rabbitmq", "elastic-email": "elasticemail"}
"""Types by the ids that older versions of Tracardi gave them."""
_INT64 = range(-(2**63), 2**63)

Texts = dict[Environment, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a resource of Tracardi. Where `refusal` says why nothing did, there is no manifest."""

    origin: TracardiResource
    name: str
    type: str = ""
    refusal: str = ""
    resource: Manifest | None = field(default=None, repr=False)
    secrets: tuple[Manifest, ...] = field(default=(), repr=False)
    problems: tuple[Problem, ...] = ()
    omissions: tuple[Omission, ...] = ()

    @property
    def is_valid(self) -> bool:
        return not self.refusal and not any(problem.is_error for problem in self.problems)


def import_all(
    resources: Iterable[TracardiResource], templates: Mapping[str, Values], namespace: str, catalogue: Catalogue
) -> list[Imported]:
    """In the order of their names."""
    by_id = {resource.id: resource for resource in resources}
    names = kubernetes_names(by_id.values())
    rows = sorted(by_id.values(), key=lambda row: names[row.id])
    return [_import(row, names[row.id], namespace, catalogue, templates.get(row.type, {})) for row in rows]


def _import(row: TracardiResource, name: str, namespace: str, catalogue: Catalogue, template: Values) -> Imported:
    service = catalogue.get(row.type) or catalogue.get(_FORMER.get(row.type, ""))
    if service is None:
        return Imported(row, name, refusal=_untyped(row, catalogue))
    given: dict[Environment, Values] = {"production": row.production, "test": row.test}
    taken = {environment: take(service, environment, given[environment], template) for environment in ENVIRONMENTS}
    omissions = [omission for part in taken.values() for omission in part.omissions]
    texts: Texts = {environment: part.texts for environment, part in taken.items() if part.texts}
    if not texts:
        return Imported(row, name, service.name, refusal=_nothing(taken), omissions=tuple(omissions))
    literals = _literals(service, name, texts)
    private = {env: {n: text for n, text in texts[env].items() if n not in literals[env]} for env in texts}
    data = {_secret_name(name, environment): encode(part) for environment, part in private.items() if part}
    resource = _manifest(API_VERSION, KIND, name, namespace)
    settings, unsafe = settings_of(row, name, service)
    resource["spec"] = {"type": service.name, "credentials": _credentials(name, private, literals), **settings}
    omissions += [*unsafe, *drop_unfit(resource)]
    return Imported(
        row,
        name,
        service.name,
        resource=resource,
        secrets=tuple(_secret(secret, namespace, content) for secret, content in data.items()),
        problems=_problems(resource, data, catalogue),
        omissions=tuple(omissions),
    )


def _literals(service: ServiceType, name: str, texts: Texts) -> dict[Environment, dict[str, int | str]]:
    """What may stand in the Resource, by a verdict on all of it as if none did."""
    credentials = {env: {"secretRef": {"name": _secret_name(name, env)}} for env in texts}
    spec = ResourceSpec.model_validate({"type": service.name, "credentials": credentials})
    data = {_secret_name(name, env): encode(part) for env, part in texts.items()}
    verdicts = evaluate(spec, _inputs(data), {service.name: service})
    return {
        env: {
            definition.name: _literal(definition, part[definition.name])
            for definition in service.fields
            if definition.name in part and _is_public(definition, part[definition.name], verdicts[env].problems)
        }
        for env, part in texts.items()
    }


def _is_public(definition: Field, text: str, problems: Iterable[Problem]) -> bool:
    found = [problem for problem in problems if problem.field == definition.name]
    unsure = bool(found) or definition.format is None
    return not (
        definition.sensitive
        or any(problem.is_error for problem in found)
        or (unsure and looks_like_a_value(text))
        or len(text) > MAX_LITERAL
    )


def _literal(definition: Field, text: str) -> int | str:
    number = convert(Kind.INTEGER, text) if definition.kind is Kind.INTEGER else None
    return number if isinstance(number, int) and number in _INT64 else text


def _credentials(
    name: str, private: Texts, literals: Mapping[Environment, Mapping[str, int | str]]
) -> dict[str, Manifest]:
    return {
        env: ({"secretRef": {"name": _secret_name(name, env)}} if private[env] else {})
        | ({"fields": {key: {"value": value} for key, value in literals[env].items()}} if literals[env] else {})
        for env in private
    }


def _problems(resource: Manifest, data: Mapping[str, Data], catalogue: Catalogue) -> tuple[Problem, ...]:
    """What `lint` would say."""
    spec, flaws = parse_manifest(resource)
    verdicts = evaluate(spec, _inputs(data), catalogue).values() if spec else ()
    found = [*(flaw.problem for flaw in flaws), *(problem for verdict in verdicts for problem in verdict.problems)]
    return tuple(dict.fromkeys(found))


def _inputs(data: Mapping[str, Data]) -> Inputs:
    return {InputRef(SourceKind.SECRET, name): content for name, content in data.items()}


def _secret_name(name: str, environment: str) -> str:
    return f"{name}-{environment}-credentials"


def _secret(name: str, namespace: str, data: Data) -> Manifest:
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return _manifest("v1", "Secret", name, namespace) | {"type": "Opaque", "data": encoded}


def _manifest(api_version: str, kind: str, name: str, namespace: str) -> Manifest:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def _untyped(row: TracardiResource, catalogue: Catalogue) -> str:
    fields = ", ".join(told(name) for name in dict.fromkeys([*row.production, *row.test]))
    return (
        f"there is no service type {quoted(row.type)}{did_you_mean(row.type, catalogue)}; write a ResourceType for it "
        f"(its fields: {fields or 'none'}) and give it with -f"
    )


def _nothing(taken: Mapping[Environment, Taken]) -> str:
    if any(omission.why is Why.UNKNOWN_FIELD for part in taken.values() for omission in part.omissions):
        return "the type knows none of the fields that were filled in"
    return "none of its fields was ever filled in"
