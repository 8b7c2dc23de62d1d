"""How long a change takes to be published: from a watch's word of it until the first output is written.

Tries that fail in between are part of it. Not measured is what has no known beginning (a resync found it), and the way
from the API server to here: clocks are not compared.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tracardi_operator.control.records import Key


class Propagation:
    def __init__(
        self,
        observe: Callable[[float], None],
        is_leader: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`observe` is given the seconds of each publication."""
        self._observe = observe
        self._is_leader = is_leader
        self._clock = clock
        self._told: dict[Key, float] = {}
        """Since when a Resource has a change that no pass has begun with."""
        self._begun: dict[Key, float] = {}
        """The same, of the passes under way that have published nothing yet."""

    def told(self, key: Key) -> None:
        """There is news of this Resource, or of something that it names.

        The first that is not worked on yet counts; while standing by the last: those before were the leader's.
        """
        if key not in self._told or not self._is_leader():
            self._told[key] = self._clock()

    def forget(self, key: Key) -> None:
        """The Resource is gone."""
        self._told.pop(key, None)

    @contextmanager
    def through(self, key: Key) -> Iterator[None]:
        """One pass. If it fails and has published nothing, the next one still owes the same change."""
        if (since := self._told.pop(key, None)) is not None:
            self._begun[key] = since
        try:
            yield
        except BaseException:
            if key in self._begun:
                self._told[key] = self._begun[key]
            raise
        finally:
            self._begun.pop(key, None)

    def published(self, key: Key) -> None:
        """An output was written."""
        if (since := self._begun.pop(key, None)) is not None:
            self._observe(self._clock() - since)
