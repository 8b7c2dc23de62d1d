"""`lint`: exit codes, the shapes of its output, and what counts as wrong, unchecked or unreadable."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tracardi_operator.api.names import API_VERSION, KIND
from tracardi_operator.cli.manifests import objects
from tracardi_operator.cli.manifests.loader import Loaded, load
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
    production: {fields: {token: {valueFrom: {secretKeyRef: {name: sendgrid, key: api-key}}}}}
"""

WARNED = """\
apiVersion: tracardi.com/v1alpha1
kind: Resource
metadata: {name: cache, namespace: marketing}
spec: {type: redis, credentials: {test: {fields: {url: {value: "redis.cache:6379"}, database: {value: "16"}}}}}
"""


def secret(entries: str, name: str = "sendgrid", namespace: str = "marketing") -> str:
    return f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\n{entries}\n"


GOOD = secret(f"stringData: {{api-key: {TOKEN}}}")
BAD = secret("stringData: {api-key: nonsense}")


@pytest.fixture
def lint(invoke: Invoke, write: Write) -> Callable[..., Result]:
    def run(text: str, *options: str) -> Result:
        return invoke("lint", "-f", write(text), *options)

    return run


def resources(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)["resources"]
    return found


Lint = Callable[..., Result]


def test_exit_code_is_0_when_nothing_is_wrong(lint: Lint) -> None:
    result = lint(RESOURCE + GOOD)
    assert (result.exit_code, result.stdout) == (0, "1 Resource: nothing wrong\n")


def test_exit_code_is_1_when_something_is_invalid(lint: Lint) -> None:
    assert lint(RESOURCE + BAD).exit_code == 1


def test_exit_code_is_2_when_something_could_not_be_read_whatever_else_is_wrong(lint: Lint) -> None:
    result = lint(f"{RESOURCE}{BAD}---\na: b: c\n", "-o", "json")
    assert result.exit_code == 2
    assert [r["valid"] for r in resources(result)] == [False]


def test_a_warning_is_not_wrong_unless_strict(lint: Lint) -> None:
    lenient, strict = lint(WARNED, "-o", "json"), lint(WARNED, "-o", "json", "--strict")
    assert [(lenient.exit_code, resources(lenient)[0]["valid"]), (strict.exit_code, resources(strict)[0]["valid"])] == [
        (0, True),
        (1, False),
    ]


def test_the_json_has_exactly_the_promised_shape(lint: Lint, write: Write) -> None:
    [found] = resources(lint(RESOURCE + BAD, "-o", "json"))
    message = found["problems"][0].pop("message")
    file = write(RESOURCE + BAD)
    assert "expected" in message
    assert found == {
        "namespace": "marketing",
        "name": "main",
        "type": "sendgrid",
        "valid": False,
        "file": file,
        "line": 1,
        "unchecked": [],
        "problems": [
            {
                "environment": "production",
                "field": "token",
                "severity": "error",
                "reason": "BadFormat",
                "hint": None,
                "source": {"kind": "Secret", "name": "sendgrid", "key": "api-key"},
                "file": file,
                "line": 12,
            }
        ],
    }


def test_a_problem_of_the_resource_itself_has_nulls_in_the_json(lint: Lint) -> None:
    [found] = resources(lint(RESOURCE.replace("sendgrid\n", "sendgird\n"), "-o", "json"))
    [problem] = found["problems"]
    assert (problem["environment"], problem["field"], problem["source"]) == (None, None, None)
    assert problem["reason"] == "UnknownType"
    assert "did you mean 'sendgrid'?" in problem["message"]


def test_a_reference_to_an_object_that_is_not_among_the_files_is_unchecked_and_not_wrong(lint: Lint) -> None:
    result = lint(RESOURCE, "-o", "json")
    [found] = resources(result)
    assert (result.exit_code, found["valid"], found["problems"]) == (0, True, [])
    why = {"message": "is not among the files"}
    assert found["unchecked"] == [{"kind": "Secret", "name": "sendgrid", "key": "api-key"} | why]


