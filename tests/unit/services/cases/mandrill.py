"""Mailchimp Transactional: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import HEX, twice

KEY = "md-MadeUp_Key-ForTheDocs1"

FIELDS = {
    "token": Cases(
        valid=(KEY, KEY.removeprefix("md-")),
        invalid=(
            (f"{HEX * 2}-us7", "BadFormat"),
            (HEX * 2, "BadFormat"),
            (f"{KEY}\n", "Whitespace"),
            (f"key: {KEY}", "PastedPrefix"),
            (twice(KEY), "DoubleEncoded"),
            ("<api-key>", "Placeholder"),
        ),
        doubtful=((KEY[:-1], "BadFormat"), (f"{KEY}2", "BadFormat")),
    ),
}
