"""From a resource of Tracardi to a Resource and its Secrets: what stands where, what is left out, what is told."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.sentinels import found, made_up, traces_of
from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.cli.importing.mapping import Imported, import_all
from tracardi_operator.cli.importing.omissions import Why
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.tracardi.models import TracardiResource, Values, parse_resource

TEMPLATES: dict[str, Values] = {
    "sendgrid": {"token": "<token>"},
    "mysql": {"host": "localhost", "port": 3306, "user": "<username>", "password": "<password>", "database": "<db>"},
    "elastic-search": {"url": "<url>", "port": 9200, "scheme": "http", "username": "<u>", "verify_certs": True},
    "mongodb": {"uri": "mongodb://127.0.0.1:27017/", "timeout": 5000},
    "mixpanel": {"token": "<your-project-token>", "server_prefix": "US | EU"},
    "mautic": {"public_key": "<client-public-key>"},
}
TOKEN = str(builtin()["sendgrid"].example["token"])
MYSQL = {
    "host": "db.example.com",
    "port": 3306,
    "user": "tracardi",
    "password": "made-up-Passphrase-7",
    "database": "d",
}


def row(type_name: str, production: Mapping[str, object], test: Mapping[str, object] | None = None, **rest: Any) -> Any:
    entry = {"id": "id-1", "name": "Main", "type": type_name, **rest}
    parsed = parse_resource(entry | {"credentials": {"production": production, "test": test or {}}})
    assert parsed
    return parsed


def imported(resource: TracardiResource, namespace: str = "") -> Imported:
    [item] = import_all([resource], TEMPLATES, namespace, builtin())
    return item


def spec(item: Imported) -> Any:
    assert item.resource
    return item.resource["spec"]


def literals(item: Imported, environment: str = "production") -> dict[str, object]:
    fields = spec(item)["credentials"][environment].get("fields", {})
    return {name: source["value"] for name, source in fields.items()}


def secret(item: Imported, environment: str = "production") -> dict[str, bytes]:
    name = f"{item.name}-{environment}-credentials"
    [data] = [s["data"] for s in item.secrets if s["metadata"]["name"] == name]
    return {key: base64.b64decode(value) for key, value in data.items()}


def left_out(item: Imported) -> list[tuple[str, Why]]:
    return [(omission.about, omission.why) for omission in item.omissions]


def errors(item: Imported) -> list[tuple[str | None, str | None, Reason]]:
    return [(p.environment, p.field, p.reason) for p in item.problems if p.severity is Severity.ERROR]


def test_what_is_sensitive_goes_to_a_secret_and_the_rest_stands_in_the_resource() -> None:
    item = imported(row("mysql", MYSQL))
    assert literals(item) == {name: value for name, value in MYSQL.items() if name != "password"}
    assert secret(item) == {"password": b"made-up-Passphrase-7"}
    assert (item.is_valid, item.problems, item.omissions) == (True, (), ())


def test_a_resource_without_secrets_has_no_secret() -> None:
    item = imported(row("google_id", {"google_analytics_id": "UA-12345678-1"}))
    assert (item.secrets, literals(item)) == ((), {"google_analytics_id": "UA-12345678-1"})


def test_production_and_test_are_environments_with_secrets_of_their_own() -> None:
    item = imported(row("sendgrid", {"token": TOKEN}, {"token": TOKEN[::-1]}))
    assert list(spec(item)["credentials"]) == ["production", "test"]
    assert (secret(item, "production"), secret(item, "test")) == (
        {"token": TOKEN.encode()},
        {"token": TOKEN[::-1].encode()},
    )


@pytest.mark.parametrize("service", builtin().values(), ids=lambda service: service.name)
def test_the_example_of_each_type_comes_through_valid_and_whole(service: Any) -> None:
    item = imported(row(service.name, dict(service.example), dict(service.example)))
    assert (item.refusal, errors(item), left_out(item)) == ("", [], [])
    given = {name for part in ("production", "test") for name in literals(item, part)}
    given |= {name for part in item.secrets for name in part["data"]}
    assert given == set(service.example)


@pytest.mark.parametrize(
    ("former", "now"), [("marketing_cloud", "salesforce"), ("rabbitMQ", "rabbitmq"), ("elastic-email", "elasticemail")]
)
def test_a_former_id_of_a_type_is_known(former: str, now: str) -> None:
    item = imported(row(former, dict(builtin()[now].example)))
    assert (spec(item)["type"], item.is_valid) == (now, True)


def test_a_type_that_is_unknown_is_told_with_its_fields() -> None:
    item = imported(row("sendgird", {"token": "made up"}))
    assert (item.resource, item.secrets) == (None, ())
    assert "'sendgird' (did you mean 'sendgrid'?)" in item.refusal
    assert "its fields: token" in item.refusal


@pytest.mark.parametrize("type_name", ["My type", "a" * 60, "UPPER", "../x"])
def test_a_type_that_could_not_be_one_of_ours_is_told_too(type_name: str) -> None:
    assert "no service type" in imported(row(type_name, {"token": "made up"})).refusal


@pytest.mark.parametrize(
    ("type_name", "untouched"),
    [
        ("sendgrid", {"token": "<token>"}),
        ("mysql", TEMPLATES["mysql"]),
        ("elastic-search", TEMPLATES["elastic-search"]),
        ("mixpanel", TEMPLATES["mixpanel"]),
        ("redis", {"url": "<url>", "user": "<user>", "password": "<password>", "protocol": "redis", "database": "0"}),
    ],
)
def test_an_environment_that_was_never_filled_in_is_left_out_and_told(
    type_name: str, untouched: dict[str, object]
) -> None:
    item = imported(row(type_name, dict(builtin()[type_name].example), untouched))
    assert (list(spec(item)["credentials"]), item.is_valid) == (["production"], True)
    assert left_out(item) == [("test", Why.NEVER_FILLED_IN)]


def test_a_resource_that_was_never_filled_in_is_not_imported() -> None:
    item = imported(row("sendgrid", {"token": "<token>"}, {}))
    assert (item.resource, item.refusal) == (None, "none of its fields was ever filled in")


def test_a_form_whose_defaults_are_no_placeholders_is_taken_at_its_word() -> None:
    assert secret(imported(row("mongodb", TEMPLATES["mongodb"]))) == {"uri": b"mongodb://127.0.0.1:27017/"}


@pytest.mark.parametrize("value", ["<proxy>", " <proxy> "])
def test_a_placeholder_among_other_values_is_left_out_and_told(value: str) -> None:
    item = imported(row("api", {"url": "https://example.com/", "proxy": value}))
    assert (literals(item), left_out(item)) == (
        {"url": "https://example.com/"},
        [("production.proxy", Why.NEVER_FILLED_IN)],
    )


def test_a_required_field_that_was_never_filled_in_is_told_as_missing() -> None:
    item = imported(row("mysql", MYSQL | {"host": "<url>"}))
    assert errors(item) == [("production", "host", Reason.KEY_NOT_FOUND)]
    assert not item.is_valid


@pytest.mark.parametrize("value", [None, "", {}, []])
def test_an_empty_value_is_none(value: object) -> None:
    item = imported(row("api", {"url": "https://example.com/", "headers": value, "username": value}))
    assert (literals(item), item.secrets, item.omissions) == ({"url": "https://example.com/"}, (), ())


def test_a_field_that_the_type_does_not_know_is_left_out_and_told() -> None:
    item = imported(row("sendgrid", {"token": TOKEN, "region": "eu"}))
    assert left_out(item) == [("production.region", Why.UNKNOWN_FIELD)]
    assert secret(item) == {"token": TOKEN.encode()}


def test_a_resource_of_unknown_fields_alone_is_not_imported() -> None:
    item = imported(row("twilio", {"token": "made up"}))
    assert (item.resource, "knows none" in item.refusal) == (None, True)
    assert left_out(item) == [("production.token", Why.UNKNOWN_FIELD)]


@pytest.mark.parametrize("type_name", ["mautic", "salesforce"])
def test_a_token_that_tracardi_stored_itself_is_left_out(type_name: str) -> None:
    item = imported(row(type_name, {**builtin()[type_name].example, "token": "made up"}))
    assert (left_out(item), item.is_valid) == ([("production.token", Why.WRITTEN_BACK)], True)


def test_a_value_under_two_names_of_one_field_is_taken_once() -> None:
    key = str(builtin()["amplitude"].example["api_key"])
    item = imported(row("amplitude", {"api_key": key, "token": key}))
    assert (literals(item) | secret_or_none(item), item.omissions) == ({"api_key": key}, ())


def secret_or_none(item: Imported) -> dict[str, str]:
    return {key: value.decode() for key, value in secret(item).items()} if item.secrets else {}


def test_two_values_under_two_names_of_one_field_are_told() -> None:
    key = str(builtin()["amplitude"].example["api_key"])
    item = imported(row("amplitude", {"token": key[::-1], "api_key": key}))
    assert left_out(item) == [("production.token", Why.GIVEN_TWICE)]


@pytest.mark.parametrize(
    ("type_name", "field", "given", "expected"),
    [
        ("mysql", "port", 3306, 3306),
        ("mysql", "port", "3306", 3306),
        ("elastic-search", "verify_certs", False, "false"),
        ("telegram", "chat_id", -1001234567890, -1001234567890),
    ],
)
def test_a_literal_has_the_kind_of_its_field(type_name: str, field: str, given: object, expected: object) -> None:
    item = imported(row(type_name, {**builtin()[type_name].example, field: given}))
    assert literals(item)[field] == expected
    assert item.is_valid


def test_an_object_becomes_json() -> None:
    headers = {"Authorization": "Bearer made-up"}
    item = imported(row("api", {"url": "https://example.com/", "headers": headers}))
    assert json.loads(secret(item)["headers"]) == headers


@pytest.mark.parametrize(
    ("type_name", "field", "value"),
    [
        ("mysql", "port", "made-up-Passphrase-7"),
        ("elastic-search", "url", "https://u:made-up-Passphrase-7@example.com"),
        ("mysql", "user", TOKEN),
        ("mysql", "database", "a\nb"),
        ("mysql", "database", "a\ud800b"),
        ("mysql", "database", "a-b" * 2000),
    ],
)
def test_a_value_that_is_not_what_its_field_expects_is_kept_out_of_the_resource(
    type_name: str, field: str, value: str
) -> None:
    item = imported(row(type_name, {**builtin()[type_name].example, field: value}))
    assert field not in literals(item)
    assert secret(item)[field] == value.encode(errors="surrogatepass")


def test_the_verdict_on_a_wrong_value_is_told_and_the_resource_imported_all_the_same() -> None:
    item = imported(row("sendgrid", {"token": f"{TOKEN}\n"}))
    assert errors(item) == [("production", "token", Reason.WHITESPACE)]
    assert secret(item) == {"token": f"{TOKEN}\n".encode()}


def test_the_namespace_is_written_if_it_is_given() -> None:
    resource = row("sendgrid", {"token": TOKEN})
    for namespace, expected in (("marketing", {"namespace": "marketing"}), ("", {})):
        item = imported(resource, namespace)
        assert item.resource
        for manifest in (item.resource, *item.secrets):
            assert manifest["metadata"].items() - {"name": manifest["metadata"]["name"]}.items() == expected.items()


def settings(**rest: Any) -> tuple[dict[str, Any], list[tuple[str, Why]]]:
    item = imported(row("sendgrid", {"token": TOKEN}, **rest))
    assert errors(item) == []
    kept = dict(spec(item)["tracardi"])
    if "description" in spec(item):
        kept["description"] = spec(item)["description"]
    return kept, left_out(item)


PLAIN = {"id": "id-1", "name": "Main"}
DESTINATION = {
    "package": "p",
    "init": {"method": "post", "headers": {"content-type": "application/json"}, "cookies": {}, "use_auth": False},
}
CAPITALS = {"package": "p", "init": {"headers": {"Content-Type": "application/json"}}}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ({}, PLAIN),
        ({"name": "main"}, {"id": "id-1"}),
        ({"enabled": False}, PLAIN | {"enabled": False}),
        ({"description": "No description provided"}, PLAIN),
        ({"description": "Mails of the shop"}, PLAIN | {"description": "Mails of the shop"}),
        ({"tags": ["token", "sendgrid"]}, PLAIN),
        ({"tags": ["sendgrid", "own"]}, PLAIN | {"tags": ["sendgrid", "own"]}),
        ({"groups": ["a", "b", "a"]}, PLAIN | {"groups": ["a", "b"]}),
        ({"icon": "plugin"}, PLAIN),
        ({"icon": "mail"}, PLAIN | {"icon": "mail"}),
        ({"destination": DESTINATION}, PLAIN | {"destination": json.dumps(DESTINATION)}),
        ({"destination": CAPITALS}, PLAIN | {"destination": json.dumps(CAPITALS)}),
        ({"icon": None, "groups": None, "destination": None, "tags": "one"}, PLAIN | {"tags": ["one"]}),
    ],
    ids=str,
)
def test_the_settings_are_kept_as_far_as_they_differ_from_the_defaults(
    rest: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert settings(**rest) == (expected, [])


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("id", "Upper-Case"),
        ("id", "a" * 41),
        ("name", "n" * 65),
        ("tags", ["with,comma"]),
        ("tags", ["t" * 64] * 1 + [f"{n}{'t' * 60}" for n in range(5)]),
        ("groups", ["g" * 65]),
        ("icon", "i" * 256),
        ("description", "a b " * 64),
        ("destination", {"package": "p", "init": {"list": ["x"] * 2000}}),
    ],
)
def test_a_setting_that_does_not_fit_is_left_out_and_told(part: str, value: object) -> None:
    kept, omitted = settings(**{part: value})
    assert part not in kept
    assert omitted == [(part, Why.UNFIT)]


@pytest.mark.parametrize(
    "init",
    [
        {"headers": {"Authorization": "Bearer made-up"}},
        {"headers": {"X-Api-Key": "made-up"}},
        {"headers": [{"name": "Authorization", "value": "made-up"}]},
        {"cookies": {"session": "made-up"}},
        {"queue": {"apiKey": "made-up"}},
        {"url": "https://u:made-up@example.com"},
        {"deep": [{"headers": {"authorization": "made-up"}}]},
    ],
    ids=str,
)
def test_a_destination_that_may_hold_a_credential_is_left_out_and_told(init: dict[str, object]) -> None:
    kept, omitted = settings(destination={"package": "p", "init": init})
    assert "destination" not in kept
    assert omitted == [("destination", Why.PERHAPS_SECRET)]


@pytest.mark.parametrize("part", ["name", "description", "tags", "groups", "icon"])
def test_a_setting_that_looks_like_a_credential_is_left_out_and_told(part: str) -> None:
    value = f"key {TOKEN}"
    kept, omitted = settings(**{part: [value] if part in ("tags", "groups") else value})
    assert part not in kept
    assert omitted == [(part, Why.PERHAPS_SECRET)]


def test_no_value_is_in_a_resource_nor_in_what_is_said_unless_its_type_calls_it_public() -> None:
    for service in builtin().values():
        values = {d.name: made_up(40) for d in service.fields if d.sensitive}
        item = imported(row(service.name, {**service.example, **values, "made_up": made_up(40)}))
        assert not found(repr(item) + json.dumps(item.resource), traces_of(values.values())), service.name
