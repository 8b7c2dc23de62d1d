"""The output Secrets of the Resources among the files: no two may have one name in a namespace. Pure."""

from collections.abc import Iterable, Iterator

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import ENVIRONMENTS, ResourceSpec
from tracardi_operator.publish.secret import output_name

Key = tuple[str, str]
"""Namespace and name."""


class Outputs:
    """Who publishes which Secret: the first that stands in the files, as in the cluster the first that is created."""

    def __init__(self, resources: Iterable[tuple[Key, ResourceSpec]]) -> None:
        self._owners: dict[Key, Key] = {}
        for resource, spec in resources:
            for environment in spec.credentials:
                output = resource[0], output_name(resource[1], spec, environment)
                self._owners.setdefault(output, resource)

    def include(self, namespace: str, name: str) -> bool:
        return (namespace, name) in self._owners

    def conflicts(self, resource: Key, spec: ResourceSpec) -> Iterator[Problem]:
        namespace, name = resource
        outputs = {environment: output_name(name, spec, environment) for environment in ENVIRONMENTS}
        if len(set(outputs.values())) < len(outputs):
            yield _problem("test", f"{outputs['test']!r} is that of production too", Reason.INVALID_SPEC)
            return
        for environment in spec.credentials:
            owner = self._owners[namespace, outputs[environment]]
            if owner != resource:
                words = f"{outputs[environment]!r} is that of Resource {owner[1]!r} too"
                yield _problem(environment, words, Reason.NAME_TAKEN)


def _problem(environment: str, words: str, reason: Reason) -> Problem:
    message = f"the name of the output {words}; set another in spec.output.environments.{environment}.name"
    return Problem(reason, message, environment=environment)
