"""The fuzzer of `target.py`, and that it would find what it looks for. TRACARDI_TEST_FUZZ_RUNS sets how many inputs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import target
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.checks import Checked, Raw

RUNS = int(os.environ.get("TRACARDI_TEST_FUZZ_RUNS", "50000"))
SEED = os.environ.get("TRACARDI_TEST_FUZZ_SEED", "20261122")


@pytest.mark.timeout(RUNS // 100 + 300)
def test_no_input_raises_or_is_told(tmp_path: Path) -> None:
    options = [
        f"-atheris_runs={RUNS}",
        f"-seed={SEED}",
        "-max_len=65540",
        "-timeout=20",
        f"-artifact_prefix={tmp_path}/",
    ]
    program = [sys.executable, target.__file__, *options]
    done = subprocess.run(program, check=False, capture_output=True, text=True, cwd=tmp_path)
    print(*done.stderr.splitlines()[-3:], sep="\n")
    assert (done.returncode, re.findall(r"^Done (\d+)", done.stderr, re.MULTILINE)) == (0, [str(RUNS)])


def test_a_part_of_the_value_in_a_message_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def telling(_: object, environment: str, raw: dict[str, Raw], *__: object) -> Checked:
        return Checked(
            {}, tuple(Problem(Reason.BAD_FORMAT, str(r.value)[3:9], environment=environment) for r in raw.values())
        )

    monkeypatch.setattr(target, "check", telling)
    with pytest.raises(target.LeakError):
        target.fuzz(b"\0\0qzvjwxkqpyhg")


@pytest.mark.parametrize("value", [b"example", b"is required but not given", b"looks like an e-mail address"])
def test_words_of_the_message_are_no_part_of_the_value(value: bytes) -> None:
    for number in range(len(target.FIELDS)):
        target.fuzz(number.to_bytes(2, "big") + value)
