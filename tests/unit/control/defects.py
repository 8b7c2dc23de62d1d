"""Mistakes that an operator like this may make, each as a change of the code under test."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from tracardi_operator import plan
from tracardi_operator.checks import Checked, check
from tracardi_operator.control import gather, reconcile, writer
from tracardi_operator.control.inputs import Answer, InputReader
from tracardi_operator.control.records import Record
from tracardi_operator.control.resync import Resync
from tracardi_operator.control.store import Store
from tracardi_operator.control.writer import Outdated, Writer
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.kube.workqueue import WorkQueue
from tracardi_operator.plan import Decision, Desired, Observed, View
from tracardi_operator.resolve import InputRef

Patch = pytest.MonkeyPatch
Defect = Callable[[Patch], None]


def drop_the_relist_prune(patch: Patch) -> None:
    patch.setattr(Store, "replace", lambda *_: None)


def skip_the_ownership_check(patch: Patch) -> None:
    patch.setattr(plan, "name_taken", lambda *_: None)


def publish_before_checking(patch: Patch) -> None:
    def unchecked(service: Any, environment: str, raw: Mapping[str, Any], settled: Any) -> Checked:
        values: dict[str, Any] = {
            name: str(value.value if hasattr(value, "value") else value) for name, value in raw.items()
        }
        return dataclasses.replace(check(service, environment, raw, settled), values=values, problems=())

    patch.setattr("tracardi_operator.evaluate.check", unchecked)


def forget_the_back_off(patch: Patch) -> None:
    patch.setattr(WorkQueue, "retry", lambda self, key, _=None: self.add(key))


def trust_status(patch: Patch) -> None:
    """The output is believed to be as status says, whatever became of it."""

    def holds(expected: Any, output: Any, previous: Any, owner: str, *, withdraw: bool) -> bool:
        return previous is not None and previous.observed == expected.digest()

    patch.setattr(gather, "verdict_holds", holds)


def force_what_a_precondition_refused(patch: Patch) -> None:
    write = Writer.write

    async def forced(self: Writer, record: Record, desired: Desired, current: Observed | None) -> Observed:
        try:
            return await write(self, record, desired, current)
        except Outdated:
            body = writer.output_body(record, desired, current)
            body["metadata"].pop("uid", None)
            body["metadata"].pop("resourceVersion", None)
            answer = await self._client.replace(SECRETS, record.key.namespace, desired.secret.name, body)
            return Observed(ObjectMeta.decode(answer["metadata"]))

    patch.setattr(Writer, "write", forced)


def write_without_preconditions(patch: Patch) -> None:
    body = writer.output_body

    def unconditional(record: Record, desired: Desired, current: Observed | None) -> Object:
        made = body(record, desired, current)
        made["metadata"].pop("uid", None)
        made["metadata"].pop("resourceVersion", None)
        return made

    patch.setattr(writer, "output_body", unconditional)


def leave_the_former_output(patch: Patch) -> None:
    patch.setattr(reconcile, "superfluous", lambda *_: [])


def remove_whatever_claims_to_be_ours(patch: Patch) -> None:
    """Who wrote it is not asked."""
    patch.setattr(reconcile, "superfluous", lambda owned, keep: [o for o in owned if o.name not in set(keep)])


def withdraw_what_is_to_be_kept(patch: Patch) -> None:
    def withdraws(view: View, verdict: Any, *, withdraw: bool) -> Decision:
        return Decision(remove=view.ours, problems=verdict.problems)

    patch.setattr(reconcile, "decide_invalid", withdraws)


def never_raise_the_revision(patch: Patch) -> None:
    patch.setattr(plan, "next_revision", lambda previous, *, changed: previous or 1)


def take_the_revision_from_status_alone(patch: Patch) -> None:
    """What was written and not yet told in status is forgotten by a crash."""
    patch.setattr(Observed, "revision", property(lambda self: 0))


def remove_what_others_added(patch: Patch) -> None:
    patch.setattr(
        writer, "carried_over", lambda current, desired: (dict(desired.secret.labels), dict(desired.annotations()))
    )


def never_compare(patch: Patch) -> None:
    """The first list is the last one: what a watch of Resources leaves out is never found."""
    compare = Resync.compare

    async def once(self: Resync) -> bool:
        return self.last_done is not None or await compare(self)

    patch.setattr(Resync, "compare", once)


def read_through_an_old_answer(patch: Patch) -> None:
    """A value that was once read counts for good."""
    read, answers = InputReader.read, dict[Any, Answer]()

    async def cached(self: InputReader, record: Record, ref: InputRef, version: str | None) -> Answer:
        key = (self, record.key.namespace, ref)
        if key not in answers:
            answers[key] = await read(self, record, ref, version)
        return answers[key]

    patch.setattr(InputReader, "read", cached)


def write_at_each_look(patch: Patch) -> None:
    patch.setattr(gather, "verdict_holds", lambda *_, **__: False)
    patch.setattr(plan, "carried_over", lambda current, desired: ({}, {}))


CAUGHT_BY_CHANCE: Final[tuple[Defect, ...]] = (
    publish_before_checking,
    forget_the_back_off,
    leave_the_former_output,
    remove_whatever_claims_to_be_ours,
    withdraw_what_is_to_be_kept,
    never_raise_the_revision,
    read_through_an_old_answer,
    write_at_each_look,
)
"""The state machine finds these within a few thousand steps."""

CAUGHT_BY_STORY: Final[dict[Defect, str]] = {
    skip_the_ownership_check: "rename the output to a stranger's name",
    drop_the_relist_prune: "remove the inputs",
    trust_status: "edit by hand",
    never_compare: "create",
    force_what_a_precondition_refused: "rotate",
    write_without_preconditions: "rotate",
    remove_what_others_added: "rotate",
    take_the_revision_from_status_alone: "rotate",
}
"""A story, told with each interruption, finds these at once."""
