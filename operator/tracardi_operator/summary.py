"""From what was decided and done to `status`: the one place where conditions are made. Pure.

`Ready` sums up `Resolved` (every reference leads to a value), `Valid` (the values are right) and `Published` (outputs
hold them). kstatus' `Reconciling` is there while something awaited is missing, `Stalled` when only an edit can help.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Final

from tracardi_operator.api.problems import Problem, Reason, Severity
from tracardi_operator.api.resource import ENVIRONMENTS, Environment, ResourceSpec
from tracardi_operator.api.resource_type import MAX_PROBLEMS, Fault, ResourceTypeStatus, TypeProblem
from tracardi_operator.api.status import (
    BindingStatus,
    Condition,
    EnvironmentStatus,
    OutputStatus,
    ProblemSource,
    ProblemStatus,
    ResourceStatus,
)
from tracardi_operator.conditions import Made, Status, ready_of, shorten, stamp
from tracardi_operator.plan import Decision, Observed, View
from tracardi_operator.services.shown import shown, shown_source

_UNRESOLVED: Final = {Reason.SECRET_NOT_FOUND, Reason.CONFIG_MAP_NOT_FOUND, Reason.KEY_NOT_FOUND}
_UNPUBLISHED: Final = {Reason.NAME_TAKEN, Reason.NOT_ALLOWED, Reason.OUTPUT_LOST, Reason.REJECTED, Reason.UNREACHABLE}
_AWAITED: Final = _UNRESOLVED | {Reason.NAME_TAKEN, Reason.OUTPUT_LOST, Reason.REJECTED, Reason.UNREACHABLE}
"""What may come right without an edit of the Resource or of a value: an object appears, a name is freed."""


def conclude(
    view: View, decision: Decision, output: Observed | None, failure: Problem | None, now: datetime
) -> EnvironmentStatus:
    """The status of one environment after its decision was carried out. `output` is ours as it is now, if any."""
    problems = [*decision.problems, *([failure] if failure else [])]
    ready = output is not None and not any(problem.is_error for problem in problems)
    stale = output is not None and not ready and not any(p.reason is Reason.OUTPUT_LOST for p in problems)
    return EnvironmentStatus(
        ready=ready,
        revision=(output.revision if output else 0) or _previous_revision(view) or None,
        observed=view.provenance.digest(),
        stale=stale or None,
        since=_stale_since(view, now) if stale else None,
        output=OutputStatus(name=output.name, resource_version=output.meta.resource_version) if output else None,
        problems=[problem_status(problem) for problem in problems] or None,
    )


def summarise(
    spec: ResourceSpec,
    environments: Mapping[Environment, EnvironmentStatus],
    generation: int,
    previous: ResourceStatus,
    now: datetime,
    left_over: Sequence[tuple[str, Problem]] = (),
) -> ResourceStatus:
    """The whole status of a Resource whose environments were all decided.

    `left_over`: why former outputs could not be withdrawn, each with its environment.
    """
    left = [(environment, problem_status(problem)) for environment, problem in left_over]
    problems = [
        *((env, problem) for env in ENVIRONMENTS if env in environments for problem in _errors(environments[env])),
        *left,
    ]
    conditions = [
        _condition("Ready", problems, "all environments are published"),
        _condition("Resolved", _of(problems, _UNRESOLVED), "all references lead to values"),
        _valid(problems),
        _published(environments, problems, left),
        *_progress(problems),
    ]
    return ResourceStatus(
        observed_generation=generation,
        conditions=stamp(conditions, generation, previous.conditions, now),
        environments=dict(environments),
        binding=_binding(spec, environments),
    )


def suspended(generation: int, previous: ResourceStatus, now: datetime) -> ResourceStatus:
    """`spec.suspend`: everything is held as it is, and status says so."""
    message = "spec.suspend is set: nothing is checked or written until it is removed"
    made: list[Made] = [("Ready", "Unknown", Reason.SUSPENDED, message)]
    return _held(made, generation, previous, now)


def unreadable(problems: Iterable[Problem], generation: int, previous: ResourceStatus, now: datetime) -> ResourceStatus:
    """The spec itself can't be read: everything is held as it is."""
    message = shorten("; ".join(problem.message for problem in problems))
    made: list[Made] = [
        ("Ready", "False", Reason.INVALID_SPEC, message),
        ("Stalled", "True", Reason.INVALID_SPEC, message),
    ]
    return _held(made, generation, previous, now)


def summarise_type(
    faults: Sequence[Fault], *, taken: bool, generation: int, previous: ResourceTypeStatus, now: datetime
) -> ResourceTypeStatus:
    """The status of a ResourceType. `taken`: a built-in type has its name, so it is without effect."""
    made: list[Made] = [("Ready", "True", "Ready", "Resources can be of this type")]
    if taken:
        message = "a built-in type has this name and is used in its place; rename this one, or delete it"
        made = [(kind, status, Reason.NAME_TAKEN, message) for kind, status in _UNUSABLE]
    elif faults:
        message = shorten("; ".join(map(str, faults)))
        made = [(kind, status, Reason.INVALID_SPEC, message) for kind, status in _UNUSABLE]
    return ResourceTypeStatus(
        observed_generation=generation,
        conditions=stamp(made, generation, previous.conditions, now),
        problems=[TypeProblem(path=fault.dotted, message=fault.message) for fault in faults[:MAX_PROBLEMS]] or None,
    )


