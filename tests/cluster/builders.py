"""Objects that the cluster tests send."""

import json
from collections.abc import Mapping
from typing import Any, Literal

Document = dict[str, Any]

ANYTHING: Document = {"anything": {"value": "1"}}
"""A field that needs no right: a literal that no type calls sensitive."""


def resource(name: str, fields: Mapping[str, Any] = ANYTHING, **spec: Any) -> Document:
    """A Resource of type sendgrid with these fields in production; `spec` adds to its spec or replaces parts."""
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "Resource",
        "metadata": {"name": name},
        "spec": {"type": "sendgrid", "credentials": {"production": {"fields": dict(fields)}}, **spec},
    }


def consumer(name: str, *namespaces: str, **spec: Any) -> Document:
    """A ResourceConsumer that takes from these namespaces; without a target in `spec` into a bundle."""
    target = {} if {"bundle", "tracardi"} & spec.keys() else {"bundle": {"environment": "production", "format": "json"}}
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "ResourceConsumer",
        "metadata": {"name": name},
        "spec": {"from": [{"namespace": namespace} for namespace in namespaces], **target, **spec},
    }


def literal(value: str | int) -> Document:
    return {"value": value}


def reference(kind: Literal["secretKeyRef", "configMapKeyRef"], name: str, key: str = "key") -> Document:
    return {"valueFrom": {kind: {"name": name, "key": key}}}


def role(name: str, user: str, *rules: Document) -> str:
    """A Role and its binding to a user, as one document of JSON."""
    rbac = "rbac.authorization.k8s.io"
    items = [
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": name}, "rules": list(rules)},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
        },
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def rule(group: str, resources: list[str], verbs: list[str], names: list[str] | None = None) -> Document:
    """A rule of a Role; `names` limits it to objects of these names."""
    return {
        "apiGroups": [group],
        "resources": resources,
        "verbs": verbs,
        **({"resourceNames": names} if names else {}),
    }
