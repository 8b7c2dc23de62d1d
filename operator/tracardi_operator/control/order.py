"""Lists come in order: their versions only grow, unless a cluster is restored from a backup."""

import asyncio
from typing import Final

_BEHIND_SECONDS: Final = 60.0
"""How long lists may be older than what is known, before it is believed that the cluster was restored."""


class Behind(Exception):  # noqa: N818  # it names the state of affairs
    """The API server is at an earlier point in time than we have seen already: nothing is to be learned from it."""


class Order:
    """Of the lists of one collection."""

    def __init__(self) -> None:
        self._newest = 0
        """The version of the last list."""
        self._behind_since: float | None = None

    def keep(self, version: int, known: int) -> bool:
        """Whether a list shows that the cluster was restored to a state before `known`, the latest version seen.

        Raises Behind, until that has lasted for so long that it is no lagging API server.
        """
        known = max(known, self._newest)
        is_behind = version < known
        if not is_behind:
            self._behind_since = None
        elif not self._is_behind_for_long():
            raise Behind(f"the API server is at {version}, behind {known}")
        self._newest = version
        return is_behind

    def _is_behind_for_long(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._behind_since is None:
            self._behind_since = now
        return now - self._behind_since >= _BEHIND_SECONDS
