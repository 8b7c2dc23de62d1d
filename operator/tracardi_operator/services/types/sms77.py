"""seven.io, an SMS gateway, formerly sms77: an API key in the header X-Api-Key.

Tracardi still knows it by the old name; the keys went on to work. No form of them is published.
"""

from tracardi_operator.services.model import Field, ServiceType

SERVICE = ServiceType(
    name="sms77",
    title="seven.io (formerly sms77)",
    fields=(Field(name="api_key", title="API key", sensitive=True),),
    example={"api_key": "MadeUpKeyForTheDocs0123456789"},
    how_to="sms77 is called seven.io now: in its web application open Developer → API keys.",
    url="https://docs.seven.io/en/rest-api/first-steps",
    tags=("api_key", "sms77"),
    provider="seven",
)
