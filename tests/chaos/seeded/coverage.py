"""Which fields of the CRDs were set, changed, emptied and misused, and what the API server took of it."""

from collections import defaultdict
from collections.abc import Iterable

from tests.chaos.seeded.cluster import Document
from tests.chaos.seeded.schema import Change
from tests.chaos.seeded.script import changes

_LETTERS = {Change.SET: "s", Change.CHANGE: "c", Change.EMPTY: "e", Change.MISUSE: "m"}


def report(done: Iterable[Document]) -> list[str]:
    """A line for each field: a letter for each kind of change, capital if the API server took one of them."""
    letters: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for each in done:
        letter = _LETTERS[Change(each["change"])]
        field = f"{each['kind']}.{each['path']}"
        if each["taken"] or letter not in letters[field]:
            letters[field][letter] = letter.upper() if each["taken"] else letter
    names = sorted({f"{plural}.{'.'.join(path)}" for plural, path, _ in changes()})
    return [f"{name}: {''.join(letters[name].get(letter, '-') for letter in _LETTERS.values())}" for name in names]


def never_set(lines: Iterable[str]) -> list[str]:
    """Fields that the API server never took with a value that fits."""
    return [line for line in lines if not {"S", "C"} & set(line.rpartition(": ")[2])]
