"""`.pre-commit-hooks.yaml`: its entry, run as pre-commit runs it: with the names of the changed files."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SAMPLES = Path("manifests/samples")
NOT_OURS = ".pre-commit-hooks.yaml"


@pytest.fixture
def hook() -> dict[str, Any]:
    [found] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return dict(found)


def run(hook: dict[str, Any], *files: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(hook["entry"])
    command = [str(Path(sys.executable).with_name(program)), *arguments, *files]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_hook_has_what_pre_commit_needs(hook: dict[str, Any]) -> None:
    assert (hook["id"], hook["language"], hook["types"]) == ("tracardi-lint", "python", ["yaml"])


def test_files_that_are_right_or_not_ours_pass(hook: dict[str, Any]) -> None:
    done = run(hook, str(SAMPLES / "sendgrid.yaml"), NOT_OURS, str(SAMPLES / "redis.yaml"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 Resources: nothing wrong")


def test_a_change_without_a_resource_passes(hook: dict[str, Any]) -> None:
    assert run(hook, NOT_OURS).returncode == 0


def test_a_wrong_file_among_others_fails_with_its_line(hook: dict[str, Any]) -> None:
    wrong = str(SAMPLES / "broken" / "key-id.yaml")
    done = run(hook, str(SAMPLES / "sendgrid.yaml"), wrong)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{wrong}:19: error: production.token: looks like the API Key ID")
