"""Twilio: an account SID with its auth token, or with the SID and secret of an API key.

Tracardi's plugin uses the auth token. Standard API keys may send messages but not read the account.
"""

from tracardi_operator.services.formats import HEX_32
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

_ACCOUNT_SID = Mistake(r"AC[0-9A-Za-z]*", "an account SID, which belongs in 'account_sid'")
_API_KEY_SID = Mistake(r"SK[0-9A-Za-z]*", "the SID of an API key, which belongs in 'api_key_sid'")

SERVICE = ServiceType(
    name="twilio",
    title="Twilio",
    fields=(
        Field(
            name="account_sid",
            title="Account SID",
            generated=True,
            format=Format(
                words="an account SID: 'AC' and 32 hexadecimal digits",
                pattern=r"AC[0-9a-fA-F]{32}",
                confidence=Confidence.CONFIDENT,
                source="Tracardi documentation, Twilio resource; trufflehog pkg/detectors/twilio",
            ),
            mistakes=(_API_KEY_SID,),
        ),
        Field(
            name="auth_token",
            title="Auth token",
            required=False,
            sensitive=True,
            format=Format(
                words="an auth token: 32 hexadecimal digits in lower case",
                pattern=HEX_32,
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/twilio",
            ),
            mistakes=(_ACCOUNT_SID, _API_KEY_SID),
        ),
        Field(
            name="api_key_sid",
            title="API key SID",
            required=False,
            generated=True,
            format=Format(
                words="the SID of an API key: 'SK' and 32 hexadecimal digits",
                pattern=r"SK[0-9a-fA-F]{32}",
                confidence=Confidence.CONFIDENT,
                source="Twilio's OpenAPI description; gitleaks twilio",
            ),
            mistakes=(_ACCOUNT_SID,),
            how_to="In the Twilio Console open Account → API keys & tokens.",
        ),
        Field(
            name="api_key_secret",
            title="API key secret",
            required=False,
            sensitive=True,
            format=Format(
                words="the secret of an API key: 32 letters and digits",
                pattern=r"[0-9A-Za-z]{32}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/twilioapikey",
            ),
            mistakes=(
                Mistake(r"SK[0-9a-fA-F]{32}", "the SID of an API key, not its secret"),
                Mistake(r"AC[0-9a-fA-F]{32}", "an account SID, not the secret of an API key"),
            ),
            how_to="The Twilio Console shows it once, when the API key is created.",
        ),
    ),
    example={
        "account_sid": "AC0123456789abcdef0123456789abcdef",
        "auth_token": "fedcba9876543210fedcba9876543210",
    },
    how_to="The Twilio Console shows account SID and auth token on its first page, under Account Info.",
    url="https://www.twilio.com/docs/iam/api",
    tags=("twilio",),
    alternatives=(("auth_token",), ("api_key_sid", "api_key_secret")),
)
