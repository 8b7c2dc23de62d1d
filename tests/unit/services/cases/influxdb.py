"""InfluxDB: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import HEX, HTTP_URL, twice

TOKEN = f"{'MadeUpTokenForTheDocs-0123456789_abcdefghij' * 2}=="

FIELDS = {
    "url": HTTP_URL,
    "token": Cases(
        valid=(TOKEN, f"apiv3_{HEX * 4}", f"{'A1_-' * 21}A1=="),
        invalid=(
            ("<token>", "Placeholder"),
            ("<API-token>", "Placeholder"),
            ("0" * 86 + "==", "Placeholder"),
            (f"Token {TOKEN}", "PastedPrefix"),
            (f"Authorization: Token {TOKEN}", "PastedPrefix"),
            (f"INFLUX_TOKEN={TOKEN}", "PastedPrefix"),
            (f"{TOKEN}\n", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
        ),
        doubtful=(
            (TOKEN[:-1], "BadFormat"),
            (TOKEN[1:], "BadFormat"),
            ("my-own-choice", "BadFormat"),
            ("ann:made-up-Passphrase-7", "BadFormat"),
        ),
    ),
}

BINDINGS = {
    "the address": Bound({"url": "http://influxdb:8086", "token": TOKEN}, {"uri": "http://influxdb:8086"}),
}
