"""What was wrong on the way, from all that users and the operator wrote."""

from collections.abc import Iterator
from typing import Final

from tests.chaos.seeded.cluster import Document, decode
from tests.chaos.seeded.expectation import (
    REVISION,
    annotations,
    expect,
    output_name,
    owner,
    provenance,
    rendered,
    withdraws,
)
from tests.chaos.seeded.journal import Journal, Written
from tests.chaos.seeded.types import BUILTIN, Type, Verdict, own_type

_WRITTEN: Final = {
    "secrets",
    "events",
    "leases",
    "resources/status",
    "resourcetypes/status",
    "resourceconsumers/status",
    "resourceconsumers",
}
"""What the operator may write; of a consumer itself its finalizer."""


class History:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def violations(self) -> list[str]:
        """What was wrong on the way."""
        return [*self._false_outputs(), *self._revisions(), *self._removals(), *self._requests()]

    def _false_outputs(self) -> Iterator[str]:
        """Each output held what its provenance says that it was made from, and that was right."""
        for written in self._journal.operator:
            if written.body and owner(written.body) and not self._was_right(written.body):
                yield f"{written.name} at {written.body['metadata']['resourceVersion']} was never to be so"

    def _was_right(self, body: Document) -> bool:
        labels, claimed = body["metadata"]["labels"], provenance(body).get("inputs", {})
        inputs = {}
        for place, state in claimed.items():
            kind, _, name = place.partition("/")
            if state != "absent":
                found = self._journal.find(kind, name, state)
                if found is None:
                    return False
                inputs[kind, name] = found
        environment = labels["tracardi.com/environment"]
        for resource in self._journal.specs(owner(body)):
            for service in self._services(resource["spec"]["type"]):
                if environment in resource["spec"]["credentials"] and (
                    service.open or self._fits(resource, environment, service, inputs, body)
                ):
                    return True
        return False

    def _fits(
        self,
        resource: Document,
        environment: str,
        service: Type,
        inputs: dict[tuple[str, str], Document],
        body: Document,
    ) -> bool:
        expected = expect(resource["spec"], environment, service, inputs)
        if expected.verdict is Verdict.WRONG or expected.inputs != provenance(body).get("inputs", {}):
            return False
        data = {key: value.decode() for key, value in decode(body).items()}
        return expected.verdict is Verdict.OPEN or data == rendered(resource["spec"]["type"], service, expected.values)

    def _services(self, name: str) -> Iterator[Type]:
        if name in BUILTIN:
            yield BUILTIN[name]
        for written in self._journal.states("resourcetypes", name):
            if written.body:
                yield own_type(written.body["spec"])

    def _revisions(self) -> Iterator[str]:
        """No revision falls; and none rises without another value where nobody else wrote in between."""
        states = {each.body["metadata"]["resourceVersion"]: each.body for each in self._journal.operator if each.body}
        for written in self._journal.operator:
            before = states.get(written.replaced)
            if written.body is None or before is None:
                continue
            raised = int(annotations(written.body)[REVISION]) - int(annotations(before)[REVISION])
            if raised not in (0, 1) or bool(raised) != (written.body.get("data") != before.get("data")):
                yield f"{written.name}: the revision rose by {raised} at {written.body['metadata']['resourceVersion']}"
            yield from _made_from_older(written.name, before, written.body)

    def _removals(self) -> Iterator[str]:
        """Nothing is removed that was asked for all the time, nor what was never the operator's."""
        states = {each.body["metadata"]["uid"]: each for each in self._journal.operator if each.body}
        first = {}
        for each in reversed(self._journal.operator):
            if each.body:
                first[each.body["metadata"]["uid"]] = each.number
        for removal in self._journal.operator:
            if removal.body is not None:
                continue
            known = states.get(removal.uid)
            if known is None or known.body is None:  # the answer to its creation was lost, or it is a stranger's
                if any(each.body and removal.uid == each.body["metadata"]["uid"] for each in self._journal.users):
                    yield f"{removal.name}, a stranger's, was removed"
            elif owner(known.body) and not self._was_unwanted(known.body, first[removal.uid], removal.number):
                yield f"{removal.name} was removed though it was asked for all the time"

    def _was_unwanted(self, output: Document, since: int, until: int) -> bool:
        uid, name = owner(output), output["metadata"]["name"]
        environment = output["metadata"]["labels"]["tracardi.com/environment"]
        resource = output["metadata"]["labels"]["tracardi.com/resource"]
        in_force: list[Written] = []
        for state in self._journal.states("resources", resource):
            if state.number < since:
                in_force = [state]
            elif state.begun < until:
                in_force.append(state)
        return not in_force or any(_unwanted(state.body, uid, environment, name) for state in in_force)

    def _requests(self) -> Iterator[str]:
        """Whatever else the operator wrote."""
        for call in self._journal.calls:
            if call.resource not in _WRITTEN:
                yield f"the operator did: {call}"


def _unwanted(resource: Document | None, uid: str, environment: str, name: str) -> bool:
    if resource is None or resource["metadata"]["uid"] != uid:
        return True
    spec = resource["spec"]
    return environment not in spec["credentials"] or withdraws(spec) or output_name(resource, environment) != name


def _made_from_older(name: str, before: Document, after: Document) -> Iterator[str]:
    old = provenance(before).get("inputs", {})
    for place, state in provenance(after).get("inputs", {}).items():
        uid, _, number = state.partition("/")
        other, _, bound = old.get(place, "").partition("/")
        if uid == other and number and int(number) < int(bound):
            yield f"{name}: made from an older {place} than before"
