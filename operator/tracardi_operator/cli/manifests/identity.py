"""Which object of the cluster a manifest is."""

from dataclasses import dataclass

from tracardi_operator.services.shown import shown


@dataclass(frozen=True, slots=True)
class Identity:
    kind: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        return f"{shown(self.namespace)}/{shown(self.name)}"

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"
