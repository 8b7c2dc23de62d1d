"""Google Universal Analytics: a tracking id, which is public. Google has switched the service off."""

from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="google_id",
    title="Google Universal Analytics",
    fields=(
        Field(
            name="google_analytics_id",
            title="Tracking id",
            generated=True,
            format=Format(
                words="a tracking id: 'UA-', the number of the account, a hyphen and the number of the property",
                pattern=r"UA-[0-9]{4,10}-[0-9]{1,4}",
                confidence=Confidence.CONFIDENT,
                source="Tracardi documentation, UA3 tracker resource",
            ),
            mistakes=(
                Mistake(r"G-[A-Z0-9]+", "a measurement id of Google Analytics 4, which has the type google_v4_id"),
                Mistake(r"GTM-[A-Z0-9]+", "the id of a container of Google Tag Manager"),
                Mistake(r"AW-[0-9]+", "a conversion id of Google Ads"),
                Mistake(r"[0-9]+", "the number of an account or a view, not the tracking id"),
            ),
            known_examples=("UA-XXXXX-Y",),
        ),
    ),
    example={"google_analytics_id": "UA-40276153-2"},
    how_to="There are no new ones; the id of an old property was under Admin → Property → Tracking Info.",
    url="https://support.google.com/analytics/answer/11583528",
    tags=("google",),
    provider="google",
    discontinued="Google switched off Universal Analytics on 1 July 2023, and Analytics 360's on 1 July 2024; "
    "use Google Analytics 4, which has the type google_v4_id",
)
