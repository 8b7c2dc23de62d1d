"""Salesforce Marketing Cloud: an API integration of an installed package, by the client credentials flow.

Tracardi calls this type `salesforce`, and its manual describes a connected app of the core Salesforce product: values
of that product (`salesforce-oauth` here) are expected and told apart. `subdomain` becomes part of a host name.
"""

from tracardi_operator.services.bindings import client_credentials
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType, Values

_CORE = "of the core Salesforce product, which has the type salesforce-oauth"
_HOST_SUFFIX = ".auth.marketingcloudapis.com"


def _binding(values: Values) -> dict[str, str]:
    host = f"{values['subdomain']}{_HOST_SUFFIX}"
    entries = client_credentials(values, f"https://{host}/v2/token")
    return {"host": host, "uri": f"https://{host}", **entries}


SERVICE = ServiceType(
    name="salesforce",
    title="Salesforce Marketing Cloud",
    fields=(
        Field(
            name="client_id",
            title="Client id",
            generated=True,
            format=Format(
                words="the client id of an API integration: 24 lower-case letters and digits",
                pattern=r"[a-z0-9]{24}",
                confidence=Confidence.HEURISTIC,
                source="one decoded fixture of the mcdev project",
            ),
            mistakes=(Mistake(r"3MVG9.*", f"the consumer key of a connected app {_CORE}"),),
        ),
        Field(
            name="client_secret",
            title="Client secret",
            sensitive=True,
            format=Format(
                words="the client secret of an API integration: 24 letters and digits",
                pattern=r"[A-Za-z0-9]{24}",
                confidence=Confidence.HEURISTIC,
                source="general knowledge, not stated by the vendor",
            ),
            mistakes=(
                Mistake(r"[0-9A-Fa-f]{64}|[0-9]{19}", f"the consumer secret of a connected app {_CORE}"),
                Mistake(r"3MVG9.*", f"the consumer key of a connected app {_CORE}"),
            ),
        ),
        Field(
            name="subdomain",
            title="Subdomain",
            format=Format(
                words="the tenant's subdomain: 'mc' and 26 lower-case letters, digits or hyphens, 28 characters in all",
                pattern=r"mc[a-z0-9-]{26}",
                confidence=Confidence.CONFIDENT,
                source="https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/"
                "your-subdomain-tenant-specific-endpoints.html",
            ),
            mistakes=(
                Mistake(
                    r"(?:https?://)?mc[a-z0-9-]{26}\.[a-z]+\.marketingcloudapis\.com(?:/.*)?",
                    "a whole address; keep the part before the first dot, without https://",
                ),
                Mistake(
                    r"(?:https?://)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:salesforce|force)\.com(?:/.*)?",
                    f"a My Domain {_CORE}",
                ),
                Mistake(r"[A-Za-z0-9-]{1,27}", f"a My Domain or account name {_CORE}, or a part of a subdomain"),
            ),
            how_to="It is the first part of the Authentication Base URI of the API integration.",
        ),
    ),
    example={
        "client_id": "madeupclientid0123456789",
        "client_secret": "MadeUpSecret0123456789ab",
        "subdomain": "mcmade-up-subdomain-12345678",
    },
    how_to="In Marketing Cloud open Setup → Apps → Installed Packages, add an API Integration (Server-to-Server).",
    url="https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/"
    "your-subdomain-tenant-specific-endpoints.html",
    tags=("salesforce",),
    provider="salesforce-marketing-cloud",
    binding_type="oauth2",
    binding=_binding,
)