def initial_status() -> ResourceStatus:
    return ResourceStatus(observed_generation=-1)


def ready_condition(status: ResourceStatus) -> Condition | None:
    return ready_of(status.conditions)


def new_revisions(status: ResourceStatus, previous: ResourceStatus) -> str:
    """Words for the environments that were published anew; empty if none was."""
    before = previous.environments or {}
    return "; ".join(
        f"{name}: revision {current.revision} is in Secret {current.output.name!r}"
        for name, current in (status.environments or {}).items()
        if current.ready and current.output and name in before and current.revision != before[name].revision
    )


def withdrawn_outputs(status: ResourceStatus, previous: ResourceStatus, left: Set[str] = frozenset()) -> str:
    """Words for the environments of which nothing is published any more; empty if there is none.

    `left` are the names of outputs that are still there.
    """
    now = status.environments or {}
    return "; ".join(
        f"{name}: Secret {before.output.name!r} is withdrawn"
        for name, before in (previous.environments or {}).items()
        if before.output and before.output.name not in left and not (name in now and now[name].output)
    )


def problem_status(problem: Problem) -> ProblemStatus:
    """Without a credential that stands where a name belongs: status and Events go further than the Resource does."""
    source = problem.source and shown_source(problem.source)
    return ProblemStatus(
        field=problem.field and shown(problem.field),
        reason=problem.reason,
        severity=problem.severity,
        message=problem.message,
        source=ProblemSource(kind=source.kind, name=source.name, key=source.key) if source else None,
    )


_UNUSABLE: Final[tuple[tuple[str, Status], ...]] = (("Ready", "False"), ("Stalled", "True"))
_Located = tuple[str, ProblemStatus]
"""With its environment."""


def _condition(kind: str, problems: list[_Located], good: str) -> Made:
    if not problems:
        return kind, "True", kind, good
    return kind, "False", problems[0][1].reason, _describe(problems)


def _valid(problems: list[_Located]) -> Made:
    wrong, unresolved = _not_of(problems, _UNRESOLVED | _UNPUBLISHED), _of(problems, _UNRESOLVED)
    if unresolved and not wrong:
        return "Valid", "Unknown", unresolved[0][1].reason, "not all values could be read"
    return _condition("Valid", wrong, "all values passed the checks")


def _published(
    environments: Mapping[Environment, EnvironmentStatus], problems: list[_Located], left: list[_Located]
) -> Made:
    if not left and all(environment.ready for environment in environments.values()):
        return "Published", "True", "Published", "all outputs hold the present values"
    parts = [f"{name}: {_published_words(environments[name])}" for name in ENVIRONMENTS if name in environments]
    parts += [f"{environment}: what was published is still there" for environment, _ in left]
    own = _of(problems, _UNPUBLISHED) or problems
    return "Published", "False", own[0][1].reason if own else Reason.REJECTED, "; ".join(parts)


def _published_words(environment: EnvironmentStatus) -> str:
    if environment.ready:
        return "published"
    return "the last good values are still published" if environment.stale else "nothing is published"


def _progress(problems: list[_Located]) -> list[Made]:
    fixed_by_edit = _not_of(problems, _AWAITED)
    if fixed_by_edit:
        return [("Stalled", "True", fixed_by_edit[0][1].reason, _describe(fixed_by_edit))]
    return [("Reconciling", "True", problems[0][1].reason, _describe(problems))] if problems else []


def _describe(problems: list[_Located]) -> str:
    return shorten("; ".join(_words(environment, problem) for environment, problem in problems))


def _words(environment: str, problem: ProblemStatus) -> str:
    where = f"{environment}.{problem.field}" if problem.field else environment
    source = problem.source
    named = f" ({source.kind} {source.name}, key {source.key})" if source and source.name and source.key else ""
    return f"{where}{named}: {problem.message}"


def _binding(spec: ResourceSpec, environments: Mapping[Environment, EnvironmentStatus]) -> BindingStatus | None:
    first = next(environment for environment in ENVIRONMENTS if environment in spec.credentials)
    chosen = (spec.output.binding if spec.output else None) or first
    output = environments[chosen].output if chosen in environments else None
    return BindingStatus(name=output.name) if output else None


def _held(made: list[Made], generation: int, previous: ResourceStatus, now: datetime) -> ResourceStatus:
    kinds = {kind for kind, *_ in made} | {"Reconciling", "Stalled"}
    kept = [condition for condition in previous.conditions or () if condition.type not in kinds]
    return ResourceStatus(
        observed_generation=generation,
        conditions=[*stamp(made, generation, previous.conditions, now), *kept],
        environments=previous.environments,
        binding=previous.binding,
    )


def _errors(environment: EnvironmentStatus) -> list[ProblemStatus]:
    return [problem for problem in environment.problems or () if problem.severity is Severity.ERROR]


def _of(problems: list[_Located], reasons: set[Reason]) -> list[_Located]:
    return [located for located in problems if located[1].reason in reasons]


def _not_of(problems: list[_Located], reasons: set[Reason]) -> list[_Located]:
    return [located for located in problems if located[1].reason not in reasons]


def _stale_since(view: View, now: datetime) -> datetime:
    return (view.previous.since if view.previous and view.previous.stale else None) or now


def _previous_revision(view: View) -> int:
    return (view.previous.revision if view.previous else None) or 0
