"""`make setup`: a virtual environment with the locked dependencies and this package, from Python alone.

Usage: setup.py FOLDER, in the root of the repository. The file `ready` in FOLDER says that it is complete.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from console import Console

ROOT = Path(__file__).parents[1]
# The package itself can't be imported before its dependencies are there; this module of it needs none.
sys.path.append(str(ROOT / "operator" / "tracardi_operator" / "devcluster"))
from progress import Report, Reporter  # type: ignore[import-not-found]  # noqa: E402

LOCKED = Path("requirements/dev.txt")
SETTLED = ("Collecting ", "Requirement already satisfied: ", "Ignoring ")
"""How pip's one line about a locked package begins: it is fetched, is there, or is for other machines."""
INSTALLING = "Installing collected packages"
TICK = 0.5
TAIL_LINES = 15


def main(folder: Path) -> None:
    console = Console()
    version = ".".join(map(str, sys.version_info[:3]))
    with contextlib.closing(Reporter(sys.stderr)) as report:
        report(Report("[1/3] virtual environment", f"Python {version} in {folder}; next: fetching packages"))
        create(folder)
        locked = ["--require-hashes", "-r", str(LOCKED)]
        install(folder, locked, lambda log: report(Report("[2/3] packages", fetching(log, console.elapsed))))
        report(Report("[3/3] tracardi-operator", f"{console.elapsed} so far; next: ready"))
        install(folder, ["--no-deps", "--no-build-isolation", "-e", "."])
        report(Report("done", console.elapsed))
    (folder / "ready").touch()


def create(folder: Path) -> None:
    """Make the environment, anew if the one that is there is not of this Python."""
    fresh = [] if version_in(folder) == sys.version_info[:2] else ["--clear"]
    subprocess.run([sys.executable, "-m", "venv", *fresh, str(folder)], check=True)  # noqa: S603


def version_in(folder: Path) -> tuple[int, ...]:
    """Major and minor version of the environment's Python; empty if there is none that works."""
    command = [str(folder / "bin" / "python"), "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(map(int, answer.split()))


def install(folder: Path, arguments: list[str], watch: Callable[[str], None] = lambda _: None) -> None:
    """Run `pip install`; `watch` gets what it has printed. Raises SystemExit with its last words if it fails."""
    log = folder / "setup.log"
    # Python compiles what it imports when it first does: of the Kubernetes client's thousands of modules, few
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--no-compile", "--no-color", "--progress-bar=off"]
    with log.open("w") as output:
        process = subprocess.Popen([*pip, *arguments], stdout=output, stderr=output)  # noqa: S603
        while process.poll() is None:
            watch(log.read_text())
            time.sleep(TICK)
    if process.returncode:
        last = "\n".join(log.read_text().splitlines()[-TAIL_LINES:])
        sys.exit(f"\n{last}\npip failed; the whole log: {log}")


def fetching(log: str, elapsed: str) -> str:
    lines = log.splitlines()
    total = sum("==" in line for line in LOCKED.read_text().splitlines())
    settled = sum(line.startswith(SETTLED) for line in lines)
    doing = "installing" if any(line.startswith(INSTALLING) for line in lines) else "fetching"
    return f"{settled} of {total}, {doing}, {elapsed} so far; next: tracardi-operator itself"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
