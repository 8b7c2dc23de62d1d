"""What is not carried over, and why."""

from dataclasses import dataclass
from enum import StrEnum

from tracardi_operator.services.shown import shown


class Why(StrEnum):
    NEVER_FILLED_IN = "NeverFilledIn"
    UNKNOWN_FIELD = "UnknownField"
    GIVEN_TWICE = "GivenTwice"
    WRITTEN_BACK = "WrittenBack"
    UNFIT = "Unfit"
    PERHAPS_SECRET = "PerhapsSecret"


@dataclass(frozen=True, slots=True)
class Omission:
    """`about` is the path in Tracardi's terms: "test.proxy", "description". Its words never hold a value."""

    why: Why
    about: str
    words: str


def told(name: str) -> str:
    """A name that Tracardi holds, fit for a terminal; hidden if it looks like a value."""
    return printable(shown(name))


def printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)
