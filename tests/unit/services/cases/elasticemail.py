"""Elastic Email: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import HEX, twice

KEY = HEX.upper() * 6
OLD_KEY = "0c0ffee0-1234-4abc-8def-0123456789ab"

FIELDS = {
    "api_key": Cases(
        valid=(KEY, OLD_KEY),
        invalid=(
            ("<api-key>", "Placeholder"),
            (f"{KEY}\n", "Whitespace"),
            (f"apikey={KEY}", "PastedPrefix"),
            (twice(KEY), "DoubleEncoded"),
            ("https://api.elasticemail.com/v2/account/load", "PastedPrefix"),
        ),
        doubtful=((KEY[:-1], "BadFormat"), (KEY + "0", "BadFormat"), (OLD_KEY[:-1], "BadFormat")),
    ),
}
