"""What to do with one context of a Tracardi: compare what is there with what is wanted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.publish.entry import Entry
from tracardi_operator.publish.tracardi_rows import Wanted, is_marked
from tracardi_operator.tracardi.agreement import agrees, merged
from tracardi_operator.tracardi.models import Context, TracardiResource


@dataclass(frozen=True, slots=True)
class Plan:
    saves: tuple[TracardiResource, ...] = ()
    deletes: tuple[str, ...] = ()
    refused: dict[str, Problem] = field(default_factory=dict)
    """By id, the rows of others that are not taken over."""


def plan(
    wanted: Wanted,
    present: Sequence[TracardiResource],
    context: Context,
    own_mark: str,
    *,
    adopt: bool,
    may_delete: bool,
) -> Plan:
    """Rows of ours go when their Resource is gone, not when it can't be expressed: then the last good one stays."""
    found = {row.id: row for row in present}
    refused = {
        id_: _taken(found[id_], context)
        for id_ in wanted.rows
        if id_ in found and not adopt and not _is_ours(found[id_], wanted.entries[id_], own_mark)
    }
    saves = (
        merged(row, found.get(id_))
        for id_, row in wanted.rows.items()
        if id_ not in refused and not (id_ in found and agrees(row, found[id_]))
    )
    gone = (id_ for id_, row in found.items() if own_mark in row.groups and id_ not in wanted.entries)
    return Plan(tuple(saves), tuple(gone) if may_delete else (), refused)


def plan_withdrawal(present: Sequence[TracardiResource], context: Context, own_mark: str) -> Plan:
    """Of a context that is no longer asked for. What Tracardi shows there but keeps elsewhere is left alone."""
    return Plan(deletes=tuple(row.id for row in present if own_mark in row.groups and row.context is context))


def _is_ours(row: TracardiResource, entry: Entry, own_mark: str) -> bool:
    """By its mark; or by an id that nobody else can have thought of, if somebody took the mark away."""
    return own_mark in row.groups or (row.id == entry.uid and not is_marked(row))


def _taken(row: TracardiResource, context: Context) -> Problem:
    owner = "another ResourceConsumer made" if is_marked(row) else "this consumer did not make"
    message = (
        f"Tracardi has in its context {context} a resource with the id {row.id!r} that {owner}; set tracardi.adopt of "
        "the consumer to take it over, or use another id in a new Resource"
    )
    return Problem(Reason.NAME_TAKEN, message, field="tracardi.id")
