"""What the keys of a Secret tell about it, beside what the operator says: told of one's own files only. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tracardi_operator.api.hints import near
from tracardi_operator.api.problems import Problem, Reason, Severity, Source, SourceKind
from tracardi_operator.api.resource import Environment, EnvironmentCredentials
from tracardi_operator.cli.hiding import quoted
from tracardi_operator.cli.manifests.loader import load
from tracardi_operator.resolve import Data
from tracardi_operator.services.model import Field, ServiceType
from tracardi_operator.services.shown import is_hidden, shown

_SHOWN_KEYS = 10
_SIMILAR_KEY = 0.8
"""Of a key that is ignored, which is no mistake in itself (`hints.SIMILAR`)."""
_OF_OTHERS = frozenset({"type", "provider", "ca.crt", "tls.crt", "tls.key", "service-ca.crt", "namespace"})
"""Keys that other tools put into every Secret of theirs (Service Binding, cert-manager, Kubernetes' own tokens)."""
_ABOUT_A_KEY = (Reason.KEY_NOT_FOUND, Reason.MISSING_FIELD)


@dataclass(frozen=True, slots=True)
class WholeSecret:
    """A Secret among the files that an environment takes as a whole."""

    service: ServiceType
    environment: Environment
    credentials: EnvironmentCredentials
    name: str
    data: Data = field(repr=False)

    @property
    def keys_used(self) -> set[str]:
        """Those of fields, and those that an entry of `fields` names."""
        sources = (self.credentials.fields or {}).values()
        refs = (source.value_from.secret_key_ref for source in sources if source.value_from)
        named = {ref.key for ref in refs if ref and ref.name == self.name}
        return {key for key in self.data if key in named or self.service.field(key)}

    @property
    def unknown_keys(self) -> list[str]:
        return sorted(self.data.keys() - self.keys_used - _OF_OTHERS)

    @property
    def fields_not_given(self) -> list[Field]:
        """Without those of another way to log in than the one that is given, and those that a document may hold."""
        given = self.data.keys() | (self.credentials.fields or {}).keys()
        absent = [definition for definition in self.service.fields if given.isdisjoint(definition.names)]
        document = self.service.document
        if document and document not in absent:
            return []
        names = {definition.name for definition in absent}
        chosen = any(names.isdisjoint(alternative) for alternative in self.service.alternatives)
        other_ways = {name for names in self.service.alternatives for name in names} if chosen else set()
        return [definition for definition in absent if definition.name not in other_ways]

    def is_about(self, problem: Problem) -> bool:
        """Whether the problem may be that a key of the Secret has another name."""
        source = problem.source
        return (
            problem.reason in _ABOUT_A_KEY
            and problem.environment == self.environment
            and problem.field not in (self.credentials.fields or {})
            and (source is None or (source.kind, source.name) == (SourceKind.SECRET, self.name))
        )


def listed(source: Source, data: Data) -> str:
    """The keys that there are, of an object that lacks the one that a field refers to."""
    return f"{_has(source.kind, source.name or '', data)}{_did_you_mean(near(source.key or '', sorted(data)))}"


def hint(secret: WholeSecret, problem: Problem, problems: Iterable[Problem]) -> str:
    """The keys that there are, and how to take a field from the one that may be meant."""
    keys = secret.unknown_keys
    definition = secret.service.field(problem.field or "")
    names = definition.names if definition else ()
    meant = list(dict.fromkeys(key for name in names for key in near(name, keys)))
    if meant:
        advice = _did_you_mean(meant) + _how_to_take(secret, names[0], meant)
    elif secret.service.document in secret.fields_not_given:
        advice = _how_to_take(secret, secret.service.document.name, keys)
    elif names and sum(map(secret.is_about, problems)) == 1:
        advice = _how_to_take(secret, names[0], keys)
    else:
        advice = ""
    return f"{_has(SourceKind.SECRET, secret.name, secret.data)}{advice}"


def ignored(secret: WholeSecret, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Keys that were probably meant as a field that is not given, as far as no problem's hint tells of them."""
    told = [problem for problem in problems if secret.is_about(problem)]
    absent = [definition for definition in secret.fields_not_given if definition.name not in {p.field for p in told}]
    used = secret.keys_used
    meant = {key: found for key in secret.unknown_keys if (found := _fields_meant(key, absent))}
    for key, names in meant.items():
        yield _ignored(
            secret, key, f"{_did_you_mean(names)}; {'it is ignored' if used else 'nothing is taken from it'}"
        )
    if not used and not meant and not told:
        for key in secret.unknown_keys[:1]:
            yield _ignored(secret, key, _nothing_is_taken(secret))


def _fields_meant(key: str, definitions: Iterable[Field]) -> list[str]:
    by_name = {name: definition.name for definition in definitions for name in definition.names}
    return list(dict.fromkeys(by_name[name] for name in near(key, by_name, _SIMILAR_KEY)))


def _nothing_is_taken(secret: WholeSecret) -> str:
    more = len(secret.unknown_keys) - 1
    others = f", nor is any of the {more} others" if more > 1 else ", nor is the other" if more else ""
    fields = ", ".join(name for definition in secret.service.fields for name in definition.names)
    return f"{others}; nothing is taken from the Secret. The fields are: {fields}"


def _ignored(secret: WholeSecret, key: str, words: str) -> Problem:
    message = (
        f"Secret {quoted(secret.name)} has the key {quoted(key)}, which is no field of {secret.service.name}{words}"
    )
    source = Source(SourceKind.SECRET, secret.name, key)
    return Problem(Reason.UNKNOWN_FIELD, message, Severity.WARNING, secret.environment, source=source)


def _has(kind: SourceKind, name: str, data: Data) -> str:
    names = [shown(key) for key in sorted(data)]
    more = f" and {len(names) - _SHOWN_KEYS} more" if len(names) > _SHOWN_KEYS else ""
    return f"{kind} {quoted(name)} has: {', '.join(names[:_SHOWN_KEYS]) or 'no key'}{more}"


def _did_you_mean(names: list[str]) -> str:
    return f" (did you mean {' or '.join(map(quoted, names))}?)" if names else ""


def _how_to_take(secret: WholeSecret, name: str, candidates: list[str]) -> str:
    """What to write to take a field from a key of another name, if only one may be meant."""
    if len(candidates) != 1 or is_hidden(secret.name) or is_hidden(candidates[0]):
        return ""
    key = candidates[0]
    source = f"{name}: {{valueFrom: {{secretKeyRef: {{name: {secret.name}, key: {_scalar(key)}}}}}}}"
    if secret.credentials.fields:
        return f"; if {key!r} is meant, write among the fields: {source}"
    return f"; if {key!r} is meant, write beside secretRef: fields: {{{source}}}"


def _scalar(key: str) -> str:
    """In quotes if YAML would take the key for something else than text."""
    return key if load(key).content == key else f'"{key}"'
