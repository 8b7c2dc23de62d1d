"""Whether a text is what its field expects: kind, form, range and choices, and what else people paste into it."""

import base64
from collections.abc import Iterator
from typing import Final

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.checks.conversion import EXPECTED, convert
from tracardi_operator.checks.value_rules import error, warning
from tracardi_operator.services.model import Confidence, Field, Finding, Format, Kind
from tracardi_operator.services.signatures import Signature, recognise

_SHORTEST_GUESS: Final = 8
"""Decoded characters from which on printable text is no accident (a random byte is printable in one case of three)."""
_MOST_LAYERS: Final = 3


def double_encoding(definition: Field, text: str) -> Finding | None:
    """Base64 of a value that would fit. Where anything fits, base64 of a line of text is at least doubtful.

    Keys that are base64 themselves (session tokens) fit in both forms, but never decode to text.
    """
    layers = list(_layers(text))
    if not layers:
        return None
    tells_text_apart = not _fits(definition, text) or (definition.is_key and definition.format is not None)
    if tells_text_apart and any(_fits(definition, decoded) for decoded in layers):
        return error(definition, Reason.DOUBLE_ENCODED, "is base64 of a fitting value: it was encoded twice")
    if definition.sensitive and definition.format is None and len(layers[0]) >= _SHORTEST_GUESS:
        return warning(definition, Reason.DOUBLE_ENCODED, "looks like base64 of text: perhaps it was encoded twice")
    return None


def form(definition: Field, text: str) -> Finding | None:
    """The most telling of: a known mistake, a thing of another service, the wrong kind, no choice, another form."""
    return (
        _mistake(definition, text)
        or _of_another_service(definition, text)
        or _kind(definition, text)
        or _choice(definition, text)
        or _format(definition, definition.format, text)
        or _format(definition, definition.usual, text)
    )


def value_range(definition: Field, text: str) -> Finding | None:
    value = convert(definition.kind, text)
    if not isinstance(value, int) or _within(definition, value):
        return None
    return error(definition, Reason.OUT_OF_RANGE, f"is out of range: expected {_range_in_words(definition)}")


def _mistake(definition: Field, text: str) -> Finding | None:
    for mistake in definition.mistakes:
        if mistake.matches(text):
            message = f"looks like {mistake.words}{_expected(definition)}"
            return Finding(definition.name, mistake.reason, message, mistake.severity)
    return None


def _of_another_service(definition: Field, text: str) -> Finding | None:
    """Told only where the value does not fit: what fits is no mistake, whatever it looks like."""
    fitting = _fits(definition, text)
    if fitting and (definition.usual is None or definition.usual.matches(text)):
        return None
    signature = recognise(text)
    if signature is None:
        return None
    message = f"{_likeness(definition, signature)}{_expected(definition)}"
    refused = not fitting and not _is_guess(definition.format)
    return (error if refused else warning)(definition, Reason.BAD_FORMAT, message)


def _likeness(definition: Field, signature: Signature) -> str:
    if signature.mark and signature.mark in _expected(definition):
        return f"looks like {signature.words} that is not whole, or was changed"
    return f"looks like {signature.words}"


def _kind(definition: Field, text: str) -> Finding | None:
    if convert(definition.kind, text) is not None:
        return None
    return error(definition, Reason.BAD_FORMAT, f"has the wrong form: expected {_kind_in_words(definition)}")


def _choice(definition: Field, text: str) -> Finding | None:
    if not definition.choices or text in definition.choices:
        return None
    return error(
        definition, Reason.BAD_FORMAT, f"is not one of the choices: expected {' or '.join(definition.choices)}"
    )


def _format(definition: Field, expected: Format | None, text: str) -> Finding | None:
    if expected is None or expected.confidence is Confidence.UNKNOWN or expected.matches(text):
        return None
    if expected.confidence is Confidence.CONFIDENT:
        return error(definition, Reason.BAD_FORMAT, f"has the wrong form: expected {expected.words}")
    message = f"has an unusual form: expected {expected.words}; if the service accepts it, ignore this warning"
    return Finding(definition.name, Reason.BAD_FORMAT, message, Severity.WARNING)


def _is_guess(expected: Format | None) -> bool:
    return expected is not None and expected.confidence is not Confidence.CONFIDENT


def _fits(definition: Field, text: str) -> bool:
    value = convert(definition.kind, text)
    return (
        value is not None
        and (not definition.choices or text in definition.choices)
        and (definition.format is None or definition.format.matches(text))
        and (not isinstance(value, int) or _within(definition, value))
    )


def _layers(text: str) -> Iterator[str]:
    """What decoding gives, and decoding that again, as far as it is text."""
    decoded = _decoded(text)
    for _ in range(_MOST_LAYERS):
        if decoded is None:
            return
        yield decoded
        decoded = _decoded(decoded)


def _decoded(text: str) -> str | None:
    """What the text says when it is base64 of a line of printable ASCII (a last line break aside)."""
    try:
        decoded = base64.b64decode(text, validate=True).decode("ascii").rstrip("\r\n")
    except ValueError:
        return None
    return decoded if decoded.isprintable() else None


def _within(definition: Field, value: int) -> bool:
    return (definition.minimum is None or value >= definition.minimum) and (
        definition.maximum is None or value <= definition.maximum
    )


def _expected(definition: Field) -> str:
    expected = definition.format or definition.usual
    if expected:
        return f"; expected {expected.words}"
    return "" if definition.kind is Kind.STRING else f"; expected {EXPECTED[definition.kind]}"


def _kind_in_words(definition: Field) -> str:
    return definition.format.words if definition.format else EXPECTED[definition.kind]


def _range_in_words(definition: Field) -> str:
    if definition.minimum is None:
        return f"at most {definition.maximum}"
    if definition.maximum is None:
        return f"at least {definition.minimum}"
    return f"{definition.minimum} to {definition.maximum}"
