"""X (Twitter): OAuth 1.0a with two pairs, that of an app and that of the account it acts for.

Tracardi 0.9 posts by statuses/update of the API v1.1, which X no longer opens to all plans.
"""

from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

_DETECTORS = "trufflehog pkg/detectors/twitterconsumerkey, gitleaks twitter"
_API_KEY = r"[A-Za-z0-9]{25}"
_API_SECRET = r"[A-Za-z0-9]{50}"
_ACCESS_TOKEN = r"[0-9]{5,25}-[A-Za-z0-9]{20,40}"
_ACCESS_TOKEN_SECRET = r"[A-Za-z0-9]{45}"
_OTHERS = (
    Mistake(r"A{16}[A-Za-z0-9%]+", "the bearer token of the app, which can't act for an account"),
    Mistake(r"[A-Za-z0-9_-]{20,}MTpjaQ", "the client id of OAuth 2.0; this type takes the keys of OAuth 1.0a"),
)


def _pasted(pattern: str, what: str, field: str) -> Mistake:
    return Mistake(pattern, f"{what}, which belongs in '{field}'")


SERVICE = ServiceType(
    name="twitter",
    title="X (Twitter)",
    fields=(
        Field(
            name="api_key",
            title="API key",
            sensitive=True,
            format=Format("an API key: 25 letters and digits", _API_KEY, Confidence.CONFIDENT, _DETECTORS),
            mistakes=(
                _pasted(_API_SECRET, "the API secret", "api_secret"),
                _pasted(_ACCESS_TOKEN, "an access token", "access_token"),
                _pasted(_ACCESS_TOKEN_SECRET, "an access token secret", "access_token_secret"),
                *_OTHERS,
            ),
        ),
        Field(
            name="api_secret",
            title="API key secret",
            sensitive=True,
            format=Format("an API secret: 50 letters and digits", _API_SECRET, Confidence.CONFIDENT, _DETECTORS),
            mistakes=(
                _pasted(_API_KEY, "the API key", "api_key"),
                _pasted(_ACCESS_TOKEN, "an access token", "access_token"),
                _pasted(_ACCESS_TOKEN_SECRET, "an access token secret", "access_token_secret"),
                *_OTHERS,
            ),
        ),
        Field(
            name="access_token",
            title="Access token",
            sensitive=True,
            format=Format(
                words="an access token: the number of an account, a hyphen and 20 to 40 letters and digits",
                pattern=_ACCESS_TOKEN,
                confidence=Confidence.HEURISTIC,
                source="gitleaks twitter",
            ),
            mistakes=(
                _pasted(_API_KEY, "the API key", "api_key"),
                _pasted(_API_SECRET, "the API secret", "api_secret"),
                _pasted(_ACCESS_TOKEN_SECRET, "an access token secret", "access_token_secret"),
                *_OTHERS,
            ),
        ),
        Field(
            name="access_token_secret",
            title="Access token secret",
            sensitive=True,
            format=Format(
                words="an access token secret: 45 letters and digits",
                pattern=_ACCESS_TOKEN_SECRET,
                confidence=Confidence.HEURISTIC,
                source="gitleaks twitter",
            ),
            mistakes=(
                _pasted(_API_KEY, "the API key", "api_key"),
                _pasted(_API_SECRET, "the API secret", "api_secret"),
                _pasted(_ACCESS_TOKEN, "an access token", "access_token"),
                *_OTHERS,
            ),
        ),
    ),
    example={
        "api_key": "MadeUpApiKeyForTheDocs012",
        "api_secret": "MadeUpApiSecretForTheDocs0123456789MadeUpApiSecret",
        "access_token": "7012345689-MadeUpAccessTokenForTheDocs012",
        "access_token_secret": "MadeUpTokenSecretForTheDocs0123456789MadeUpTo",
    },
    how_to="In X's developer portal open the project → the app → Keys and tokens; API key and access token are "
    "created there, each with its secret.",
    url="https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/api-key-and-secret",
    tags=("twitter",),
    icon="twitter",
)
