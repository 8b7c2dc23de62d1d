"""MeaningCloud, text analysis: a license key. Whether the service still runs could not be established."""

from tracardi_operator.services.model import Confidence, Field, Format, ServiceType

SERVICE = ServiceType(
    name="meaningcloud",
    title="MeaningCloud",
    fields=(
        Field(
            name="token",
            title="License key",
            sensitive=True,
            format=Format(
                words="a license key: 32 lower-case letters and digits",
                pattern=r"[a-z0-9]{32}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/meaningcloud",
            ),
        ),
    ),
    example={"token": "made0up1key2for3the4docs5a6b7c8d"},
    how_to="MeaningCloud shows the key under Account → License key; it may have closed, so see first that it answers.",
    url="https://www.meaningcloud.com/developer/account/subscriptions",
    tags=("token", "meaningcloud"),
)
