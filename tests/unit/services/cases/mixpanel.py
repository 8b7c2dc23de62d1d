"""Mixpanel."""

from dataclasses import replace

from tests.unit.services.cases import Cases
from tests.unit.services.samples import HEX_TOKEN, twice

FIELDS = {
    "token": replace(
        HEX_TOKEN,
        invalid=(
            *HEX_TOKEN.invalid,
            ("tracardi.0f1e2d.mp-service-account", "BadFormat"),
            ("4027615", "BadFormat"),
            ("<your-project-token>", "Placeholder"),
        ),
    ),
    "server_prefix": Cases(
        valid=("US", "EU", "us", "eu"),
        invalid=(
            ("IN", "BadFormat"),
            ("Europe", "BadFormat"),
            ("https://api-eu.mixpanel.com", "BadFormat"),
            ("api.mixpanel.com", "BadFormat"),
            ("UE", "BadFormat"),
            ("US | EU", "Placeholder"),
            ("EU\n", "Whitespace"),
            (twice("EU"), "DoubleEncoded"),
        ),
    ),
}
