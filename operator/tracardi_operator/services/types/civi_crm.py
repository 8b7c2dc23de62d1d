"""CiviCRM: the address of its REST API, the key of the site and the key of a contact. Tracardi uses version 3 of it."""

from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.formats import HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="civi_crm",
    title="CiviCRM",
    fields=(
        Field(
            name="api_key",
            title="API key of a contact",
            sensitive=True,
            how_to="In CiviCRM open the contact that Tracardi acts as; the API Key tab shows the key and makes one.",
        ),
        Field(
            name="site_key",
            title="Site key",
            sensitive=True,
            how_to="It is the CIVICRM_SITE_KEY in the site's civicrm.settings.php.",
        ),
        Field(
            name="api_url",
            title="Address of the REST API",
            format=HTTP_URL,
            usual=Format(
                words="an address that ends with civicrm/ajax/rest or civicrm/v3/rest (extern/rest.php is deprecated)",
                pattern=r"\S+/civicrm/(?:ajax|v3)/rest",
                confidence=Confidence.HEURISTIC,
                source="https://docs.civicrm.org/dev/en/latest/api/v3/rest/",
            ),
            mistakes=(
                URL_WITH_LOGIN,
                Mistake(
                    r"https?://[^\s?#]*\?[^\s#]*civicrm.*",
                    "an address with its path in the query; give one without, such as that of /wp-json/civicrm/v3/rest",
                ),
                URL_WITH_QUERY,
            ),
            how_to="It is the address of the site and /civicrm/ajax/rest, or (WordPress) /wp-json/civicrm/v3/rest.",
        ),
    ),
    example={
        "api_key": "MadeUpApiKey0123456789",
        "site_key": "MadeUpSiteKey0123456789abcdefghi",
        "api_url": "https://crm.example.org/civicrm/ajax/rest",
    },
    how_to="CiviCRM's REST API needs two keys, the site's own and that of a contact with the rights to use the API.",
    url="https://docs.civicrm.org/dev/en/latest/api/v3/rest/",
    tags=("civi_crm",),
    icon="civicrm",
    binding=uri_from("api_url"),
)
