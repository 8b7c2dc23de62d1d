"""Whether the shipped admission policies are in force: without them nobody checks what an author may name."""

import logging
from typing import Final

from prometheus_client import Gauge

from tracardi_operator.api.names import POLICIES
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.meta import Key, ObjectMeta
from tracardi_operator.kube.reflector import Reflector

log = logging.getLogger(__name__)

_GROUP: Final = "admissionregistration.k8s.io"
_KINDS: Final = (
    Kind(_GROUP, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy"),
    Kind(_GROUP, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
)


class PolicyWatch:
    """Counts the policies and bindings that are there, by metadata."""

    def __init__(self, client: Client, gauge: Gauge, silence: float) -> None:
        self._gauge = gauge
        self._missing: list[str] | None = None
        self._present: dict[str, set[str]] = {kind.kind: set() for kind in _KINDS}
        self._listed: set[str] = set()
        self.reflectors = [Reflector(client, kind, None, sink=self, silence=silence) for kind in _KINDS]

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        if meta.name not in POLICIES:
            return False
        self._present[kind.kind].add(meta.name)
        self._tell()
        return True

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        self._present[kind.kind].discard(meta.name)
        self._tell()

    def replace(self, kind: Kind, namespace: str | None, kept: set[Key], resource_version: str) -> None:
        self._present[kind.kind] &= {name for _, name in kept}
        self._listed.add(kind.kind)
        self._tell()

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        self._present[kind.kind].clear()

    def _tell(self) -> None:
        if len(self._listed) < len(_KINDS):
            return
        missing = sorted(f"{kind} {name}" for kind, present in self._present.items() for name in POLICIES - present)
        if missing and missing != self._missing:
            log.warning("Admission policies are not in force", extra={"missing": ", ".join(missing)})
        self._missing = missing
        self._gauge.set(0 if missing else 1)
