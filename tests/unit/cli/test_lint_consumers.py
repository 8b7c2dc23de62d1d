"""`lint` of ResourceConsumers: what is wrong with one, and what the files beside it tell of consent and selection."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from tests.cluster.builders import consumer, reference, resource

SAMPLES = Path(__file__).parents[3] / "manifests" / "samples"

Invoke = Callable[..., Result]
Write = Callable[..., str]
Lint = Callable[..., Result]
Document = dict[str, Any]

FIELDS = {"token": reference("secretKeyRef", "mail")}
LOGIN = {"name": "login"}
TRACARDI: Document = {"url": "http://tracardi.shop.svc", "login": LOGIN, "testFallback": "Nothing"}


@pytest.fixture
def lint(invoke: Invoke, write: Write) -> Lint:
    """Lints objects, of which those that name no namespace are in `shop`."""

    def run(*documents: Document, options: tuple[str, ...] = ("-o", "json")) -> Result:
        return invoke("lint", "-n", "shop", "-f", write(yaml.safe_dump_all(documents, sort_keys=False)), *options)

    return run


def one(result: Result) -> Document:
    (found,) = json.loads(result.stdout)["consumers"]
    return dict(found)


def problems(result: Result) -> list[tuple[str, str, str]]:
    return [(p["severity"], p["reason"], p["message"]) for p in one(result)["problems"]]


def told(name: str, namespace: str = "shop", labels: Document | None = None, **spec: Any) -> Document:
    return resource(name, FIELDS, **spec) | {"metadata": {"name": name, "namespace": namespace, "labels": labels or {}}}


def to_tracardi(**settings: Any) -> Document:
    return consumer("c", "shop", tracardi=TRACARDI | settings)


def test_one_that_is_right_has_its_place_in_a_list_of_its_own(lint: Lint) -> None:
    result = lint(told("mail"), consumer("all", "shop"))
    assert result.exit_code == 0
    found = one(result)
    assert (found["namespace"], found["name"], found["target"], found["valid"]) == ("shop", "all", "bundle", True)
    assert found["problems"] == found["unchecked"] == []
    assert [r["name"] for r in json.loads(result.stdout)["resources"]] == ["mail"]
    assert lint(told("mail"), consumer("all", "shop"), options=()).stdout == (
        "Resource shop/mail: key 'key' of Secret 'mail' is not among the files\n\n"
        "1 Resource: nothing wrong; 1 ResourceConsumer: nothing wrong; 1 reference unchecked (not among the files)\n"
    )


def test_consumers_alone_are_something_to_check(lint: Lint) -> None:
    result = lint(consumer("all", "shop"), options=("--strict",))
    assert (result.exit_code, result.output) == (0, "1 ResourceConsumer: nothing wrong\n")


WRONG = {
    "no target": (consumer("c", "shop", bundle=None), "spec is contradictory: exactly one of bundle and tracardi"),
    "both targets": (to_tracardi() | {"spec": to_tracardi()["spec"] | {"bundle": {"environment": "test", "format": "env"}}}, "spec is contradictory: exactly one of bundle and tracardi"),  # noqa: E501
    "no source": (consumer("c"), "spec.from must not be empty"),
    "an unknown field": (consumer("c", "shop", suspended=True), "spec.suspended is not a known field (did you mean 'suspend'?)"),  # noqa: E501
    "an unknown format": (consumer("c", "shop", bundle={"environment": "test", "format": "toml"}), "spec.bundle.format must be 'json', 'env', 'airflow' or 'tracardi'"),  # noqa: E501
    "an unknown environment": (consumer("c", "shop", bundle={"environment": "staging", "format": "env"}), "spec.bundle.environment must be 'production' or 'test'"),  # noqa: E501
    "an unknown context": (to_tracardi(contexts=["test"]), "spec.tracardi.contexts[0] must be 'production' or 'staging'"),  # noqa: E501
    "a context twice": (to_tracardi(contexts=["staging", "staging"]), "spec.tracardi.contexts[1] stands in the list already"),  # noqa: E501
    "no word about test credentials": (consumer("c", "shop", tracardi={"url": "http://t", "login": LOGIN}), "spec.tracardi.testFallback must be set"),  # noqa: E501
    "a URL of another scheme": (to_tracardi(url="ftp://tracardi"), "spec.tracardi.url must be an address that begins with https:// or http://"),  # noqa: E501
    "a URL with a login": (to_tracardi(url="http://me:secret@tracardi"), "no user name, password, query or blank"),
    "authorities from nowhere": (to_tracardi(tls={"ca": {}}), "spec.tracardi.tls.ca is contradictory: exactly one of secretKeyRef"),  # noqa: E501
    "values for Exists": (consumer("c", **{"from": [{"namespace": "shop", "selector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}}]}), "values must be given with In and NotIn"),  # noqa: E501
    "a value twice": (consumer("c", **{"from": [{"namespace": "shop", "selector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b", "b"]}]}}]}), "spec.from[0].selector.matchExpressions[0].values[1] stands in the list already"),  # noqa: E501
    "a key that is none": (consumer("c", **{"from": [{"namespace": "shop", "selector": {"matchLabels": {"two words": "a"}}}]}), "is not a legal key of a label"),  # noqa: E501
    "an over-long name": (consumer("c" * 64, "shop"), "metadata.name may have at most 63 characters"),
    "a source by name alone": (consumer("c", **{"from": ["shop"]}), "spec.from[0] must be an object, with fields of its own: from: [{namespace: …}]"),  # noqa: E501
    "a single source": (consumer("c", **{"from": {"namespace": "shop"}}), "spec.from must be a list: from: [{namespace: …}]"),  # noqa: E501
    "a namespace beside from": (consumer("c", "shop", namespace="shop"), "spec.namespace belongs under from: from: [{namespace: …}]"),  # noqa: E501
    "a selector beside from": (consumer("c", "shop", selector={}), "spec.selector belongs under from: from: [{namespace: …, selector: …}]"),  # noqa: E501
    "a format beside bundle": (consumer("c", "shop", format="env"), "spec.format belongs under bundle: bundle: {format: …}"),  # noqa: E501
    "a URL beside tracardi": (consumer("c", "shop", url="http://t"), "spec.url belongs under tracardi: tracardi: {url: …}"),  # noqa: E501
    "a label beside matchLabels": (consumer("c", **{"from": [{"namespace": "shop", "selector": {"team": "a"}}]}), "spec.from[0].selector.team belongs under matchLabels: selector: {matchLabels: {team: …}}"),  # noqa: E501
    "labels beside selector": (consumer("c", **{"from": [{"namespace": "shop", "matchLabels": {"team": "a"}}]}), "spec.from[0].matchLabels belongs under selector: selector: {matchLabels: …}"),  # noqa: E501
    "a login by name alone": (to_tracardi(login="login"), "spec.tracardi.login must be an object, with fields of its own: login: {name: …}"),  # noqa: E501
    "a reference beside ca": (to_tracardi(tls={"secretKeyRef": {"name": "a", "key": "b"}}), "spec.tracardi.tls.secretKeyRef belongs under ca: tls: {ca: {secretKeyRef: {name: …, key: …}}}"),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize(("document", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_by_path_and_in_words(lint: Lint, document: Document, words: str) -> None:
    result = lint(document)
    assert result.exit_code == 1
    assert any(words in message for _, reason, message in problems(result) if reason == "InvalidSpec"), result.stdout


def test_a_field_of_a_consumer_in_a_resource_is_not_told_to_belong_where_a_consumer_has_it(lint: Lint) -> None:
    result = lint(told("mail", url="http://t"))
    ((problem,),) = (r["problems"] for r in json.loads(result.stdout)["resources"])
    assert problem["message"] == "spec.url is a field, but not of this object; look at its indentation"


# Consent and selection, as far as the files tell

NO_CONSENT = (
    "no Resource of namespace 'marketing' in the files that it selects has 'shop' in spec.allowedNamespaces; "
    "add it there"
)


def test_a_namespace_whose_resources_in_the_files_do_not_allow_the_consumers_is_warned_of(lint: Lint) -> None:
    result = lint(told("mail", "marketing"), consumer("all", "marketing"))
    assert result.exit_code == 0
    assert problems(result) == [
        (
            "warning",
            "NotAllowed",
            NO_CONSENT,
        )
    ]
    assert lint(told("mail", "marketing"), consumer("all", "marketing"), options=("--strict",)).exit_code == 1


def test_a_consent_of_one_of_them_is_enough(lint: Lint) -> None:
    there = told("mail", "marketing"), told("sms", "marketing", allowedNamespaces=["shop"])
    assert problems(lint(*there, consumer("all", "marketing"))) == []


def test_a_consent_of_one_that_is_not_selected_is_none(lint: Lint) -> None:
    there = told("mail", "marketing", {"for": "shop"}), told("sms", "marketing", allowedNamespaces=["shop"])
    source = {"namespace": "marketing", "selector": {"matchLabels": {"for": "shop"}}}
    ((_, reason, _),) = problems(lint(*there, consumer("all", **{"from": [source]})))
    assert reason == "NotAllowed"


def test_ones_own_namespace_needs_no_consent(lint: Lint) -> None:
    assert problems(lint(told("mail"), consumer("all", "shop"))) == []


def test_nothing_is_said_of_a_namespace_that_is_not_in_the_files(lint: Lint) -> None:
    assert problems(lint(told("mail"), consumer("all", "marketing"))) == []


def test_a_selector_that_selects_nothing_is_warned_of_in_its_line(lint: Lint) -> None:
    source = {"namespace": "shop", "selector": {"matchLabels": {"team": "b"}}}
    result = lint(told("mail", labels={"team": "a"}), told("sms"), consumer("all", **{"from": [source]}))
    ((_, reason, message),) = problems(result)
    assert (reason, message) == (
        "Incomplete",
        "selects no Resource of namespace 'shop' in the files; compare their labels",
    )
    found = one(result)
    assert found["problems"][0]["line"] > found["line"]


def test_a_bundle_of_an_environment_that_nothing_has_is_warned_of(lint: Lint) -> None:
    bundle = {"environment": "test", "format": "json"}
    ((_, reason, message),) = problems(lint(told("mail"), consumer("all", "shop", bundle=bundle)))
    assert (reason, message.endswith("has the environment test")) == ("NotPublished", True)


# What else is among the files


@pytest.mark.parametrize("name", ["mail-production-resolved", "first-bundle"])
def test_a_bundle_under_the_name_of_another_secret_of_the_operators_is_wrong(lint: Lint, name: str) -> None:
    bundle = {"environment": "production", "format": "json", "secretName": name}
    result = lint(told("mail"), consumer("first", "shop"), consumer("all", "shop", bundle=bundle))
    first, found = json.loads(result.stdout)["consumers"]
    assert first["problems"] == []
    (problem,) = found["problems"]
    assert (problem["severity"], problem["reason"], result.exit_code) == ("error", "NameTaken", 1)
    assert "set another in spec.bundle.secretName" in problem["message"]


def secret(**data: str) -> Document:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": data}


def test_a_login_that_is_among_the_files_has_the_keys_that_are_named(lint: Lint) -> None:
    assert problems(lint(to_tracardi(), secret(username="a", password="b"))) == []
    result = lint(to_tracardi(login=LOGIN | {"passwordKey": "pass"}), secret(username="a", password="b"))
    assert problems(result) == [
        ("error", "KeyNotFound", "Secret 'login' has no key 'pass'; add it, or name another"),
    ]
    (problem,) = one(result)["problems"]
    assert problem["hint"].startswith("Secret 'login' has: password, username")
    assert problem["source"] == {"kind": "Secret", "name": "login", "key": "pass"}


def test_an_object_that_is_not_among_the_files_is_unchecked(lint: Lint) -> None:
    authorities = {"ca": {"configMapKeyRef": {"name": "authorities", "key": "ca.crt"}}}
    result = lint(to_tracardi(tls=authorities))
    assert result.exit_code == 0
    assert [(u["kind"], u["name"], u["key"]) for u in one(result)["unchecked"]] == [
        ("Secret", "login", "username"),
        ("Secret", "login", "password"),
        ("ConfigMap", "authorities", "ca.crt"),
    ]


def test_text_and_github_name_the_kind(lint: Lint) -> None:
    wrong = consumer("all", "shop", suspend="yes")
    assert "InvalidSpec in ResourceConsumer shop/all" in lint(wrong, options=()).stdout
    assert "title=InvalidSpec in ResourceConsumer shop/all::" in lint(wrong, options=("-o", "github")).stdout


def test_a_value_pasted_for_a_name_is_not_shown(lint: Lint) -> None:
    pasted = "SG.dGhpcy1pcy1tYWRlLXVwXw.dGhpcyBpcyBtYWRlIHVwIHRvbywgZm9yIGEgdGVzdCE"
    wrong = to_tracardi(login={"name": pasted}, url=pasted, tls={pasted: {}}), consumer(pasted, pasted)
    assert pasted not in lint(*wrong).output + lint(*wrong, options=()).output


def test_the_samples_are_right(invoke: Invoke) -> None:
    result = invoke("lint", "--strict", str(SAMPLES / "consumers"))
    assert (result.exit_code, result.output) == (
        0,
        "1 Resource: nothing wrong; 2 ResourceConsumers: nothing wrong\n",
    )
