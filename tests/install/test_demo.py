"""`make demo ONCE=1` does all that it says, each claim checked by itself, and prints no value."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tracardi_operator.devcluster import Toolchain

ROOT = Path(__file__).parents[2]
SHORTEST = 16
"""Characters from which on a sample's value can't stand in the output by chance."""
MADE_UP_KEY = re.compile(r"SG\.[\w.-]{20,}")


def _values() -> Iterator[str]:
    """The values of the Secrets among the samples."""
    for path in (ROOT / "manifests" / "samples").rglob("*.yaml"):
        for document in yaml.safe_load_all(path.read_text()):
            yield from document.get("stringData", {}).values()


@pytest.mark.timeout(3600)  # the tools are built when this is the first test to need them
def test_the_demo_ends_well_and_prints_no_value() -> None:
    Toolchain.provide()
    done = subprocess.run([sys.executable, "scripts/demo.py", "--once"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [value for value in _values() if len(value) >= SHORTEST and value.strip() in done.stdout] == []
    assert MADE_UP_KEY.findall(done.stdout) == []
