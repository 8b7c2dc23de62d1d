"""SendGrid: an API key sent as a bearer token."""

from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="sendgrid",
    title="SendGrid",
    fields=(
        Field(
            name="token",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key: 'SG.' and 66 characters of A-Z a-z 0-9 _ - and dot, 69 in all",
                pattern=r"SG\.[A-Za-z0-9_.-]{66}",
                confidence=Confidence.CONFIDENT,
                source="https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys",
            ),
            usual=Format(
                words="'SG.', 22 characters, a dot and 43 characters",
                pattern=r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
                confidence=Confidence.HEURISTIC,
                source="Yelp/detect-secrets#463",
            ),
            mistakes=(Mistake(r"[A-Za-z0-9_-]{22}", "the API Key ID from the list of keys, not the key itself"),),
        ),
    ),
    example={"token": "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"},
    how_to="In SendGrid open Settings → API Keys → Create API Key; the key is shown once.",
    url="https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys",
    tags=("token", "sendgrid"),
)
