"""Ghost."""

from dataclasses import replace

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import HEX, HTTP_URL, twice

ID, SECRET = "0a1b2c3d4e5f60718293a4b5", HEX * 4
KEY = f"{ID}:{SECRET}"

FIELDS = {
    "api_url": replace(
        HTTP_URL,
        invalid=(
            *HTTP_URL.invalid,
            ("https://blog.example.com/ghost", "BadFormat"),
            ("https://blog.example.com/ghost/api/admin/", "BadFormat"),
        ),
    ),
    "api_key": Cases(
        valid=(KEY,),
        invalid=(
            (f"{ID}0f", "BadFormat"),
            (ID, "BadFormat"),
            (SECRET, "BadFormat"),
            (f"{ID}:{SECRET[:-1]}", "BadFormat"),
            (f"{ID}:{SECRET[:-1]}g", "BadFormat"),
            (KEY.replace(":", "."), "BadFormat"),
            (f"{KEY}:{ID}", "BadFormat"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiIvYWRtaW4vIn0.bWFkZS11cA", "BadFormat"),
            ("<api-key>", "Placeholder"),
            (f"{KEY}\n", "Whitespace"),
            (f"GHOST_ADMIN_API_KEY={KEY}", "PastedPrefix"),
            (twice(KEY), "DoubleEncoded"),
        ),
        doubtful=((KEY.upper(), "BadFormat"), (f"{ID}:{SECRET[:-2]}", "BadFormat")),
    ),
}
BINDINGS = {
    "an address is a URI": Bound(
        {"api_url": "https://blog.example.com/news", "api_key": KEY}, {"uri": "https://blog.example.com/news"}
    ),
}
