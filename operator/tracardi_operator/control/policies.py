"""Whether the shipped admission policies are in force: without them nobody checks what an author may name."""

import asyncio
import logging
import math
from typing import Final

from prometheus_client import Gauge

from tracardi_operator.api.names import POLICIES
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import Forbidden
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.kube.meta import Kept, ObjectMeta
from tracardi_operator.kube.reflector import Reflector
from tracardi_operator.kube.together import together

log = logging.getLogger(__name__)

_GROUP: Final = "admissionregistration.k8s.io"
_KINDS: Final = (
    Kind(_GROUP, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy"),
    Kind(_GROUP, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
)


_SETTLE_SECONDS: Final = 0.5
"""One that is removed seldom goes alone: all that are missing are told once no more has gone for so long."""
_ASK_AGAIN_SECONDS: Final = 600.0
"""After the operator was not allowed to look: a right may be given later."""


class PolicyWatch:
    """Counts the policies and bindings that are there, by metadata. The gauge is NaN while that is not known."""

    def __init__(self, client: Client, gauge: Gauge, silence: float) -> None:
        self._client = client
        self._gauge = gauge
        self._silence = silence
        self._was_told = False
        self._telling: asyncio.TimerHandle | None = None
        self._begin()

    async def run(self) -> None:
        """For ever. Looking takes a right in the whole cluster; without it nothing is said about the policies."""
        while True:
            try:
                await together(*(self._reflector(kind).run() for kind in _KINDS))
            except Forbidden:
                self._begin()
                self._say_unknown()
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    def _reflector(self, kind: Kind) -> Reflector:
        return Reflector(self._client, kind, None, sink=self, silence=self._silence, stop_on=(Forbidden,))

    def _begin(self) -> None:
        self._missing: list[str] = []
        self._cancel_telling()
        self._present: dict[str, set[str]] = {kind.kind: set() for kind in _KINDS}
        self._listed: set[str] = set()
        self._gauge.set(math.nan)

    def observe(self, kind: Kind, meta: ObjectMeta) -> bool:
        if meta.name not in POLICIES:
            return False
        self._present[kind.kind].add(meta.name)
        self._tell()
        return True

    def forget(self, kind: Kind, meta: ObjectMeta) -> None:
        self._present[kind.kind].discard(meta.name)
        self._tell()

    def replace(self, kind: Kind, namespace: str | None, kept: Kept, version: str) -> bool:
        self._present[kind.kind] &= {name for _, name in kept}
        self._listed.add(kind.kind)
        self._tell()
        return True

    def rewind(self, kind: Kind, namespace: str | None) -> None:
        self._present[kind.kind].clear()

    def _say_unknown(self) -> None:
        if not self._was_told:
            log.warning("Unknown whether the admission policies are in force: no right to list them")
        self._was_told = True

    def _tell(self) -> None:
        if len(self._listed) < len(_KINDS):
            return
        self._was_told = False
        missing = sorted(f"{kind} {name}" for kind, present in self._present.items() for name in POLICIES - present)
        before, self._missing = self._missing, missing
        self._gauge.set(0 if missing else 1)
        if missing == before:
            return
        self._cancel_telling()
        if not before:
            self._tell_missing()
        else:
            self._telling = asyncio.get_running_loop().call_later(_SETTLE_SECONDS, self._tell_missing)

    def _tell_missing(self) -> None:
        if self._missing:
            log.warning("Admission policies are not in force", extra={"missing": ", ".join(self._missing)})

    def _cancel_telling(self) -> None:
        if self._telling:
            self._telling.cancel()
