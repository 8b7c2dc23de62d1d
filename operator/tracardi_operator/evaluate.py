"""The verdict on each environment of a Resource. The operator and `lint` both call this. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from tracardi_operator.api.hints import did_you_mean
from tracardi_operator.api.problems import Problem, Reason, Severity, Source
from tracardi_operator.api.resource import ENVIRONMENTS, Environment, ResourceSpec
from tracardi_operator.checks import check
from tracardi_operator.publish.secret import refused_metadata
from tracardi_operator.resolve import Inputs, resolve
from tracardi_operator.services.model import ServiceType, Value
from tracardi_operator.services.signatures import quoted

Catalogue = Mapping[str, ServiceType]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one environment. `values` is set only if nothing is wrong and all was checked."""

    environment: Environment
    values: dict[str, Value] | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()
    unchecked: tuple[Source, ...] = ()

    @property
    def is_valid(self) -> bool:
        return self.values is not None


def evaluate(spec: ResourceSpec, inputs: Inputs, catalogue: Catalogue) -> dict[Environment, Verdict]:
    """Resolve and check every environment that the spec has."""
    service = catalogue.get(spec.type)
    if service is None:
        problem = unknown_type(spec.type, catalogue)
        return {env: Verdict(env, problems=(problem,)) for env in ENVIRONMENTS if env in spec.credentials}
    return {env: evaluate_environment(service, env, spec, inputs) for env in ENVIRONMENTS if env in spec.credentials}


def evaluate_environment(
    service: ServiceType, environment: Environment, spec: ResourceSpec, inputs: Inputs, domains: Set[str] = frozenset()
) -> Verdict:
    """`domains` are those of labels and annotations that the installation allows on outputs."""
    resolution = resolve(service, environment, spec.credentials[environment], inputs)
    checked = check(service, environment, resolution.raw, resolution.settled)
    problems = (
        *resolution.problems,
        *checked.problems,
        *output_problems(spec, environment, domains),
        *_discontinued(service, environment),
    )
    complete = not resolution.unchecked and not any(p.is_error for p in problems)
    return Verdict(environment, checked.values if complete else None, problems, tuple(resolution.unchecked))


def output_problems(spec: ResourceSpec, environment: Environment, domains: Set[str]) -> Iterator[Problem]:
    for key in refused_metadata(spec, environment, domains):
        message = (
            f"the label or annotation {key!r} of the output is in a domain that this installation does not allow; "
            "leave it out, or have the operator run with the domain among --allowed-domains"
        )
        yield Problem(Reason.NOT_ALLOWED, message, environment=environment)


def _discontinued(service: ServiceType, environment: Environment) -> Iterator[Problem]:
    if service.discontinued:
        yield Problem(Reason.DISCONTINUED, service.discontinued, Severity.WARNING, environment)


def unknown_type(name: str, known: Iterable[str]) -> Problem:
    hint = did_you_mean(name, known)
    message = (
        f"there is no service type {quoted(name)}{hint}; `tracardi-operator types` lists the built-in ones, "
        "`kubectl get resourcetypes` those of your own. A Resource's type can't be changed: create it anew"
    )
    return Problem(Reason.UNKNOWN_TYPE, message)
