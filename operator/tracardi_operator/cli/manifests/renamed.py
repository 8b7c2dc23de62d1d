"""References that kustomize left behind: it appends a hash to the names of what it generates. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracardi_operator.api.problems import Problem, Reason, Severity, Source, SourceKind
from tracardi_operator.api.resource import EnvironmentCredentials, ResourceSpec
from tracardi_operator.cli.hiding import quoted
from tracardi_operator.cli.manifests.identity import Identity
from tracardi_operator.cli.manifests.places import Path

_GENERATED = re.compile(r"(.+)-[bcdfghkmt2456789]{10}")
"""`encode` in sigs.k8s.io/kustomize/api/hasher: ten characters, none of which can make a word."""
_REASONS = {SourceKind.SECRET: Reason.SECRET_NOT_FOUND, SourceKind.CONFIG_MAP: Reason.CONFIG_MAP_NOT_FOUND}


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a Resource names a Secret or ConfigMap; `path` leads to the name."""

    path: Path
    source: Source
    environment: str
    field: str | None = None


def references(spec: ResourceSpec) -> Iterator[Reference]:
    for environment, credentials in spec.credentials.items():
        yield from _of_environment(environment, credentials)


def _of_environment(environment: str, credentials: EnvironmentCredentials) -> Iterator[Reference]:
    path = "spec", "credentials", environment
    if secret := credentials.secret_ref:
        yield Reference((*path, "secretRef", "name"), Source(SourceKind.SECRET, secret.name), environment)
    for field, given in (credentials.fields or {}).items():
        at = *path, "fields", field, "valueFrom"
        if given.value_from and (ref := given.value_from.secret_key_ref):
            source = Source(SourceKind.SECRET, ref.name, ref.key)
            yield Reference((*at, "secretKeyRef", "name"), source, environment, field)
        elif given.value_from and (ref := given.value_from.config_map_key_ref):
            source = Source(SourceKind.CONFIG_MAP, ref.name, ref.key)
            yield Reference((*at, "configMapKeyRef", "name"), source, environment, field)


class Renamed:
    """The Secrets and ConfigMaps of the files whose name seems to be generated."""

    def __init__(self, present: Iterable[Identity]) -> None:
        self._present = frozenset(present)
        self._generated = {
            Identity(identity.kind, identity.namespace, match[1]): identity.name
            for identity in self._present
            if (match := _GENERATED.fullmatch(identity.name))
        }

    def doubt(
        self, source: Source, namespace: str, environment: str | None = None, field: str | None = None
    ) -> Problem | None:
        """A warning if what `source` names is among the files, but under another name."""
        identity = Identity(source.kind, namespace, source.name or "")
        name = self._generated.get(identity)
        if name is None or identity in self._present:
            return None
        words = (
            f"{source.kind} {quoted(identity.name)} is not among the files, but {quoted(name)} is: kustomize renamed "
            "it and not this reference. Add the Component kustomize/references to your kustomization (docs/gitops.md, "
            "kustomize: generated names)"
        )
        return Problem(_REASONS[source.kind], words, Severity.WARNING, environment, field, source)
