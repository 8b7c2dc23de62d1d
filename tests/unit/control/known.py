"""A store with a Resource that takes from the Secret `sendgrid`, and whom it wakes."""

from typing import Any

from tests.unit.examples import SECRET, body, meta, owner, spec
from tracardi_operator.control.multimap import K, MultiMap, V
from tracardi_operator.control.records import Key, Record
from tracardi_operator.control.store import Store
from tracardi_operator.kube.kinds import SECRETS, Kind

KEY = Key("ns", "r")
OUTPUT = "r-production-resolved"


class Known:
    """A store, and whom it woke since it was last asked."""

    def __init__(self) -> None:
        self._woken: list[str] = []
        self.store = Store(lambda record: self._woken.append(record.key.name))

    def woken(self) -> list[str]:
        woken, self._woken = sorted(self._woken), []
        return woken

    def resource(self, name: str = "r", version: int = 1, **more: Any) -> Record:
        """Known, and not woken for being new."""
        self.store.take_in(body(name, version, **more))
        self.woken()
        return self.record(name)

    def record(self, name: str = "r") -> Record:
        found = self.store.record(Key("ns", name))
        assert found
        return found

    def input(self, version: int = 5, name: str = "sendgrid", uid: str = "input", kind: Kind = SECRETS) -> bool:
        return self.store.observe(kind, meta(name, version, uid=uid))

    def output(self, version: int = 10, name: str = OUTPUT, **more: Any) -> bool:
        return self.store.observe(SECRETS, meta(name, version, **{"owners": (owner(),), **more}))

    def version(self, name: str = "r") -> str | None:
        return self.store.version(self.record(name), SECRET)

    def owned(self, name: str = "r") -> list[str]:
        return [output.name for output in self.store.owned(self.record(name))]

    def kept(self) -> int:
        """How many Secrets and ConfigMaps anything is kept of."""
        objects = self.store._objects
        owned = {place for places in contents(objects._owned).values() for place in places}
        return len(objects._versions.keys() | objects._outputs.keys() | owned)


def contents(index: MultiMap[K, V]) -> dict[K, set[V]]:
    return {key: set(index.values(key)) for key in (*index._lone, *index._several)}


def taking(name: str) -> dict[str, Any]:
    """The spec of a Resource that takes its token from another Secret."""
    fields = {"token": {"valueFrom": {"secretKeyRef": {"name": name, "key": "token"}}}}
    return {"type": "sendgrid", "credentials": {"production": {"fields": fields}}}


def publishing(name: str) -> dict[str, Any]:
    return spec(output={"environments": {"production": {"name": name}}}).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )


def edited(content: dict[str, Any], generation: int = 2, **metadata: Any) -> dict[str, Any]:
    return {"spec": content, "metadata": {"generation": generation, **metadata}}