def test_a_secret_of_another_namespace_is_not_the_one_that_is_meant(lint: Lint) -> None:
    [found] = resources(lint(RESOURCE + GOOD.replace("marketing", "sales"), "-o", "json"))
    assert len(found["unchecked"]) == 1


def test_objects_without_a_namespace_are_in_the_given_one(lint: Lint) -> None:
    text = (RESOURCE + GOOD).replace(", namespace: marketing", "")
    assert [r["namespace"] for r in resources(lint(text, "-o", "json"))] == ["default"]
    assert [r["namespace"] for r in resources(lint(text, "-o", "json", "-n", "sales"))] == ["sales"]


def test_a_secret_without_a_namespace_meets_a_resource_in_the_given_one(lint: Lint) -> None:
    [found] = resources(lint(RESOURCE + GOOD.replace(", namespace: marketing", ""), "-o", "json", "-n", "marketing"))
    assert found["unchecked"] == []


@pytest.mark.parametrize(
    "entries",
    [
        "data: {api-key: bm9uc2Vuc2U=}\nstringData: {api-key: TOKEN}",
        "data: {other: ''}\nstringData: {api-key: TOKEN}",
        "stringData: {api-key: TOKEN}\ndata:\n",
    ],
)
def test_string_data_wins_over_data(lint: Lint, entries: str) -> None:
    assert lint(RESOURCE + secret(entries.replace("TOKEN", TOKEN))).exit_code == 0


def test_data_is_decoded_as_the_api_server_does(lint: Lint) -> None:
    encoded = base64.b64encode(TOKEN.encode()).decode()
    split = f"{encoded[:40]}\\n{encoded[40:]}"
    assert lint(RESOURCE + secret(f'data: {{api-key: "{split}"}}')).exit_code == 0


@pytest.mark.parametrize("part", ["data: {url: 'redis.cache:6379'}", "binaryData: {url: cmVkaXMuY2FjaGU6NjM3OQ==}"])
def test_config_maps_are_read(lint: Lint, part: str) -> None:
    reference = "{valueFrom: {configMapKeyRef: {name: cache, key: url}}}"
    text = WARNED.replace('{value: "redis.cache:6379"}', reference).replace("16", "1")
    config_map = f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cache, namespace: marketing}}\n{part}\n"
    [found] = resources(lint(text + config_map, "-o", "json"))
    assert (found["valid"], found["unchecked"]) == (True, [])


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ("data: {api-key: 'not base64!'}", "Secret marketing/sendgrid: data.api-key is not base64"),
        ("data: {api-key: abc}", "Secret marketing/sendgrid: data.api-key is not base64"),
        ("data: {api-key: ünicode}", "Secret marketing/sendgrid: data.api-key is not base64"),
        ("stringData: {api-key: 6379}", "Secret marketing/sendgrid: stringData.api-key is not text"),
        ("stringData: {api-key: yes}", "put it in quotes"),
        ("stringData: {api-key:nonsense}", "stringData has a key that is none"),
        ("stringData: nonsense", "stringData is not a map"),
    ],
)
def test_a_secret_that_the_api_server_would_refuse_could_not_be_read(lint: Lint, entries: str, words: str) -> None:
    result = lint(RESOURCE + secret(entries), "-o", "json")
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(resources(result)[0]["unchecked"]) == 1


@pytest.mark.parametrize("again", [RESOURCE, GOOD], ids=["Resource", "Secret"])
def test_an_object_that_stands_in_the_files_twice_could_not_be_read(lint: Lint, again: str) -> None:
    result = lint(f"{RESOURCE}{GOOD}---\n{again}")
    assert result.exit_code == 2
    assert "stands in the files already, at " in result.stderr


def test_an_illegal_value_of_a_secret_is_told_with_its_line(lint: Lint) -> None:
    [unreadable] = json.loads(lint(RESOURCE + secret("data:\n  a: ''\n  b: '-'"), "-o", "json").stdout)["unreadable"]
    assert unreadable.pop("file").endswith("objects.yaml")
    assert unreadable["line"] == 14
    assert unreadable.keys() == {"line", "message"}


