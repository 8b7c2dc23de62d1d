"""MaxMind GeoIP: account id and license key as HTTP Basic authentication. `host` becomes part of a URL."""

from tracardi_operator.services.addresses import HOST, is_address
from tracardi_operator.services.model import Confidence, Field, Format, Kind, Mistake, ServiceType, Values

_CLIENTS = "https://dev.maxmind.com/geoip/docs/web-services"


def _binding(values: Values) -> dict[str, str]:
    return {
        "host": str(values["host"]),
        "uri": f"https://{values['host']}",
        "username": str(values["accountId"]),
        "password": str(values["license"]),
    }


SERVICE = ServiceType(
    name="ip-geo-locator",
    title="MaxMind GeoIP",
    fields=(
        Field(
            name="host",
            title="Host",
            required=False,
            default="geolite.info",
            format=Format(
                words="a host name alone, without https:// and port",
                pattern=HOST,
                confidence=Confidence.CONFIDENT,
                source="RFC 1123, section 2.1",
                accepts=is_address,
            ),
            usual=Format(
                words="geolite.info (GeoLite), geoip.maxmind.com (GeoIP) or sandbox.maxmind.com",
                pattern=r"geolite\.info|geoip\.maxmind\.com|sandbox\.maxmind\.com",
                confidence=Confidence.HEURISTIC,
                source=_CLIENTS,
            ),
            mistakes=(Mistake(r"https?://\S*", "a whole address; keep the host name"),),
            how_to="It is geolite.info for the free GeoLite service, and geoip.maxmind.com for a paid plan.",
        ),
        Field(
            name="license",
            title="License key",
            sensitive=True,
            format=Format(
                words="a license key: 6 characters, _, 29 characters and '_mmk', or (an older one) 16 characters",
                pattern=r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk|[0-9A-Za-z]{16}",
                confidence=Confidence.CONFIDENT,
                source="trufflehog pkg/detectors/maxmindlicense, gitleaks maxmind",
            ),
            mistakes=(Mistake(r"[0-9]{1,10}", "the account id, which belongs in 'accountId'"),),
        ),
        Field(
            name="accountId",
            title="Account id",
            kind=Kind.INTEGER,
            minimum=1,
            format=Format(
                words="the number of the account, at most 10 digits",
                pattern=r"[1-9][0-9]{0,9}",
                confidence=Confidence.CONFIDENT,
                source="Tracardi, which takes an integer; trufflehog pkg/detectors/maxmindlicense",
            ),
            mistakes=(
                Mistake(
                    r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk|(?=[0-9]*[A-Za-z])[0-9A-Za-z]{16}",
                    "a license key, which belongs in 'license'",
                ),
                Mistake(r"[^\s@]+@[^\s@]+", "an e-mail address; MaxMind shows the account id beside it"),
            ),
            how_to="MaxMind's account portal shows it at the top right, and beside the license keys.",
        ),
    ),
    example={"host": "geolite.info", "license": "MadeUp_ForTheDocsOnly0123456789AbCde_mmk", "accountId": 123456},
    how_to="In MaxMind's account portal open Manage License Keys and generate a key; it is shown once.",
    url="https://support.maxmind.com/hc/en-us/articles/4407111582235-Generate-a-License-Key",
    tags=("api", "geo-locator"),
    provider="maxmind",
    binding=_binding,
)
