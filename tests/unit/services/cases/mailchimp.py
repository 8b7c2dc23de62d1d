"""Mailchimp: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import HEX, twice

KEY = f"{HEX * 2}-us7"

FIELDS = {
    "token": Cases(
        valid=(KEY, f"{HEX * 2}-us21"),
        invalid=(
            (HEX * 2, "BadFormat"),
            ("md-MadeUp_Key-ForTheDocs1", "BadFormat"),
            ("MadeUp_Key-ForTheDocs1", "BadFormat"),
            (f"{HEX * 2}-us", "BadFormat"),
            (f"{HEX * 2}-us123", "BadFormat"),
            (f"{HEX * 2}-eu7", "BadFormat"),
            (f"{HEX * 2}-evil.example/x?", "BadFormat"),
            (f"{HEX * 2}-us7.evil.example#", "BadFormat"),
            (KEY.upper(), "BadFormat"),
            (KEY[1:], "BadFormat"),
            ("x" * 32 + "-us1", "Placeholder"),
            (f"Bearer {KEY}", "PastedPrefix"),
            (f"{KEY}\n", "Whitespace"),
            (twice(KEY), "DoubleEncoded"),
        ),
    ),
}

BINDINGS = {
    "the host of the data centre": Bound(
        {"token": KEY}, {"host": "us7.api.mailchimp.com", "uri": "https://us7.api.mailchimp.com"}
    ),
}
