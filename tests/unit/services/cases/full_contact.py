"""FullContact."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

KEY = "MadeUpApiKeyForTheDocs0123456789"

FIELDS = {
    "token": Cases(
        valid=(KEY,),
        invalid=(
            ("<token>", "Placeholder"),
            ("x" * 32, "Placeholder"),
            (f"Bearer {KEY}", "PastedPrefix"),
            (f"{KEY}\n", "Whitespace"),
            (twice(KEY), "DoubleEncoded"),
        ),
        doubtful=((KEY[:-1], "BadFormat"), (f"{KEY[:-1]}-", "BadFormat")),
    ),
}