@pytest.mark.parametrize("metadata", ["{}", "{name: 1}", "{name: ''}", "[]", "{name: a, namespace: 1}"])
def test_an_object_without_a_name_could_not_be_read(lint: Lint, metadata: str) -> None:
    assert lint(RESOURCE.replace("{name: main, namespace: marketing}", metadata)).exit_code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "apiVersion: tracardi.com/v1alpha1\nmetadata: {name: a}",
            "it needs apiVersion (tracardi.com/v1alpha1) and kind",
        ),
        ("kind: Resource\nmetadata: {name: a}", "it needs apiVersion (tracardi.com/v1alpha1) and kind"),
        ("apiVersion: tracardi.com/v1alpha1\nkind: Resuorce\nmetadata: {name: a}", "did you mean 'Resource'?"),
    ],
)
def test_an_object_that_was_meant_as_one_of_ours_could_not_be_read(lint: Lint, text: str, words: str) -> None:
    result = lint(text)
    assert result.exit_code == 2
    assert words in result.stderr


def test_what_is_neither_ours_nor_an_input_is_ignored(lint: Lint) -> None:
    others = [
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}",
        "apiVersion: other.example/v1\nkind: Resource\nmetadata: {name: a}",
        "apiVersion: other.example/v1\nkind: Secret\nmetadata: {name: a}",
        "apiVersion: v1\nkind: Service\nmetadata: {}",
        "services: {web: {image: a}}",
        "apiVersion: v2\nname: chart",
        "- hosts: all",
    ]
    result = lint("\n---\n".join(others))
    assert (result.exit_code, result.stdout) == (0, "0 Resources: nothing was checked\n")
    assert "could not read" not in result.stderr


def test_an_unquoted_yes_is_told_to_be_quoted(lint: Lint) -> None:
    [found] = resources(lint(WARNED.replace('"redis.cache:6379"', "yes"), "-o", "json"))
    assert found["problems"][0]["message"].endswith("fields.url.value must be text or a whole number; put it in quotes")


def test_values_are_checked_even_if_a_field_of_the_spec_is_misspelt(lint: Lint) -> None:
    text = RESOURCE.replace("  type: sendgrid\n", "  type: sendgrid\n  supsend: true\n")
    [found] = resources(lint(text + BAD, "-o", "json"))
    assert [p["reason"] for p in found["problems"]] == ["InvalidSpec", "BadFormat"]


def test_a_problem_of_both_environments_is_said_once(lint: Lint) -> None:
    text = RESOURCE.replace("sendgrid\n", "sendgird\n") + "    test: {secretRef: {name: a}}\n"
    [found] = resources(lint(text, "-o", "json"))
    assert len(found["problems"]) == 1


def test_standard_input_is_read(invoke: Invoke) -> None:
    result = invoke("lint", "-f", "-", input=RESOURCE + BAD)
    assert result.exit_code == 1
    assert result.stdout.startswith("<stdin>:12: error: production.token: has the wrong form")


def test_objects_of_several_files_meet(invoke: Invoke, write: Write) -> None:
    one, other = write(RESOURCE, "a.yaml"), write(GOOD, "b.yaml")
    for arguments in (["-f", one, "-f", other], ["-f", one, other], [one, other]):
        result = invoke("lint", *arguments)
        assert (result.exit_code, result.stdout) == (0, "1 Resource: nothing wrong\n")


def test_no_file_is_a_wrong_use(invoke: Invoke) -> None:
    result = invoke("lint")
    assert result.exit_code == 2
    assert "-f FILE" in result.stderr


