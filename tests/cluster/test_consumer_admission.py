"""What the API server says to a ResourceConsumer: what it takes, with which words it refuses, and from whom."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.authors import Author, User
from tests.cluster.builders import Document, consumer, reference, resource, rule
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.generate.policies import OPERATOR

LOGIN = {"name": "tracardi-login"}
TRACARDI: Document = {"url": "http://tracardi.shop.svc", "login": LOGIN, "testFallback": "Nothing"}
BUNDLE = {"environment": "production", "format": "json"}

pytestmark = pytest.mark.usefixtures("installed")


def _to_tracardi(name: str = "c", *namespaces: str, **settings: Any) -> Document:
    return consumer(name, *(namespaces or ("shop",)), tracardi=TRACARDI | settings)


def _to_bundle(**settings: Any) -> Document:
    return consumer("c", "shop", bundle=BUNDLE | settings)


def _selecting(**selector: Any) -> Document:
    return consumer("c", **{"from": [{"namespace": "shop", "selector": selector}]})


def _url(url: str) -> Document:
    return _to_tracardi(url=url)


REFUSED = {
    "no target": (consumer("c", "shop", bundle=None), "set exactly one of bundle"),
    "both targets": (consumer("c", "shop", bundle=BUNDLE, tracardi=TRACARDI), "set exactly one of bundle"),
    "no namespace": (consumer("c"), "spec.from in body should have at least 1 item"),
    "too many namespaces": (consumer("c", *(f"n{i}" for i in range(65))), "must have at most 64 items"),
    "a namespace that can't be one": (consumer("c", "*"), "should match"),
    "values that an operator has no use for": (
        _selecting(matchExpressions=[{"key": "team", "operator": "Exists", "values": ["a"]}]),
        "values must be given with the operators In and NotIn",
    ),
    "no values for an operator that needs them": (
        _selecting(matchExpressions=[{"key": "team", "operator": "In"}]),
        "values must be given with the operators In and NotIn",
    ),
    "an unknown operator": (_selecting(matchExpressions=[{"key": "team", "operator": "Gt"}]), '"In", "NotIn"'),
    "a label's value that can't be one": (_selecting(matchLabels={"team": "two words"}), "should match"),
    "an over-long label key": (_selecting(matchLabels={"k" * 318: "a"}), "at most 317 characters"),
    "an unknown format": (_to_bundle(format="toml"), '"json", "env", "airflow", "tracardi"'),
    "an unknown environment": (_to_bundle(environment="staging"), '"production", "test"'),
    "a bundle of no environment": (consumer("c", "shop", bundle={"format": "json"}), "bundle.environment"),
    "a bundle whose name has a slash": (_to_bundle(secretName="other/secret"), "should match"),
    "a key with a slash": (_to_bundle(key="../key"), "should match"),
    "a URL of another scheme": (_url("ftp://tracardi.shop.svc"), "should match"),
    "a URL with a login": (_url("http://user:password@tracardi.shop.svc"), "should match"),
    "a URL with a query": (_url("http://tracardi.shop.svc/?x=y"), "should match"),
    "a URL without a host": (_url("http:///api"), "should match"),
    "no login": (
        consumer("c", "shop", tracardi={"url": TRACARDI["url"], "testFallback": "Nothing"}),
        "tracardi.login",
    ),
    "a login of another namespace": (_to_tracardi(login={"name": "other/login"}), "should match"),
    "no word about test credentials": (
        consumer("c", "shop", tracardi={"url": TRACARDI["url"], "login": LOGIN}),
        "tracardi.testFallback",
    ),
    "an unknown context": (_to_tracardi(contexts=["test"]), '"production", "staging"'),
    "a context twice": (_to_tracardi(contexts=["staging", "staging"]), "Duplicate value"),
    "no context": (_to_tracardi(contexts=[]), "at least 1 items"),
    "authorities from nowhere": (_to_tracardi(tls={"ca": {}}), "set exactly one of secretKeyRef"),
    "an over-long name": (consumer("c" * 64, "shop"), "the name of a ResourceConsumer may have 63 characters"),
}


@pytest.fixture
def send(admin: User) -> Callable[..., str]:
    """Apply an object without storing it, and give what the API server said against it."""

    def send(document: Document, client: str = "strict") -> str:
        return admin.kubectl("apply", f"--validate={client}", "--dry-run=server", "-f", "-", document=document)

    return send


@pytest.mark.parametrize("client", ["strict", "ignore"])
@pytest.mark.parametrize(("document", "words"), REFUSED.values(), ids=REFUSED)
def test_is_refused_with_a_message_that_says_what_to_do(
    send: Callable[..., str], client: str, document: Document, words: str
) -> None:
    assert words in send(document, client)


def _largest() -> Document:
    labels = {f"{i:02}".ljust(63, "x"): "v" * 63 for i in range(32)}
    values = [f"{i:02}".ljust(63, "v") for i in range(64)]
    requirements = [{"key": f"{i:02}".ljust(63, "x"), "operator": "In", "values": values} for i in range(32)]
    selector = {"matchLabels": labels, "matchExpressions": requirements}
    sources = [
        {"namespace": "shop", "selector": selector},
        *({"namespace": f"{i:02}".ljust(63, "n")} for i in range(63)),
    ]
    return consumer("c", **{"from": sources})


ACCEPTED = {
    "a bundle": consumer("c", "shop", "marketing"),
    "a bundle with a name and key of its own": _to_bundle(secretName="all", key="connections.json"),
    "an empty selector": _selecting(),
    "every operator": _selecting(
        matchLabels={"example.com/team": "a"},
        matchExpressions=[
            {"key": "a", "operator": "In", "values": ["x", ""]},
            {"key": "b", "operator": "NotIn", "values": ["x"]},
            {"key": "c", "operator": "Exists"},
            {"key": "d", "operator": "DoesNotExist", "values": []},
        ],
    ),
    "a Tracardi": _to_tracardi(),
    "a Tracardi with all settings": _to_tracardi(
        url="https://[2001:db8::1]:8686/api",
        login={"name": "login", "usernameKey": "user", "passwordKey": "pass"},
        contexts=["staging", "production"],
        tls={"ca": reference("configMapKeyRef", "ca")["valueFrom"]},
        adopt=True,
        testFallback="Production",
        deletionPolicy="Delete",
    ),
    "a name of 63 characters": consumer("c" * 63, "shop"),
    "the largest consumer": _largest(),
}


@pytest.mark.parametrize("document", ACCEPTED.values(), ids=ACCEPTED)
def test_is_accepted(send: Callable[..., str], document: Document) -> None:
    assert send(document) == ""


def test_nothing_is_defaulted_and_a_new_one_never_looks_finished(control_plane: ControlPlane, admin: User) -> None:
    """The answer to its creation: an operator may be there, and tell of it at once."""
    document = _to_tracardi()
    create = ("create", "-f", "-", "-n", admin.namespace, "-o", "json")
    sent = json.dumps(document | {"status": {"observedGeneration": 1}})
    stored = json.loads(control_plane.kubectl(*create, input=sent).stdout)
    assert stored["spec"] == document["spec"]
    assert stored["status"] == {"observedGeneration": -1}


@pytest.mark.parametrize("name", ["resourceconsumers.tracardi.com", "resourceconsumer", "tcon", "tracardi"])
def test_get_shows_the_columns(control_plane: ControlPlane, admin: User, name: str) -> None:
    admin.apply(_to_tracardi())
    header, row = control_plane.kubectl("get", name, "--namespace", admin.namespace).stdout.splitlines()
    assert header.split() == ["NAME", "RESOURCES", "READY", "REASON", "AGE"]
    assert row.split()[0].removeprefix("resourceconsumer.tracardi.com/") == "c"


def test_the_wide_output_shows_the_target(control_plane: ControlPlane, admin: User) -> None:
    admin.apply(_to_tracardi())
    shown = control_plane.kubectl("get", "tcon", "--namespace", admin.namespace, "-o", "wide").stdout
    assert TRACARDI["url"] in shown
    assert {"BUNDLE", "TRACARDI", "REVISION", "CHANGED", "MESSAGE"} <= set(shown.splitlines()[0].split())


GETS_ALL = rule("", ["secrets"], ["get"])
CREATES = rule("", ["secrets"], ["create"])
NO_GET = "you may not get all Secrets of this namespace"
NO_CREATE = "you may not create Secrets in this namespace, and a bundle is one"


@pytest.mark.parametrize("source", ["own", "another"])
@pytest.mark.parametrize("target", ["bundle", "tracardi"])
def test_who_may_not_get_all_secrets_may_not_say_where_credentials_go(
    author: Author, namespace: str, source: str, target: str
) -> None:
    named = [LOGIN["name"], "mine", "c-bundle"]
    alice = author("alice", rule("", ["secrets"], ["get", "list"], named), CREATES)
    settings = {"bundle": BUNDLE | {"secretName": "mine"}} if target == "bundle" else {"tracardi": TRACARDI}
    taken = namespace if source == "own" else "another"
    assert NO_GET in alice.apply(consumer("c", taken, **settings))


@pytest.mark.parametrize("source", ["own", "another"])
def test_who_may_get_all_secrets_may_hand_them_to_a_tracardi(author: Author, namespace: str, source: str) -> None:
    taken = namespace if source == "own" else "another"
    assert author("alice", GETS_ALL).apply(_to_tracardi("c", taken)) == ""


def test_a_bundle_takes_the_right_to_create_secrets_too(author: Author, namespace: str) -> None:
    document = consumer("c", namespace)
    assert NO_CREATE in author("alice", GETS_ALL).apply(document)
    assert author("carol", GETS_ALL, CREATES).apply(document) == ""


def test_rights_on_secrets_of_another_namespace_do_not_count(
    control_plane: ControlPlane, author: Author, namespace: str
) -> None:
    alice = author("alice")
    elsewhere = ("create", "rolebinding", f"alice-of-{namespace}", "--clusterrole=admin", "-n", "default")
    control_plane.kubectl(*elsewhere, f"--user=alice-of-{namespace}")
    assert NO_GET in alice.apply(_to_tracardi("c", "default"))


@pytest.mark.parametrize("kind", ["configMapKeyRef", "secretKeyRef"])
def test_the_object_with_the_authorities_is_one_that_the_author_may_get(author: Author, kind: Any) -> None:
    document = _to_tracardi(tls={"ca": reference(kind, "authorities")["valueFrom"]})
    alone = author("alice", GETS_ALL).apply(document)
    if kind == "configMapKeyRef":
        assert "you may not get ConfigMap authorities" in alone
        named = rule("", ["configmaps"], ["get"], ["authorities"])
        assert author("carol", GETS_ALL, named).apply(document) == ""
    else:
        assert alone == ""


CHANGES: dict[str, Callable[[Document], Document]] = {
    "another namespace": lambda spec: spec | {"from": [{"namespace": "another"}]},
    "another selector": lambda spec: spec | {"from": [{"namespace": "shop", "selector": {}}]},
    "another server": lambda spec: spec | {"tracardi": TRACARDI | {"url": "http://evil.shop.svc"}},
    "another login": lambda spec: spec | {"tracardi": TRACARDI | {"login": {"name": "mine"}}},
    "suspended": lambda spec: spec | {"suspend": True},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_change_of_the_spec_is_held_to_it(
    author: Author, admin: User, change: Callable[[Document], Document]
) -> None:
    document = _to_tracardi()
    assert admin.apply(document) == ""
    changed = document | {"spec": change(document["spec"])}
    assert NO_GET in author("bob").kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", document=changed)


@pytest.mark.parametrize("change", ["label", "finalizer", "delete"])
def test_who_may_get_no_secret_may_still_change_what_is_not_spec(author: Author, admin: User, change: str) -> None:
    assert admin.apply(_to_tracardi()) == ""
    bob = author("bob")
    finalizers = json.dumps({"metadata": {"finalizers": ["example.com/keep"]}})
    answer = {
        "label": lambda: bob.kubectl("label", "tcon", "c", "checked=yes"),
        "finalizer": lambda: bob.kubectl("patch", "tcon", "c", "--type=merge", "--patch", finalizers),
        "delete": lambda: bob.kubectl("delete", "tcon", "c"),
    }[change]()
    assert answer == ""
    admin.kubectl("patch", "tcon", "c", "--type=merge", "--patch", '{"metadata": {"finalizers": null}}')


def test_nobody_but_the_operator_writes_its_status(
    control_plane: ControlPlane, author: Author, admin: User, namespace: str
) -> None:
    document = _to_tracardi()
    admin.apply(document)
    refusal = f"only {OPERATOR} writes the status of a ResourceConsumer"
    assert refusal in author("alice").write_status(document)
    assert refusal in admin.write_status(document)
    _, _, operator_namespace, name = OPERATOR.split(":")
    operator = control_plane.service_account_kubeconfig(operator_namespace, name)
    assert User(control_plane, namespace, operator).write_status(document) == ""


def test_the_operator_itself_may_set_a_finalizer_and_change_no_spec(
    control_plane: ControlPlane, admin: User, namespace: str
) -> None:
    admin.apply(_to_tracardi())
    _, _, operator_namespace, name = OPERATOR.split(":")
    operator = User(control_plane, namespace, control_plane.service_account_kubeconfig(operator_namespace, name))
    finalizers, url = ({"metadata": {"finalizers": ["example.com/keep"]}}, {"spec": {"tracardi": {"url": "http://x"}}})
    patch = ("patch", "tcon", "c", "--type=merge", "--patch")
    assert operator.kubectl(*patch, json.dumps(finalizers)) == ""
    assert f"{OPERATOR} may not change the spec of a ResourceConsumer" in operator.kubectl(*patch, json.dumps(url))
    admin.kubectl(*patch, '{"metadata": {"finalizers": null}}')


@pytest.mark.parametrize(
    "named", [{"secretRef": {"name": "yours"}}, {"fields": {"a": reference("secretKeyRef", "yours")}}]
)
def test_who_may_not_get_the_secrets_of_a_resource_may_not_give_them_to_a_namespace(
    author: Author, admin: User, named: Document
) -> None:
    document = resource("r", credentials={"production": named})
    assert admin.apply(document) == ""
    given = document | {"spec": document["spec"] | {"allowedNamespaces": ["another"]}}
    assert "you may not get Secret yours" in author("alice").apply(given)
    assert author("carol", rule("", ["secrets"], ["get"], ["yours"])).apply(given) == ""
