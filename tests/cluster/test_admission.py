"""The shipped admission policies: who may name, write and decide what. Each test has authors of its own."""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.authors import Author, User
from tests.cluster.builders import Document, literal, reference, resource, role, rule
from tracardi_operator.api.resource import MAX_REFERENCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.generate.policies import OPERATOR, policies
from tracardi_operator.services.catalogue import builtin

KINDS = [("secretKeyRef", "secrets", "Secret"), ("configMapKeyRef", "configmaps", "ConfigMap")]
KIND_IDS = ["Secret", "ConfigMap"]
SIXTEEN = [f"object{index:02}" for index in range(MAX_REFERENCES)]

pytestmark = pytest.mark.usefixtures("installed")


def _naming(kind: Any, names: list[str]) -> Document:
    return resource("r", {f"field{index}": reference(kind, name) for index, name in enumerate(names)})


def _get(kind: str, names: list[str] | None = None) -> Document:
    return rule("", [kind], ["get"], names)


def _output(**settings: Any) -> Document:
    return resource("r", output={"environments": {"production": settings}})


@pytest.mark.parametrize(("reference_kind", "plural", "kind"), KINDS, ids=KIND_IDS)
def test_an_author_who_may_not_get_an_object_may_not_name_it(
    author: Author, reference_kind: str, plural: str, kind: str
) -> None:
    alice = author("alice", _get(plural, ["mine"]))
    answer = alice.apply(_naming(reference_kind, ["mine", "yours"]))
    assert f"you may not get {kind} yours" in answer
    assert f"{kind} mine" not in answer


def test_a_whole_secret_counts_as_named(author: Author) -> None:
    document = resource("r", credentials={"test": {"secretRef": {"name": "yours"}}})
    assert "you may not get Secret yours" in author("alice").apply(document)


@pytest.mark.parametrize(("reference_kind", "plural", "kind"), KINDS, ids=KIND_IDS)
def test_an_optional_reference_counts_as_named(author: Author, reference_kind: str, plural: str, kind: str) -> None:
    optional = {"valueFrom": {reference_kind: {"name": "yours", "key": "k", "optional": True}}}
    assert f"you may not get {kind} yours" in author("alice").apply(resource("r", {"a": optional}))


@pytest.mark.parametrize(("reference_kind", "plural", "kind"), KINDS, ids=KIND_IDS)
def test_an_update_that_adds_a_reference_is_held_to_it(
    author: Author, reference_kind: str, plural: str, kind: str
) -> None:
    alice = author("alice", _get(plural, ["mine"]))
    assert alice.apply(_naming(reference_kind, ["mine"])) == ""
    assert f"you may not get {kind} yours" in alice.apply(_naming(reference_kind, ["mine", "yours"]))


def test_sixteen_secrets_and_config_maps_that_one_may_get_by_name_are_accepted(author: Author) -> None:
    alice = author("alice", _get("secrets", SIXTEEN), _get("configmaps", SIXTEEN))
    fields = {f"s{name}": reference("secretKeyRef", name) for name in SIXTEEN}
    fields |= {f"c{name}": reference("configMapKeyRef", name) for name in SIXTEEN}
    assert alice.apply(resource("r", fields)) == ""


@pytest.mark.parametrize(("reference_kind", "plural", "kind"), KINDS, ids=KIND_IDS)
def test_each_of_sixteen_is_checked_and_the_one_refused_is_named(
    author: Author, reference_kind: str, plural: str, kind: str
) -> None:
    alice = author("alice", _get(plural, SIXTEEN))
    for name in SIXTEEN:
        others = [other for other in SIXTEEN if other != name]
        assert f"you may not get {kind} {name}-of-yours," in alice.apply(
            _naming(reference_kind, [*others, f"{name}-of-yours"])
        )


@pytest.mark.parametrize(("reference_kind", "plural", "kind"), KINDS, ids=KIND_IDS)
def test_seventeen_are_refused_even_to_one_who_may_get_all(
    author: Author, reference_kind: str, plural: str, kind: str
) -> None:
    answer = author("alice", _get(plural)).apply(_naming(reference_kind, [*SIXTEEN, "one-more"]))
    assert f"may name 16 different {kind}s" in answer


