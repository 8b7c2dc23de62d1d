"""Mixpanel: a project's token, which is public (it stands in web pages), and where the project's data are kept.

Tracardi's plugin that fetches funnels reads the login of a service account, which its form for the resource leaves out.
"""

from tracardi_operator.services.formats import BASIC_USERNAME, HEX_32
from tracardi_operator.services.logins import both_or_neither
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="mixpanel",
    title="Mixpanel",
    fields=(
        Field(
            name="token",
            title="Project token",
            generated=True,
            format=Format(
                words="a project token: 32 hexadecimal digits in lower case",
                pattern=HEX_32,
                confidence=Confidence.HEURISTIC,
                source="general knowledge, not stated by the vendor",
            ),
            mistakes=(
                Mistake(r"\S+\.mp-service-account", "the user name of a service account, which belongs in 'username'"),
                Mistake(r"[0-9]{5,12}", "the number of the project, not its token"),
            ),
        ),
        Field(
            name="server_prefix",
            title="Data residency",
            format=Format(
                words="US or EU",
                pattern=r"[Uu][Ss]|[Ee][Uu]",
                confidence=Confidence.CONFIDENT,
                source="Tracardi mixpanel model",
            ),
            mistakes=(
                Mistake(r"(?i:in|india|api-in\b.*)", "the data residency in India, which Tracardi doesn't know"),
                Mistake(r"(?:https?://)?(?:api|data|eu|api-eu|data-eu)\S*\.mixpanel\.com.*", "an address of Mixpanel"),
            ),
            known_examples=("US | EU",),
            how_to="Mixpanel shows it under Project Settings → Overview → Data Residency.",
        ),
        Field(
            name="username",
            title="User name of a service account",
            required=False,
            format=BASIC_USERNAME,
            how_to="Only for fetching funnels: in Mixpanel open Organization Settings → Service Accounts.",
        ),
        Field(
            name="password",
            title="Secret of the service account",
            required=False,
            sensitive=True,
            format=Format(
                words="the secret of a service account: 32 letters, digits or hyphens",
                pattern=r"[A-Za-z0-9-]{32}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/mixpanel",
            ),
            mistakes=(Mistake(r"\S+\.mp-service-account", "the user name, which belongs in 'username'"),),
            how_to="Mixpanel shows it once, when the service account is created.",
        ),
    ),
    example={"token": "9f8e7d6c5b4a39281706f5e4d3c2b1a0", "server_prefix": "EU"},
    how_to="In Mixpanel open Project Settings → Overview → Access Keys → Project Token.",
    url="https://docs.mixpanel.com/docs/orgs-and-projects/managing-projects",
    tags=("mixpanel",),
    icon="mixpanel",
    rules=(both_or_neither("username", "password"),),
)
