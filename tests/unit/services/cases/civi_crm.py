"""CiviCRM."""

from dataclasses import replace

from tests.unit.services.cases import Bound
from tests.unit.services.samples import HTTP_URL

URL = "https://crm.example.org/civicrm/ajax/rest"

FIELDS = {
    "api_url": replace(
        HTTP_URL,
        valid=(URL, "https://example.org/wp-json/civicrm/v3/rest"),
        invalid=(
            *HTTP_URL.invalid,
            ("https://example.org/?page=CiviCRM&q=civicrm/ajax/rest", "BadFormat"),
            ("<api-url>", "Placeholder"),
        ),
        doubtful=(
            ("https://crm.example.org", "BadFormat"),
            ("https://crm.example.org/civicrm/ajax/api4", "BadFormat"),
            ("http://crm/sites/all/modules/civicrm/extern/rest.php", "BadFormat"),
        ),
    ),
}
BINDINGS = {
    "an address is a URI": Bound(
        {"api_key": "MadeUpApiKey0123456789", "site_key": "MadeUpSiteKey0123456789", "api_url": URL}, {"uri": URL}
    ),
}
