"""Messages of the log are constant, and what varies is under the keys that docs/observability.md lists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "operator" / "tracardi_operator").rglob("*.py"))
PAGE = ROOT / "docs" / "observability.md"
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}
OF_LIBRARIES = {"library"}
"""Keys that the filter for libraries adds."""


def calls(path: Path) -> Iterator[ast.Call]:
    """The calls of `log`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
            and node.func.attr in LEVELS
        ):
            yield node


LOGGING = [path for path in SOURCES if any(calls(path))]


def keys(extra: ast.expr) -> set[str]:
    """Of a dictionary that is written out, with what `about` says of an object in it."""
    if isinstance(extra, ast.Call):
        assert ast.unparse(extra.func).endswith("about")
        return {"kind", "object"}
    assert isinstance(extra, ast.Dict)
    own = {str(key.value) for key in extra.keys if isinstance(key, ast.Constant)}
    return own.union(*(keys(value) for key, value in zip(extra.keys, extra.values, strict=True) if key is None))


@pytest.mark.parametrize("path", LOGGING, ids=lambda path: str(path.relative_to(ROOT / "operator")))
def test_messages_are_constant_and_nothing_is_filled_into_them(path: Path) -> None:
    for call in calls(path):
        assert isinstance(call.func, ast.Attribute)
        level, texts = call.func.attr, call.args[1 if call.func.attr == "log" else 0 :]
        assert [type(text) for text in texts] == [ast.Constant], f"{path}:{call.lineno}: {level}"
        assert {keyword.arg for keyword in call.keywords} <= {"extra"}, f"{path}:{call.lineno}"


def test_the_keys_are_those_that_the_page_lists() -> None:
    rows = re.findall(r"^\| (`.*?`) \|", PAGE.read_text().partition("## Logs")[2], re.MULTILINE)
    listed = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    extras = [keyword.value for path in LOGGING for call in calls(path) for keyword in call.keywords]
    assert listed == OF_LIBRARIES.union(*map(keys, extras))
