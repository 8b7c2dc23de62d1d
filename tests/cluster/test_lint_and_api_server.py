"""`lint` and the API server about one object: what the one refuses, the other refuses before it is sent.

The client is a lenient one: the strict one refuses unknown fields too, as `lint` does.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.builders import literal, reference, resource
from tests.cluster.install import install
from tests.cluster.test_consumer_admission import ACCEPTED as CONSUMERS_ACCEPTED
from tests.cluster.test_consumer_admission import REFUSED as CONSUMERS_REFUSED
from tests.cluster.test_crd import ACCEPTED, REFUSED
from tracardi_operator.api.problems import Reason
from tracardi_operator.cli.manifests.consumers import judge_consumers
from tracardi_operator.cli.manifests.offline import Judged, judge, read
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.services.catalogue import builtin

Document = dict[str, Any]
Ask = Callable[[Document], str]


@pytest.fixture
def send(control_plane: ControlPlane, namespace: str) -> Ask:
    """What the API server says against an object."""
    install(control_plane)

    def send(document: Document) -> str:
        arguments = ("create", "--validate=ignore", "--dry-run=server", "--namespace", namespace, "-f", "-")
        done = control_plane.kubectl(*arguments, input=json.dumps(document), check=False)
        return done.stderr if done.returncode else ""

    return send


@pytest.fixture
def lint(tmp_path: Path) -> Ask:
    """What `lint` says against the object itself, and not against its values."""

    def lint(document: Document) -> str:
        file = tmp_path / "object.json"
        file.write_text(json.dumps(document))
        files = read([str(file)], "default")
        resources: list[Judged] = [*judge(files, builtin())]
        (judged,) = resources + judge_consumers(files, [])
        problems = [located.problem for located in judged.problems]
        return "\n".join(problem.message for problem in problems if problem.reason is Reason.INVALID_SPEC)

    return lint


def _with_metadata(**metadata: Any) -> Document:
    return resource("r") | {"metadata": {"name": "r"} | metadata}


def _output(**settings: Any) -> Document:
    return resource("r", output={"environments": {"production": settings}})


MORE_REFUSED = {
    "a name with two dots in a row": resource("a..b"),
    "a name in upper case": resource("A"),
    "a name with an underscore": resource("a_b"),
    "another version": resource("r") | {"apiVersion": "tracardi.com/v1"},
    "an illegal key of a label of its own": _with_metadata(labels={"a b": "c"}),
    "an illegal value of a label of its own": _with_metadata(labels={"a": "b c"}),
    "a label of its own that is no text": _with_metadata(labels={"a": 1}),
    "an illegal key of an annotation of its own": _with_metadata(annotations={"a b": "c"}),
    "an annotation of its own that is no text": _with_metadata(annotations={"a": 1}),
    "an illegal key of an output's label": _output(labels={"a b": "c"}),
    "an over-long key of an output's label": _output(labels={"a" * 318: "c"}),
    "an output's label that is no text": _output(labels={"a": True}),
    "too many labels of an output": _output(labels={f"a{i}": "b" for i in range(33)}),
    "an over-long annotation of an output": _output(annotations={"a": "b" * 1025}),
    "an illegal name of an output": _output(name="A"),
    "a tag twice": resource("r", tracardi={"tags": ["a", "a"]}),
    "a group twice": resource("r", tracardi={"groups": ["a", "a"]}),
    "a namespace twice": resource("r", allowedNamespaces=["a", "a"]),
    "an empty tag": resource("r", tracardi={"tags": [""]}),
    "an over-long literal": resource("r", {"a": literal("x" * 4097)}),
    "a number of more than 64 bits": resource("r", {"a": literal(2**63)}),
    "a negative number of more than 64 bits": resource("r", {"a": literal(-(2**63) - 1)}),
    "a fraction": resource("r", {"a": {"value": 1.5}}),
    "too many fields": resource("r", {f"f{i}": literal("x") for i in range(65)}),
    "a text for a truth": resource("r", suspend="true"),
    "a list for a map": resource("r", credentials=[]),
    "an empty type": resource("r", type=""),
    "a type that ends with a line break": resource("r", type="a\n"),
    "an over-long description": resource("r", description="x" * 256),
    "an unknown policy": resource("r", output={"onInvalid": "Keep"}),
    "an unknown environment to bind": resource("r", output={"binding": "staging"}),
}


@pytest.mark.parametrize(
    "document",
    [*(document for document, _ in (*REFUSED.values(), *CONSUMERS_REFUSED.values())), *MORE_REFUSED.values()],
    ids=[*REFUSED, *CONSUMERS_REFUSED, *MORE_REFUSED],
)
def test_what_the_api_server_refuses_lint_refuses(send: Ask, lint: Ask, document: Document) -> None:
    assert send(document)
    assert lint(document)


MORE_ACCEPTED = {
    "nulls, which count as absent": resource(
        "r", {"a": reference("secretKeyRef", "s")}, description=None, output=None, tracardi={"tags": None}
    ),
    "labels and annotations of its own": _with_metadata(
        labels={"example.com/team": "", "a.b_c-d": "x"}, annotations={"note": "any text"}
    ),
    "a name with dots": resource("a.b-c.d"),
    "the longest literal": resource("r", {"a": literal("\U0001f600" * 4096)}),
    "the greatest number": resource("r", {"a": literal(2**63 - 1)}),
}


@pytest.mark.parametrize(
    "document",
    [*ACCEPTED.values(), *CONSUMERS_ACCEPTED.values(), *MORE_ACCEPTED.values()],
    ids=[*ACCEPTED, *CONSUMERS_ACCEPTED, *MORE_ACCEPTED],
)
def test_what_the_api_server_accepts_lint_accepts(send: Ask, lint: Ask, document: Document) -> None:
    assert (send(document), lint(document)) == ("", "")
