"""Where in a Resource a problem stands. Pure."""

from tracardi_operator.api.problems import Problem, Reason, SourceKind
from tracardi_operator.api.resource import EnvironmentCredentials, ResourceSpec

Path = tuple[str, ...]

_ABOUT_THE_TYPE = {Reason.UNKNOWN_TYPE, Reason.DISCONTINUED}
_ABOUT_OUTPUTS: dict[Reason, Path] = {
    Reason.NAME_TAKEN: ("name",),
    Reason.INVALID_SPEC: ("name",),
    Reason.NOT_ALLOWED: (),
}
_REFERENCES = {SourceKind.SECRET: "secretKeyRef", SourceKind.CONFIG_MAP: "configMapKeyRef"}


def place_of(problem: Problem, spec: ResourceSpec) -> Path:
    """The path of what has to be mended. It may lead to what is missing."""
    if problem.reason in _ABOUT_THE_TYPE:
        return "spec", "type"
    if problem.environment is None:
        return ("spec",)
    if problem.reason in _ABOUT_OUTPUTS and not problem.source:
        return "spec", "output", "environments", problem.environment, *_ABOUT_OUTPUTS[problem.reason]
    credentials = next((c for name, c in spec.credentials.items() if name == problem.environment), None)
    return "spec", "credentials", problem.environment, *_within(problem, credentials)


def _within(problem: Problem, credentials: EnvironmentCredentials | None) -> Path:
    source, name = problem.source, problem.field
    given = (credentials.fields if credentials else None) or {}
    if source is None:
        return ("fields", name) if name else ()
    if name not in given:
        return "secretRef", "name"
    if source.kind is SourceKind.LITERAL:
        return "fields", name, "value"
    return "fields", name, "valueFrom", _REFERENCES[source.kind], "key"
