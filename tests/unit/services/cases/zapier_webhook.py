"""Zapier's webhooks."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import twice

URL = "https://hooks.zapier.com/hooks/catch/40276153/madeup7"

FIELDS = {
    "url": Cases(
        valid=(URL, f"{URL}/", f"{URL}/silent/"),
        invalid=(
            ("http://hooks.zapier.com/hooks/catch/40276153/madeup7", "BadFormat"),
            ("https://hooks.zapier.com.evil.example/hooks/catch/40276153/madeup7", "BadFormat"),
            ("https://hooks.zapier.com@evil.example/hooks/catch/40276153/madeup7", "BadFormat"),
            ("https://hooks.zapier.com/", "BadFormat"),
            ("https://zapier.com/editor/40276153", "BadFormat"),
            (f"{URL}?name=x", "BadFormat"),
            ("40276153/madeup7", "BadFormat"),
            ("<url>", "Placeholder"),
            (f"{URL}\n", "Whitespace"),
            (twice(URL), "DoubleEncoded"),
        ),
        doubtful=(
            ("https://hooks.zapier.com/hooks/standard/40276153/madeup7/", "BadFormat"),
            ("https://hooks.zapier.com/hooks/catch/madeup7", "BadFormat"),
        ),
    ),
}
BINDINGS = {"the webhook is a URI": Bound({"url": URL}, {"uri": URL})}
