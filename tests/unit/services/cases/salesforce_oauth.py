"""Salesforce, core product: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import CONSUMER_KEY, HEX, SUBDOMAIN, twice

FIELDS = {
    "domain": Cases(
        valid=(
            "mycompany.my.salesforce.com",
            "https://mycompany.my.salesforce.com/",
            "mycompany--dev.sandbox.my.salesforce.com",
        ),
        invalid=(
            ("login.salesforce.com", "BadFormat"),
            ("https://test.salesforce.com/", "BadFormat"),
            ("mycompany.lightning.force.com", "BadFormat"),
            ("mycompany", "BadFormat"),
            ("http://mycompany.my.salesforce.com", "BadFormat"),
            ("mycompany.my.salesforce.com.evil.example", "BadFormat"),
            ("evil.example/.my.salesforce.com", "BadFormat"),
            ("evil.example#.my.salesforce.com", "BadFormat"),
            ("https://mycompany.my.salesforce.com/services/oauth2/token", "BadFormat"),
            (f"https://{SUBDOMAIN}.auth.marketingcloudapis.com/", "BadFormat"),
            ("user@mycompany.my.salesforce.com", "BadFormat"),
        ),
    ),
    "client_id": Cases(
        valid=(CONSUMER_KEY,),
        invalid=(
            ("madeupclientid0123456789", "BadFormat"),
            (CONSUMER_KEY[1:], "BadFormat"),
            (CONSUMER_KEY + "!", "BadFormat"),
            (CONSUMER_KEY.lower(), "BadFormat"),
            ("3MVG9" + "X" * 80, "Placeholder"),
            (f'"{CONSUMER_KEY}"', "PastedPrefix"),
            (twice(CONSUMER_KEY), "DoubleEncoded"),
        ),
        doubtful=(("3MVG9TooShort", "BadFormat"),),
    ),
    "client_secret": Cases(
        valid=(HEX.upper() * 4, "1234567890123456789"),
        invalid=(
            (CONSUMER_KEY, "BadFormat"),
            ("<your-client-secret>", "Placeholder"),
            (f"{HEX * 4}\n", "Whitespace"),
            (twice(HEX * 4), "DoubleEncoded"),
            (f"Bearer {HEX * 4}", "PastedPrefix"),
        ),
        doubtful=((HEX * 2, "BadFormat"), ("12345678901234567890", "BadFormat")),
    ),
}

BINDINGS = {
    "a domain with or without https": Bound(
        {"domain": "https://mycompany.my.salesforce.com/", "client_id": "3MVG9" + "a1" * 45, "client_secret": HEX * 4},
        {
            "host": "mycompany.my.salesforce.com",
            "uri": "https://mycompany.my.salesforce.com",
            "client-id": "3MVG9" + "a1" * 45,
            "client-secret": HEX * 4,
            "authorization-grant-type": "client_credentials",
            "token-uri": "https://mycompany.my.salesforce.com/services/oauth2/token",
        },
    ),
}