def test_the_text_says_where_what_why_and_from_where(lint: Lint, write: Write) -> None:
    problem, origin, empty, summary = lint(RESOURCE + BAD).stdout.splitlines()
    file = write(RESOURCE + BAD)
    assert problem.startswith(f"{file}:12: error: production.token: has the wrong form: expected ")
    assert origin == "    BadFormat in marketing/main (sendgrid), key 'api-key' of Secret 'sendgrid'"
    assert (empty, summary) == ("", "1 Resource: 1 invalid")


def test_the_text_names_and_counts_what_was_not_checked(lint: Lint) -> None:
    name, empty, summary = lint(RESOURCE).stdout.splitlines()
    assert name == "Resource marketing/main: key 'api-key' of Secret 'sendgrid' is not among the files"
    assert (empty, summary) == ("", "1 Resource: nothing wrong; 1 reference unchecked (not among the files)")


def test_a_github_annotation_names_file_line_and_title(lint: Lint, write: Write) -> None:
    result = lint(f"---\n{RESOURCE}{BAD}", "-o", "github")
    file = write(f"---\n{RESOURCE}{BAD}")
    assert result.stdout.startswith(
        f"::error file={file},line=13,title=BadFormat in marketing/main (sendgrid)::production.token: has the wrong"
    )
    assert result.stdout.count("\n") == 1


def test_a_warning_is_a_github_warning(lint: Lint) -> None:
    assert lint(WARNED, "-o", "github").stdout.startswith("::warning file=")


def test_a_github_annotation_of_standard_input_names_no_file(invoke: Invoke) -> None:
    result = invoke("lint", "-f", "-", "-o", "github", input=RESOURCE + BAD)
    assert result.stdout.startswith("::error title=BadFormat in marketing/main (sendgrid)::")


def test_what_could_not_be_read_is_a_github_annotation_on_standard_error(lint: Lint) -> None:
    result = lint("a: b: c", "-o", "github")
    assert result.stdout == ""
    assert "line=1,title=could not read::invalid YAML" in result.stderr


def test_nothing_to_annotate_prints_nothing(lint: Lint) -> None:
    assert lint(RESOURCE + GOOD, "-o", "github").stdout == ""


def test_nothing_to_check_is_wrong_if_strict(lint: Lint) -> None:
    lenient, strict = lint(GOOD), lint(GOOD, "--strict")
    assert (lenient.exit_code, lenient.stdout) == (0, "0 Resources: nothing was checked\n")
    assert "There is no Resource or ResourceConsumer (tracardi.com/v1alpha1) in what was given" in lenient.stderr
    assert strict.exit_code == 2
    assert "--strict expects one" in strict.stderr


def test_an_empty_pipe_is_wrong_if_strict(invoke: Invoke) -> None:
    assert invoke("lint", "--strict", "-f", "-", input="").exit_code == 2


def test_other_keys_of_a_secret_among_the_files_are_told(lint: Lint) -> None:
    entries = ", ".join(f"key-{index:02}: x" for index in range(11))
    result = lint(RESOURCE.replace("api-key", "key_00") + secret(f"stringData: {{{entries}}}"), "-o", "json")
    [problem] = resources(result)[0]["problems"]
    listed = ", ".join(f"key-{index:02}" for index in range(10))
    assert problem["reason"] == "KeyNotFound"
    assert problem["hint"] == f"Secret 'sendgrid' has: {listed} and 1 more (did you mean 'key-00'?)"
    assert "key-00" not in problem["message"]


@pytest.mark.parametrize("output", ["text", "github"])
def test_the_hint_stands_in_all_outputs(lint: Lint, output: str) -> None:
    result = lint(RESOURCE + secret("stringData: {api_key: x}"), "-o", output)
    assert "Secret 'sendgrid' has: api_key (did you mean 'api_key'?)" in result.stdout


def test_a_secret_without_keys_is_told_as_such(lint: Lint) -> None:
    assert "Secret 'sendgrid' has: no key\n" in lint(RESOURCE + secret("")).stdout


