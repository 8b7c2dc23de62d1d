"""MaxMind GeoIP: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import twice

KEY = "MadeUp_ForTheDocsOnly0123456789AbCde_mmk"
OLD_KEY = "MadeUpOldKey0123"

FIELDS = {
    "host": Cases(
        valid=("geolite.info", "geoip.maxmind.com", "sandbox.maxmind.com"),
        invalid=(
            ("https://geolite.info", "BadFormat"),
            ("geolite.info/geoip/v2.1", "BadFormat"),
            ("geolite.info:443", "BadFormat"),
            ("user@geolite.info", "BadFormat"),
            ("geolite.info#.evil.example", "BadFormat"),
            ("geolite.info\n", "Whitespace"),
            ("<host>", "Placeholder"),
        ),
        doubtful=(("geolite.example", "BadFormat"), ("169.254.169.254", "BadFormat")),
    ),
    "license": Cases(
        valid=(KEY, OLD_KEY),
        invalid=(
            (KEY.removesuffix("_mmk"), "BadFormat"),
            (KEY[1:], "BadFormat"),
            (OLD_KEY + "4", "BadFormat"),
            ("123456", "BadFormat"),
            (f"{KEY}\n", "Whitespace"),
            (twice(KEY), "DoubleEncoded"),
            ("<license-key>", "Placeholder"),
            ("xxxxxx_xxxxxxxxxxxxxxxxxxxxxxxxxxxxx_mmk", "Placeholder"),
            (f"license_key={KEY}", "PastedPrefix"),
        ),
    ),
    "accountId": Cases(
        valid=("123456", "42"),
        invalid=(
            ("<accound-id>", "Placeholder"),
            (KEY, "BadFormat"),
            (OLD_KEY, "BadFormat"),
            ("marketing@example.com", "BadFormat"),
            ("0", "BadFormat"),
            ("-5", "BadFormat"),
            ("12345678901", "BadFormat"),
            ("123_456", "BadFormat"),
            ("\u0661\u0662\u0663", "BadFormat"),
            ("123456\r\n", "Whitespace"),
            (twice("123456"), "DoubleEncoded"),
        ),
    ),
}

BINDINGS = {
    "the host of GeoLite unless given": Bound(
        {"license": KEY, "accountId": 123456},
        {"host": "geolite.info", "uri": "https://geolite.info", "username": "123456", "password": KEY},
    ),
}
