"""The wall clock of one process, set while it runs: libfaketime answers for it. Time that only passes is left alone.

libfaketime comes as a library for Linux on x86-64. Elsewhere the clock of the process stays right.
"""

import importlib.util
from pathlib import Path


class WallClock:
    """`path` is where libfaketime reads the difference from the right time, once a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shift(0)

    @property
    def environment(self) -> dict[str, str]:
        """For the process whose clock it is."""
        package = importlib.util.find_spec("libfaketime")
        if package is None or package.origin is None:
            return {}
        return {
            "LD_PRELOAD": str(Path(package.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def shift(self, hours: int) -> None:
        """Show the right time and so many hours more. Never a file half written: libfaketime would end the process."""
        draft = self._path.with_suffix(".draft")
        draft.write_text(f"{hours:+d}h\n")
        draft.replace(self._path)
