"""What `lint` says of an object that a Resource names and that it could not check."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result

Invoke = Callable[..., Result]
Write = Callable[..., str]

RESOURCE = """\
apiVersion: tracardi.com/v1alpha1
kind: Resource
metadata: {name: main, namespace: shop}
spec: {type: sendgrid, credentials: {production: {secretRef: {name: mail-credentials}}}}
---
"""


def secret(name: str, namespace: str = "shop", entries: str = "{}", kind: str = "Secret") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {entries}\n---\n"


@pytest.fixture
def why(invoke: Invoke, write: Write) -> Callable[[str], str]:
    """Why the one reference could not be checked, with the file as `FILE`."""

    def run(others: str) -> str:
        file = write(RESOURCE + others)
        [unchecked] = json.loads(invoke("lint", "-n", "shop", "-o", "json", file).stdout)["resources"][0]["unchecked"]
        return str(unchecked["message"]).replace(file, "FILE")

    return run


Why = Callable[[str], str]


def test_a_name_that_is_alike_is_told_with_its_line(why: Why) -> None:
    assert why(secret("mail-secret")) == "is not among the files (did you mean 'mail-secret', FILE:6?)"


def test_a_name_that_another_resource_means_is_not_offered(why: Why) -> None:
    other = RESOURCE.replace("main", "other").replace("mail-credentials", "mail-secret")
    assert why(other + secret("mail-secret", entries="{token: ''}")) == "is not among the files"


@pytest.mark.parametrize(
    "other", ["", secret("shop-database"), secret("mail-secret", kind="ConfigMap"), secret("mail-secret", "sales")]
)
def test_what_is_no_candidate_is_not_offered(why: Why, other: str) -> None:
    assert why(other) == "is not among the files"


def test_the_same_name_in_another_namespace_is_told(why: Why) -> None:
    assert (
        why(secret("mail-credentials", "sales")) == "is not among the files in this namespace, but in 'sales', FILE:6"
    )


UNREADABLE = {
    "bad base64": (secret("mail-credentials", entries="{token: '-'}"), 9),
    "bad YAML": (secret("mail-credentials", entries="{token: @a}"), 9),
    "without a namespace": (secret("mail-credentials", entries="{token: @a}").replace(", namespace: shop", ""), 9),
    "bad JSON": (
        '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mail-credentials"}, "data": {"a": @b}}',
        6,
    ),
    "a block": ("kind: Secret\nmetadata:\n  labels: {a: b}\n  name: 'mail-credentials'\nstringData:\n  a: @b", 11),
    "a document without ---": (secret("other").replace("---\n", "") + secret("mail-credentials"), 10),
}


@pytest.mark.parametrize(("text", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_there_and_could_not_be_read_is_told_as_that(why: Why, text: str, line: int) -> None:
    assert why(text) == f"could not be read: see FILE:{line}"


def test_the_summary_says_that_not_all_was_read(invoke: Invoke, write: Write) -> None:
    result = invoke("lint", write(RESOURCE + UNREADABLE["bad base64"][0]))
    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1] == (
        "1 Resource: nothing wrong; 1 reference unchecked (not among the files, or could not be read); "
        "1 thing could not be read (see above)"
    )
