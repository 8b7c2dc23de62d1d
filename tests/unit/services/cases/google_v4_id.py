"""Google Analytics 4."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

ID, SECRET = "G-4TD7KQ92MW", "MadeUp-Secret_ForDocs1"

FIELDS = {
    "api_key": Cases(
        valid=(SECRET, SECRET[:20]),
        invalid=(
            (ID, "BadFormat"),
            ("UA-40276153-2", "BadFormat"),
            ("AIzaMadeUpKeyForTheDocs0123456789abcdef", "BadFormat"),
            ("<api_key>", "Placeholder"),
            (f"api_secret={SECRET}", "PastedPrefix"),
            (f"{SECRET}\n", "Whitespace"),
            (twice(SECRET), "DoubleEncoded"),
        ),
        doubtful=((f"{SECRET}{SECRET}", "BadFormat"), (SECRET[:10], "BadFormat"), (f"{SECRET}=", "BadFormat")),
    ),
    "measurement_id": Cases(
        valid=(ID, "G-4TD7KQ"),
        invalid=(
            ("UA-40276153-2", "BadFormat"),
            ("GTM-4TD7KQ", "BadFormat"),
            ("GT-4TD7KQ9", "BadFormat"),
            ("AW-402761538", "BadFormat"),
            ("402761538", "BadFormat"),
            ("1:402761538:android:0f1e2d3c4b5a6978", "BadFormat"),
            ("G.4TD7KQ92MW", "BadFormat"),
            (ID.lower(), "BadFormat"),
            ("G-4td7kq92mw", "BadFormat"),
            ("G-XXXXXXXXXX", "Placeholder"),
            ("<measurement_id>", "Placeholder"),
            (f" {ID}", "Whitespace"),
            (twice(ID), "DoubleEncoded"),
        ),
        doubtful=((ID + "ABCDEF", "BadFormat"), ("G-4TD7", "BadFormat"), ("4TD7KQ92MW", "BadFormat")),
    ),
}
