"""Of which commit a record is."""

import subprocess
from pathlib import Path


def commit() -> str:
    """What is checked out; with a plus if files of the operator differ from it."""
    return _git("rev-parse", "--short=12", "HEAD") + ("+" if _git("status", "--porcelain", "operator") else "")


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parents[1]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
