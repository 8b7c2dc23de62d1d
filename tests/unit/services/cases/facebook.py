"""Facebook."""

from dataclasses import replace

from tests.unit.services.cases import Cases
from tests.unit.services.samples import HEX, HEX_TOKEN, twice
from tracardi_operator.services.types.facebook import SERVICE

APP = "402761538294710"
TOKEN = str(SERVICE.example["access_token"])

FIELDS = {
    "app_id": Cases(
        valid=(APP, f"{APP}123"),
        invalid=(
            (HEX * 2, "BadFormat"),
            ("<app-id>", "Placeholder"),
            ("0" * 15, "Placeholder"),
            (f"{APP}\n", "Whitespace"),
            (twice(APP), "DoubleEncoded"),
        ),
        doubtful=((APP[:-1], "BadFormat"), ("my.app", "BadFormat")),
    ),
    "app_secret": replace(
        HEX_TOKEN, invalid=(*HEX_TOKEN.invalid, (APP, "BadFormat"), (TOKEN, "BadFormat"), ("<secret>", "Placeholder"))
    ),
    "access_token": Cases(
        valid=(TOKEN,),
        invalid=(
            (HEX * 2, "BadFormat"),
            ("<access_token>", "Placeholder"),
            (f"access_token={TOKEN}", "PastedPrefix"),
            (f"Bearer {TOKEN}", "PastedPrefix"),
            (f"{TOKEN}\n", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
        ),
        doubtful=((f"{APP}|MadeUpAppTokenForTheDocs01-x", "BadFormat"), (TOKEN[3:], "BadFormat")),
    ),
    "ad_account_id": Cases(
        valid=("402761538294", "act_402761538294"),
        invalid=(
            ("<ad-account-id>", "Placeholder"),
            ("XXXXXXXX", "Placeholder"),
            ("act_402761538294\n", "Whitespace"),
            ("act 402761538294", "Whitespace"),
            ("'act_402761538294'", "PastedPrefix"),
        ),
        doubtful=(("act-402761538294", "BadFormat"), ("Our ads".replace(" ", "_"), "BadFormat")),
    ),
}
