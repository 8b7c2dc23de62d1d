"""What may be wrong with a value whatever its service: white space, placeholders, pasted prefixes, characters.

Each rule looks at one text and finds at most one thing. A rule that can be wrong about a password that a person chose
only warns there. Messages are predicates of the field and never depend on the value but through the kind of mistake.
"""

import re
import unicodedata
from typing import Final

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services.model import Field, Finding, Kind

MAX_BYTES: Final = 64 * 1024
"""More than any credential has; nothing is matched against a pattern beyond it."""

_LINE_BREAKS: Final = "\r\n"
_SHORTEST_RUN: Final = 8
_RUNS: Final = re.compile(rf"(.)\1{{{_SHORTEST_RUN - 1},}}", re.DOTALL)

_QUOTES: Final = frozenset({('"', '"'), ("'", "'"), ("`", "`"), ("“", "”"), ("‘", "’"), ("„", "“"), ("«", "»")})

_UNRESOLVED: Final = re.compile(
    r"<[^<>]*>|\$\{[^{}]*\}|\$[A-Z_][A-Z0-9_]*|\$\(\w+\)|\$?\{\{.*\}\}|%[A-Z_][A-Z0-9_]*%"
    r"|(?i:none|null|nil|undefined|n/a)|[xX]{4,}|\*{3,}|\.{3,}",
    re.ASCII,
)
"""What a template, a script or a redaction leaves behind: a value in no field."""
_UNRESOLVED_PART: Final = re.compile(r"<[A-Za-z][^<>]*>|\$\{\w+\}|\{\{[^{}]*\}\}", re.ASCII)
_STOCK: Final = re.compile(r"\$\w+|%\w+%|change[-_ ]?me|replace[-_ ]?me|your[-_ ].*", re.ASCII | re.IGNORECASE)
_WORD: Final = re.compile(
    r"todo|tbd|fixme|dummy|example|sample|test|secret|password|token|guest|api[-_ ]?key|0{8,}"
    r"|my[-_ ].*[-_ ](?:key|token|secret)",
    re.ASCII | re.IGNORECASE,
)
"""Names of things, which a user name or a bucket may well bear and a key can't."""

_MARKUP: Final = re.compile(r"\s*<(?:!--|script[\s>])", re.ASCII | re.IGNORECASE)
_SCHEME: Final = re.compile(
    r"(?:(?:proxy-)?authorization|x-[a-z-]{1,40}|api-key)\s*:.*|(?:bearer|basic|token|apikey|key)\s+\S+",
    re.ASCII | re.IGNORECASE,
)
_ASSIGNMENT: Final = re.compile(
    r"(?:export\s+|[?&])?[a-z0-9_.-]{0,40}(?:token|token_auth|key|key_id|secret|password|passwd|pwd|sid|username)"
    r"(?:\s?=\s?[^=\s].*|:\s.*)",
    re.ASCII | re.IGNORECASE,
)
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{1,19}://.*", re.ASCII | re.IGNORECASE)


def decode(definition: Field, value: bytes | str | int) -> str | Finding:
    """The text of a value, or why it has none."""
    if isinstance(value, int):
        return str(value)
    if len(value) > MAX_BYTES:
        return error(
            definition, Reason.BAD_FORMAT, "is far larger than any such value; perhaps a whole file was stored"
        )
    if isinstance(value, str):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return error(definition, Reason.NOT_TEXT, "is not text in UTF-8, but binary or of another encoding (UTF-16?)")


def empty(definition: Field, text: str) -> Finding | None:
    if text.strip():
        return None
    advice = "give it a value" if definition.required else "give it a value, or remove the key"
    return error(definition, Reason.EMPTY, f"is empty or nothing but white space; {advice}")


def markup(definition: Field, text: str) -> Finding | None:
    """Widgets are handed out as a script to be put into a web page: their id stands somewhere in it."""
    if _may_span_lines(definition) or not _MARKUP.match(text):
        return None
    message = "is a script or comment of a web page; store only the value that stands in it"
    return _doubt_in_password(definition, Reason.BAD_FORMAT, message)


def line_break(definition: Field, text: str) -> Finding | None:
    if _may_span_lines(definition) or not any(c in text for c in _LINE_BREAKS):
        return None
    if text[-1] in _LINE_BREAKS:
        return error(definition, Reason.WHITESPACE, "ends with a line break, which echo and most editors add")
    return error(definition, Reason.WHITESPACE, "holds a line break; it is a single line")


def control_character(definition: Field, text: str) -> Finding | None:
    if text.isprintable() or not any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in text):
        return None
    return error(definition, Reason.NOT_TEXT, "holds control characters, as binary data and UTF-16 do")


