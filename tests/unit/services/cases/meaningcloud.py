"""MeaningCloud: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

KEY = "made0up1key2for3the4docs5a6b7c8d"

FIELDS = {
    "token": Cases(
        valid=(KEY,),
        invalid=(
            (f"key={KEY}", "PastedPrefix"),
            (f"{KEY}\n", "Whitespace"),
            (twice(KEY), "DoubleEncoded"),
            ("<token>", "Placeholder"),
            ("x" * 32, "Placeholder"),
        ),
        doubtful=((KEY.upper(), "BadFormat"), (KEY[:-1], "BadFormat"), (f"{KEY}9", "BadFormat")),
    ),
}
