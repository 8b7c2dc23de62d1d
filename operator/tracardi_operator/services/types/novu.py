"""Novu: the address of an API and the secret key of an environment. `host` is a whole URL, Novu's own unless given."""

from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.formats import HEX_32, HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="novu",
    title="Novu",
    fields=(
        Field(
            name="host",
            title="API address",
            default="https://api.novu.co",
            format=HTTP_URL,
            mistakes=(
                URL_WITH_LOGIN,
                URL_WITH_QUERY,
                Mistake(
                    r"https?://(?:web|dashboard|eu\.dashboard)\.novu\.co(?:/.*)?",
                    "the address of the dashboard; the API has https://api.novu.co, and https://eu.api.novu.co "
                    "for accounts in the EU",
                ),
                Mistake(
                    r"https?://[^\s?#]*/v[12](?:/.*)?", "an address with the API's version; leave out /v1 and all after"
                ),
            ),
            how_to="It is https://api.novu.co, https://eu.api.novu.co for accounts in the EU, or one's own server.",
        ),
        Field(
            name="token",
            title="Secret key",
            sensitive=True,
            format=Format(
                words="a secret key: 32 hexadecimal digits in lower case",
                pattern=HEX_32,
                confidence=Confidence.HEURISTIC,
                source="general knowledge, not stated by the vendor",
            ),
            mistakes=(
                Mistake(r"[A-Za-z0-9_-]{12}", "the application identifier, which is public, not the secret key"),
            ),
        ),
    ),
    example={"host": "https://eu.api.novu.co", "token": "5f4e3d2c1b0a69788796a5b4c3d2e1f0"},
    how_to="In Novu's dashboard choose the environment and open Developer → API Keys. Each region has keys of its own.",
    url="https://docs.novu.co/api-reference/authentication",
    tags=("token", "novu"),
    binding=uri_from("host"),
)
