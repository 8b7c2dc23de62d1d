"""`import` from the stand-in: what it writes, where, with which rights, and what it says when something fails."""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from tests.sentinels import found, made_up, traces_of
from tests.tracardi.certificates import authority
from tests.tracardi.serving import serving
from tests.tracardi.standin import Fault, Tracardi
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.tracardi import client as client_module

Invoke = Callable[..., Result]
Import = Callable[..., Result]

USER, PASSWORD = "operator", "made-up-Passphrase-7"
EXAMPLES: dict[str, dict[str, Any]] = {name: dict(service.example) for name, service in builtin().items()}


def row(id_: str, type_name: str, **rest: Any) -> dict[str, Any]:
    credentials = {"production": EXAMPLES.get(type_name, {"key": "made-up-0123"}), "test": {}}
    return {"id": id_, "name": f"My {type_name}", "type": type_name, "credentials": credentials, **rest}


@pytest.fixture
def tracardi() -> Tracardi:
    tracardi = Tracardi()
    tracardi.add_user(USER, PASSWORD, "developer")
    tracardi.store(row("m-1", "sendgrid", groups=["team"]))
    tracardi.store(row("d-1", "mysql"))
    return tracardi


@pytest.fixture
def url(tracardi: Tracardi) -> Iterator[str]:
    with serving(tracardi) as url:
        yield url


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between attempts."""
    monkeypatch.setattr(client_module, "backoff", lambda *_, **__: 0.0)


@pytest.fixture
def run(invoke: Invoke, url: str) -> Import:
    def run(*options: str, **environment: str) -> Result:
        variables = {"TRACARDI_PASSWORD": PASSWORD} | environment
        return invoke("import", "--url", url, "--user", USER, *options, env=variables)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_each_resource_is_a_file_and_its_secrets_another(run: Import, folder: Path) -> None:
    result = run("-d", str(folder))
    assert result.exit_code == 0, result.output
    assert names_in(folder) == [
        "my-mysql.yaml",
        "my-sendgrid.yaml",
        "secrets/.gitignore",
        "secrets/my-mysql.yaml",
        "secrets/my-sendgrid.yaml",
    ]
    resource = yaml.safe_load((folder / "my-sendgrid.yaml").read_text())
    assert resource["spec"] == {
        "type": "sendgrid",
        "credentials": {"production": {"secretRef": {"name": "my-sendgrid-production-credentials"}}},
        "tracardi": {"id": "m-1", "name": "My sendgrid", "tags": ["general"], "groups": ["team"]},
    }
    secret = yaml.safe_load((folder / "secrets" / "my-sendgrid.yaml").read_text())
    assert base64.b64decode(secret["data"]["token"]).decode() == EXAMPLES["sendgrid"]["token"]


def test_secrets_are_for_their_owner_alone_and_not_for_git(run: Import, folder: Path) -> None:
    run("-d", str(folder))
    assert mode(folder / "secrets") == "0o700"
    assert {mode(path) for path in (folder / "secrets").glob("*.yaml")} == {"0o600"}
    assert (folder / "secrets" / ".gitignore").read_text() == "*\n"


def test_rules_for_git_that_are_there_stay(run: Import, folder: Path) -> None:
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / ".gitignore").write_text("mine")
    assert run("-d", str(folder)).exit_code == 0
    assert (folder / "secrets" / ".gitignore").read_text() == "mine"


def test_the_next_commands_can_be_pasted(run: Import, tmp_path: Path) -> None:
    assert f"lint '{tmp_path}/a b'" in run("-d", f"{tmp_path}/a b").stdout


def test_a_secret_is_for_its_owner_alone_in_an_open_folder_and_over_an_open_file(run: Import, folder: Path) -> None:
    (folder / "secrets").mkdir(parents=True, mode=0o777)
    old = folder / "secrets" / "my-sendgrid.yaml"
    old.write_text("old")
    old.chmod(0o666)
    assert run("-d", str(folder), "--force").exit_code == 0
    assert mode(old) == "0o600"


def test_all_that_is_right_passes_lint(tracardi: Tracardi, run: Import, invoke: Invoke, folder: Path) -> None:
    for number, name in enumerate(EXAMPLES):
        credentials = {"production": EXAMPLES[name], "test": EXAMPLES[name]}
        tracardi.store(row(f"x-{number}", name, credentials=credentials, enabled=False))
    assert run("-d", str(folder), "-n", "marketing").exit_code == 0
    result = invoke("lint", "-o", "json", str(folder))
    report = json.loads(result.stdout)
    assert (result.exit_code, len(report["resources"])) == (0, len(EXAMPLES) + 2)
    assert [r["name"] for r in report["resources"] if r["unchecked"] or not r["valid"]] == []


def test_lint_and_import_say_the_same_of_what_is_wrong(
    tracardi: Tracardi, run: Import, invoke: Invoke, folder: Path
) -> None:
    wrong = {"production": {"token": " x\n"}, "test": {"token": EXAMPLES["sendgrid"]["token"] + "\n"}}
    tracardi.store(row("w", "sendgrid", name="wrong", credentials=wrong))
    imported = json.loads(run("-d", str(folder), "-o", "json").stdout)["resources"]
    linted = json.loads(invoke("lint", "-o", "json", str(folder)).stdout)["resources"]
    keys = ("environment", "field", "reason", "severity", "message")
    said = [
        [[problem[key] for key in keys] for item in report if item["name"] == "wrong" for problem in item["problems"]]
        for report in (imported, linted)
    ]
    assert said[0] == said[1] != []


def test_without_a_target_nothing_is_written(run: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run()
    assert (result.exit_code, list(tmp_path.iterdir())) == (0, [])
    assert "2 resources in the context production: 2 right\nNothing was written" in result.stdout


def test_the_stream_has_all_objects_and_the_report_is_beside_it(run: Import) -> None:
    result = run("--stream", "-n", "marketing")
    objects = list(yaml.safe_load_all(result.stdout))
    assert [o["kind"] for o in objects] == ["Secret", "Secret", "Resource", "Resource"]
    assert {o["metadata"]["namespace"] for o in objects} == {"marketing"}
    assert "2 resources in the context production: 2 right" in result.stderr


def test_the_stream_does_not_go_to_a_terminal(tracardi: Tracardi, url: str) -> None:
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "tracardi_operator", "import", "--url", url, "--user", USER, "--stream"]
    environment = os.environ | {"TRACARDI_PASSWORD": PASSWORD}
    done = subprocess.run(command, env=environment, stdout=end, stderr=subprocess.PIPE, text=True)
    os.close(end)
    os.close(terminal)
    assert (done.returncode, "on the terminal" in done.stderr, tracardi.seen) == (2, True, [])


def test_a_list_with_an_entry_that_is_no_resource_is_not_all_right(tracardi: Tracardi, run: Import) -> None:
    tracardi.rows["broken", True] = {"id": None, "type": "sendgrid"}
    result = run()
    assert (result.exit_code, "1 entry of Tracardi's list" in result.stdout) == (1, True)


@pytest.mark.parametrize("context", ["production", "staging"])
def test_the_context_decides_which_rows_are_read(tracardi: Tracardi, run: Import, folder: Path, context: str) -> None:
    tracardi.store(row("m-1", "sendgrid", name="staged"), production=False)
    assert run("-d", str(folder), "--context", context).exit_code == 0
    assert (folder / "staged.yaml").exists() == (context == "staging")
    assert (folder / "my-sendgrid.yaml").exists() == (context == "production")


def test_what_could_not_be_imported_is_listed_and_the_rest_written(
    tracardi: Tracardi, run: Import, folder: Path
) -> None:
    tracardi.store(row("o", "own-type"))
    tracardi.store(row("u", "airtable", credentials={"production": {"api_key": "<your-api-key>"}, "test": {}}))
    result = run("-d", str(folder))
    assert result.exit_code == 1
    assert "my-own-type ('My own-type' in Tracardi, type own-type, id o)\n  not imported: there is no" in result.stdout
    assert "not imported: none of its fields was ever filled in" in result.stdout
    assert "4 resources in the context production: 2 right, 2 not imported" in result.stdout
    assert len(names_in(folder)) == 5


OWN_TYPE = """\
apiVersion: tracardi.com/v1alpha1
kind: ResourceType
metadata: {name: own-type}
spec:
  title: Our own
  fields: [{name: key, title: Key, sensitive: true}]
