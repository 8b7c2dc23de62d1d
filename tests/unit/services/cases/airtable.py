"""Airtable: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import HEX

TOKEN = f"patMadeUpForDocs1.{HEX * 4}"

FIELDS = {
    "api_key": Cases(
        valid=(TOKEN,),
        invalid=(
            ("keyMadeUpForDocs1", "BadFormat"),
            ("patMadeUpForDocs1", "BadFormat"),
            (TOKEN.upper(), "BadFormat"),
            (TOKEN[:-1], "BadFormat"),
            (TOKEN.replace(".", "-"), "BadFormat"),
            ("<your-api-key>", "Placeholder"),
            (f"Bearer {TOKEN}", "PastedPrefix"),
            (f"“{TOKEN}”", "PastedPrefix"),
        ),
        doubtful=((f"oaaMadeUp01.v1.dGhlLWJvZHk.{HEX}", "BadFormat"),),
    ),
}
