"""SECURITY.md claims nothing that it does not name a proof of: the tests and files that it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROOFS = sorted(set(re.findall(r"`((?:tests|operator)/[\w/.]+?)(?:::(\w+))?`", (ROOT / "SECURITY.md").read_text())))


def test_the_page_names_proofs() -> None:
    assert len(PROOFS) > 10


@pytest.mark.parametrize(("file", "test"), PROOFS, ids=map("::".join, PROOFS))
def test_what_the_page_names_exists(file: str, test: str) -> None:
    assert f"def {test}(" in (ROOT / file).read_text() if test else (ROOT / file).is_file()
