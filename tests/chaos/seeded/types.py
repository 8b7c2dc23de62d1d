"""What service types ask for, and which values are right or wrong: rules as data, apart from the operator's own.

A value is right if it has a form that no rule can mind, wrong if it is one of those that every reader refuses. Of
all others nothing is foretold; then only what is said and what is done have to agree.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

Value = str | int | bool
PLAIN: Final = r"[a-z]{3}[a-z0-9]{9,37}"
"""What nothing can be wrong with where no form is asked for."""
WRONG: Final = frozenset(
    {"", "   ", "<your-value>", "${VALUE}", "{{ value }}", "ends-with-a-line-break\n", '"in-quotes"'}
)
"""What no field takes."""
NOT_TEXT: Final = b"\xff\xfe\xfa"
_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Verdict(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Field:
    kind: str = "string"
    required: bool = True
    sensitive: bool = False
    default: Value | None = None
    right: str = PLAIN
    """A pattern of what surely passes; what does not match it may pass too, unless `strict`."""
    strict: bool = False
    wrong: tuple[str, ...] = ()
    """What this field refuses, besides what all do."""
    minimum: int | None = None
    maximum: int | None = None

    def judge(self, raw: bytes) -> tuple[Verdict, Value]:
        """The verdict and, if it is right, the typed value."""
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return Verdict.WRONG, ""
        if text in WRONG or text in self.wrong:
            return Verdict.WRONG, ""
        if self.kind == "integer":
            return self._judge_number(text)
        if self.kind != "string":
            return Verdict.OPEN, text
        if re.fullmatch(self.right, text):
            return Verdict.RIGHT, text
        return (Verdict.WRONG if self.strict else Verdict.OPEN), text

    def _judge_number(self, text: str) -> tuple[Verdict, Value]:
        if not _NUMBER.fullmatch(text):
            return Verdict.WRONG, ""
        number = int(text)
        low = self.minimum is not None and number < self.minimum
        high = self.maximum is not None and number > self.maximum
        return (Verdict.WRONG, "") if low or high else (Verdict.RIGHT, number)


@dataclass(frozen=True, slots=True)
class Type:
    fields: Mapping[str, Field]
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Service Binding entries, made of the values named in braces: the first one of which all are given, if any."""
    one_of: tuple[tuple[str, ...], ...] = ()
    binding_type: str = ""
    """Empty: the name of the type."""
    provider: str = ""
    open: bool = False
    """Of its values nothing is foretold."""


BUILTIN: Final[Mapping[str, Type]] = {
    "sendgrid": Type({"token": Field(sensitive=True, right=r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}")}),
    "matomo": Type(
        {
            "token": Field(sensitive=True, right=r"[0-9a-f]{32}"),
            "api_url": Field(
                right=r"https://[a-z]{4,12}\.example\.com", wrong=("ftp://files.example.com", "matomo.example.com")
            ),
        },
        entries={"uri": ("{api_url}",)},
    ),
    "mysql": Type(
        {
            "host": Field(right=r"[a-z]{4,12}\.shop\.svc", wrong=("https://db.example.com", "db.example.com:3306")),
            "port": Field("integer", default=3306, minimum=1, maximum=65535),
            "user": Field(right=r"[a-z]{5,12}"),
            "password": Field(required=False, sensitive=True, right=r"[a-z]{3}[a-z0-9]{15,37}"),
            "database": Field(right=r"[a-z]{5,12}"),
        },
        entries={
            "host": ("{host}",),
            "port": ("{port}",),
            "username": ("{user}",),
            "password": ("{password}",),
            "database": ("{database}",),
            "uri": ("mysql://{user}:{password}@{host}:{port}/{database}", "mysql://{user}@{host}:{port}/{database}"),
        },
    ),
    "twilio": Type(
        {
            "account_sid": Field(right=r"AC[0-9a-f]{32}", wrong=("SK00112233445566778899aabbccddeeff",)),
            "auth_token": Field(required=False, sensitive=True, right=r"[0-9a-f]{32}"),
            "api_key_sid": Field(required=False, right=r"SK[0-9a-f]{32}"),
            "api_key_secret": Field(required=False, sensitive=True, right=r"[0-9A-Za-z]{32}"),
        },
        one_of=(("auth_token",), ("api_key_sid", "api_key_secret")),
    ),
    "token": Type({"token": Field(sensitive=True)}),
}
PATTERNS: Final = {"[a-z0-9-]{8,64}": PLAIN, "ORD-[0-9]{6}": "ORD-[1-9][0-9]{5}"}
"""Patterns that types of one's own ask for here, and what surely matches and passes."""

_UNFORETOLD: Final = {"requires", "oneOf"}
_UNFORETOLD_OF_FIELD: Final = {"password", "multiline", "minLength", "maxLength"}


def own_type(spec: Mapping[str, Any]) -> Type:
    """What a ResourceType asks for."""
    binding = spec.get("binding") or {}
    fields = {each["name"]: _own_field(each) for each in spec["fields"]}
    return Type(
        fields=fields,
        entries={entry: ("{" + name + "}",) for entry, name in (binding.get("entries") or {}).items()},
        binding_type=binding.get("type", ""),
        provider=binding.get("provider", ""),
        open=bool(_UNFORETOLD & spec.keys()) or any(map(_is_unforetold, spec["fields"])),
    )


def _is_unforetold(each: Mapping[str, Any]) -> bool:
    return bool(_UNFORETOLD_OF_FIELD & each.keys()) or each.get("kind", "string") not in ("string", "integer")


def _own_field(each: Mapping[str, Any]) -> Field:
    kind = each.get("kind", "string")
    default = each.get("default")
    if default is not None and kind == "string":
        default = str(default)
    choices, pattern = each.get("enum"), each.get("pattern")
    right = "|".join(map(re.escape, choices)) if choices else PATTERNS.get(pattern or "", PLAIN)
    if choices and pattern:
        right = r"(?!)"  # nothing is foretold
    return Field(
        kind=kind if not (choices and kind != "string") else "open",
        required=bool(each.get("required")),
        sensitive=bool(each.get("sensitive")),
        default=default if kind in ("string", "integer") else None,
        right=right,
        strict=bool(choices) and not pattern,
        minimum=each.get("minimum"),
        maximum=each.get("maximum"),
    )
