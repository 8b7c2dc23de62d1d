"""Airtable: a personal access token sent as a bearer token. The field is still called `api_key` in Tracardi."""

from tracardi_operator.api.problems import Severity
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="airtable",
    title="Airtable",
    fields=(
        Field(
            name="api_key",
            title="Personal access token",
            sensitive=True,
            format=Format(
                words="a personal access token: 'pat', 14 letters or digits, a dot and 64 hexadecimal digits",
                pattern=r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}",
                confidence=Confidence.CONFIDENT,
                source="trufflehog pkg/detectors/airtablepersonalaccesstoken, gitleaks airtable",
            ),
            mistakes=(
                Mistake(r"key[A-Za-z0-9]{14}", "an old user API key; Airtable switched these off on 1 February 2024"),
                Mistake(r"pat[A-Za-z0-9]{14}", "the id of a token; the secret half, after the dot, is missing"),
                Mistake(
                    r"[A-Za-z0-9]+\.v1\.[A-Za-z0-9_-]+\.[a-f0-9]+",
                    "an OAuth access token, which expires within the hour; use a personal access token",
                    Severity.WARNING,
                ),
            ),
        ),
    ),
    example={"api_key": "patMadeUpForDocs1.00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"},
    how_to="In Airtable's Builder hub create a personal access token with access to the bases; it is shown once.",
    url="https://airtable.com/create/tokens",
    tags=("airtable",),
    icon="airtable",
)
