"""Mixpanel."""

from dataclasses import replace

from tests.unit.services.cases import Cases, Together
from tests.unit.services.samples import BASIC_USERNAME, HEX, HEX_TOKEN, twice
from tracardi_operator.services.model import Value

PROJECT: dict[str, Value] = {"token": HEX * 2, "server_prefix": "EU"}
USER, SECRET = "tracardi.0f1e2d.mp-service-account", "MadeUpSecretForTheDocs0123456789"

FIELDS = {
    "token": replace(
        HEX_TOKEN,
        invalid=(
            *HEX_TOKEN.invalid,
            (USER, "BadFormat"),
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
    "username": replace(BASIC_USERNAME, valid=(USER,)),
    "password": Cases(
        valid=(SECRET,),
        invalid=(
            (USER, "BadFormat"),
            (f"{SECRET}\n", "Whitespace"),
            (f"Basic {SECRET}", "PastedPrefix"),
            ("<password>", "Placeholder"),
            ("", "Empty"),
        ),
        doubtful=((SECRET[:-1], "BadFormat"),),
    ),
}

RULES = {
    "a project without a service account": Together(PROJECT, []),
    "a project with a service account": Together({**PROJECT, "username": USER, "password": SECRET}, []),
    "a user without secret": Together({**PROJECT, "username": USER}, [("password", "MissingField", "error")]),
    "a secret without user": Together({**PROJECT, "password": SECRET}, [("username", "MissingField", "error")]),
}
