"""The output Secret: its keys, its typed document, its labels, and what a Resource may not ask for."""

import json
from typing import Any

import pytest

from tests.unit.examples import TOKEN, spec
from tracardi_operator.api.names import DOCUMENT_KEY, LABEL_MANAGED_BY, LABEL_RESOURCE, MANAGER
from tracardi_operator.publish.secret import (
    OutputSecret,
    as_text,
    output_name,
    output_settings,
    refused_metadata,
    render_output,
    under_all_names,
)
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Field, ServiceType, Value

RESERVED = ("type", "provider", "host", "port", "uri", "certificates", "private-key")


def service(*fields: str, **more: Any) -> ServiceType:
    definitions = tuple(Field(name=name, title=name) for name in fields)
    return ServiceType(name="made-up", title="M", fields=definitions, example={}, how_to="", url="", **more)


def rendered(of: ServiceType, values: dict[str, Value], **output: Any) -> OutputSecret:
    return render_output("r", spec(output={"environments": {"production": output}}), "production", of, values)


class TestData:
    def test_each_field_has_a_key_of_its_name(self) -> None:
        assert rendered(service("token"), {"token": "x"}).data["token"] == "x"

    @pytest.mark.parametrize("name", RESERVED)
    def test_a_field_with_a_reserved_name_stands_in_the_document_only(self, name: str) -> None:
        data = rendered(service(name), {name: "SENTINEL"}).data
        assert [key for key, value in data.items() if "SENTINEL" in value] == [DOCUMENT_KEY]

    def test_what_the_type_maps_to_a_reserved_name_is_there(self) -> None:
        mapped = service("host", binding=lambda values: {"host": "h", "port": "1"})
        data = rendered(mapped, {"host": "http://h:1"}).data
        assert (data["host"], data["port"]) == ("h", "1")

    def test_what_the_type_maps_wins_over_a_field_of_the_name(self) -> None:
        mapped = service("username", binding=lambda values: {"username": "mapped"})
        assert rendered(mapped, {"username": "field"}).data["username"] == "mapped"

    def test_a_field_with_aliases_has_a_key_of_each_name_in_data_and_document(self) -> None:
        aliased = ServiceType("m", "M", (Field("api_key", "K", aliases=("token",)), Field("other", "O")), {}, "", "")
        data = rendered(aliased, {"api_key": "x", "other": "y"}).data
        assert (data["api_key"], data["token"]) == ("x", "x")
        assert json.loads(data[DOCUMENT_KEY]) == {"api_key": "x", "token": "x", "other": "y"}

    def test_an_alias_of_a_field_that_is_not_given_is_not_there(self) -> None:
        optional = ServiceType("m", "M", (Field("api_key", "K", aliases=("token",), required=False),), {}, "", "")
        assert "token" not in rendered(optional, {}).data

    def test_type_and_provider_are_those_of_the_service(self) -> None:
        output = rendered(service(), {})
        assert (output.data["type"], output.data["provider"]) == ("made-up", "made-up")
        assert output.type == "servicebinding.io/made-up"

    def test_the_service_may_have_others_for_the_binding(self) -> None:
        output = rendered(service(binding_type="oauth2", provider="acme"), {})
        assert (output.data["type"], output.data["provider"]) == ("oauth2", "acme")
        assert output.type == "servicebinding.io/oauth2"

    def test_nothing_that_a_type_maps_replaces_type_provider_or_document(self) -> None:
        greedy = dict.fromkeys(("type", "provider", DOCUMENT_KEY), "SENTINEL")
        assert "SENTINEL" not in rendered(service(binding=lambda values: greedy), {}).data.values()

    def test_the_document_holds_all_fields_with_their_types(self) -> None:
        values: dict[str, Value] = {"a": "text", "b": 6379, "c": True, "type": "service_account"}
        assert json.loads(rendered(service(*values), values).data[DOCUMENT_KEY]) == values

    def test_the_same_values_make_the_same_document(self) -> None:
        values: dict[str, Value] = {"b": "ö", "a": 1}
        same = [rendered(service(), dict(pairs)).data for pairs in (values.items(), reversed(values.items()))]
        assert same[0] == same[1]
        assert same[0][DOCUMENT_KEY] == '{"a":1,"b":"ö"}'

    @pytest.mark.parametrize(
        ("value", "text"), [(True, "true"), (False, "false"), (6379, "6379"), ("6379", "6379"), ("", "")]
    )
    def test_a_value_is_the_text_that_a_file_would_hold(self, value: Value, text: str) -> None:
        assert as_text(value) == text
        assert rendered(service("field"), {"field": value}).data["field"] == text

    def test_data_are_not_shown(self) -> None:
        assert "SENTINEL" not in repr(rendered(service("token"), {"token": "SENTINEL"}))

    @pytest.mark.parametrize("name", sorted(builtin()))
    def test_every_type_renders_its_own_example(self, name: str) -> None:
        kind = builtin()[name]
        output = rendered(kind, dict(kind.example))
        assert json.loads(output.data[DOCUMENT_KEY]) == under_all_names(kind, kind.example)
        assert {f.name for f in kind.fields if f.name in kind.example} - set(RESERVED) <= output.data.keys()