"""


def test_a_type_of_ones_own_is_known_when_it_is_given(
    tracardi: Tracardi, run: Import, folder: Path, tmp_path: Path
) -> None:
    types = tmp_path / "types.yaml"
    types.write_text(OWN_TYPE)
    tracardi.store(row("o", "own-type"))
    result = run("-d", str(folder), "-f", str(types))
    assert result.exit_code == 0, result.output
    secret = yaml.safe_load((folder / "secrets" / "my-own-type.yaml").read_text())
    assert base64.b64decode(secret["data"]["key"]) == b"made-up-0123"


def test_types_that_can_not_be_read_are_told_before_tracardi_is(
    tracardi: Tracardi, run: Import, tmp_path: Path
) -> None:
    types = tmp_path / "types.yaml"
    types.write_text(OWN_TYPE.replace("fields:", "feilds:"))
    result = run("-f", str(types))
    assert (result.exit_code, "feilds" in result.stderr, tracardi.seen) == (2, True, [])


def test_the_json_says_all_that_the_text_says(tracardi: Tracardi, run: Import, folder: Path) -> None:
    token = EXAMPLES["sendgrid"]["token"]
    tracardi.store(
        row("w", "sendgrid", name="wrong", credentials={"production": {"token": f"{token}\n", "more": "x"}, "test": {}})
    )
    tracardi.store(row("o", "own-type"))
    report = json.loads(run("-d", str(folder), "-o", "json").stdout)
    by_name = {item["name"]: item for item in report["resources"]}
    wrong, refused = by_name["wrong"], by_name["my-own-type"]
    assert (wrong["imported"], wrong["valid"], wrong["secrets"]) == (True, False, ["wrong-production-credentials"])
    assert [(p["field"], p["reason"]) for p in wrong["problems"]] == [("token", "Whitespace")]
    assert [(o["about"], o["reason"]) for o in wrong["leftOut"]] == [("production.more", "UnknownField")]
    assert (refused["imported"], refused["type"], refused["tracardi"]["type"]) == (False, None, "own-type")
    assert (report["context"], report["malformed"], len(report["files"])) == ("production", 0, 6)


def test_a_file_that_is_there_stops_all_of_it_unless_forced(run: Import, folder: Path) -> None:
    folder.mkdir()
    mine = folder / "my-sendgrid.yaml"
    mine.write_text("mine")
    result = run("-d", str(folder))
    assert (result.exit_code, names_in(folder), mine.read_text()) == (2, ["my-sendgrid.yaml"], "mine")
    assert str(mine) in result.stderr
    assert run("-d", str(folder), "--force").exit_code == 0
    assert mine.read_text() != "mine"


def test_a_link_is_replaced_and_not_written_through(run: Import, folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / "my-sendgrid.yaml").symlink_to(elsewhere)
    assert run("-d", str(folder)).exit_code == 2
    assert run("-d", str(folder), "--force").exit_code == 0
    assert not elsewhere.exists()


def test_a_disk_that_is_full_leaves_nothing_behind(run: Import, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    def fdopen(*arguments: Any, **options: Any) -> Any:
        opened.append(arguments)
        if len(opened) == 3:
            raise OSError(28, "No space left on device")
        return real(*arguments, **options)

    real = os.fdopen
    monkeypatch.setattr(os, "fdopen", fdopen)
    result = run("-d", str(folder))
    assert (result.exit_code, names_in(folder)) == (2, [])
    assert "No space left on device" in result.stderr


def test_a_folder_that_can_not_be_made_is_told(run: Import, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("-d", str(tmp_path / "file" / "sub"))
    assert (result.exit_code, "can't write to" in result.stderr) == (2, True)


def test_the_password_may_stand_in_a_file(run: Import, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    assert run("--password-file", str(file), TRACARDI_PASSWORD="another").exit_code == 0


def test_a_revoked_token_costs_one_more_login(tracardi: Tracardi, run: Import) -> None:
    tracardi.faults.append(Fault("/resources", status=401))
    assert run().exit_code == 0
    assert tracardi.count("POST", "/user/token") == 2


def test_what_passes_is_waited_for(tracardi: Tracardi, run: Import) -> None:
    tracardi.faults.append(Fault("/", times=3, status=500))
    assert run().exit_code == 0


NO_READING = {
    "a wrong password": (Fault("/user/token", status=400), "does not accept this user name"),
    "a user without the role": (Fault("/resources", status=403), "role developer or admin"),
    "500 again and again": (Fault("/resources", 9, status=500), "Tracardi answered 500"),
    "a redirect": (Fault("/resources", status=302, headers={"Location": "http://127.0.0.1:1/"}), "not followed"),
    "the GUI": (Fault("/user/token", status=200, body="<html>"), "(not of its GUI)"),
    "no types": (Fault("/resources/type", status=200, body="{}"), "no list of types"),
}


@pytest.mark.parametrize("case", NO_READING)
def test_what_keeps_tracardi_from_being_read_is_told_and_nothing_written(
    tracardi: Tracardi, run: Import, folder: Path, case: str
) -> None:
    fault, words = NO_READING[case]
    tracardi.faults.append(fault)
    result = run("-d", str(folder))
    assert (result.exit_code, result.stdout, folder.exists()) == (2, "", False)
    assert words in result.stderr


def test_an_unknown_certificate_is_refused_unless_its_authority_is_named(
    tracardi: Tracardi, invoke: Invoke, tmp_path: Path
) -> None:
    server_tls, ca_file = authority(tmp_path)
    with serving(tracardi, server_tls) as url:
        command = ("import", "--url", url, "--user", USER)
        refused = invoke(*command, env={"TRACARDI_PASSWORD": PASSWORD})
        assert (refused.exit_code, "certificate" in refused.stderr, "--ca-file" in refused.stderr) == (2, True, True)
        assert tracardi.seen == []
        assert invoke(*command, "--ca-file", str(ca_file), env={"TRACARDI_PASSWORD": PASSWORD}).exit_code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--url", "https://u:made-up@example.com", "--user", "u"), "must not hold a user"),
        (("--url", "example.com", "--user", "u"), "must begin with https://"),
        (("--url", "http://127.0.0.1:1"), "--user"),
        (("--url", "http://127.0.0.1:1", "--user", "u"), "TRACARDI_PASSWORD"),
        (("--url", "http://127.0.0.1:1", "--user", "u", "-d", "x", "--stream"), "not both"),
        (("--url", "http://127.0.0.1:1", "--user", "u", "--ca-file", "CA"), "authorities can't be used"),
    ],
)
def test_a_command_line_that_can_not_work_is_explained(
    invoke: Invoke, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    no_certificate = tmp_path / "ca.crt"
    no_certificate.write_text("none")
    needs_password = "CA" in options
    result = invoke(
        "import",
        *(str(no_certificate) if option == "CA" else option for option in options),
        env={"TRACARDI_PASSWORD": PASSWORD if needs_password else ""},
    )
    assert (result.exit_code, words in result.stderr, "made-up" in result.stderr) == (2, True, False)


SENTINELS = {
    "a token": ("sendgrid", {"token": "VALUE"}),
    "a token with a line break": ("sendgrid", {"token": "VALUE\n"}),
    "an unknown field's value": ("sendgrid", {"token": "VALUE", "other": "VALUE"}),
    "a value where a name belongs": ("sendgrid", {"VALUE": "x"}),
    "in an address": ("elastic-search", {"url": "https://u:VALUE@example.com"}),
    "in a header": ("api", {"url": "https://example.com", "headers": {"Authorization": "VALUE"}}),
    "a number's place": ("mysql", {"port": "VALUE"}),
    "a list": ("sendgrid", {"token": ["VALUE"]}),
    "an unknown type's value": ("own-type", {"token": "VALUE"}),
}


@pytest.mark.parametrize("position", SENTINELS)
@pytest.mark.parametrize("output", ["text", "json"])
def test_a_value_is_in_no_output_no_log_and_no_resource(
    tracardi: Tracardi, run: Import, folder: Path, position: str, output: str, caplog: pytest.LogCaptureFixture
) -> None:
    value = f"{made_up(20)}0a1b2c3d4e5f"
    caplog.set_level("DEBUG")
    type_name, values = SENTINELS[position]
    production = json.loads(json.dumps(values).replace("VALUE", value))
    tracardi.store(row("s", type_name, name="s", credentials={"production": production, "test": production}))
    result = run("-d", str(folder), "-o", output)
    written = "".join(path.read_text() for path in folder.glob("*.yaml"))
    said = result.output + result.stderr + caplog.text + written
    assert not found(said, traces_of([value, PASSWORD, tracardi.token_of(USER)]))


@pytest.mark.parametrize("part", ["name", "type", "description", "tags", "groups", "icon"])
@pytest.mark.parametrize("output", ["text", "json"])
def test_a_value_where_none_belongs_is_not_shown_nor_written_to_a_resource(
    tracardi: Tracardi, run: Import, folder: Path, part: str, output: str
) -> None:
    value = f"SG.{made_up(22)}.{made_up(43)}"
    tracardi.store(row("s", "sendgrid") | {part: [value] if part in ("tags", "groups") else value})
    result = run("-d", str(folder), "-o", output)
    written = "".join(path.read_text() for path in folder.glob("*.yaml"))
    assert result.exit_code == (1 if part == "type" else 0)
    assert not found(result.output + result.stderr + written, traces_of([value]))


def test_an_error_page_is_not_repeated(tracardi: Tracardi, run: Import, caplog: pytest.LogCaptureFixture) -> None:
    value = made_up(30)
    caplog.set_level("DEBUG")
    tracardi.faults.append(Fault("/resources", 9, status=500, body=value))
    result = run()
    assert not found(result.output + result.stderr + caplog.text, traces_of([value, PASSWORD]))


def test_names_with_control_characters_do_not_reach_the_terminal(tracardi: Tracardi, run: Import) -> None:
    odd = "a\x07\x1b]0;x\ud800"
    tracardi.store(row(odd, odd, name=odd, credentials={"production": {odd: "x"}, "test": {}}))
    result = run()
    assert result.exit_code == 1
    assert [c for c in result.output if not c.isprintable() and c != "\n"] == []
