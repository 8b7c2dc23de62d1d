"""Rules about fields that need or exclude each other, as a user name and its password do."""

from collections.abc import Iterator

from tracardi_operator.api.problems import Reason
from tracardi_operator.services.model import Finding, Rule, Values


def needs(given: str, *others: str) -> Rule:
    """If `given` is given, each of the others must be given too."""

    def find(values: Values) -> Iterator[Finding]:
        for other in others:
            if given in values and other not in values:
                yield Finding(other, Reason.MISSING_FIELD, f"is missing: {given!r} is given, and is nothing without it")

    subject = f"{' and '.join(others)} {'are' if len(others) > 1 else 'is'}"
    return Rule((given, *others), find, f"{subject} needed if {given} is given.")


def both_or_neither(one: str, other: str) -> Rule:
    """Each of the two needs the other."""
    there, back = needs(one, other), needs(other, one)

    def find(values: Values) -> Iterator[Finding]:
        yield from there.find(values)
        yield from back.find(values)

    return Rule((one, other), find, f"Give both {one} and {other}, or neither.")


def one_way(key: str) -> Rule:
    """The field `key` logs in by itself: it excludes `username` and `password`."""

    def find(values: Values) -> Iterator[Finding]:
        if key in values and ("username" in values or "password" in values):
            message = "is given besides 'username' and 'password'; keep one way to log in"
            yield Finding(key, Reason.CONTRADICTION, message)

    return Rule(("username", "password", key), find, f"Give {key}, or username and password, but not both.")
