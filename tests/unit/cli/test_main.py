"""The group: lazy loading, help, version, colours and completion."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tracardi_operator import __version__
from tracardi_operator.cli import main

Invoke = Callable[..., Result]
Write = Callable[..., str]

HEAVY = {"aiohttp", "kopf", "kubernetes", "asyncio", "prometheus_client"}

BAD = "apiVersion: tracardi.com/v1alpha1\nkind: Resource\nmetadata: {name: a}\nspec: {}\n"


def python(code: str, **environment: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environment}).stdout


@pytest.mark.parametrize("arguments", [["--help"], ["types"], ["explain", "redis"], ["lint", "-f", os.devnull]])
def test_an_offline_command_imports_nothing_of_the_operator(arguments: list[str]) -> None:
    code = (
        "import sys; from tracardi_operator.cli import main\n"
        f"main({arguments!r}, standalone_mode=False)\n"
        f"print('imported:', *sorted({HEAVY!r} & set(sys.modules)))"
    )
    assert python(code).splitlines()[-1] == "imported:"


def test_completing_a_command_imports_none() -> None:
    code = (
        "import sys; from tracardi_operator.cli import main\n"
        "try: main(prog_name='tracardi-operator')\n"
        "except SystemExit: pass\n"
        "print('imported:', *sorted(name for name in sys.modules if name.startswith('tracardi_operator.cli.')))"
    )
    environment = {
        "_TRACARDI_OPERATOR_COMPLETE": "bash_complete",
        "COMP_WORDS": "tracardi-operator ",
        "COMP_CWORD": "1",
    }
    *completions, imported = python(code, **environment).splitlines()
    assert {"plain,lint", "plain,run", "plain,explain"} <= set(completions)
    assert imported == "imported:"


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        ("explain send", ["plain,sendgrid"]),
        ("lint -o ", ["plain,text", "plain,json", "plain,github"]),
        ("lint --output g", ["plain,github"]),
        ("lint ", ["file,"]),
        ("lint -f deploy/a", ["file,deploy/a"]),
        ("lint --st", ["plain,--strict"]),
    ],
)
def test_types_options_their_values_and_files_are_completed(words: str, completions: list[str]) -> None:
    """`file` tells the shell to complete names of files."""
    code = "from tracardi_operator.cli import main; main(prog_name='tracardi-operator')"
    environment = {
        "_TRACARDI_OPERATOR_COMPLETE": "bash_complete",
        "COMP_WORDS": f"tracardi-operator {words}",
        "COMP_CWORD": str(len(f"{words}x".split())),
    }
    assert python(code, **environment).split() == completions


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_the_one_of_the_shell(invoke: Invoke, shell: str) -> None:
    result = invoke("completion", shell)
    assert result.exit_code == 0
    assert f"_TRACARDI_OPERATOR_COMPLETE={shell}_complete" in result.stdout


def test_an_unknown_shell_is_refused(invoke: Invoke) -> None:
    assert invoke("completion", "tcsh").exit_code == 2


def test_the_version_is_told(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"tracardi-operator, version {__version__}\n"


def test_the_help_names_every_command_and_first_steps(invoke: Invoke) -> None:
    text = invoke("--help").stdout
    for name in ("lint", "render", "types", "explain", "status", "recheck", "import", "run", "dev", "completion"):
        assert f"\n  {name} " in text
    assert "\n    tracardi-operator types " in text


@pytest.mark.parametrize("name", ["lint", "render", "types", "explain", "status", "recheck"])
def test_the_help_of_a_command_has_examples_on_lines_of_their_own(invoke: Invoke, name: str) -> None:
    assert f"\n    tracardi-operator {name}" in invoke(name, "--help").stdout


def test_a_misspelt_command_is_told_with_the_right_one(invoke: Invoke) -> None:
    result = invoke("lnit")
    assert result.exit_code == 2
    assert "Did you mean 'lint'?" in result.stderr


def test_there_is_no_colour_where_there_is_no_terminal(invoke: Invoke, write: Write) -> None:
    assert "\x1b" not in invoke("lint", "-f", write(BAD)).output


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_no_color_is_honoured_on_a_terminal(write: Write, no_color: str, coloured: bool) -> None:
    result = CliRunner().invoke(main, ["lint", "-f", write(BAD)], color=True, env={"NO_COLOR": no_color})
    assert ("\x1b" in result.output) is coloured


def test_the_module_is_the_command(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tracardi_operator", "lint", "-f", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "No such file or directory" in result.stderr
