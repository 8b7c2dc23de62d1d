"""HTTP API: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases, Together
from tests.unit.services.samples import BASIC_USERNAME, HTTP_URL
from tests.unit.services.servers import HEADERS, PASSWORD
from tracardi_operator.services.model import Value

URL: dict[str, Value] = {"url": "https://crm.example.com/api"}

FIELDS = {
    "url": Cases(
        valid=(
            "https://crm.example.com",
            "http://crm:8080/api/v2/contacts",
            "https://crm.example.com/api?format=json&fields=a,b",
            "https://[2001:db8::7]/@me/a%20b",
        ),
        invalid=(
            ("crm.example.com/api", "BadFormat"),
            ("ftp://crm.example.com", "BadFormat"),
            ("file:///etc/passwd", "BadFormat"),
            ("https://ann:pw@crm.example.com", "BadFormat"),
            ("https://crm.example.com\\@evil.example/", "BadFormat"),
            ("https://crm.example.com/#top", "BadFormat"),
            ("https://crm.example.com:0/", "BadFormat"),
            ("https://crm.example.com?x= y", "BadFormat"),
            ("https://10.1.2.999/", "BadFormat"),
            ("https://crm.ex\u0430mple.com", "BadFormat"),
            ("https://crm.example.com/<path>", "Placeholder"),
            ("<url>", "Placeholder"),
            ("https://crm.example.com\r\nHost: evil.example", "Whitespace"),
        ),
    ),
    "proxy": HTTP_URL,
    "username": BASIC_USERNAME,
    "headers": HEADERS,
}

RULES = {
    "an address alone": Together(URL, []),
    "a login": Together(URL | {"username": "ann", "password": PASSWORD}, []),
    "a password without user": Together(URL | {"password": PASSWORD}, [("username", "MissingField", "error")]),
    "a user without password": Together(URL | {"username": "ann"}, [("username", "Contradiction", "warning")]),
    "a key in a header": Together(URL | {"headers": '{"authorization": "made-up"}'}, []),
    "a login and another in a header": Together(
        URL | {"username": "ann", "password": PASSWORD, "headers": '{"authorization": "made-up"}'},
        [("headers", "Contradiction", "error")],
    ),
}

BINDINGS = {
    "the address and a login": Bound(
        URL | {"username": "ann", "password": PASSWORD},
        {"uri": "https://crm.example.com/api", "username": "ann", "password": PASSWORD},
    ),
    "the address alone": Bound(URL, {"uri": "https://crm.example.com/api"}),
}
