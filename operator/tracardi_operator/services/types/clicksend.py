"""ClickSend: user name and API key as HTTP Basic authentication."""

from tracardi_operator.services.formats import BASIC_USERNAME, UUID
from tracardi_operator.services.model import Confidence, Field, Format, ServiceType

SERVICE = ServiceType(
    name="clicksend",
    title="ClickSend",
    fields=(
        Field(name="username", title="User name", format=BASIC_USERNAME),
        Field(
            name="api_key",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key in the form of a UUID, five groups of hexadecimal digits",
                pattern=UUID,
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/clicksendsms",
            ),
        ),
    ),
    example={"username": "marketing@example.com", "api_key": "5E2B9A10-7C3D-4F86-A1B2-0C9D8E7F6A5B"},
    how_to="The ClickSend dashboard shows user name and API key under API Credentials.",
    url="https://developers.clicksend.com/docs",
    tags=("clicksend", "api_key"),
)