def invisible_character(definition: Field, text: str) -> Finding | None:
    if text.isascii():
        return None
    if text.startswith("\ufeff"):
        return error(definition, Reason.WHITESPACE, "begins with a byte order mark; save the file without BOM")
    if any(unicodedata.category(c) in ("Cf", "Zl", "Zp", "Zs") and c != " " for c in text):
        message = "holds an invisible character or an unusual space, as text copied from a web page does"
        return error(definition, Reason.WHITESPACE, message)
    return None


def outer_space(definition: Field, text: str) -> Finding | None:
    if _may_span_lines(definition) or text == text.strip(" \t"):
        return None
    if definition.password:
        return warning(definition, Reason.WHITESPACE, "begins or ends with a space, which is rarely meant")
    return error(definition, Reason.WHITESPACE, "begins or ends with a space")


def quotes(definition: Field, text: str) -> Finding | None:
    if len(text) < 2 or (text[0], text[-1]) not in _QUOTES:
        return None
    return error(definition, Reason.PASTED_PREFIX, "stands in quotes; store what is between them")


def known_example(definition: Field, text: str) -> Finding | None:
    if text not in definition.known_examples:
        return None
    return error(definition, Reason.PLACEHOLDER, "is an example printed in the service's documentation")


def unresolved(definition: Field, text: str) -> Finding | None:
    message = "is a placeholder that was never filled in"
    if _UNRESOLVED.fullmatch(text):
        return error(definition, Reason.PLACEHOLDER, message)
    if _UNRESOLVED_PART.search(text):
        return _doubt_in_password(definition, Reason.PLACEHOLDER, "holds a placeholder that was never filled in")
    return None


def stock_word(definition: Field, text: str) -> Finding | None:
    if _STOCK.fullmatch(text) or (_is_credential(definition) and _WORD.fullmatch(text)):
        message = "is a word that stands for a value in examples" + (", or a very weak one" * definition.password)
        return _doubt_in_password(definition, Reason.PLACEHOLDER, message)
    return None


def repeated_character(definition: Field, text: str) -> Finding | None:
    """A run that fills a tenth of a key: `AKIAXXXXXXXX…`. Long tokens of AWS really have runs of ten slashes."""
    if not definition.is_key:
        return None
    longest = max((len(run[0]) for run in _RUNS.finditer(text)), default=0)
    if longest < max(_SHORTEST_RUN, len(text) / 10):
        return None
    return error(definition, Reason.PLACEHOLDER, "repeats one character, as placeholders and redacted values do")


def scheme(definition: Field, text: str) -> Finding | None:
    if not _is_credential(definition) or not _SCHEME.fullmatch(text):
        return None
    message = (
        "begins with a header or scheme (Bearer, Basic, ApiKey …), which clients add themselves; store what follows"
    )
    return _doubt_in_password(definition, Reason.PASTED_PREFIX, message)


def assignment(definition: Field, text: str) -> Finding | None:
    if definition.kind is Kind.OBJECT or not _ASSIGNMENT.fullmatch(text):
        return None
    message = "begins with the name of a parameter or variable; store what follows it"
    return _doubt_in_password(definition, Reason.PASTED_PREFIX, message)


def whole_url(definition: Field, text: str) -> Finding | None:
    if not _is_credential(definition) or not _URL.fullmatch(text) or _has_words_for_urls(definition, text):
        return None
    return _doubt_in_password(definition, Reason.PASTED_PREFIX, "is a whole URL; store only the credential")


def inner_space(definition: Field, text: str) -> Finding | None:
    if not definition.is_key or _may_span_lines(definition) or not any(c in text for c in " \t"):
        return None
    return error(definition, Reason.WHITESPACE, "holds a space or tab; such values have none")


def look_alike(definition: Field, text: str) -> Finding | None:
    if definition.password or definition.kind is Kind.OBJECT or text.isascii():
        return None
    message = "holds characters outside ASCII, perhaps look-alikes from a document; copy it anew"
    return error(definition, Reason.BAD_FORMAT, message)


def error(definition: Field, reason: Reason, message: str) -> Finding:
    return Finding(definition.name, reason, message)


def warning(definition: Field, reason: Reason, message: str) -> Finding:
    return Finding(definition.name, reason, message, Severity.WARNING)


def _doubt_in_password(definition: Field, reason: Reason, message: str) -> Finding:
    return (warning if definition.password else error)(definition, reason, message)


def _has_words_for_urls(definition: Field, text: str) -> bool:
    """The field is a URL itself, if another one, or this one is a mistake with a name: the form says more."""
    expects_url = definition.format is not None and "://" in definition.format.pattern
    return expects_url or any(mistake.matches(text) for mistake in definition.mistakes)


def _is_credential(definition: Field) -> bool:
    return definition.is_key or definition.password


def _may_span_lines(definition: Field) -> bool:
    return definition.multiline or definition.kind is Kind.OBJECT
