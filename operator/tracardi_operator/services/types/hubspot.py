"""HubSpot: the access token of a private app. Tracardi passes the fields to its client as they are: `token` alone."""

from tracardi_operator.services.formats import UUID
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="hubspot",
    title="HubSpot",
    fields=(
        Field(
            name="token",
            title="Access token",
            sensitive=True,
            format=Format(
                words="the access token of a private app: 'pat-', a region such as na1 or eu1, a hyphen and a UUID",
                pattern=rf"pat-[a-z]{{2}}[0-9]-{UUID}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/hubspot_apikey, version 2",
            ),
            mistakes=(
                Mistake(UUID, "an API key (hapikey), which HubSpot ended on 30 November 2022, or the secret of an app"),
                Mistake(rf"[a-z]{{2}}[0-9]-{UUID}", "a developer API key, or an access token without its 'pat-'"),
                Mistake(r"[0-9]{5,12}", "the number of an account or app, not a token"),
            ),
        ),
    ),
    example={"token": f"{'pat'}-eu1-5e2b9a10-7c3d-4f86-a1b2-0c9d8e7f6a5b"},
    how_to="In HubSpot open Development → Legacy apps → the private app → Auth → Show token; there are no "
    "new ones since 26 October 2026.",
    url="https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview",
    tags=("hubspot",),
    icon="hubspot",
)
