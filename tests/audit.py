"""Who read and wrote what, from the API server's audit log."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

OPERATOR = "system:serviceaccount:tracardi-system:tracardi-operator"
WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True)
class Request:
    verb: str
    resource: str
    """Plural, with the subresource after a slash."""
    namespace: str
    name: str
    code: int
    received: datetime
    answered: datetime

    @property
    def is_write(self) -> bool:
        return self.verb in WRITES

    @property
    def reads_value(self) -> bool:
        return self.verb == "get" and self.resource == "secrets"


class AuditLog:
    """The requests of one user since `mark` was last called. Leases aside; watches and lists are not values."""

    def __init__(self, path: Path, user: str = OPERATOR) -> None:
        self._path = path
        self._user = user
        self._offset = 0

    def mark(self) -> None:
        """Forget what has been so far."""
        self.settle()
        self._offset = self._path.stat().st_size

    def settle(self, quiet: float = 1.0) -> None:
        """Wait until the log has not grown for a moment: a line may come after the response that it is about."""
        size = -1
        while size != (size := self._path.stat().st_size):
            time.sleep(quiet)

    def requests(self) -> list[Request]:
        with self._path.open() as log:
            log.seek(self._offset)
            return list(self._parse(log.read()))

    def writes(self) -> list[Request]:
        return [request for request in self.requests() if request.is_write]

    def counts(self) -> Counter[tuple[str, str]]:
        return Counter((request.verb, request.resource) for request in self.requests())

    def _parse(self, text: str) -> Iterator[Request]:
        for line in text.split("\n")[:-1]:  # the last one may be half written
            event = json.loads(line)
            target = event.get("objectRef")
            is_answer = event["user"]["username"] == self._user and event["stage"] == "ResponseComplete"
            if is_answer and target and target["resource"] != "leases":
                yield _request(event, target)


def _request(event: dict[str, object], target: dict[str, str]) -> Request:
    subresource = f"/{target['subresource']}" if "subresource" in target else ""
    return Request(
        verb=str(event["verb"]),
        resource=target["resource"] + subresource,
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=event["responseStatus"]["code"],  # type: ignore[index]
        received=datetime.fromisoformat(str(event["requestReceivedTimestamp"])),
        answered=datetime.fromisoformat(str(event["stageTimestamp"])),
    )
