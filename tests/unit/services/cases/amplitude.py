"""Amplitude."""

from dataclasses import replace

from tests.unit.services.cases import Together
from tests.unit.services.samples import HEX, HEX_TOKEN

_KEY = replace(
    HEX_TOKEN,
    invalid=(
        *HEX_TOKEN.invalid,
        ("402761", "BadFormat"),
        ("client-MadeUpDeploymentKey0123", "BadFormat"),
        ("<your-api-key>", "Placeholder"),
    ),
)

FIELDS = {"api_key": _KEY, "secret_key": _KEY}
RULES = {
    "the API key alone is enough": Together({"api_key": HEX * 2}, []),
    "one key twice": Together({"api_key": HEX * 2, "secret_key": HEX * 2}, [("secret_key", "Contradiction", "error")]),
}
