"""Tracardi microservice: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import HEX, HTTP_URL, twice

FIELDS = {
    "url": HTTP_URL,
    "token": Cases(
        valid=(HEX * 2, "made-up-Key-of-the-docs-0123456789", "made.up/Key+of=the~docs!0123456789"),
        invalid=(
            (HEX + HEX[:15], "BadFormat"),
            ("short", "BadFormat"),
            ("x" * 32, "Placeholder"),
            ("<api-key-of-the-microservice-of-trello>", "Placeholder"),
            ("correct horse battery staple and more", "Whitespace"),
            (f"{HEX * 2}\n", "Whitespace"),
            (f"API_KEY={HEX * 2}", "PastedPrefix"),
            (f"Bearer {HEX * 2}", "PastedPrefix"),
            (twice(HEX * 2), "DoubleEncoded"),
        ),
    ),
}

BINDINGS = {
    "the address": Bound(
        {"url": "http://trello.tracardi.svc:8080", "token": HEX * 2}, {"uri": "http://trello.tracardi.svc:8080"}
    )
}
