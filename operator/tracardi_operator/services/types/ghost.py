"""Ghost: the address of a site and an Admin API key, whose two halves sign a short-lived JWT."""

from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.formats import HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="ghost",
    title="Ghost",
    fields=(
        Field(
            name="api_url",
            title="API URL",
            format=HTTP_URL,
            mistakes=(
                URL_WITH_LOGIN,
                URL_WITH_QUERY,
                Mistake(
                    r"https?://[^\s?#]*/ghost(?:/(?s:.*))?",
                    "the address of the admin pages or the API; leave out /ghost and all after, which Tracardi adds",
                ),
            ),
            how_to="The custom integration shows it as API URL: the address of the site, without /ghost.",
        ),
        Field(
            name="api_key",
            title="Admin API key",
            sensitive=True,
            format=Format(
                words="an Admin API key: an id, a colon and a secret, both in hexadecimal digits",
                pattern=r"[0-9A-Fa-f]+:(?:[0-9A-Fa-f]{2})+",
                confidence=Confidence.CONFIDENT,
                source="https://docs.ghost.org/admin-api (token authentication); Tracardi ghost plugin",
            ),
            usual=Format(
                words="24 hexadecimal digits, a colon and 64 hexadecimal digits in lower case",
                pattern=r"[0-9a-f]{24}:[0-9a-f]{64}",
                confidence=Confidence.HEURISTIC,
                source="docs.rs ghost-io-api",
            ),
            mistakes=(
                Mistake(r"[0-9a-f]{26}", "the Content API key, which can only read; the Admin API key has a colon"),
                Mistake(r"[0-9a-f]{24}", "the id of an Admin API key; the colon and the secret are missing"),
                Mistake(r"[0-9a-f]{64}", "the secret of an Admin API key; its id and the colon are missing"),
                Mistake(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", "a JWT, which ends after minutes"),
            ),
        ),
    ),
    example={
        "api_url": "https://blog.example.com",
        "api_key": "0a1b2c3d4e5f60718293a4b5:00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210",
    },
    how_to="In Ghost Admin open Settings → Integrations → Add custom integration; it shows API URL and Admin API key.",
    url="https://docs.ghost.org/admin-api",
    tags=("ghost",),
    icon="ghost",
    binding=uri_from("api_url"),
)
