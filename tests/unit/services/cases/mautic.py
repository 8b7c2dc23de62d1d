"""Mautic."""

from dataclasses import replace

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import HTTP_URL, twice
from tracardi_operator.services.types.mautic import SERVICE

PUBLIC, PRIVATE = (str(SERVICE.example[name]) for name in ("public_key", "private_key"))

FIELDS = {
    "public_key": Cases(
        valid=(PUBLIC, "12_" + "a1b2c3d4e5" * 4),
        invalid=(
            ("<client-public-key>", "Placeholder"),
            (f"{PUBLIC}\n", "Whitespace"),
            (f"client_key={PUBLIC}", "PastedPrefix"),
            (f"'{PUBLIC}'", "PastedPrefix"),
            (twice(PUBLIC), "DoubleEncoded"),
        ),
        doubtful=((PRIVATE, "BadFormat"), (PUBLIC.upper(), "BadFormat")),
    ),
    "private_key": Cases(
        valid=(PRIVATE,),
        invalid=(
            (PUBLIC, "BadFormat"),
            ("<client-private-key>", "Placeholder"),
            (f"{PRIVATE}\n", "Whitespace"),
            (f"client_secret={PRIVATE}", "PastedPrefix"),
            (twice(PRIVATE), "DoubleEncoded"),
        ),
        doubtful=((PRIVATE.upper(), "BadFormat"), (PRIVATE[:20], "BadFormat")),
    ),
    "api_url": replace(
        HTTP_URL,
        invalid=(
            *HTTP_URL.invalid,
            ("https://mautic.example.com/api", "BadFormat"),
            ("https://mautic.example.com/oauth/v2/token", "BadFormat"),
            ("https://mautic.example.com/s/dashboard", "BadFormat"),
            ("<url-of-mautic-instance>", "Placeholder"),
        ),
    ),
}
BINDINGS = {
    "the client credentials of the installation": Bound(
        {"public_key": PUBLIC, "private_key": PRIVATE, "api_url": "https://mautic.example.com/"},
        {
            "uri": "https://mautic.example.com/",
            "client-id": PUBLIC,
            "client-secret": PRIVATE,
            "authorization-grant-type": "client_credentials",
            "token-uri": "https://mautic.example.com/oauth/v2/token",
        },
    ),
}
