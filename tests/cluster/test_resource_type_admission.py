"""What the API server says to a ResourceType: which names and definitions it takes, and from whom."""

import json
from typing import Any

import pytest

from tests.cluster.builders import Document
from tests.cluster.install import install
from tracardi_operator.devcluster import ControlPlane


@pytest.fixture(autouse=True)
def _installed(control_plane: ControlPlane) -> None:
    install(control_plane)


def _type(name: str = "acme", *fields: Document, **spec: Any) -> Document:
    return {
        "apiVersion": "tracardi.com/v1alpha1",
        "kind": "ResourceType",
        "metadata": {"name": name},
        "spec": {"fields": list(fields or [{"name": "token"}])} | spec,
    }


def _send(control_plane: ControlPlane, document: Document, *options: str) -> str:
    """What is said against it; nothing if it would be stored."""
    command = ("apply", "--dry-run=server", *options, "-f", "-")
    done = control_plane.kubectl(*command, input=json.dumps(document), check=False)
    return done.stderr if done.returncode else ""


REFUSED = {
    "a built-in name": (_type("sendgrid"), "the name of a built-in type"),
    "a name with a dot": (_type("acme.io"), "letters in lower case, digits and dashes"),
    "a name too long for spec.type": (_type("a" * 49), "may have 48 characters"),
    "no field": (_type(fields=[]), "should have at least 1 item"),
    "two fields of one name": (_type("acme", {"name": "a"}, {"name": "a"}), "Duplicate value"),
    "a pattern without words": (_type("acme", {"name": "a", "pattern": "x"}), "a pattern needs 'expected'"),
    "a range for text": (_type("acme", {"name": "a", "minimum": 1}), "for the kind integer"),
    "a length for a number": (_type("acme", {"name": "a", "kind": "integer", "minLength": 1}), "for the kind string"),
    "an empty range": (_type("acme", {"name": "a", "kind": "integer", "minimum": 2, "maximum": 1}), "is greater than"),
    "a sensitive default": (_type("acme", {"name": "a", "sensitive": True, "default": "x"}), "has no default"),
    "too many patterns": (
        _type("acme", *({"name": f"f{index}", "pattern": "x", "expected": "x"} for index in range(17))),
        "at most 16 fields may have a pattern",
    ),
    "a single way to log in": (_type(oneOf=[["token"]]), "should have at least 2 items"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_api_server_refuses_a_definition_and_says_why(control_plane: ControlPlane, case: str) -> None:
    document, words = REFUSED[case]
    assert words in _send(control_plane, document)


FULL = _type(
    "acme-crm",
    {
        "name": "user",
        "title": "User",
        "minLength": 3,
        "maxLength": 64,
        "example": "tracardi",
    },
    {
        "name": "password",
        "sensitive": True,
        "password": True,
        "howTo": "Ask the team.",
    },
    {"name": "token", "sensitive": True, "pattern": "acme_[0-9a-f]{32}", "expected": "'acme_' and 32 digits"},
    {"name": "port", "kind": "integer", "minimum": 1, "maximum": 65535, "default": 443},
    {"name": "tls", "kind": "boolean", "default": "true", "required": True},
    {"name": "region", "enum": ["eu", "us"]},
    {"name": "extra", "kind": "object"},
    title="Acme CRM",
    requires=[{"field": "region", "needs": ["port"]}],
    oneOf=[["user", "password"], ["token"]],
    binding={"type": "acme", "provider": "acme", "entries": {"username": "user", "password": "password"}},
    howTo="Ask.",
    url="https://crm.example/keys",
    tags=["acme"],
    icon="plugin",
)


def test_all_that_a_definition_can_say_is_accepted_and_nothing_is_added_to_it(control_plane: ControlPlane) -> None:
    answer = control_plane.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", input=json.dumps(FULL))
    assert json.loads(answer.stdout)["spec"] == FULL["spec"]


@pytest.fixture
def stored(control_plane: ControlPlane) -> Document:
    document = _type("acme-stored", binding={"type": "acme"})
    control_plane.kubectl("apply", "-f", "-", input=json.dumps(document))
    return document


def test_the_binding_type_cannot_be_changed(control_plane: ControlPlane, stored: Document) -> None:
    changed = stored | {"spec": stored["spec"] | {"binding": {"type": "other"}}}
    assert "binding.type can't be added, changed or removed" in _send(control_plane, changed)


def test_only_the_operator_writes_its_status(control_plane: ControlPlane, stored: Document) -> None:
    document = {key: stored[key] for key in ("apiVersion", "kind", "metadata")} | {"status": {"observedGeneration": 1}}
    answer = _send(control_plane, document, "--server-side", "--subresource=status", "--validate=ignore")
    assert "writes the status of a ResourceType" in answer


@pytest.mark.parametrize("aggregated", ["view", "edit", "admin"])
@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete"])
def test_no_role_for_users_of_a_namespace_grants_to_write_a_type(
    control_plane: ControlPlane, aggregated: str, verb: str
) -> None:
    """A pattern is an oracle: whoever may write it can learn the credentials."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"types-{aggregated}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": aggregated},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f"types-{aggregated}"}],
    }
    control_plane.kubectl("apply", "-f", "-", input=json.dumps(binding))
    asked = ("auth", "can-i", verb, "resourcetypes.tracardi.com", "--as", f"types-{aggregated}")
    assert control_plane.kubectl(*asked, check=False).stdout.strip() == "no"
