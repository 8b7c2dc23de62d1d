"""`lint` of what kustomize made: a reference that was left behind when it gave a Secret another name."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

Invoke = Callable[..., Result]
Write = Callable[..., str]

WHOLE = """\
apiVersion: tracardi.com/v1alpha1
kind: Resource
metadata: {name: main, namespace: shop}
spec:
  type: sendgrid
  credentials:
    production:
      secretRef:
        name: mail
---
"""
FIELD = """\
apiVersion: tracardi.com/v1alpha1
kind: Resource
metadata: {name: main, namespace: shop}
spec:
  type: sendgrid
  credentials:
    test:
      fields:
        token:
          valueFrom:
            KINDKeyRef:
              key: k
              name: mail
---
"""
CONSUMER = """\
apiVersion: tracardi.com/v1alpha1
kind: ResourceConsumer
metadata: {name: gui, namespace: shop}
spec:
  from: [{namespace: shop}]
  tracardi:
    url: http://tracardi.shop.svc
    testFallback: Nothing
    login:
      name: mail
---
"""
WORDS = "is: kustomize renamed it and not this reference. Add the Component kustomize/references"


def made(name: str, kind: str = "Secret", namespace: str = "shop") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n---\n"


@pytest.fixture
def doubts(invoke: Invoke, write: Write) -> Callable[..., list[dict[str, Any]]]:
    """What is said of references that were left behind."""

    def run(text: str) -> list[dict[str, Any]]:
        report = json.loads(invoke("lint", "-o", "json", write(text)).stdout)
        told = [problem for one in (*report["resources"], *report["consumers"]) for problem in one["problems"]]
        return [problem for problem in told if WORDS in problem["message"]]

    return run


Doubts = Callable[[str], list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("text", "kind", "line", "reason"),
    [
        (WHOLE, "Secret", 9, "SecretNotFound"),
        (FIELD.replace("KIND", "secret"), "Secret", 13, "SecretNotFound"),
        (FIELD.replace("KIND", "configMap"), "ConfigMap", 13, "ConfigMapNotFound"),
        (CONSUMER, "Secret", 10, "SecretNotFound"),
    ],
    ids=["secretRef", "secretKeyRef", "configMapKeyRef", "login"],
)
def test_a_reference_that_was_left_behind_is_one_warning_with_its_line(
    doubts: Doubts, text: str, kind: str, line: int, reason: str
) -> None:
    [problem] = doubts(text + made("mail-5g7h4c7dbt", kind))
    assert (problem["severity"], problem["reason"], problem["line"]) == ("warning", reason, line)
    assert f"{kind} 'mail' is not among the files, but 'mail-5g7h4c7dbt' is" in problem["message"]
    assert "docs/gitops.md" in problem["message"]


@pytest.mark.parametrize(
    "others",
    [
        made("mail-5g7h4c7dbt") + made("mail"),
        made("mail-5g7h4c7dbt", "ConfigMap"),
        made("mail-5g7h4c7dbt", namespace="sales"),
        made("mail-production"),
        made("mail-5g7h4c7dbt2"),
        made("mail-5g7h4c7db"),
        made("mails-5g7h4c7dbt"),
    ],
)
def test_what_is_there_or_has_another_name_is_no_doubt(doubts: Doubts, others: str) -> None:
    assert doubts(WHOLE + others) == []


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 1)])
def test_only_strict_fails(invoke: Invoke, write: Write, options: tuple[str, ...], code: int) -> None:
    assert invoke("lint", *options, write(WHOLE + made("mail-5g7h4c7dbt"))).exit_code == code
