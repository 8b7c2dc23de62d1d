"""What each right of each role is for: the behaviour that fails without it. `test_rights.py` proves every line.

A right is written as kubectl would: `patch resources.tracardi.com/status`. docs/rights.md shows the tables.
"""

from collections.abc import Iterator, Mapping

from tests.install.behaviours import (
    COMPARES,
    DELIVERS_AT_ONCE,
    EXAMINES_TYPES,
    EXAMINES_TYPES_AT_ONCE,
    FINDS_SERVICES,
    KEEPS_CONSUMERS,
    KNOWS_POLICIES,
    LEADS,
    LEADS_FIRST,
    PUBLISHES,
    PUBLISHES_AT_ONCE,
    READS_CONFIG_MAPS,
    ROTATES,
    TELLS_BY_EVENT,
    TELLS_CONSUMERS,
    TELLS_STATUS,
    WATCHES,
    WITHDRAWS,
    WITHDRAWS_BUNDLES,
    Behaviour,
)
from tests.install.chart import Document, manifest, rights
from tracardi_operator.api.names import MANAGER

IN_A_NAMESPACE: Mapping[str, Behaviour] = {
    "get resources.tracardi.com": WITHDRAWS,
    "list resources.tracardi.com": COMPARES,
    "watch resources.tracardi.com": PUBLISHES_AT_ONCE,
    "patch resources.tracardi.com/status": TELLS_STATUS,
    "get resourceconsumers.tracardi.com": WITHDRAWS_BUNDLES,
    "list resourceconsumers.tracardi.com": COMPARES,
    "watch resourceconsumers.tracardi.com": DELIVERS_AT_ONCE,
    "patch resourceconsumers.tracardi.com": KEEPS_CONSUMERS,
    "patch resourceconsumers.tracardi.com/status": TELLS_CONSUMERS,
    "get secrets": PUBLISHES,
    "list secrets": COMPARES,
    "watch secrets": WATCHES,
    "create secrets": PUBLISHES,
    "update secrets": ROTATES,
    "delete secrets": WITHDRAWS,
    "get configmaps": READS_CONFIG_MAPS,
    "list configmaps": COMPARES,
    "watch configmaps": WATCHES,
    "get services": FINDS_SERVICES,
    "create events": TELLS_BY_EVENT,
}
"""Of the Role that manifests/namespaced and the chart's `scope` give it in each namespace of a list."""

IN_THE_CLUSTER: Mapping[str, Behaviour] = {
    **IN_A_NAMESPACE,
    "list resourcetypes.tracardi.com": COMPARES,
    "watch resourcetypes.tracardi.com": EXAMINES_TYPES_AT_ONCE,
    "patch resourcetypes.tracardi.com/status": EXAMINES_TYPES,
    "watch validatingadmissionpolicies.admissionregistration.k8s.io": KNOWS_POLICIES,
    "watch validatingadmissionpolicybindings.admissionregistration.k8s.io": KNOWS_POLICIES,
}
"""Of the ClusterRole."""

LEADER: Mapping[str, Behaviour] = {
    "create leases.coordination.k8s.io": LEADS_FIRST,
    f"get leases.coordination.k8s.io {MANAGER}": LEADS,
    f"update leases.coordination.k8s.io {MANAGER}": LEADS,
}
"""Of the Role in the operator's own namespace."""


USER_ROLES = {role["metadata"]["name"]: role for role in manifest("base/user-roles.yaml")}
"""For others than the operator: people, and implementations of Service Binding."""
_COLLECTION = "/apis/tracardi.com/v1alpha1/{scope}{plural}"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "get": ("get", "{plural}", "{name}"),
    "list": ("get", "{plural}"),
    "watch": ("get", "--raw", f"{_COLLECTION}?watch=true&timeoutSeconds=1"),
    "create": ("create", "-f", "-"),
    "update": ("replace", "-f", "-"),
    "patch": ("label", "{plural}", "{name}", "tried=yes"),
    "delete": ("delete", "{plural}", "{name}"),
    "deletecollection": ("delete", "--raw", _COLLECTION),
}
"""What a person types into kubectl for each verb, or what a client asks for."""


def by_words(role: Document) -> dict[str, Document]:
    """A rule for each right of a role."""
    return dict(_split(role))


def _split(role: Document) -> Iterator[tuple[str, Document]]:
    for group, resource, verb, name in sorted(rights(role)):
        rule: Document = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        named = {"resourceNames": [name]} if name != "*" else {}
        yield words(verb, group, resource, "" if name == "*" else name), rule | named


def words(verb: str, group: str, resource: str, name: str = "") -> str:
    plural, slash, subresource = resource.partition("/")
    kind = f"{plural}.{group}" if group else plural
    return " ".join(filter(None, (verb, f"{kind}{slash}{subresource}", name)))
