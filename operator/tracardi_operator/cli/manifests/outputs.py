"""The Secrets that are made of the files, outputs and bundles: no two may have one name in a namespace. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import ENVIRONMENTS, ResourceSpec
from tracardi_operator.cli.manifests.identity import Identity
from tracardi_operator.publish.secret import output_name

_NONE: Final[Mapping[Identity, str]] = {}


class Outputs:
    """Who publishes which Secret: the first that stands in the files, as in the cluster the first that is created.

    `bundles` are the names of those of ResourceConsumers; where a Resource has an output of the name, it keeps it.
    """

    def __init__(self, resources: Mapping[Identity, ResourceSpec], bundles: Mapping[Identity, str] = _NONE) -> None:
        self._owners: dict[tuple[str, str], Identity] = {}
        for resource, spec in resources.items():
            for environment in spec.credentials:
                output = resource.namespace, output_name(resource.name, spec, environment)
                self._owners.setdefault(output, resource)
        for consumer, name in bundles.items():
            self._owners.setdefault((consumer.namespace, name), consumer)

    def owner(self, namespace: str, name: str) -> Identity | None:
        return self._owners.get((namespace, name))

    def conflicts(self, resource: Identity, spec: ResourceSpec) -> Iterator[Problem]:
        outputs = {environment: output_name(resource.name, spec, environment) for environment in ENVIRONMENTS}
        if len(set(outputs.values())) < len(outputs):
            yield _problem("test", f"{outputs['test']!r} is that of production too", Reason.INVALID_SPEC)
            return
        for environment in spec.credentials:
            owner = self._owners[resource.namespace, outputs[environment]]
            if owner != resource:
                words = f"{outputs[environment]!r} is that of Resource {owner.name!r} too"
                yield _problem(environment, words, Reason.NAME_TAKEN)


def _problem(environment: str, words: str, reason: Reason) -> Problem:
    message = f"the name of the output {words}; set another in spec.output.environments.{environment}.name"
    return Problem(reason, message, environment=environment)
