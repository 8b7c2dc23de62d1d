"""Kinds of objects and where the API server keeps them."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Kind:
    group: str
    """Empty for the core group."""
    version: str
    plural: str
    kind: str

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """The path of an object, or of a collection where `name` is None; over all namespaces where `namespace` is."""
        root = "/apis" if self.group else "/api"
        scope = "" if namespace is None else f"/namespaces/{_segment(namespace)}"
        item = "" if name is None else f"/{_segment(name)}"
        part = "" if subresource is None else f"/{_segment(subresource)}"
        return f"{root}/{self.api_version}{scope}/{self.plural}{item}{part}"


def _segment(text: str) -> str:
    # An empty name would turn a request for one object into one for all of them.
    if text in ("", ".", ".."):
        raise ValueError("not a name")
    return quote(text, safe="")


CONFIG_MAPS = Kind("", "v1", "configmaps", "ConfigMap")
EVENTS = Kind("", "v1", "events", "Event")
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")
SECRETS = Kind("", "v1", "secrets", "Secret")
