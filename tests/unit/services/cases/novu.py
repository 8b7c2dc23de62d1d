"""Novu."""

from dataclasses import replace

from tests.unit.services.cases import Bound
from tests.unit.services.samples import HEX, HEX_TOKEN, HTTP_URL

FIELDS = {
    "host": replace(
        HTTP_URL,
        valid=("https://api.novu.co", "https://eu.api.novu.co/", "http://novu-api.novu.svc:3000", *HTTP_URL.valid),
        invalid=(
            *HTTP_URL.invalid,
            ("https://dashboard.novu.co/api-keys", "BadFormat"),
            ("https://web.novu.co", "BadFormat"),
            ("https://api.novu.co/v1", "BadFormat"),
        ),
    ),
    "token": replace(
        HEX_TOKEN,
        invalid=(*HEX_TOKEN.invalid, ("aB3dE6gH9jK2", "BadFormat"), (f"ApiKey {HEX * 2}", "PastedPrefix")),
    ),
}
BINDINGS = {
    "the host is a whole URL and no host": Bound(
        {"host": "https://eu.api.novu.co", "token": HEX * 2}, {"uri": "https://eu.api.novu.co"}
    ),
    "its own cloud unless given": Bound({"token": HEX * 2}, {"uri": "https://api.novu.co"}),
}
