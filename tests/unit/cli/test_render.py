"""`render`: what would be published, and what keeps it from being published."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from click.testing import Result

from tracardi_operator.services.catalogue import builtin

Invoke = Callable[..., Result]
Write = Callable[..., str]

TOKEN = str(builtin()["sendgrid"].example["token"])

RESOURCE = """\
apiVersion: tracardi.com/v1alpha1
kind: Resource
metadata: {name: main, namespace: marketing}
spec:
  type: sendgrid
  credentials:
    production: {fields: {token: {valueFrom: {secretKeyRef: {name: live, key: api-key}}}}}
    test: {fields: {token: {valueFrom: {secretKeyRef: {name: sandbox, key: api-key}}}}}
"""


def secret(name: str, value: str = TOKEN) -> str:
    return (
        f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: marketing}}\n"
        f"stringData: {{api-key: {value}}}\n"
    )


GOOD = RESOURCE + secret("live") + secret("sandbox")

Render = Callable[..., Result]


@pytest.fixture
def render(invoke: Invoke, write: Write) -> Render:
    def run(text: str, *options: str) -> Result:
        return invoke("render", "-f", write(text), *options)

    return run


def outputs(result: Result) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(result.stdout))


def test_each_environment_is_a_secret_with_its_values_hidden(render: Render) -> None:
    result = render(GOOD)
    assert (result.exit_code, result.stderr) == (0, "")
    found = outputs(result)
    assert [secret["metadata"]["name"] for secret in found] == ["main-production-resolved", "main-test-resolved"]
    for secret in found:
        assert (secret["apiVersion"], secret["kind"], secret["type"]) == ("v1", "Secret", "servicebinding.io/sendgrid")
        assert secret["metadata"]["namespace"] == "marketing"
        assert secret["stringData"].keys() > {"token", "type", "provider"}
        assert set(secret["stringData"].values()) == {"(hidden)"}
    assert TOKEN not in result.output


def test_values_are_shown_when_asked_for(render: Render) -> None:
    assert [secret["stringData"]["token"] for secret in outputs(render(GOOD, "--show-values"))] == [TOKEN, TOKEN]


def test_the_json_is_a_list_of_kubernetes(render: Render) -> None:
    found = json.loads(render(GOOD, "-o", "json").stdout)
    assert (found["kind"], len(found["items"])) == ("List", 2)


def test_an_invalid_environment_is_told_and_the_other_is_shown(render: Render) -> None:
    result = render(RESOURCE + secret("live") + secret("sandbox", "nonsense"))
    assert result.exit_code == 1
    assert "test.token: has the wrong form" in result.stderr
    assert [secret["metadata"]["name"] for secret in outputs(result)] == ["main-production-resolved"]


def test_an_environment_that_can_not_be_checked_is_told_and_not_shown(render: Render) -> None:
    result = render(RESOURCE + secret("live"))
    assert result.exit_code == 2
    assert result.stderr == "Resource marketing/main: key 'api-key' of Secret 'sandbox' is not among the files\n"
    assert len(outputs(result)) == 1


def test_what_can_not_be_read_is_told(render: Render) -> None:
    result = render(f"{GOOD}---\na: b: c\n")
    assert result.exit_code == 2
    assert "could not read" in result.stderr
    assert len(outputs(result)) == 2


def test_nothing_would_be_published_of_a_suspended_resource(render: Render) -> None:
    result = render(GOOD.replace("spec:\n", "spec:\n  suspend: true\n", 1))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "is suspended" in result.stderr


def test_what_is_rendered_is_read_back_by_lint(render: Render, invoke: Invoke, write: Write) -> None:
    file = write(render(GOOD, "--show-values").stdout, "rendered.yaml")
    assert invoke("lint", "-f", file).exit_code == 0
