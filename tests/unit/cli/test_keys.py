"""What `lint` tells of the keys of a Secret that an environment takes as a whole."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from tracardi_operator.services.catalogue import builtin

Invoke = Callable[..., Result]
Write = Callable[..., str]
Judge = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def judge(invoke: Invoke, write: Write) -> Judge:
    """The problems of a Resource that takes a Secret with these keys as a whole; `fields` are given besides."""

    def run(service: str, *keys: str, fields: str = "{}", value: str = "x") -> list[dict[str, Any]]:
        production = f"{{secretRef: {{name: s}}, fields: {fields}}}"
        entries = ", ".join(f'"{key}": {value}' for key in keys)
        text = (
            "apiVersion: tracardi.com/v1alpha1\nkind: Resource\nmetadata: {name: main}\n"
            f"spec: {{type: {service}, credentials: {{production: {production}}}}}\n"
            f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{{entries}}}\n"
        )
        problems = json.loads(invoke("lint", "-o", "json", write(text)).stdout)["resources"][0]["problems"]
        return [problem for problem in problems if problem["reason"] in ("UnknownField", "KeyNotFound", "MissingField")]

    return run


REDIS = '{url: {value: "redis.cache:6379"}}'


def test_a_key_that_was_meant_as_an_optional_field_is_warned_of_at_its_line(judge: Judge) -> None:
    [problem] = judge("github", "token")
    assert problem["message"] == (
        "Secret 's' has the key 'token', which is no field of github (did you mean 'personal_access_token'?); "
        "nothing is taken from it"
    )
    assert (problem["severity"], problem["source"]["key"], problem["line"]) == ("warning", "token", 9)


@pytest.mark.parametrize("key", ["Password", "redis-password", "REDIS_PASSWORD", "pasword"])
def test_a_field_is_known_again_in_another_form(judge: Judge, key: str) -> None:
    [problem] = judge("redis", key, fields=REDIS)
    assert "(did you mean 'password'?); nothing is taken from it" in problem["message"]


def test_a_key_beside_those_that_are_used_is_said_to_be_ignored(judge: Judge) -> None:
    [problem] = judge("redis", "User", "password", fields=REDIS)
    assert "has the key 'User', which is no field of redis (did you mean 'user'?); it is ignored" in problem["message"]


def test_a_secret_of_which_no_key_is_used_is_warned_of_once(judge: Judge) -> None:
    [problem] = judge("redis", "one", "other", "third", fields=REDIS)
    assert problem["message"] == (
        "Secret 's' has the key 'one', which is no field of redis, nor is any of the 2 others; nothing is taken from "
        "the Secret. The fields are: url, user, password, protocol, database"
    )


@pytest.mark.parametrize(
    ("keys", "fields"),
    [
        (("password", "notes", "created-by"), REDIS),
        (("password", "Url"), REDIS),
        (("type", "provider", "ca.crt", "tls.key"), REDIS),
        (
            ("pass",),
            '{url: {value: "r:1"}, password: {valueFrom: {secretKeyRef: {name: s, key: pass}}}}',
        ),
        ((), REDIS),
    ],
    ids=["others' keys", "a field given besides", "conventional keys", "a key that a field names", "no key"],
)
def test_keys_that_nobody_misses_are_no_cause_for_a_warning(judge: Judge, keys: tuple[str, ...], fields: str) -> None:
    assert judge("redis", *keys, fields=fields) == []


def test_the_other_way_to_log_in_is_not_missed(judge: Judge) -> None:
    assert judge("twilio", "account_sid", "auth_token", "api-key-sid") == []


def test_members_of_a_document_are_not_missed(judge: Judge) -> None:
    service = builtin()["google-cloud-service-account"]
    document = json.dumps(json.dumps(dict(service.example)))
    assert judge(service.name, "credentials_json", "client-email", value=document) == []


def test_a_required_field_under_another_key_is_told_with_what_to_write_and_not_twice(judge: Judge) -> None:
    [problem] = judge("sendgrid", "Token")
    assert problem["reason"] == "KeyNotFound"
    assert problem["hint"] == (
        "Secret 's' has: Token (did you mean 'Token'?); if 'Token' is meant, write beside secretRef: "
        "fields: {token: {valueFrom: {secretKeyRef: {name: s, key: Token}}}}"
    )


def test_what_to_write_fits_to_fields_that_are_there(judge: Judge) -> None:
    [problem] = judge("matomo", "token_auth", fields='{api_url: {value: "https://matomo.example"}}')
    assert problem["hint"].endswith(
        "write among the fields: token: {valueFrom: {secretKeyRef: {name: s, key: token_auth}}}"
    )


def test_the_only_key_is_offered_for_the_only_field_that_is_missing(judge: Judge) -> None:
    assert "if 'mail' is meant, write" in judge("sendgrid", "mail")[0]["hint"]
    assert [
        problem["hint"] for problem in judge("mautic", "mail", fields='{api_url: {value: "https://a.example"}}')
    ] == [
        "Secret 's' has: mail",
        "Secret 's' has: mail",
    ]


def test_the_only_key_is_offered_for_a_document(judge: Judge) -> None:
    for problem in judge("google-cloud-service-account", "key.json"):
        assert "fields: {credentials_json: {valueFrom: {secretKeyRef: {name: s, key: key.json}}}}" in problem["hint"]


@pytest.mark.parametrize(("key", "written"), [("true", '"true"'), ("12", '"12"'), ("a.b", "a.b")])
def test_a_key_that_yaml_would_take_for_something_else_is_written_in_quotes(
    judge: Judge, key: str, written: str
) -> None:
    assert f"key: {written}}}" in judge("sendgrid", key)[0]["hint"]


def test_a_field_that_another_needs_is_told_with_the_keys_that_there_are(judge: Judge) -> None:
    [problem] = judge("elastic-search", "passwort", fields='{url: {value: "a.example"}, username: {value: "tracardi"}}')
    assert problem["reason"] == "MissingField"
    assert problem["hint"].startswith("Secret 's' has: passwort (did you mean 'passwort'?)")
