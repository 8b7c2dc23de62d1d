"""Trello: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import HEX, HEX_TOKEN, twice

TOKEN = "ATTAMadeUpTokenForTheDocs0123456789abcdefMadeUpTokenForTheDocs0123456789abcd"

FIELDS = {
    "api_key": Cases(
        valid=HEX_TOKEN.valid,
        invalid=(
            *HEX_TOKEN.invalid,
            *((value, reason) for value, reason in HEX_TOKEN.doubtful),
            (TOKEN, "BadFormat"),
            (HEX * 4, "BadFormat"),
            (f"key={HEX * 2}", "PastedPrefix"),
        ),
    ),
    "token": Cases(
        valid=(TOKEN, HEX * 4),
        invalid=(
            (HEX * 2, "BadFormat"),
            ("<token>", "Placeholder"),
            (f"token={TOKEN}", "PastedPrefix"),
            (f"{TOKEN} ", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
            ("0" * 64, "Placeholder"),
        ),
        doubtful=((TOKEN[:-1], "BadFormat"), (TOKEN.lower(), "BadFormat"), (HEX * 4 + "0", "BadFormat")),
    ),
}
