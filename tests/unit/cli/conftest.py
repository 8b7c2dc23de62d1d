"""How these tests call the command: through its group, with files of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tracardi_operator.cli import main

Invoke = Callable[..., Result]
Write = Callable[..., str]


@pytest.fixture
def invoke() -> Invoke:
    def run(*arguments: str, **options: object) -> Result:
        return CliRunner().invoke(main, arguments, catch_exceptions=False, **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str, name: str = "objects.yaml") -> str:
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return to_file
