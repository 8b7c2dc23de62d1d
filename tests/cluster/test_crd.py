"""What the API server says to a Resource by the CRD alone: what is refused, with which words, and what a new one is.

A lenient client is one whose unknown fields are dropped instead of refused (`--validate=ignore`).
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.builders import literal, reference, resource
from tests.cluster.install import install
from tracardi_operator.devcluster import ControlPlane

SAMPLES = Path(__file__).parents[2] / "manifests" / "samples"
CLIENTS = ("strict", "warn", "ignore")
SECRET = reference("secretKeyRef", "s")


@pytest.fixture(autouse=True)
def _installed(control_plane: ControlPlane) -> None:
    install(control_plane)


@pytest.fixture
def send(control_plane: ControlPlane, namespace: str) -> Callable[..., str]:
    """Apply an object without storing it, and give what the API server said against it."""

    def send(document: dict[str, Any], client: str = "strict", dry_run: str = "server") -> str:
        arguments = ("apply", f"--validate={client}", f"--dry-run={dry_run}", "--namespace", namespace, "-f", "-")
        done = control_plane.kubectl(*arguments, input=json.dumps(document), check=False)
        return done.stderr if done.returncode else ""

    return send


@pytest.fixture
def replace(control_plane: ControlPlane, namespace: str) -> Callable[..., str]:
    """What the API server says against another spec; tried again where an operator has written a status meanwhile."""

    def replace(document: dict[str, Any], client: str) -> str:
        where = (document["metadata"]["name"], "--namespace", namespace)
        stored = json.loads(control_plane.kubectl("get", "tres", *where, "-o", "json").stdout)
        arguments = ("replace", f"--validate={client}", "--namespace", namespace, "-f", "-")
        text = json.dumps(stored | {"spec": document["spec"]})
        said = control_plane.kubectl(*arguments, input=text, check=False).stderr
        return replace(document, client) if "the object has been modified" in said else said

    return replace


@pytest.fixture
def store(send: Callable[..., str]) -> Callable[[dict[str, Any]], str]:
    return lambda document: send(document, dry_run="none")


def _environments(**environments: Any) -> dict[str, Any]:
    return resource("r", credentials=environments)


def _output(**environments: Any) -> dict[str, Any]:
    return resource("r", output={"environments": environments})


def _many(kind: Any, count: int) -> dict[str, Any]:
    return {f"field{index}": reference(kind, f"object{index}") for index in range(count)}


REFUSED = {
    "both value and valueFrom": (resource("r", {"a": literal("x") | SECRET}), "set exactly one of value"),
    "neither value nor valueFrom": (resource("r", {"a": {}}), "set exactly one of value"),
    "both references": (
        resource("r", {"a": {"valueFrom": SECRET["valueFrom"] | reference("configMapKeyRef", "c")["valueFrom"]}}),
        "set exactly one of secretKeyRef and configMapKeyRef",
    ),
    "neither reference": (resource("r", {"a": {"valueFrom": {}}}), "set exactly one of secretKeyRef"),
    "neither secretRef nor fields": (_environments(production={}), "set secretRef (a whole Secret), fields"),
    "empty fields": (_environments(production={"fields": {}}), "set secretRef (a whole Secret), fields"),
    "no environment": (_environments(), "should have at least 1 properties"),
    "an unknown environment": (
        _environments(staging={"secretRef": {"name": "s"}}),
        "the only keys here are production and test",
    ),
    "an unknown environment beside both known ones": (
        _environments(**{env: {"secretRef": {"name": "s"}} for env in ("production", "test", "staging")}),
        "the only keys here are production and test",
    ),
    "an output of an unknown environment": (_output(staging={}), "the only keys here are production and test"),
    "an unknown binding": (resource("r", output={"binding": "staging"}), '"production", "test"'),
    "a value that is neither text nor integer": (resource("r", {"a": {"value": 1.5}}), "integer,string"),
    "no type": ({k: v for k, v in resource("r").items() if k != "spec"} | {"spec": {"credentials": {}}}, "spec.type"),
    "no spec": ({k: v for k, v in resource("r").items() if k != "spec"}, "spec: Required value"),
    "an over-long name": (resource("r" * 64), "the name of a Resource may have 63 characters"),
    "an over-long type": (resource("r", type="t" * 49), "may not be more than 48"),
    "an over-long Secret name": (resource("r", {"a": reference("secretKeyRef", "s" * 254)}), "more than 253"),
    "an over-long key": (resource("r", {"a": reference("secretKeyRef", "s", "k" * 254)}), "more than 253"),
    "an over-long field name": (resource("r", {"a" * 65: SECRET}), "a key here may have at most 64 characters"),
    "an illegal Secret name": (resource("r", {"a": reference("secretKeyRef", "a..b")}), "should match"),
    "too many Secrets": (resource("r", _many("secretKeyRef", 17)), "may name 16 different Secrets"),
    "too many ConfigMaps": (resource("r", _many("configMapKeyRef", 17)), "may name 16 different ConfigMaps"),
    "one output name for two environments": (
        _output(production={"name": "same"}, test={"name": "same"}),
        "production and test must not have the same output",
    ),
    "the default output name of the other environment": (
        _output(production={"name": "r-test-resolved"}),
        "production and test must not have the same output",
    ),
    "an illegal label": (_output(production={"labels": {"team": "two words"}}), "should match"),
    "an over-long tracardi.id": (resource("r", tracardi={"id": "i" * 41}), "may not be more than 40"),
    "an upper-case tracardi.id": (resource("r", tracardi={"id": "Id"}), "should match"),
    "a comma in a tag": (resource("r", tracardi={"tags": ["a,b"]}), "should match"),
    "tags that are too long together": (
        resource("r", tracardi={"tags": [f"{index}" * 60 for index in range(5)]}),
        "tags, joined by commas, may have 255 characters",
    ),
    "a namespace that can't be one": (resource("r", allowedNamespaces=["*"]), "should match"),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("document", "words"), REFUSED.values(), ids=REFUSED)
def test_is_refused_with_a_message_that_says_what_to_do(
    send: Callable[..., str], client: str, document: dict[str, Any], words: str
) -> None:
    assert words in send(document, client)


ACCEPTED = {
    "sixteen Secrets and sixteen ConfigMaps": resource(
        "r", {**_many("secretKeyRef", 16), **{f"c{i}": reference("configMapKeyRef", f"c{i}") for i in range(16)}}
    ),
    "a name of 63 characters": resource("r" * 63),
    "both secretRef and fields": _environments(test={"secretRef": {"name": "s"}, "fields": {"a": literal(1)}}),
    "distinct output names": _output(production={"name": "one"}, test={"name": "two", "labels": {"team": "a"}}),
    "a destination": resource("r", tracardi={"destination": '{"package": "x", "init": {"deep": [{"a": null}]}}'}),
    "the largest Resource": resource(
        "r",
        credentials={
            env: {"fields": {f"{i:02}".ljust(64, "x"): reference("secretKeyRef", "s" * 253) for i in range(64)}}
            for env in ("production", "test")
        },
        output={
            "environments": {
                env: {
                    "labels": {f"{i:02}".ljust(63, "x"): "v" * 63 for i in range(32)},
                    "annotations": {f"{i:02}".ljust(63, "x"): "v" * 1024 for i in range(32)},
                }
                for env in ("production", "test")
            }
        },
    ),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("document", ACCEPTED.values(), ids=ACCEPTED)
def test_is_accepted(send: Callable[..., str], client: str, document: dict[str, Any]) -> None:
    assert send(document, client) == ""


UNCHANGEABLE = {
    "another type": ({}, {"type": "redis"}, "type can't be changed"),
    "another id": ({"tracardi": {"id": "a"}}, {"tracardi": {"id": "b"}}, "tracardi.id can't be"),
    "the id removed": ({"tracardi": {"id": "a"}}, {"tracardi": {"id": None}}, "tracardi.id can't be"),
    "the whole block removed": ({"tracardi": {"id": "a"}}, {"tracardi": None}, "tracardi.id can't be"),
    "an id added": ({"tracardi": {"name": "n"}}, {"tracardi": {"id": "a"}}, "tracardi.id can't be"),
    "a block with an id added": ({}, {"tracardi": {"id": "a"}}, "tracardi.id can't be"),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("before", "change", "words"), UNCHANGEABLE.values(), ids=UNCHANGEABLE)
def test_a_change_is_refused(
    store: Callable[[dict[str, Any]], str],
    replace: Callable[..., str],
    client: str,
    before: dict[str, Any],
    change: dict[str, Any],
    words: str,
) -> None:
    document = resource("r", **before)
    assert store(document) == ""
    assert words in replace(document | {"spec": _merged(document["spec"], change)}, client)


def _merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """As a JSON merge patch does it."""
    result = dict(base)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(base.get(key, {}), value) if isinstance(value, dict) else value
    return result


def test_the_rest_of_the_tracardi_block_can_be_added_changed_and_removed(
    store: Callable[[dict[str, Any]], str],
) -> None:
    settings: list[dict[str, Any]] = [{}, {"tracardi": {"name": "a"}}, {"tracardi": {"name": "b"}}, {}]
    assert [store(resource("r", **setting)) for setting in settings] == [""] * len(settings)


@pytest.mark.parametrize("folder", ["", "broken"], ids=["good", "broken"])
@pytest.mark.parametrize("client", ["strict", "ignore"])
def test_the_samples_are_accepted(control_plane: ControlPlane, namespace: str, folder: str, client: str) -> None:
    arguments = ("apply", f"--validate={client}", "--dry-run=server", "-n", namespace, "-k", str(SAMPLES / folder))
    assert control_plane.kubectl(*arguments).stderr == ""


def test_a_new_object_never_looks_finished(control_plane: ControlPlane, namespace: str) -> None:
    """The answer to its creation: an operator may be there, and tell of it at once."""
    document = resource("r") | {"status": {"observedGeneration": 1, "conditions": []}}
    create = ("create", "-f", "-", "-n", namespace, "-o", "json")
    stored = json.loads(control_plane.kubectl(*create, input=json.dumps(document)).stdout)
    assert stored["status"] == {"observedGeneration": -1}


def test_nothing_is_defaulted_into_a_spec(
    control_plane: ControlPlane, namespace: str, store: Callable[[dict[str, Any]], str]
) -> None:
    document = resource("r", output={"environments": {"test": {}}}, tracardi={})
    store(document)
    stored = json.loads(control_plane.kubectl("get", "tres", "r", "-n", namespace, "-o", "json").stdout)
    assert stored["spec"] == document["spec"]


@pytest.mark.parametrize("name", ["resources.tracardi.com", "resources", "tres"])
def test_get_shows_the_columns(
    control_plane: ControlPlane, namespace: str, store: Callable[[dict[str, Any]], str], name: str
) -> None:
    store(resource("r"))
    header, row = control_plane.kubectl("get", name, "--namespace", namespace).stdout.splitlines()
    assert header.split() == ["NAME", "TYPE", "READY", "REASON", "AGE"]
    assert row.split()[:2] == ["r", "sendgrid"]


def test_the_category_shows_all_our_kinds(
    control_plane: ControlPlane, namespace: str, store: Callable[[dict[str, Any]], str]
) -> None:
    store(resource("r"))
    assert "resource.tracardi.com/r" in control_plane.kubectl("get", "tracardi", "--namespace", namespace).stdout


def test_resources_can_be_selected_by_type(
    control_plane: ControlPlane, namespace: str, store: Callable[[dict[str, Any]], str]
) -> None:
    store(resource("a"))
    store(resource("b", type="redis"))
    arguments = ("get", "tres", "--namespace", namespace, "--field-selector", "spec.type=redis", "-o", "name")
    assert control_plane.kubectl(*arguments).stdout.split() == ["resource.tracardi.com/b"]
