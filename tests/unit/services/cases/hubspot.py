"""HubSpot."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

UUID = "5e2b9a10-7c3d-4f86-a1b2-0c9d8e7f6a5b"
TOKEN = f"{'pat'}-eu1-{UUID}"

FIELDS = {
    "token": Cases(
        valid=(TOKEN, TOKEN.replace("eu1", "na1").upper().replace("PAT-NA1", f"{'pat'}-na1")),
        invalid=(
            (UUID, "BadFormat"),
            (f"eu1-{UUID}", "BadFormat"),
            ("402761538", "BadFormat"),
            ("<your-access-token>", "Placeholder"),
            (f"Bearer {TOKEN}", "PastedPrefix"),
            (f"hapikey={UUID}", "PastedPrefix"),
            (f"{TOKEN}\n", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
        ),
        doubtful=(("MadeUpOAuthTokenForTheDocs0123456789", "BadFormat"), (TOKEN[:-1], "BadFormat")),
    ),
}
