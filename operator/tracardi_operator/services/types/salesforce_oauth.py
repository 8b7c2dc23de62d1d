"""Salesforce (the core product): a connected app by the client credentials flow. Not a type of Tracardi's own.

`domain` becomes part of a host name. Salesforce refuses this flow at login.salesforce.com and test.salesforce.com.
"""

from tracardi_operator.services.bindings import client_credentials
from tracardi_operator.services.model import AirflowConnection, Confidence, Field, Format, Mistake, ServiceType, Values

_MARKETING_CLOUD = "of Marketing Cloud, which has the type salesforce"
_DETECTOR = "trufflehog pkg/detectors/salesforceoauth2"


def _binding(values: Values) -> dict[str, str]:
    host = str(values["domain"]).removeprefix("https://").rstrip("/")
    entries = client_credentials(values, f"https://{host}/services/oauth2/token")
    return {"host": host, "uri": f"https://{host}", **entries}


def _airflow(values: Values) -> AirflowConnection:
    """With these three the client logs in by client credentials. It adds `.salesforce.com` itself."""
    domain = str(values["domain"]).removeprefix("https://").rstrip("/").removesuffix(".salesforce.com")
    extra = {"domain": domain, "consumer_key": values["client_id"], "consumer_secret": values["client_secret"]}
    return AirflowConnection("salesforce", extra=extra)


SERVICE = ServiceType(
    name="salesforce-oauth",
    title="Salesforce (connected app)",
    fields=(
        Field(
            name="domain",
            title="My Domain",
            format=Format(
                words="the organisation's My Domain, NAME.my.salesforce.com, with or without https://",
                pattern=r"(?:https://)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,3}my\.salesforce\.com/?",
                confidence=Confidence.CONFIDENT,
                source=f"{_DETECTOR}; Salesforce requires My Domain for this flow",
            ),
            mistakes=(
                Mistake(
                    r"(?:https?://)?(?:login|test)\.salesforce\.com(?:/.*)?",
                    "the common login address, where Salesforce refuses the client credentials flow",
                ),
                Mistake(
                    r"(?:https?://)?[A-Za-z0-9.-]+\.force\.com(?:/.*)?",
                    "the address of Salesforce's pages; the API has NAME.my.salesforce.com",
                ),
                Mistake(r"https://[A-Za-z0-9.-]+\.my\.salesforce\.com/.+", "a page's address; drop all after .com"),
                Mistake(
                    r"(?:https?://)?(?:[A-Za-z0-9-]+\.)*marketingcloudapis\.com(?:/.*)?",
                    f"an address {_MARKETING_CLOUD}",
                ),
            ),
            how_to="Salesforce shows it in Setup → My Domain.",
        ),
        Field(
            name="client_id",
            title="Consumer key",
            generated=True,
            format=Format(
                words="the consumer key of a connected app, which begins with 3MVG9",
                pattern=r"3MVG9[0-9A-Za-z._+/=]+",
                confidence=Confidence.CONFIDENT,
                source=_DETECTOR,
            ),
            usual=Format(
                words="'3MVG9' and 80 to 251 characters",
                pattern=r"3MVG9[0-9A-Za-z._+/=]{80,251}",
                confidence=Confidence.HEURISTIC,
                source=_DETECTOR,
            ),
            mistakes=(Mistake(r"[a-z0-9]{24}", f"the client id of an API integration {_MARKETING_CLOUD}"),),
        ),
        Field(
            name="client_secret",
            title="Consumer secret",
            sensitive=True,
            format=Format(
                words="a consumer secret: 64 characters, or 19 digits for old apps",
                pattern=r"[A-Za-z0-9+/=.]{64}|[0-9]{19}",
                confidence=Confidence.HEURISTIC,
                source=_DETECTOR,
            ),
            mistakes=(Mistake(r"3MVG9.*", "the consumer key, which belongs in 'client_id'"),),
        ),
    ),
    example={
        "domain": "https://mycompany.my.salesforce.com",
        "client_id": "3MVG9MadeUpConsumerKey_ForTheDocs_0123456789.MadeUpConsumerKey_ForTheDocs_9876543210.Made_Up",
        "client_secret": "00112233445566778899AABBCCDDEEFF0123456789ABCDEFFEDCBA9876543210",
    },
    how_to="In Salesforce open Setup → App Manager → the connected app → View → Manage Consumer Details, or Setup → "
    "External Client App Manager → the app → Settings → OAuth Settings → Consumer Key and Secret.",
    url="https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow_ca.htm",
    tags=("salesforce-oauth",),
    provider="salesforce",
    binding_type="oauth2",
    binding=_binding,
    airflow=_airflow,
)
