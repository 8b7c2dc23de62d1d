"""Matomo: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import HEX, HEX_TOKEN, HTTP_URL

FIELDS = {
    "token": Cases(
        valid=HEX_TOKEN.valid,
        invalid=(
            *HEX_TOKEN.invalid,
            (f"token_auth={HEX * 2}", "PastedPrefix"),
            (f"&token_auth={HEX * 2}", "PastedPrefix"),
            (f"https://matomo.example.com/?token_auth={HEX * 2}", "PastedPrefix"),
        ),
        doubtful=HEX_TOKEN.doubtful,
    ),
    "api_url": Cases(
        valid=HTTP_URL.valid,
        invalid=(
            *HTTP_URL.invalid,
            ("https://matomo.example.com/index.php", "BadFormat"),
            ("https://matomo.example.com/matomo.php", "BadFormat"),
        ),
    ),
}

BINDINGS = {
    "an address is a uri, no host": Bound(
        {"token": HEX * 2, "api_url": "https://matomo.example.com/analytics"},
        {"uri": "https://matomo.example.com/analytics"},
    ),
}
