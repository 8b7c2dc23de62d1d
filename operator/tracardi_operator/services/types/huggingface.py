"""Hugging Face: a user access token sent as a bearer token. Tracardi's commercial type; its field name is not
documented.
"""

from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="huggingface",
    title="Hugging Face",
    fields=(
        Field(
            name="api_key",
            title="User access token",
            sensitive=True,
            format=Format(
                words="a user access token: 'hf_' and 34 letters and digits",
                pattern=r"hf_[A-Za-z0-9]{34}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/huggingface, gitleaks huggingface",
            ),
            mistakes=(
                Mistake(
                    r"api_org_[A-Za-z0-9]+",
                    "an API token of an organization, which Hugging Face no longer has; use a token of a user",
                ),
            ),
        ),
    ),
    example={"api_key": "hf_MadeUpTokenForTheDocs0123456789abc"},
    how_to="On huggingface.co open Settings → Access Tokens → Create new token; it is shown once.",
    url="https://huggingface.co/docs/hub/security-tokens",
    tags=("huggingface",),
    icon="huggingface",
)
