"""Elastic Email: an API key, and the public id of the account with which contacts are added."""

from tracardi_operator.services.formats import UUID
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

_LONG_KEY = r"[A-Za-z0-9_-]{96}"

SERVICE = ServiceType(
    name="elasticemail",
    title="Elastic Email",
    fields=(
        Field(
            name="api_key",
            title="API key",
            sensitive=True,
            format=Format(
                words="an API key: 96 letters, digits, _ or -, or (an older one) a UUID",
                pattern=rf"{_LONG_KEY}|{UUID}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/elasticemail",
            ),
        ),
        Field(
            name="public_account_id",
            title="Public account id",
            generated=True,
            mistakes=(Mistake(_LONG_KEY, "the API key, which belongs in 'api_key'"),),
            how_to="In Elastic Email open Settings → Account; the public account id is among the details.",
        ),
    ),
    example={
        "api_key": "MADEUPKEYFORTHEDOCS-0123456789ABCDEF_0123456789ABCDEF_0123456789ABCDEF_0123456789ABCDEF-NOTAREAL",
        "public_account_id": "1c0ffee0-made-up00-4567-89abcdef0123",
    },
    how_to="In Elastic Email open Settings → Manage API keys → Create; the key is shown once.",
    url="https://app.elasticemail.com/marketing/settings/new/manage-api",
    tags=("elasticemail",),
    icon="email",
)