# Each comment names what is wrong there. `check` compares where the problems are with where the comments stand.
LINES = {
    "the key of a Secret": """\
spec:
  type: sendgrid
  credentials:
    production:
      fields:
        token:
          valueFrom:
            secretKeyRef: {name: sendgrid, key: api-key}
---
apiVersion: v1
kind: Secret
metadata: {name: sendgrid}
stringData:
  other: x
  api-key: nonsense  # BadFormat
""",
    "the key of the data of a Secret": """\
spec: {type: sendgrid, credentials: {production: {secretRef: {name: sendgrid}}}}
---
apiVersion: v1
kind: Secret
metadata: {name: sendgrid}
data:
  token: bm9uc2Vuc2U=  # BadFormat
""",
    "a key that stands in both parts of a Secret, and twice in one": """\
spec: {type: sendgrid, credentials: {production: {secretRef: {name: sendgrid}}}}
---
apiVersion: v1
kind: Secret
metadata: {name: sendgrid}
stringData:
  token: something
  token: nonsense  # BadFormat
data:
  token: bm9uc2Vuc2U=
""",
    "a key that the Secret does not have": """\
spec:
  type: sendgrid
  credentials:
    production:
      fields:
        token:
          valueFrom:
            secretKeyRef:
              name: sendgrid
              key: token  # KeyNotFound
    test:
      secretRef:
        name: sendgrid  # KeyNotFound
---
apiVersion: v1
kind: Secret
metadata: {name: sendgrid}
""",
    "a literal": """\
spec:
  type: redis
  credentials:
    production:
      fields:
        url:
          value: "https://redis.example"  # BadFormat
        database: {value: "16"}  # OutOfRange
""",
    "a sensitive literal": """\
spec:
  type: sendgrid
  credentials:
    production:
      fields:
        token:
          value: x  # SensitiveLiteral
""",
    "an unknown field and one that is missing": """\
spec:
  type: sendgrid
  credentials:
    production:
      fields:  # MissingField
        other: {value: x}  # UnknownField
""",
    "an unknown type": """\
spec:
  credentials:
    production: {secretRef: {name: a}}
  type: sendgird  # UnknownType
""",
    "what the API server refuses": """\
spec:
  type: sendgrid
  suspend: "no"  # InvalidSpec
  credentials:
    production:
      secretRef:  # InvalidSpec
        nmae: a  # InvalidSpec
  allowedNamespaces:
  - a
  - A  # InvalidSpec
""",
    "the name of an output": """\
spec:
  type: sendgrid
  credentials: {production: {secretRef: {name: a}}, test: {secretRef: {name: a}}}
  output:
    environments:
      production: {name: same}
      test:
        labels: {}
        name: same  # InvalidSpec
""",
    "a domain of a label": """\
spec:
  type: sendgrid
  credentials: {production: {secretRef: {name: a}}}
  output:
    environments:
      production:  # NotAllowed
        labels: {argocd.argoproj.io/instance: a}
""",
    "what an anchor stands for": """\
spec:
  type: sendgrid
  credentials:
    production: &both
      fields:
        token: {value: x}  # SensitiveLiteral SensitiveLiteral
    test: *both
""",
}


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_a_problem_is_told_at_the_line_to_mend(lint: Lint, text: str) -> None:
    text = f"apiVersion: tracardi.com/v1alpha1\nkind: Resource\nmetadata: {{name: main}}\n{text}"
    expected = [
        (number, reason)
        for number, line in enumerate(text.splitlines(), 1)
        for reason in line.partition("# ")[2].split()
    ]
    [found] = resources(lint(text, "-o", "json"))
    assert sorted((problem["line"], problem["reason"]) for problem in found["problems"]) == expected


def test_a_problem_of_a_value_is_told_in_the_file_of_its_secret(invoke: Invoke, write: Write) -> None:
    one, other = write(RESOURCE, "a.yaml"), write(BAD, "b.yaml")
    assert invoke("lint", one, other).stdout.startswith(f"{other}:5: error: ")


