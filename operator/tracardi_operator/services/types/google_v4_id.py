"""Google Analytics 4: the measurement id of a data stream and a secret of its Measurement Protocol.

Google accepts every event with status 2xx, whatever the secret: a wrong one loses events without a word.
"""

from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

_MEASUREMENT_ID = Mistake(r"G-[A-Z0-9]+", "the measurement id, which belongs in 'measurement_id'")

SERVICE = ServiceType(
    name="google_v4_id",
    title="Google Analytics 4",
    fields=(
        Field(
            name="api_key",
            title="Measurement Protocol API secret",
            sensitive=True,
            format=Format(
                words="a secret of the Measurement Protocol: about 22 letters, digits, _ or -",
                pattern=r"[A-Za-z0-9_-]{20,24}",
                confidence=Confidence.HEURISTIC,
                source="general knowledge, not stated by the vendor",
            ),
            mistakes=(
                _MEASUREMENT_ID,
                Mistake(r"UA-[0-9-]+", "a tracking id of Universal Analytics, which has ended"),
                Mistake(r"AIza[A-Za-z0-9_-]{35}", "an API key of Google Cloud, not one of the Measurement Protocol"),
            ),
        ),
        Field(
            name="measurement_id",
            title="Measurement id",
            generated=True,
            format=Format(
                words="a measurement id: 'G-' and about 10 capital letters or digits",
                pattern=r"G-[A-Z0-9]{6,12}",
                confidence=Confidence.HEURISTIC,
                source="Tracardi documentation, GA4 tracker resource",
            ),
            mistakes=(
                Mistake(r"UA-[0-9-]+", "a tracking id of Universal Analytics, which has ended"),
                Mistake(r"GTM-[A-Z0-9]+", "the id of a container of Google Tag Manager"),
                Mistake(r"GT-[A-Z0-9]+", "the id of a Google tag, not of a data stream"),
                Mistake(r"AW-[0-9]+", "a conversion id of Google Ads"),
                Mistake(r"[0-9]+", "the number of a property or a stream, not the measurement id"),
                Mistake(r"1:[0-9]+:[a-z]+:[0-9a-f]+", "a Firebase app id; Tracardi sends to streams of web pages"),
                Mistake(r"G\.[A-Z0-9]+|G-(?=[A-Z0-9]*[a-z])[A-Za-z0-9]+|g-[A-Za-z0-9]+", "a measurement id mistyped"),
            ),
            how_to="In Google Analytics open Admin → Data streams → the stream; the id stands at the upper right.",
        ),
    ),
    example={"api_key": "MadeUp-Secret_ForDocs1", "measurement_id": "G-4TD7KQ92MW"},
    how_to="In Google Analytics open Admin → Data streams → the stream → Measurement Protocol API secrets → Create.",
    url="https://developers.google.com/analytics/devguides/collection/protocol/ga4",
    tags=("google",),
    icon="google",
    provider="google",
)
