"""ActiveCampaign."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import HEX, twice

KEY, URL = HEX * 4 + HEX[:8], "https://madeup.api-us1.com"

FIELDS = {
    "api_key": Cases(
        valid=(KEY,),
        invalid=(
            ("<api-key>", "Placeholder"),
            (f"Api-Token: {KEY}", "PastedPrefix"),
            (f"api_key={KEY}", "PastedPrefix"),
            (f"{KEY}\n", "Whitespace"),
            (twice(KEY), "DoubleEncoded"),
        ),
        doubtful=((KEY[:-1], "BadFormat"), (KEY.upper(), "BadFormat"), (f"{KEY}0", "BadFormat")),
    ),
    "api_url": Cases(
        valid=(URL, f"{URL}/", "https://madeup.api-eu12.com", "https://madeup.activehosted.com"),
        invalid=(
            ("http://madeup.api-us1.com", "BadFormat"),
            ("madeup.api-us1.com", "BadFormat"),
            (f"{URL}/api/3", "BadFormat"),
            ("https://madeup.activehosted.com/app/settings", "BadFormat"),
            ("https://madeup.activehosted.com/somewhere", "BadFormat"),
            ("https://www.activecampaign.com/", "BadFormat"),
            (f"{URL}@evil.example", "BadFormat"),
            (f"{URL}?x=1", "BadFormat"),
            (f"{URL}:99999", "BadFormat"),
            ("<api-url>", "Placeholder"),
            (f"{URL} ", "Whitespace"),
        ),
        doubtful=((f"{URL}.evil.example", "BadFormat"), ("https://crm.example.com", "BadFormat")),
    ),
}
BINDINGS = {"an address is a URI": Bound({"api_key": KEY, "api_url": URL}, {"uri": URL})}
