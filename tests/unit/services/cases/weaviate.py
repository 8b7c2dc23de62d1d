"""Weaviate: what is right and wrong."""

from tests.unit.services.cases import Bound, Together
from tests.unit.services.samples import HTTP_URL
from tests.unit.services.servers import HEADERS, PASSWORD
from tracardi_operator.services.model import Value

URL: dict[str, Value] = {"url": "https://weaviate.example.com"}
LOGIN: dict[str, Value] = {"username": "ann", "password": PASSWORD}
KEY: dict[str, Value] = {"weaviate_api_key": "made-up-key-for-the-docs-0123456789"}

FIELDS = {"url": HTTP_URL, "headers": HEADERS}

RULES = {
    "no login": Together(URL, []),
    "an API key": Together(URL | KEY, []),
    "a login": Together(URL | LOGIN | {"scope": "offline_access"}, []),
    "a user without password": Together(URL | {"username": "ann"}, [("password", "MissingField", "error")]),
    "a password without user": Together(URL | {"password": PASSWORD}, [("username", "MissingField", "error")]),
    "an API key and a login": Together(URL | KEY | LOGIN, [("weaviate_api_key", "Contradiction", "error")]),
    "a scope without login": Together(URL | KEY | {"scope": "openid"}, [("scope", "Contradiction", "error")]),
}

BINDINGS = {
    "an API key": Bound(URL | KEY, {"uri": "https://weaviate.example.com"}),
    "a login": Bound(URL | LOGIN, {"uri": "https://weaviate.example.com", "username": "ann", "password": PASSWORD}),
}
