"""Hugging Face: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

TOKEN = "hf_MadeUpTokenForTheDocs0123456789abc"

FIELDS = {
    "api_key": Cases(
        valid=(TOKEN,),
        invalid=(
            ("api_org_MadeUpTokenForTheDocs0123456789abc", "BadFormat"),
            ("hf_" + "x" * 34, "Placeholder"),
            (f"Bearer {TOKEN}", "PastedPrefix"),
            (f"HF_TOKEN={TOKEN}", "PastedPrefix"),
            (f"{TOKEN}\u200b", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
        ),
        doubtful=((TOKEN[:-1], "BadFormat"), (TOKEN.removeprefix("hf_"), "BadFormat"), (f"{TOKEN}d", "BadFormat")),
    ),
}