def test_who_may_get_all_in_the_namespace_may_name_any(author: Author) -> None:
    alice = author("alice", _get("secrets"), _get("configmaps"))
    fields = {"a": reference("secretKeyRef", "any"), "b": reference("configMapKeyRef", "any")}
    assert alice.apply(resource("r", fields)) == ""


def test_rights_on_secrets_of_another_namespace_do_not_count(
    control_plane: ControlPlane, author: Author, namespace: str
) -> None:
    alice = author("alice")
    user = f"alice-of-{namespace}"
    control_plane.kubectl("apply", "-n", "default", "-f", "-", input=role(user, user, _get("secrets")))
    assert "you may not get Secret s" in alice.apply(_naming("secretKeyRef", ["s"]))


@pytest.mark.parametrize("change", ["label", "finalizer", "delete"])
def test_who_may_get_no_secret_may_still_change_what_is_not_spec(author: Author, admin: User, change: str) -> None:
    assert admin.apply(_naming("secretKeyRef", ["s"])) == ""
    bob = author("bob")
    finalizers = json.dumps({"metadata": {"finalizers": ["example.com/keep"]}})
    answer = {
        "label": lambda: bob.kubectl("label", "tres", "r", "checked=yes"),
        "finalizer": lambda: bob.kubectl("patch", "tres", "r", "--type=merge", "--patch", finalizers),
        "delete": lambda: bob.kubectl("delete", "tres", "r"),
    }[change]()
    assert answer == ""
    admin.kubectl("patch", "tres", "r", "--type=merge", "--patch", '{"metadata": {"finalizers": null}}')


@pytest.mark.parametrize("client", ["strict", "ignore"])
def test_a_literal_for_a_sensitive_field_is_refused_by_its_name_and_never_its_value(admin: User, client: str) -> None:
    document = resource("r", {"token": literal("a-value-to-hide")})
    answer = admin.kubectl("create", f"--validate={client}", "-f", "-", document=document)
    assert "credentials.production.fields.token: sensitive for the type sendgrid" in answer
    assert "valueFrom.secretKeyRef" in answer
    assert "a-value-to-hide" not in answer


SENSITIVE = [(service.name, f.name) for service in builtin().values() for f in service.fields if f.sensitive]


@pytest.mark.parametrize(("service", "field"), SENSITIVE, ids=lambda name: name)
def test_every_sensitive_field_of_the_catalogue_is_covered(admin: User, service: str, field: str) -> None:
    document = resource("r", credentials={"test": {"fields": {field: literal("x")}}}, type=service)
    answer = admin.kubectl("create", "--dry-run=server", "-f", "-", document=document)
    assert f"credentials.test.fields.{field}: sensitive for the type {service}" in answer


def test_a_literal_is_accepted_where_it_is_not_sensitive_or_the_type_is_not_known(admin: User) -> None:
    known = resource("r", {"chat_id": literal(5), "bot_token": reference("secretKeyRef", "s")}, type="telegram")
    unknown = resource("u", {"token": literal("x")}, type="a-type-of-ones-own")
    assert [admin.apply(known), admin.apply(unknown)] == ["", ""]


@pytest.mark.parametrize("own", [{"name": "n"}, {"labels": {"a": "b"}}, {"annotations": {"a": "b"}}], ids=json.dumps)
def test_own_names_labels_and_annotations_are_for_those_who_may_create_secrets(
    author: Author, own: dict[str, Any]
) -> None:
    assert "you may not create Secrets in this namespace" in author("alice").apply(_output(**own))
    assert author("carol", rule("", ["secrets"], ["create"])).apply(_output(**own)) == ""


def test_outputs_with_nothing_of_ones_own_need_no_right(author: Author) -> None:
    document = resource("r", output={"environments": {"production": {}}, "binding": "production"})
    assert author("alice").apply(document) == ""


