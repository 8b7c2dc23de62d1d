"""A stand-in of Tracardi that consumers deliver to, what its own users do there, and what it should hold."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tests.chaos.seeded.cluster import Document, decode
from tests.chaos.seeded.consumers import Named, output_of, taken_by, told_of
from tests.chaos.seeded.expectation import condition, is_held
from tests.chaos.seeded.journal import Journal
from tests.tracardi.serving import serving
from tests.tracardi.standin import Fault, Row, Tracardi

USER: Final = "operator@example.com"
PASSWORD: Final = "made-up-Passphrase-of-the-runs"
_MARK: Final = "tracardi-operator:"
_CONTEXTS: Final = {"production": True, "staging": False}
_ALWAYS: Final = 10**9


class Site:
    """One Tracardi, with a user for the operator."""

    def __init__(self, url: str, tracardi: Tracardi) -> None:
        self.url = url
        self.tracardi = tracardi
        self._planted: dict[tuple[str, bool], Row] = {}

    # What happens there

    def do(self, how: str, number: int) -> None:
        """What its people do; `number` chooses a row."""
        rows = self.tracardi.rows
        mine = sorted(key for key in rows if key not in self._planted)
        if how == "plant":
            key = f"stranger-{number % 3}", number % 2 == 0
            self.tracardi.store({"id": key[0], "name": "somebody's", "type": "sendgrid"}, production=key[1])
            self._planted[key] = dict(rows[key])
        elif how == "revoke":
            self.tracardi.revoke(USER)
        elif mine and how == "delete":
            rows.pop(mine[number % len(mine)], None)
        elif mine and how == "edit":
            id_, production = mine[number % len(mine)]
            self.tracardi.edit(id_, production=production, name="renamed by hand", enabled=False)

    def begin(self, fault: Fault) -> Fault:
        fault.times = _ALWAYS
        self.tracardi.faults.append(fault)
        return fault

    def end(self, fault: Fault) -> None:
        self.tracardi.faults.remove(fault)

    # What should be there

    def told(self, resources: Named, secrets: Named, consumers: Named, journal: Journal) -> Iterator[str]:
        """What is wrong about its rows."""
        for name, body in consumers.items():
            is_held = body["spec"].get("suspend") or body["metadata"].get("deletionTimestamp")
            if body["spec"].get("tracardi", {}).get("url") == self.url and not is_held:
                yield from (f"ResourceConsumer {name}: {wrong}" for wrong in self._delivery(resources, secrets, body))
        for key, row in self._planted.items():
            if self.tracardi.rows.get(key) != row:
                yield f"row {key} of somebody else was touched"
        bound = _bound(journal) - {_mark(body) for body in consumers.values()}
        yield from (
            f"row {key} is of a consumer that is gone"
            for key, row in self.tracardi.rows.items()
            if bound & set(row["groups"])
        )

    def _delivery(self, resources: Named, secrets: Named, body: Document) -> Iterator[str]:
        ready = condition(body, "Ready")
        if ready.get("reason") not in ("Ready", "Incomplete"):
            yield f"Ready is {ready}"
        taken = {name: each for name, each in resources.items() if taken_by(body, each)}
        holders = _holders(taken.values())
        for context, is_production in _CONTEXTS.items():
            there = {id_: row for (id_, production), row in self.tracardi.rows.items() if production is is_production}
            mine = {id_ for id_, row in there.items() if _mark(body) in row["groups"]}
            if context not in body["spec"]["tracardi"].get("contexts", _CONTEXTS):
                yield from (f"row {id_} is in {context}, which is not asked for" for id_ in mine)
                continue
            yield from (f"row {id_} in {context} should be gone" for id_ in mine - holders.keys())
            for id_, resource in holders.items():
                yield from _row(body, secrets, resource, there.get(id_), f"row {id_} in {context}")


def _bound(journal: Journal) -> set[str]:
    """The marks of consumers whose rows are to be deleted along with them, as far as the operator knew it."""
    states = (each.body for each in journal.users if each.plural == "resourceconsumers" and each.body)
    last = {body["metadata"]["uid"]: body for body in states}
    return {
        _mark(body)
        for body in last.values()
        if body["metadata"].get("finalizers") and body["spec"].get("tracardi", {}).get("deletionPolicy") == "Delete"
    }


def _holders(resources: Any) -> dict[str, Document]:
    """Who has an id: the oldest that asks for it."""
    holders: dict[str, Document] = {}
    for each in sorted(resources, key=lambda r: (r["metadata"]["creationTimestamp"], r["metadata"]["uid"])):
        if is_held(each) or any(_outputs_told(each)):
            id_ = str((each["spec"].get("tracardi") or {}).get("id") or each["metadata"]["uid"]).lower()
            holders.setdefault(id_, each)
    return holders


def _outputs_told(resource: Document) -> Iterator[bool]:
    """Whether status tells of an output, for each environment."""
    return (bool(told_of(resource, environment).get("output")) for environment in resource["spec"]["credentials"])


def _row(body: Document, secrets: Named, resource: Document, row: Row | None, what: str) -> Iterator[str]:
    if is_held(resource) or not _is_expressible(resource):
        return  # held as it is
    told = {environment: told_of(resource, environment) for environment in resource["spec"]["credentials"]}
    if not all(each.get("ready") or not each.get("output") for each in told.values()):
        return  # stale: whether somebody has touched it can't be told from here
    if row is None:
        yield f"{what} is missing"
        return
    if _mark(body) not in row["groups"]:
        if body["spec"]["tracardi"].get("adopt"):
            yield f"{what} is not taken over"
        return
    target = body["spec"]["tracardi"]
    values = {environment: _values(secrets, resource, environment) for environment in told}
    production = values.get("production") or {}
    falls_back = "test" not in told and target["testFallback"] == "Production"
    test = production if falls_back else values.get("test") or {}
    asked = resource["spec"].get("tracardi") or {}
    expected = {
        "type": resource["spec"]["type"],
        "name": asked.get("name") or resource["metadata"]["name"],
        "enabled": asked.get("enabled", True),
        "credentials": {"production": production, "test": test},
    }
    different = sorted(name for name, value in expected.items() if row[name] != value)
    if different:
        yield f"{what} has another {' and '.join(different)}"


def _is_expressible(resource: Document) -> bool:
    """No destination: what Tracardi takes for one is not foretold here."""
    return not (resource["spec"].get("tracardi") or {}).get("destination")


def _values(secrets: Named, resource: Document, environment: str) -> Any:
    output = output_of(secrets, resource, environment)
    return json.loads(decode(output).get("credentials.json", b"null")) if output else None


def _mark(consumer: Document) -> str:
    return f"{_MARK}{consumer['metadata']['uid']}"


@contextmanager
def site() -> Iterator[Site]:
    tracardi = Tracardi()
    tracardi.add_user(USER, PASSWORD, "developer")
    with serving(tracardi) as url:
        yield Site(url, tracardi)
