"""`types` and `explain`: the catalogue for programs and for people, with a YAML that works once it is filled in."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from tests.unit.services.support import as_data
from tracardi_operator.describe import describe, resource_yaml, secret_command
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import ServiceType

Invoke = Callable[..., Result]
Write = Callable[..., str]

SERVICES = list(builtin().values())

every_type = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def test_the_names_are_one_a_line(invoke: Invoke) -> None:
    assert invoke("types", "-o", "name").stdout.split() == [service.name for service in SERVICES]


def test_the_json_has_exactly_the_promised_shape(invoke: Invoke) -> None:
    found = json.loads(invoke("types", "-o", "json").stdout)
    assert [entry["type"] for entry in found] == [service.name for service in SERVICES]
    for entry in found:
        assert list(entry) == [
            "type", "title", "fields", "example", "tags", "icon", "binding", "howTo", "url", "discontinued"
        ]  # fmt: skip
        for field in entry["fields"]:
            assert list(field) == [
                "name", "kind", "required", "sensitive", "default", "format", "confidence", "source"
            ]  # fmt: skip


def test_a_field_is_described_by_its_words_and_where_they_come_from() -> None:
    fields: Any = describe(builtin()["sendgrid"])["fields"]
    [token] = fields
    assert token["format"].startswith("an API key: 'SG.'")
    assert token["source"].startswith("https://www.twilio.com/docs/sendgrid")
    assert (token["kind"], token["required"], token["sensitive"], token["default"]) == ("string", True, True, None)
    assert token["confidence"] == "confident"


def test_the_table_names_what_one_must_give(invoke: Invoke) -> None:
    lines = invoke("types").stdout.splitlines()
    assert lines[0].split() == ["TYPE", "TITLE", "REQUIRED", "TAGS"]
    [twilio] = [line for line in lines if line.startswith("twilio ")]
    assert "account_sid, auth_token | api_key_sid + …" in twilio
    [google] = [line for line in lines if line.startswith("google-cloud-service-account ")]
    assert "  credentials_json | project_id + private_…" in google
    [elastic] = [line for line in lines if line.startswith("elastic-search ")]
    assert "  url  " in elastic


def test_the_table_fits_120_columns(invoke: Invoke) -> None:
    assert max(map(len, invoke("types").stdout.splitlines())) <= 120


@every_type
def test_explain_as_json_is_the_entry_of_types(invoke: Invoke, service: ServiceType) -> None:
    assert json.loads(invoke("explain", service.name, "-o", "json").stdout) == [describe(service)]


@every_type
def test_explain_says_where_what_and_how(invoke: Invoke, service: ServiceType) -> None:
    result = invoke("explain", service.name)
    assert result.exit_code == 0
    assert service.url in result.stdout
    assert resource_yaml(service) in result.stdout
    for field in service.fields:
        assert f"  {field.name}  {field.title}: {field.kind}" in result.stdout


def test_explain_says_which_fields_exclude_each_other(invoke: Invoke) -> None:
    expected = "Give exactly one of: auth_token, or api_key_sid with api_key_secret."
    assert expected in invoke("explain", "twilio").stdout


def test_explain_says_when_a_field_is_needed(invoke: Invoke) -> None:
    told = " ".join(invoke("explain", "kafka").stdout.split())
    assert "username and password are needed unless security_protocol is PLAINTEXT or SSL" in told


def test_where_one_file_has_all_fields_the_yaml_and_the_command_take_that_file() -> None:
    google = builtin()["google-cloud-service-account"]
    assert "fields:" not in resource_yaml(google)
    assert re.findall(r"--from-file=(\w+)=", secret_command(google) or "") == ["credentials_json"]


def test_an_unknown_type_is_told_with_the_one_that_was_meant(invoke: Invoke) -> None:
    result = invoke("explain", "sendgird")
    assert result.exit_code == 2
    assert "did you mean 'sendgrid'?" in result.stderr


def test_of_a_type_that_is_not_built_in_it_is_said_where_to_look(invoke: Invoke) -> None:
    result = invoke("explain", "order-desk")
    assert result.exit_code == 2
    for words in ("no built-in service type 'order-desk'", "`kubectl get resourcetypes`", "`tracardi-operator lint`"):
        assert words in re.sub(r"\s+", " ", result.stderr)


def test_the_commands_tell_how_to_put_new_values_into_a_secret_that_is_there(invoke: Invoke) -> None:
    text = invoke("explain", "sendgrid").stdout
    assert "--dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -\n" in text


def secret_of(service: ServiceType) -> str:
    """The Secret that the commands create when they are given the values of the example."""
    command = secret_command(service)
    if command is None:
        return ""
    [name] = re.findall(r"kubectl create secret generic (\S+)", command)
    keys = re.findall(r"--from-file=(\w+)=", command)
    document = {service.document.name: json.dumps(dict(service.example))} if service.document else {}
    data = {key: document.get(key) or as_data(service.example[key]).decode() for key in keys}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
    return f"---\n{yaml.safe_dump(secret)}"


def lint(invoke: Invoke, file: str) -> Any:
    [found] = json.loads(invoke("lint", "-f", file, "-o", "json").stdout)["resources"]
    return found


@every_type
def test_the_copied_yaml_with_the_values_of_the_example_passes(
    invoke: Invoke, write: Write, service: ServiceType
) -> None:
    resource = yaml.safe_load(resource_yaml(service))
    fields = resource["spec"]["credentials"]["production"].get("fields", {})
    for name, source in fields.items():
        source["value"] = service.example[name]
    found = lint(invoke, write(yaml.safe_dump(resource) + secret_of(service)))
    reasons = [problem["reason"] for problem in found["problems"]]
    assert (reasons, found["unchecked"]) == (["Discontinued"] if service.discontinued else [], [])


@every_type
def test_no_placeholder_of_the_copied_yaml_passes(invoke: Invoke, write: Write, service: ServiceType) -> None:
    given = yaml.safe_load(resource_yaml(service))["spec"]["credentials"]["production"].get("fields", {})
    found = lint(invoke, write(f"{resource_yaml(service)}\n{secret_of(service)}"))
    refused = {problem["field"] for problem in found["problems"] if problem["severity"] == "error"}
    assert refused == given.keys()


KUBECTL = """
kubectl() {
  printf '%s\\n' "$@" > arguments
  for option in "${@:5}"; do file=${option#--from-file=}; cat "${file#*=}" > "read.${file%%=*}"; done
}
"""


def test_the_secret_is_made_of_what_is_typed_and_no_value_is_an_argument(tmp_path: Path) -> None:
    command = secret_command(builtin()["twitter"])
    typed = {name: f"sentinel-{name}" for name in ("api_key", "api_secret", "access_token", "access_token_secret")}
    lines = "".join(f"{value}\n" for value in typed.values())
    subprocess.run(["bash", "-c", f"{KUBECTL}{command}"], input=lines, text=True, cwd=tmp_path, check=True, timeout=60)
    assert {name: (tmp_path / f"read.{name}").read_text() for name in typed} == typed
    assert "sentinel" not in (tmp_path / "arguments").read_text()
