"""FullContact: an API key sent as a bearer token. Every match is billed."""

from tracardi_operator.services.model import Confidence, Field, Format, ServiceType

SERVICE = ServiceType(
    name="full-contact",
    title="FullContact",
    fields=(
        Field(
            name="token",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key: 32 letters and digits",
                pattern=r"[A-Za-z0-9]{32}",
                confidence=Confidence.HEURISTIC,
                source="general knowledge, not stated by the vendor",
            ),
        ),
    ),
    example={"token": "MadeUpApiKeyForTheDocs0123456789"},
    how_to="On FullContact's platform open API Keys → Generate an API key.",
    url="https://docs.fullcontact.com/docs/authorization",
    tags=("token", "full-contact"),
    provider="fullcontact",
)
