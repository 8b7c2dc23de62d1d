"""What to do about the output of one environment: pure decisions from a verdict and what is there.

Input bad or missing: keep the last good output and say so. Environment gone, output renamed, `onInvalid: Withdraw`:
withdraw, and a withdrawal beats keeping. A Secret that is not ours is never touched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracardi_operator.api.names import (
    ANNOTATION_PROVENANCE,
    ANNOTATION_REVISION,
    CONSUMER_KIND,
    KIND,
    LABEL_ENVIRONMENT,
)
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import Environment, ResourceSpec
from tracardi_operator.api.status import EnvironmentStatus
from tracardi_operator.evaluate import Verdict
from tracardi_operator.kube.meta import ObjectMeta, OwnerReference
from tracardi_operator.provenance import Provenance
from tracardi_operator.publish.secret import OutputSecret
from tracardi_operator.resolve import Inputs

_OWN_NAMES = {KIND: "spec.output.environments", CONSUMER_KIND: "spec.bundle.secretName"}
_DIGITS = 15
"""Of a revision: one with more was not written by us, and would not fit into status."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A Secret that bears an output's name, by its metadata. Its data is not known from this."""

    meta: ObjectMeta

    @property
    def name(self) -> str:
        return self.meta.name

    @property
    def version(self) -> tuple[str, str]:
        return self.meta.name, self.meta.resource_version

    @property
    def controller(self) -> OwnerReference | None:
        return next((owner for owner in self.meta.owner_references if owner.controller), None)

    @property
    def provenance(self) -> Provenance | None:
        return Provenance.load(self.meta.annotations.get(ANNOTATION_PROVENANCE))

    @property
    def revision(self) -> int:
        text = self.meta.annotations.get(ANNOTATION_REVISION, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0

    def belongs_to(self, uid: str) -> bool:
        return self.controller is not None and self.controller.uid == uid


@dataclass(frozen=True, slots=True)
class View:
    """One environment as it is: what its output would be made from, and what is published under its name."""

    environment: Environment
    provenance: Provenance
    inputs: Inputs | None = field(repr=False)
    """None if the last verdict still holds, so that nothing was read."""
    output: Observed | None
    """Whatever bears the name of the output."""
    ours: Observed | None
    """What is published: under the present name or, until something is, under a former one."""
    fingerprint: bytes | None
    """Of the present data of `ours`, if it is known."""
    intact: bool | None
    """Whether the data is what we last wrote, whatever else about the output was touched; None if nobody knows."""
    previous: EnvironmentStatus | None


@dataclass(frozen=True, slots=True)
class Desired:
    """An output with all that is written along with its data."""

    secret: OutputSecret
    fingerprint: bytes
    provenance: Provenance
    revision: int

    def annotations(self) -> dict[str, str]:
        own = {ANNOTATION_PROVENANCE: self.provenance.dump(), ANNOTATION_REVISION: str(self.revision)}
        return self.secret.annotations | own


@dataclass(frozen=True, slots=True)
class Decision:
    """At most one of `write` and `remove` is set. `problems` is everything wrong with the environment."""

    write: Desired | None = None
    remove: Observed | None = None
    problems: tuple[Problem, ...] = ()


def published(
    output: Observed | None, owned: Iterable[Observed], owner: str, environment: Environment
) -> Observed | None:
    """What of ours stands for an environment: the output itself or, after it was renamed, the former one."""
    if output and output.belongs_to(owner):
        return output
    former = (o for o in owned if o.provenance and o.meta.labels.get(LABEL_ENVIRONMENT) == environment)
    return next(former, None)


def withdraws(spec: ResourceSpec) -> bool:
    return bool(spec.output and spec.output.on_invalid == "Withdraw")


def is_recorded(output: Observed, previous: EnvironmentStatus | None) -> bool:
    """Whether status knows an output as it is, so that nobody has touched it since we did."""
    if previous is None or previous.output is None or _was_lost(previous):
        return False
    return output.version == (previous.output.name, previous.output.resource_version)


def verdict_holds(
    expected: Provenance,
    output: Observed | None,
    previous: EnvironmentStatus | None,
    owner: str,
    *,
    withdraw: bool = False,
) -> bool:
    """Whether the recorded verdict still holds: same inputs, same rules, and the output untouched since."""
    if previous is None or previous.observed != expected.digest():
        return False
    ours = output if output and output.belongs_to(owner) else None
    reasons = {problem.reason for problem in previous.problems or ()}
    if Reason.REJECTED in reasons or (Reason.NAME_TAKEN in reasons and ours is output):
        return False
    if previous.output is None or ours is None:
        return previous.output is None and ours is None and not previous.ready
    untouched = ours.version == (previous.output.name, previous.output.resource_version)
    return untouched and (ours.provenance == expected if previous.ready else not withdraw)


def decide_invalid(view: View, verdict: Verdict, *, withdraw: bool) -> Decision:
    """The environment can't be published: keep what worked, or take it away."""
    if withdraw:
        return Decision(remove=view.ours, problems=verdict.problems)
    return Decision(problems=(*verdict.problems, *_lost(view)))


def decide_valid(
    view: View, verdict: Verdict, secret: OutputSecret, fingerprint: bytes, owner: str, resource: str
) -> Decision:
    """The environment can be published: write the output unless it is there as it should be."""
    taken = name_taken(secret.name, view.output, owner, KIND, resource)
    if taken:
        return Decision(problems=(*verdict.problems, taken))
    changed = view.fingerprint != fingerprint if view.output else _verdict_is_new(view)
    revision = next_revision(_revision(view), changed=changed and not _drifted(view))
    desired = Desired(secret, fingerprint, view.provenance, revision)
    needed = view.output is None or view.fingerprint != fingerprint or metadata_differs(view.output, desired)
    return Decision(write=desired if needed else None, problems=verdict.problems)


def name_taken(name: str, current: Observed | None, owner: str, kind: str, owner_name: str) -> Problem | None:
    """Why a Secret that exists may not be written for the object of ours that has the uid `owner`, if so."""
    if current is None or current.belongs_to(owner):
        return None
    controller = current.controller
    if controller and (controller.kind, controller.name) == (kind, owner_name):
        message = (
            f"Secret {name!r} is left over from a deleted {kind} of this name; "
            "waiting for the garbage collector to remove it"
        )
    else:
        message = (
            f"Secret {name!r} exists and is not an output of this {kind}, so it is left as it is; "
            f"delete it, or choose another name in {_OWN_NAMES[kind]}"
        )
    return Problem(Reason.NAME_TAKEN, message)


def superfluous(owned: Iterable[Observed], keep: Iterable[str]) -> list[Observed]:
    """The outputs of a Resource that none of its environments has any more: removed, or renamed and published anew.

    A Secret that was not written by us is none of them, whoever it says it belongs to.
    """
    names = set(keep)
    return [output for output in owned if output.name not in names and output.provenance]


def carried_over(current: Observed, desired: Desired) -> tuple[dict[str, str], dict[str, str]]:
    """Labels and annotations to write: ours and whatever others added, without what is no longer asked for."""
    before = current.provenance
    labels = _without(current.meta.labels, before.labels if before else ())
    annotations = _without(current.meta.annotations, before.annotations if before else ())
    return labels | desired.secret.labels, annotations | desired.annotations()


def metadata_differs(current: Observed, desired: Desired) -> bool:
    """Whether labels or annotations are not as they should be."""
    return carried_over(current, desired) != (dict(current.meta.labels), dict(current.meta.annotations))


def next_revision(previous: int, *, changed: bool) -> int:
    """Revisions start at 1 and are raised at each real change."""
    return previous + 1 if changed or previous == 0 else previous


def _lost(view: View) -> tuple[Problem, ...]:
    """The last good output can't be restored while its input is bad: say so."""
    recorded = view.previous.output if view.previous else None
    was_lost = _was_lost(view.previous)
    if view.ours is None and (recorded or was_lost):
        message = "the output was deleted while its input is bad, so it can't be restored; repair the input"
    elif view.ours and (view.intact is False or (was_lost and view.intact is None)):
        message = "the output was changed by somebody while its input is bad, so it can't be restored; repair the input"
    else:
        return ()
    return (Problem(Reason.OUTPUT_LOST, message),)


def _was_lost(previous: EnvironmentStatus | None) -> bool:
    return any(problem.reason == Reason.OUTPUT_LOST for problem in (previous.problems if previous else None) or ())


def _revision(view: View) -> int:
    recorded = (view.previous.revision if view.previous else None) or 0
    return max(view.ours.revision if view.ours else 0, recorded)


def _verdict_is_new(view: View) -> bool:
    return view.previous is None or view.previous.observed != view.provenance.digest()


def _drifted(view: View) -> bool:
    """The output differs though nothing that it is made from does: an edit by hand, not a change."""
    return view.output is not None and view.output.provenance == view.provenance


def _without(mapping: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    gone = set(keys)
    return {key: value for key, value in mapping.items() if key not in gone}
