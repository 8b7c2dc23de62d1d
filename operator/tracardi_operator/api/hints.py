"""Help with names that were misspelt."""

import difflib
from collections.abc import Iterable


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, if any is like it."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A clause like " (did you mean 'token'?)", or nothing."""
    close = closest(name, known)
    return f" (did you mean {close!r}?)" if close else ""
