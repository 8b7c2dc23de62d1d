"""A sentinel in any place where a value may stand is found in no output of `lint`, and of `render` without
`--show-values`: text, JSON, GitHub annotations and standard error, be the file right, wrong or no YAML at all.
"""

import base64
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import Result

Invoke = Callable[..., Result]
Write = Callable[..., str]

SENTINEL = "Sentinel0Value"
ENCODED = base64.b64encode(SENTINEL.encode()).decode()

RESOURCE = """\
apiVersion: tracardi.com/v1alpha1
kind: Resource
metadata: {name: main}
spec:
  type: TYPE
  credentials: {production: {secretRef: {name: s}, fields: FIELDS}}
---
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"


def sendgrid(secret: str, fields: str = "{}") -> str:
    return RESOURCE.replace("TYPE", "sendgrid").replace("FIELDS", fields) + SECRET + secret


POSITIONS = {
    "a wrong value": sendgrid(f"stringData: {{token: {SENTINEL}}}"),
    "a wrong value in base64": sendgrid(f"data: {{token: {ENCODED}}}"),
    "with a line break": sendgrid(f'stringData: {{token: "{SENTINEL}\\n"}}'),
    "a prefix": sendgrid(f"stringData: {{token: Bearer {SENTINEL}}}"),
    "not base64": sendgrid(f"data: {{token: {SENTINEL}-!}}"),
    "a non-ASCII non-base64": sendgrid(f"data: {{token: {SENTINEL}é}}"),
    "not a map": sendgrid(f"stringData: {SENTINEL}"),
    "a list": sendgrid(f"stringData: {{token: [{SENTINEL}]}}"),
    "no space after the colon": sendgrid(f"stringData: {{token:{SENTINEL}}}"),
    "an annotation": sendgrid(f"stringData: {{}}\nimmutable: {SENTINEL}"),
    "a key that no type knows": sendgrid(f"stringData: {{other: {SENTINEL}}}"),
    "a sensitive literal": sendgrid("", f"{{token: {{value: {SENTINEL}}}}}"),
    "a literal without value": sendgrid("", f"{{token: {SENTINEL}}}"),
    "a literal of a list": sendgrid("", f"{{token: {{value: [{SENTINEL}]}}}}"),
    "a literal without a space": sendgrid("", f"{{token: {{value:{SENTINEL}}}}}"),
    "a field without a space": sendgrid("", f"{{token:{SENTINEL}}}"),
    "an unknown field's value": sendgrid("", f"{{token: {{vlaue: {SENTINEL}}}}}"),
    "beside spec": sendgrid("").replace("metadata: {name: main}", f"metadata: {{name: main}}\nstuff: {SENTINEL}"),
    "the description": sendgrid("").replace("spec:", f"spec:\n  description: {SENTINEL}{'x' * 300}"),
    "a literal of the wrong form": RESOURCE.replace("TYPE", "redis").replace("FIELDS", f"{{url: {{value: '{SENTINEL} !'}}}}"),  # noqa: E501
    "a tag": sendgrid(f"stringData: {{token: !{SENTINEL}}}"),
    "an alias": sendgrid(f"stringData: {{token: *{SENTINEL}}}"),
    "an anchor": sendgrid(f"stringData:\n  token: &{SENTINEL} &{SENTINEL} x"),
    "an anchor twice": sendgrid(f"stringData:\n  a: &{SENTINEL} x\n  b: &{SENTINEL} x"),
    "a value with a colon": sendgrid(f"stringData:\n  token: {SENTINEL}: x"),
    "a special character": sendgrid(f"stringData:\n  token: @{SENTINEL}"),
    "a quote that is open": sendgrid(f"stringData:\n  token: '{SENTINEL}"),
    "a bad escape": sendgrid(f'stringData:\n  token: "{SENTINEL}\\q"'),
    "a wrong explicit tag": sendgrid(f"stringData:\n  token: !!int {SENTINEL}"),
    "a wrong explicit truth": sendgrid(f"stringData:\n  token: !!bool {SENTINEL}"),
    "a character not allowed": sendgrid(f"stringData:\n  token: {SENTINEL}\x07"),
    "a broken block": sendgrid(f"stringData:\n  token: |\n {SENTINEL}\n x\n  y"),
    "no object": f"{SENTINEL}\n",
    "a directive": f"%{SENTINEL}\n---\n",
    "a directive's handle": f"%TAG !{SENTINEL}\n---\n",
    "a key without a value": f"{SENTINEL}\nb: c\n",
    "a complex key": f"? [{SENTINEL}]\n: x\n",
    "a merge of text": f"<<: {SENTINEL}\n",
    "a Helm template": sendgrid(f"stringData: {{{{ {SENTINEL} }}}}\n  a: b"),
    "a key that is a list": sendgrid(f"stringData: {{[{SENTINEL}]: x}}"),
    "a tag of a collection": sendgrid(f"stringData: !!map [{SENTINEL}]"),
    "another kind": f"apiVersion: v1\nkind: Secret\nmetadata: {SENTINEL}\n",
    "an illegal label": sendgrid("").replace("{name: main}", f"{{name: main, labels: {{a: '{SENTINEL} !'}}}}"),
    "an over-long literal": sendgrid("", f"{{url: {{value: {SENTINEL * 400}}}}}"),
    "a value beside the key that is meant": sendgrid(f"stringData: {{tokne: {SENTINEL}}}"),
    "JSON": f'{{"apiVersion": "v1", "kind": "Secret", "metadata": {{"name": "s"}}, "data": {{"a": "{SENTINEL}-!"}}}}',
}  # fmt: skip

PASTED = f"{SENTINEL}56789abcdefghijk"
"""Looks like a credential, and would do as a name."""
SENDGRID = sendgrid(f"stringData: {{token: {PASTED}}}")
KEY_REF = "{token: {valueFrom: {secretKeyRef: {name: NAME, key: KEY}}}}"
NAMES = {
    "the type": SENDGRID.replace("type: sendgrid", f"type: {PASTED}"),
    "the type in lower case": SENDGRID.replace("type: sendgrid", f"type: {PASTED.lower()}"),
    "the Secret": SENDGRID.replace("secretRef: {name: s}", f"secretRef: {{name: {PASTED.lower()}}}"),
    "the Secret, in upper case": SENDGRID.replace("secretRef: {name: s}", f"secretRef: {{name: {PASTED}}}"),
    "the whole Secret": SENDGRID.replace("secretRef: {name: s}", f"secretRef: {PASTED}"),
    "the Secret of a field": sendgrid("", KEY_REF.replace("NAME", PASTED.lower())),
    "a key": sendgrid("stringData: {a: b}", KEY_REF.replace("NAME", "s").replace("KEY", PASTED)),
    "a key of a Secret that is not there": sendgrid("", KEY_REF.replace("NAME", "x").replace("KEY", PASTED)),
    "a key of a ConfigMap": sendgrid("", KEY_REF.replace("secretKeyRef", "configMapKeyRef").replace("KEY", PASTED)),
    "a key of the Secret": sendgrid(f"stringData: {{{PASTED}: ''}}"),
    "a key of a Secret of which nothing is needed": sendgrid(f"stringData: {{{PASTED}: ''}}").replace("sendgrid", "github"),  # noqa: E501
    "keys of the Secret, twice": sendgrid(f"stringData: {{{PASTED}: '', {PASTED}: ''}}"),
    "a key with bad base64": sendgrid(f"data: {{{PASTED}: '-'}}"),
    "a field": sendgrid("", f"{{{PASTED}: {{value: x}}}}"),
    "a field without a value": sendgrid("", f"{{{PASTED}: x}}"),
    "a field's field": sendgrid("", f"{{token: {{{PASTED}}}}}"),
    "an environment": SENDGRID.replace("production", PASTED),
    "a field of the spec": SENDGRID.replace("  type:", f"  {PASTED}: x\n  type:"),
    "the name of the Resource": SENDGRID.replace("{name: main}", f"{{name: {PASTED}}}"),
    "the namespace of the Resource": SENDGRID.replace("{name: main}", f"{{name: a, namespace: {PASTED.lower()}}}"),
    "the name of the Secret among the files": SENDGRID.replace("{name: s}", f"{{name: {PASTED.lower()}}}"),
    "a namespace of the Secret": SENDGRID.replace("metadata: {name: s}", f"metadata: {{name: s, namespace: {PASTED}}}"),
    "the name of an output": SENDGRID.replace("spec:", f"spec:\n  output: {{environments: {{test: {{name: {PASTED}}}}}}}"),  # noqa: E501
    "a label of an output": SENDGRID.replace("spec:", f"spec:\n  output: {{environments: {{production: {{labels: {{{PASTED}/a: b}}}}}}}}"),  # noqa: E501
    "a kind": SENDGRID.replace("kind: Resource", f"kind: {PASTED}"),
    "the name of a ResourceType": SENDGRID.replace("kind: Resource", "kind: ResourceType").replace("{name: main}", f"{{name: {PASTED}}}"),  # noqa: E501
}  # fmt: skip

COMMANDS = (
    ("lint",),
    ("lint", "--strict", "-o", "json"),
    ("lint", "-o", "github"),
    ("render",),
    ("render", "-o", "json"),
)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_value_is_in_no_output(invoke: Invoke, write: Write, position: str, command: tuple[str, ...]) -> None:
    output = invoke(*command, "-f", write(POSITIONS[position])).output
    assert SENTINEL not in output
    assert ENCODED not in output


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_value_that_stands_for_a_name_is_in_no_output(
    invoke: Invoke, write: Write, name: str, command: tuple[str, ...]
) -> None:
    assert SENTINEL.lower() not in invoke(*command, "-f", write(NAMES[name])).output.lower()


WITHOUT_LIBYAML = "import yaml; del yaml.CSafeLoader; from tracardi_operator.cli import main; main()"


def test_a_value_is_in_no_output_without_libyaml(write: Write) -> None:
    """The parser of PyYAML itself quotes the file in its messages."""
    texts = [
        text.replace("main", f"main{i}").replace("name: s", f"name: s{i}") for i, text in enumerate(POSITIONS.values())
    ]
    files = [write(text, f"{i}.yaml") for i, text in enumerate(texts)]
    result = subprocess.run([sys.executable, "-c", WITHOUT_LIBYAML, "lint", *files], capture_output=True, text=True)
    assert f"{len(files) - 1}.yaml" in result.stderr
    assert "Traceback" not in result.stderr
    assert SENTINEL not in result.stdout + result.stderr
