"""The names and values that occur in runs. All values are made up, most of them anew from the seed."""

import re
from random import Random
from typing import Any, Final

from tests.chaos.seeded.cluster import Document
from tests.chaos.seeded.schema import Vocabulary
from tests.chaos.seeded.types import BUILTIN, PATTERNS, Field

OWN_TYPE: Final = "chaos-shop"
GUINEA_TYPE: Final = "chaos-guinea"
"""The ResourceType of which every field is changed."""
RESOURCES: Final = ("visits", "orders", "mails", "calls")
GUINEAS: Final = ("guinea", "guinea-own")
"""The Resources of which every field is changed: of a built-in type, and of the type of one's own."""
HERE: Final = "@here"
"""Stands for the namespace of the run."""
TRACARDI: Final = "@tracardi"
"""Stands for the address of the Tracardi that there is."""
LOGIN: Final = "tracardi-login"
CONSUMERS: Final = ("desk", "shelf")
FEEDS: Final = ("feed",)
"""Consumers that deliver to Tracardi."""
GUINEA_CONSUMER: Final = "guinea-consumer"
SECRETS: Final = ("alpha", "beta", "gamma", "delta")
CONFIG_MAPS: Final = ("north", "south")
OUTPUTS: Final = ("chosen-a", "chosen-b")
"""Names of outputs that authors choose."""

OWN_SPEC: Final[Document] = {
    "title": "A shop",
    "fields": [
        {"name": "login", "required": True},
        {"name": "secret", "required": True, "sensitive": True},
        {"name": "port", "kind": "integer", "default": 8080, "minimum": 1, "maximum": 9000},
    ],
    "binding": {"entries": {"username": "login", "port": "port"}},
}

_NAMES: Final = ["login", "secret", "port", "mode"]
_FIELD_NAMES: Final = sorted({name for service in BUILTIN.values() for name in service.fields})
_LABEL_VALUES: Final = ["blue", "green", "v1.2"]
_WORDS: Final = ["spring", "summer", "autumn"]

RESOURCE_WORDS: Final[dict[str, list[Any]]] = {
    "type": [*BUILTIN, OWN_TYPE, GUINEA_TYPE, "no-such-type"],
    "secretRef.name": [*SECRETS, "missing"],
    "secretKeyRef.name": [*SECRETS, "missing", "visits-production-resolved"],
    "configMapKeyRef.name": [*CONFIG_MAPS, "missing"],
    "key": _FIELD_NAMES,
    "value": ["abcdef123456", "https://shop.example.com", "db.shop.svc", 3306, "<your-value>", ""],
    "output.environments.{}.name": [*OUTPUTS, "visits-production-resolved", "alpha"],
    "labels.{}": _LABEL_VALUES,
    "annotations.{}": _WORDS,
    "allowedNamespaces.[]": ["elsewhere", "other-place"],
    "tracardi.id": ["mail-1", "mail.2"],
    "tags.[]": _WORDS,
    "groups.[]": _WORDS,
    "tracardi.destination": ['{"to": "somewhere"}', "{}"],
}
RESOURCE_KEYS: Final = {
    "credentials": ["production", "test"],
    "environments": ["production", "test"],
    "fields": _FIELD_NAMES,
    "labels": ["team", "tier"],
    "annotations": ["note", "owner"],
}
TYPE_WORDS: Final[dict[str, list[Any]]] = {
    "fields.[].name": ["mode", "region", "branch"],
    "default": ["abcdef123456", 80],
    "example": ["abcdef123456", 80],
    "enum.[]": ["abcdef123456", "ghijkl123456"],
    "fields.[].pattern": list(PATTERNS),
    "requires.[].field": _NAMES,
    "needs.[]": _NAMES,
    "oneOf.[].[]": _NAMES,
    "binding.type": ["shop"],
    "entries.{}": _NAMES,
    "url": ["https://shop.example.com/keys"],
    "tags.[]": _WORDS,
}
_OF_TEXT: Final = {"kind": "string", "minimum": None, "maximum": None}
_OF_NUMBERS: Final = {
    "kind": "integer",
    "pattern": None,
    "expected": None,
    "minLength": None,
    "maxLength": None,
    "multiline": None,
}
TYPE_COMPANIONS: Final[dict[str, Document]] = {
    "fields.[].pattern": _OF_TEXT | {"expected": "a key of the shop", "minLength": None, "maxLength": None},
    "fields.[].minLength": _OF_TEXT | {"maxLength": None},
    "fields.[].maxLength": _OF_TEXT | {"minLength": None},
    "fields.[].multiline": _OF_TEXT,
    "fields.[].minimum": _OF_NUMBERS | {"maximum": None},
    "fields.[].maximum": _OF_NUMBERS | {"minimum": None},
    "fields.[].sensitive": {"default": None},
    "fields.[].default": {"sensitive": None},
}
TYPE_KEYS: Final = {"entries": ["username", "password", "login"]}
CONSUMER_WORDS: Final[dict[str, list[Any]]] = {
    "from.[].namespace": [HERE, "elsewhere"],
    "matchLabels.{}": _LABEL_VALUES,
    "values.[]": _LABEL_VALUES,
    "matchExpressions.[].key": ["team", "tier"],
    "matchExpressions.[].operator": ["In", "NotIn"],
    "bundle.secretName": [*OUTPUTS, "alpha", "bundle"],
    "bundle.key": ["bundle.json", "bundle"],
    "tracardi.url": ["http://tracardi.shop.svc:8686", "https://tracardi.example.com"],
    "name": [*SECRETS, *CONFIG_MAPS, "missing"],
    "usernameKey": _FIELD_NAMES,
    "passwordKey": _FIELD_NAMES,
    "key": _FIELD_NAMES,
}
CONSUMER_COMPANIONS: Final[dict[str, Document]] = {
    "from.[].selector.matchExpressions.[].operator": {"values": ["blue", "v1.2"]},
    "from.[].selector.matchExpressions.[].values": {"operator": "NotIn"},
}
CONSUMER_KEYS: Final = {"matchLabels": ["team", "tier"]}

VOCABULARIES: Final = {
    "resources": Vocabulary(RESOURCE_WORDS, RESOURCE_KEYS),
    "resourcetypes": Vocabulary(TYPE_WORDS, TYPE_KEYS, TYPE_COMPANIONS),
    "resourceconsumers": Vocabulary(CONSUMER_WORDS, CONSUMER_KEYS, CONSUMER_COMPANIONS),
}

_PART: Final = re.compile(r"(\[[^\]]+\]|\\.|[^\\\[{])(?:\{(\d+)(?:,(\d+))?\})?")
_RANGE: Final = re.compile(r"(.)-(.)")


def right_value(dice: Random, definition: Field) -> str:
    """What the field takes, as a Secret holds it."""
    if definition.kind == "integer":
        return str(dice.randint(definition.minimum or 1, definition.maximum or 60000))
    return matching(dice, dice.choice(definition.right.split("|")))


def matching(dice: Random, pattern: str) -> str:
    """A text that matches a pattern of characters, character classes and counts."""
    text = ""
    for characters, least, most in _PART.findall(pattern):
        count = dice.randint(int(least), int(most or least)) if least else 1
        text += "".join(dice.choices(_expanded(characters), k=count))
    return text


def _expanded(characters: str) -> str:
    if not characters.startswith("["):
        return characters[-1]
    inner = characters[1:-1]
    spans = _RANGE.findall(inner)
    single = _RANGE.sub("", inner)
    return "".join("".join(map(chr, range(ord(first), ord(last) + 1))) for first, last in spans) + single