class TestMetadata:
    def test_own_labels_say_whose_it_is(self) -> None:
        labels = rendered(service(), {}).labels
        assert labels == {
            "app.kubernetes.io/managed-by": "tracardi-operator",
            "tracardi.com/resource": "r",
            "tracardi.com/environment": "production",
            "tracardi.com/type": "made-up",
        }

    def test_labels_and_annotations_that_are_asked_for_are_there(self) -> None:
        output = rendered(service(), {}, labels={"team": "x"}, annotations={"note": "y"})
        assert (output.labels["team"], output.annotations) == ("x", {"note": "y"})

    def test_own_labels_win_over_those_that_are_asked_for(self) -> None:
        labels = rendered(service(), {}, labels={LABEL_MANAGED_BY: "me", LABEL_RESOURCE: "other"}).labels
        assert (labels[LABEL_MANAGED_BY], labels[LABEL_RESOURCE]) == (MANAGER, "r")

    def test_each_environment_has_settings_of_its_own(self) -> None:
        both = spec(environments=("production", "test"), output={"environments": {"test": {"name": "named"}}})
        assert output_name("r", both, "production") == "r-production-resolved"
        assert output_name("r", both, "test") == "named"
        assert output_settings(both, "production").name is None

    @pytest.mark.parametrize(
        ("asked", "allowed", "refused"),
        [
            ({"labels": {"team": "x"}}, (), []),
            ({"labels": {"example.org/team": "x"}}, (), ["example.org/team"]),
            ({"labels": {"example.org/team": "x"}}, ("example.org",), []),
            ({"labels": {"sub.example.org/team": "x"}}, ("example.org",), ["sub.example.org/team"]),
            ({"annotations": {"argocd.argoproj.io/x": "y"}}, ("example.org",), ["argocd.argoproj.io/x"]),
            ({"labels": {"b.org/x": "y"}, "annotations": {"a.org/x": "y"}}, (), ["a.org/x", "b.org/x"]),
            ({"labels": {LABEL_RESOURCE: "other"}}, (), [LABEL_RESOURCE]),
        ],
    )
    def test_a_domain_has_to_be_allowed(self, asked: Any, allowed: tuple[str, ...], refused: list[str]) -> None:
        asking = spec(output={"environments": {"production": asked}})
        assert refused_metadata(asking, "production", set(allowed)) == refused

    def test_what_another_environment_asks_for_is_not_refused_here(self) -> None:
        asking = spec(output={"environments": {"test": {"labels": {"example.org/a": "b"}}}})
        assert refused_metadata(asking, "production", set()) == []


def test_an_output_of_sendgrid_is_what_a_pod_reads() -> None:
    data = rendered(builtin()["sendgrid"], {"token": TOKEN}).data
    document = f'{{"token":"{TOKEN}"}}'
    assert data == {"token": TOKEN, "type": "sendgrid", "provider": "sendgrid", "credentials.json": document}