@pytest.mark.parametrize("part", ["labels", "annotations"])
@pytest.mark.parametrize("key", ["argocd.argoproj.io/instance", "app.kubernetes.io/managed-by", "tracardi.com/type"])
def test_keys_in_a_domain_that_the_installation_does_not_allow_are_refused(admin: User, part: str, key: str) -> None:
    answer = admin.apply(_output(**{part: {key: "x", "team": "a"}}))
    assert f"{key}: the domain of a label or annotation must be one" in answer
    assert "team" not in answer.partition("denied request")[2]


@pytest.mark.parametrize("key", ["two words", "-a", "a/b/c", "a" * 64])
def test_keys_that_are_none_are_refused(admin: User, key: str) -> None:
    assert f"{key}: not a legal key" in admin.apply(_output(labels={key: "x"}))


def test_nobody_but_the_operator_writes_status(
    control_plane: ControlPlane, author: Author, admin: User, namespace: str
) -> None:
    admin.apply(resource("r"))
    refusal = f"only {OPERATOR} writes the status of a Resource"
    assert refusal in author("alice").write_status(resource("r"))
    assert refusal in admin.write_status(resource("r"))
    _, _, operator_namespace, name = OPERATOR.split(":")
    operator = control_plane.service_account_kubeconfig(operator_namespace, name)
    assert User(control_plane, namespace, operator).write_status(resource("r")) == ""


def test_another_service_account_of_the_operators_name_does_not_write_status(
    control_plane: ControlPlane, admin: User, namespace: str
) -> None:
    admin.apply(resource("r"))
    stranger = f"system:serviceaccount:{namespace}:tracardi-operator"
    answer = admin.write_status(resource("r"), "--as", stranger, "--as-group", "system:masters")
    assert f"only {OPERATOR} writes" in answer


def test_a_status_sent_along_with_the_object_is_dropped(control_plane: ControlPlane, admin: User) -> None:
    document = resource("r") | {"status": {"observedGeneration": 7}}
    admin.kubectl("create", "-f", "-", document=document)
    admin.kubectl("replace", "-f", "-", document=document)
    path = "jsonpath={.status.observedGeneration}"
    stored = control_plane.kubectl("get", "tres", "r", "--namespace", admin.namespace, "-o", path)
    assert stored.stdout == "-1"


@pytest.fixture(scope="module")
def type_checker(installed: ControlPlane) -> Callable[[Document], list[Any]]:
    """What the API server remarks on the types in a policy's expressions.

    It looks once, and passes over kinds that it doesn't know; it learns of a new CRD within 30 seconds. So a wrong
    policy is put before it until it objects.
    """
    names = (f"type-check-{number}" for number in itertools.count())
    wrong, _ = policies(builtin())["outputs"]
    wrong["spec"]["validations"] = [{"expression": "object.spec.nonsense == 1"}]
    deadline = time.monotonic() + 60
    while not _type_warnings(installed, wrong, next(names)):
        assert time.monotonic() < deadline, "the type checker doesn't know the CRD"
        time.sleep(1)
    return lambda policy: _type_warnings(installed, policy, next(names))


@pytest.mark.parametrize("policy", policies(builtin()))
def test_the_api_server_has_no_remark_on_the_types_in_a_policy(
    type_checker: Callable[[Document], list[Any]], policy: str
) -> None:
    shipped, _ = policies(builtin())[policy]
    assert type_checker(shipped) == []


def _type_warnings(control_plane: ControlPlane, policy: Document, name: str) -> list[Any]:
    """Stores the policy under a name of its own, unbound, until it has been checked."""
    kind = "validatingadmissionpolicy"
    control_plane.kubectl("create", "-f", "-", input=json.dumps(policy | {"metadata": {"name": name}}))
    control_plane.kubectl("wait", kind, name, "--for=jsonpath={.status.observedGeneration}=1", "--timeout=60s")
    checked = json.loads(control_plane.kubectl("get", kind, name, "-o", "json").stdout)
    control_plane.kubectl("delete", kind, name)
    return list(checked["status"]["typeChecking"].get("expressionWarnings", []))
