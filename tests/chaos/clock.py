"""The wall clock of one process, set while it runs: libfaketime answers for it. Time that only passes is left alone.

libfaketime comes as a library for Linux with glibc on x86-64. Elsewhere the clock of the process stays right.
"""

import importlib.util
import platform
from pathlib import Path

_MADE = ("faketime_shm_{}", "sem.faketime_sem_{}")
"""What libfaketime makes in memory that is shared, and leaves there if its process is killed."""


class WallClock:
    """`path` is where libfaketime reads the difference from the right time, whenever it is asked for the time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shift(0)

    @property
    def environment(self) -> dict[str, str]:
        """For the process whose clock it is; empty where there is no such library."""
        library = _library()
        if library is None:
            return {}
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "1",
            # Or a thread's wait for Python's lock, five milliseconds at a time, would end at once, again and again.
            "FAKETIME_WAIT_MS": "5",
            "NO_FAKE_STAT": "1",
        }

    def shift(self, hours: int) -> None:
        """Show the right time and so many hours more. Never a file half written: libfaketime would end the process."""
        draft = self._path.with_suffix(".draft")
        draft.write_text(f"{hours:+d}h\n")
        draft.replace(self._path)


def clear(pid: int) -> None:
    """Take away what the clock of a process that is gone has left."""
    for name in _MADE:
        (Path("/dev/shm") / name.format(pid)).unlink(missing_ok=True)  # where Linux has it


def _library() -> Path | None:
    package = importlib.util.find_spec("libfaketime")
    if package is None or package.origin is None or platform.libc_ver()[0] != "glibc":
        return None
    library = Path(package.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"
    return library if library.exists() and platform.machine() == "x86_64" else None
