"""ActiveCampaign: the API address of an account and a key. Tracardi passes these two to its client as they are.

Its resource form has the tag `active_campaign`, its plugin asks for `activecampaign`: the resource gets both.
"""

from tracardi_operator.services.addresses import HOST, is_address
from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.formats import URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="active_campaign",
    title="ActiveCampaign",
    fields=(
        Field(
            name="api_key",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key: 72 hexadecimal digits in lower case",
                pattern=r"[a-f0-9]{72}",
                confidence=Confidence.HEURISTIC,
                source="NangoHQ/nango providers.yaml, active-campaign",
            ),
        ),
        Field(
            name="api_url",
            title="API URL",
            format=Format(
                words="an address that begins with https:// and has no path: the API URL of the account",
                pattern=rf"https://{HOST}/?",
                confidence=Confidence.CONFIDENT,
                source="https://developers.activecampaign.com/reference/url; Tracardi appends /api/3",
                accepts=is_address,
            ),
            usual=Format(
                words="https://ACCOUNT.api-us1.com (us1 or another data centre), or https://ACCOUNT.activehosted.com",
                pattern=r"https://[a-z0-9-]+\.(?:api-[a-z0-9]+|activehosted)\.com/?",
                confidence=Confidence.HEURISTIC,
                source="NangoHQ/nango providers.yaml, active-campaign",
            ),
            mistakes=(
                URL_WITH_LOGIN,
                URL_WITH_QUERY,
                Mistake(
                    r"https://[^\s/]+/(?:api|admin|app)(?:/.*)?", "an address with a path, which Tracardi adds; drop it"
                ),
                Mistake(
                    r"https?://(?:[a-z0-9-]+\.)?activecampaign\.com(?:/.*)?",
                    "the vendor's website, not the account's API",
                ),
                Mistake(r"http://.*", "an address without TLS; it begins with https://"),
            ),
        ),
    ),
    example={
        "api_key": "00112233445566778899aabbccddeeff0123456789abcdeffedcba987654321001234567",
        "api_url": "https://madeup.api-us1.com",
    },
    how_to="In ActiveCampaign open Settings → Developer → API Access; it shows URL and key of the user.",
    url="https://developers.activecampaign.com/reference/authentication",
    tags=("active_campaign", "activecampaign"),
    binding=uri_from("api_url"),
)
