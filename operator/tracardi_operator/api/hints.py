"""Help with names that were misspelt."""

import difflib
import re
from collections.abc import Iterable
from typing import Final

SIMILAR: Final = 0.6
"""How alike two names are that may be one misspelt (`difflib`: 0 to 1)."""
_MOST: Final = 6


def near(name: str, known: Iterable[str], similar: float = SIMILAR) -> list[str]:
    """The known names that may be meant, the likeliest first.

    They are the same but for case and punctuation; or else one has all words of the other; or else one is alike.
    """
    names = list(known)
    plain, words = _plain(name), _words(name)
    if not plain:
        return []
    return (
        [other for other in names if _plain(other) == plain] or _sharing(words, names) or _alike(plain, names, similar)
    )


def closest(name: str, known: Iterable[str]) -> str | None:
    """The likeliest of the known names that may be meant."""
    return next(iter(near(name, known)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A clause like " (did you mean 'token'?)", or nothing."""
    found = [repr(other) for other in near(name, known)]
    if not found:
        return ""
    *others, last = found
    listed = f"{', '.join(others)} or {last}" if others else last
    return f" (did you mean {listed}?)"


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _words(name: str) -> frozenset[str]:
    """`personalAccess-token_2` has four."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return frozenset(word for word in re.split(r"[\W_]+", spaced.lower()) if word)


def _sharing(words: frozenset[str], names: list[str]) -> list[str]:
    others = {name: _words(name) for name in names}
    found = [name for name, other in others.items() if other and (words <= other or other <= words)]
    return sorted(found, key=lambda name: len(words ^ others[name]))[:_MOST]


def _alike(plain: str, names: list[str], similar: float) -> list[str]:
    by_plain = {_plain(name): name for name in names}
    return [by_plain[found] for found in difflib.get_close_matches(plain, by_plain, n=1, cutoff=similar)]
