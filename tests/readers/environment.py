"""An environment of its own for those who read what is published, from `requirements/consumers.txt`.

It is made once, in the user's cache folder: about a minute and 320 MB.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from tracardi_operator.devcluster.toolchain import KEY_LENGTH, cache_folder, locked

_REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "consumers.txt"


def python() -> Path:
    """The Python of the environment. Raises AssertionError with pip's words if it can't be made."""
    folder = _folder()
    with locked(folder / "lock", lambda _: None):
        if not (folder / "ready").exists():
            _make(folder)
    return folder / "bin" / "python"


def _folder() -> Path:
    """One for each version of the requirements and of Python."""
    version = ".".join(map(str, sys.version_info[:2]))
    key = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:KEY_LENGTH]
    return cache_folder().parents[1] / "consumers" / f"{key}-{version}"


def _make(folder: Path) -> None:
    install = ("install", "--quiet", "--no-compile", "--require-hashes", "-r", str(_REQUIREMENTS))
    _run(sys.executable, "-m", "venv", str(folder))
    _run(str(folder / "bin" / "python"), "-m", "pip", *install)
    (folder / "ready").touch()


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
