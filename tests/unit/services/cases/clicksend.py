"""ClickSend: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import BASIC_USERNAME, twice

KEY = "5E2B9A10-7C3D-4F86-A1B2-0C9D8E7F6A5B"

FIELDS = {
    "username": BASIC_USERNAME,
    "api_key": Cases(
        valid=(KEY, KEY.lower()),
        invalid=(
            ("XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX", "Placeholder"),
            ("<api-key>", "Placeholder"),
            (f"Basic {KEY}", "PastedPrefix"),
            (twice(KEY), "DoubleEncoded"),
            ("{{ clicksend_key }}", "Placeholder"),
        ),
        doubtful=(
            ("5E2B9A10-7C3D-4F86-A1B2", "BadFormat"),
            ("5E2B9A107C3D4F86A1B20C9D8E7F6A5B", "BadFormat"),
            ("an-account-password", "BadFormat"),
        ),
    ),
}