def test_lines_cost_one_more_look_at_a_document_however_many_problems_it_has(
    lint: Lint, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def count(document: str) -> Loaded:
        nonlocal looks
        looks += 1
        return load(document)

    monkeypatch.setattr(objects, "load", count)
    items = [{"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": f"r{i}"}} for i in range(50)]
    result = lint(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    assert result.stdout.endswith("50 Resources: 50 invalid\n")
    assert looks == 2


def test_the_rest_is_checked_beside_the_source_of_a_helm_template(invoke: Invoke, write: Write, tmp_path: Path) -> None:
    write(RESOURCE + BAD)
    template = write("apiVersion: v1\nkind: {{ .Values.kind }}\n", "template.yaml")
    result = invoke("lint", str(tmp_path))
    assert result.exit_code == 2
    assert f"{template}:2: could not read: is the source of a Helm template" in result.stderr
    assert "1 Resource: 1 invalid" in result.stdout


def named(name: str, output: str) -> str:
    return RESOURCE.replace("main", name) + f"  output: {{environments: {{production: {{name: {output}}}}}}}\n"


def test_two_resources_with_one_output_are_told_at_the_second(lint: Lint) -> None:
    one, two = resources(lint(f"{named('one', 'same')}---\n{named('two', 'same')}", "-o", "json"))
    [problem] = two["problems"]
    assert one["problems"] == []
    assert (problem["reason"], problem["environment"], problem["line"]) == ("NameTaken", "production", 17)
    assert "'same' is that of Resource 'one' too" in problem["message"]


def test_two_resources_of_different_namespaces_may_have_outputs_of_one_name(lint: Lint) -> None:
    other = named("two", "same").replace("marketing", "sales")
    assert lint(f"{named('one', 'same')}---\n{other}").exit_code == 0


def test_a_default_name_of_an_output_is_taken_too(lint: Lint) -> None:
    text = f"{RESOURCE}---\n{named('two', 'main-production-resolved')}"
    assert [p["reason"] for p in resources(lint(text, "-o", "json"))[1]["problems"]] == ["NameTaken"]


def test_a_reference_to_an_output_is_refused_as_the_operator_does(lint: Lint) -> None:
    fed = RESOURCE.replace("main", "fed").replace("name: sendgrid,", "name: main-production-resolved,")
    [problem] = resources(lint(f"{RESOURCE}---\n{fed}", "-o", "json"))[1]["problems"]
    assert problem["reason"] == "NotAllowed"
    assert "is itself the output of a Resource" in problem["message"]


def test_a_key_that_is_repeated_is_told_with_its_line_and_the_last_one_is_checked(lint: Lint) -> None:
    result = lint(RESOURCE + secret(f"stringData:\n  api-key: nonsense\n  api-key: {TOKEN}"), "-o", "json")
    [unreadable] = json.loads(result.stdout)["unreadable"]
    assert result.exit_code == 2
    assert unreadable["line"] == 14
    assert unreadable["message"] == (
        "'api-key' stands in this mapping already, in line 13; only the last one counts: keep one"
    )
    assert resources(result)[0]["problems"] == []


def test_a_key_that_is_repeated_is_told_once_in_a_list_of_objects(lint: Lint) -> None:
    item = "- {apiVersion: v1, kind: Secret, metadata: "
    result = lint(f"apiVersion: v1\nkind: List\nitems:\n{item}{{name: a}}}}\n{item}{{name: b, name: c}}}}\n")
    assert result.stderr.count("stands in this mapping already") == 1


def test_a_key_that_is_repeated_in_what_is_not_ours_is_none_of_our_business(lint: Lint) -> None:
    assert lint("apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1, replicas: 2}\n").exit_code == 0


def test_a_type_in_upper_case_is_told_with_the_right_one(lint: Lint) -> None:
    [problem] = resources(lint(RESOURCE.replace("type: sendgrid", "type: SendGrid"), "-o", "json"))[0]["problems"]
    assert (problem["reason"], problem["hint"]) == ("InvalidSpec", "did you mean 'sendgrid'?")
