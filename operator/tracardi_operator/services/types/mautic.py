"""Mautic: the address of an installation and the two keys of an API client, by OAuth's client credentials.

Tracardi passes the fields to its client as they are, and stores a `token` of its own beside them.
"""

from collections.abc import Mapping

from tracardi_operator.services.bindings import client_credentials
from tracardi_operator.services.formats import HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType, Values

_PUBLIC_KEY = r"[0-9]+_[a-z0-9]{30,60}"


def _binding(values: Values) -> Mapping[str, str]:
    uri = str(values["api_url"])
    client = {"client_id": values["public_key"], "client_secret": values["private_key"]}
    return {"uri": uri, **client_credentials(client, f"{uri.rstrip('/')}/oauth/v2/token")}


SERVICE = ServiceType(
    name="mautic",
    title="Mautic",
    fields=(
        Field(
            name="public_key",
            title="Public key (client id)",
            generated=True,
            format=Format(
                words="a public key: a number, _ and about 50 lower-case letters and digits",
                pattern=_PUBLIC_KEY,
                confidence=Confidence.HEURISTIC,
                source="general knowledge, not stated by the vendor",
            ),
        ),
        Field(
            name="private_key",
            title="Secret key (client secret)",
            sensitive=True,
            format=Format(
                words="a secret key: about 50 lower-case letters and digits",
                pattern=r"[a-z0-9]{30,60}",
                confidence=Confidence.HEURISTIC,
                source="general knowledge, not stated by the vendor",
            ),
            mistakes=(Mistake(_PUBLIC_KEY, "the public key, which belongs in 'public_key'"),),
        ),
        Field(
            name="api_url",
            title="Address",
            format=HTTP_URL,
            mistakes=(
                URL_WITH_LOGIN,
                URL_WITH_QUERY,
                Mistake(
                    r"https?://[^\s?#]*/(?:api|oauth)(?:/.*)?",
                    "the address of the API; leave out /api or /oauth and all after, which Tracardi adds",
                ),
                Mistake(
                    r"https?://[^\s?#]*/(?:s|index\.php)(?:/.*)?",
                    "the address of a page of Mautic; give the address of the installation, without /s and all after",
                ),
            ),
            how_to="It is the address at which Mautic is opened in a browser, without /s and what follows.",
        ),
    ),
    example={
        "public_key": "3_madeuppublickeyforthedocs0123456789abcdefghijklmn",
        "private_key": "madeupsecretkeyforthedocs0123456789abcdefghijklmnop",
        "api_url": "https://mautic.example.com",
    },
    how_to="In Mautic switch the API on (Settings → Configuration → API Settings), then open Settings → "
    "API Credentials → New and choose OAuth 2.",
    url="https://docs.mautic.org/en/latest/configuration/settings.html",
    tags=("mautic", "destination"),
    icon="mautic",
    binding_type="oauth2",
    binding=_binding,
)
