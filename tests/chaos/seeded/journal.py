"""Everything that was written in a run, in order: by the users here, by the operator as its proxy saw it."""

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.proxy import Call, Fault
from tests.chaos.seeded.cluster import Document

_PLURALS: Final = {"Secret": "secrets", "ConfigMap": "configmaps"}


@dataclass(frozen=True, slots=True)
class Written:
    """A state of an object; `body` is None if it was deleted."""

    number: int
    """Of all writes, in order."""
    plural: str
    name: str
    body: Document | None = field(repr=False)
    replaced: str = ""
    """The resourceVersion that the writer named."""
    uid: str = ""
    """Of what was deleted, as the writer named it."""
    begun: int = 0
    """The number at which it was asked for: who sees it may act before the answer is here."""


class Journal(Fault):
    """As a fault of the proxy it only listens."""

    def __init__(self) -> None:
        self.users: list[Written] = []
        self.operator: list[Written] = []
        self.calls: list[Call] = []
        """All that the operator asked for and got, watches aside."""
        self.namespace = ""
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def begin(self) -> int:
        """The number of a write that is about to be asked for."""
        with self._lock:
            return next(self._numbers)

    def wrote(self, plural: str, body: Document, begun: int) -> None:
        self._add(self.users, plural, body["metadata"]["name"], body, begun=begun)

    def deleted(self, plural: str, name: str, begun: int) -> None:
        self._add(self.users, plural, name, None, begun=begun)

    def answered(self, call: Call, code: int, sent: bytes, answer: bytes) -> None:
        if call.verb in ("list", "watch") or code >= 300:
            return
        if call.verb != "get":
            self.calls.append(call)
        if call.resource != "secrets" or call.verb == "get" or call.namespace != self.namespace:
            return
        told = json.loads(sent) if sent else {}
        if call.verb == "delete":
            uid = (told.get("preconditions") or {}).get("uid", "")
            self._add(self.operator, "secrets", call.name, None, uid=uid)
        else:
            body = json.loads(answer)
            replaced = told["metadata"].get("resourceVersion", "")
            self._add(self.operator, "secrets", body["metadata"]["name"], body, replaced=replaced)

    def states(self, plural: str, name: str) -> list[Written]:
        """What users made of an object."""
        return [written for written in self.users if (written.plural, written.name) == (plural, name)]

    def find(self, kind: str, name: str, version: str) -> Document | None:
        """An input as it was at `uid/resourceVersion`."""
        for written in self.states(_PLURALS[kind], name):
            if written.body and _version(written.body) == version:
                return written.body
        return None

    def specs(self, uid: str) -> Iterator[Document]:
        """All that a Resource was at some time."""
        for written in self.users:
            if written.plural == "resources" and written.body and written.body["metadata"]["uid"] == uid:
                yield written.body

    def _add(self, to: list[Written], plural: str, name: str, body: Document | None, **more: Any) -> None:
        with self._lock:
            to.append(Written(next(self._numbers), plural, name, body, **more))


def _version(body: Document) -> str:
    return f"{body['metadata']['uid']}/{body['metadata']['resourceVersion']}"
