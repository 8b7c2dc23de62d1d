"""Matomo: the address of an installation and a token_auth for it."""

from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.formats import HEX_32, HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="matomo",
    title="Matomo",
    fields=(
        Field(
            name="token",
            title="token_auth",
            sensitive=True,
            format=Format(
                words="a token_auth: 32 hexadecimal digits in lower case",
                pattern=HEX_32,
                confidence=Confidence.HEURISTIC,
                source="pub.dev matomo_forever",
            ),
        ),
        Field(
            name="api_url",
            title="Address",
            format=HTTP_URL,
            mistakes=(
                URL_WITH_LOGIN,
                URL_WITH_QUERY,
                Mistake(
                    r"https?://[^\s?#]*/(?:index|matomo|piwik)\.php",
                    "the address of a script; give the folder above it, Tracardi adds /matomo.php",
                ),
            ),
            how_to="It is the address at which Matomo is opened in a browser, without index.php.",
        ),
    ),
    example={"token": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "api_url": "https://matomo.example.com"},
    how_to="In Matomo open Administration → Personal → Security → Auth tokens → Create new token; it is shown once.",
    url="https://matomo.org/faq/general/faq_114/",
    tags=("matomo",),
    icon="matomo",
    binding=uri_from("api_url"),
)
