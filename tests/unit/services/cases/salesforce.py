"""Salesforce Marketing Cloud: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import CONSUMER_KEY, HEX, SUBDOMAIN, twice

CLIENT_ID = "madeupclientid0123456789"
CLIENT_SECRET = "MadeUpSecret0123456789ab"

FIELDS = {
    "client_id": Cases(
        valid=(CLIENT_ID,),
        invalid=(
            (CONSUMER_KEY, "BadFormat"),
            ("<your-client-id>", "Placeholder"),
            (f"{CLIENT_ID}\n", "Whitespace"),
            (twice(CLIENT_ID), "DoubleEncoded"),
            ("xxxxxxxxxxxxxxxxxxxxxxxx", "Placeholder"),
            ("your-client-id", "Placeholder"),
        ),
        doubtful=(("MadeUpClientId0123456789", "BadFormat"), ("tooshort", "BadFormat")),
    ),
    "client_secret": Cases(
        valid=(CLIENT_SECRET,),
        invalid=(
            (HEX.upper() * 4, "BadFormat"),
            ("1234567890123456789", "BadFormat"),
            (CONSUMER_KEY, "BadFormat"),
            ("<your-client-secret>", "Placeholder"),
            (f"client_secret={HEX}", "PastedPrefix"),
            (f"{CLIENT_SECRET}\t", "Whitespace"),
        ),
        doubtful=(("MadeUpSecret0123456789a", "BadFormat"), ("MadeUpSecret-0123456789a", "BadFormat")),
    ),
    "subdomain": Cases(
        valid=(SUBDOMAIN, "mc0123456789abcdefghijklmnop"),
        invalid=(
            ("mycompany", "BadFormat"),
            ("mycompany.my.salesforce.com", "BadFormat"),
            ("https://mycompany.my.salesforce.com/", "BadFormat"),
            ("mycompany.lightning.force.com", "BadFormat"),
            (f"https://{SUBDOMAIN}.auth.marketingcloudapis.com/", "BadFormat"),
            (f"{SUBDOMAIN}.rest.marketingcloudapis.com", "BadFormat"),
            (SUBDOMAIN.upper(), "BadFormat"),
            (SUBDOMAIN[:-1], "BadFormat"),
            (f"{SUBDOMAIN}x", "BadFormat"),
            ("mc/../../evil.example?#123456", "BadFormat"),
            ("<your-subdomain>", "Placeholder"),
        ),
    ),
}

BINDINGS = {
    "the endpoint of the tenant": Bound(
        {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "subdomain": SUBDOMAIN,
        },
        {
            "host": f"{SUBDOMAIN}.auth.marketingcloudapis.com",
            "uri": f"https://{SUBDOMAIN}.auth.marketingcloudapis.com",
            "client-id": CLIENT_ID,
            "client-secret": CLIENT_SECRET,
            "authorization-grant-type": "client_credentials",
            "token-uri": f"https://{SUBDOMAIN}.auth.marketingcloudapis.com/v2/token",
        },
    ),
}
