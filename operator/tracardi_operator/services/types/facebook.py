"""Facebook (Meta): an app, and a token of a system user for it. Tracardi documents the type; its code is closed."""

from tracardi_operator.api.problems import Severity
from tracardi_operator.services.formats import HEX_32
from tracardi_operator.services.model import AirflowConnection, Confidence, Field, Format, Mistake, ServiceType, Values

_DETECTORS = "trufflehog pkg/detectors/facebookoauth, gitleaks facebook"


def _airflow(values: Values) -> AirflowConnection:
    """The hook reads `extra` alone, and an account with its prefix; without one it says that it is missing."""
    extra = {name: values[name] for name in ("app_id", "app_secret", "access_token")}
    if account := values.get("ad_account_id"):
        extra["account_id"] = f"act_{str(account).removeprefix('act_')}"
    return AirflowConnection("facebook_social", extra=extra)


SERVICE = ServiceType(
    name="facebook",
    title="Facebook",
    fields=(
        Field(
            name="app_id",
            title="App id",
            generated=True,
            format=Format(
                words="the number of an app: 15 to 18 digits",
                pattern=r"[0-9]{15,18}",
                confidence=Confidence.HEURISTIC,
                source=_DETECTORS,
            ),
            mistakes=(Mistake(HEX_32, "the app secret, which belongs in 'app_secret'"),),
        ),
        Field(
            name="app_secret",
            title="App secret",
            sensitive=True,
            format=Format(
                words="an app secret: 32 hexadecimal digits in lower case",
                pattern=HEX_32,
                confidence=Confidence.HEURISTIC,
                source=_DETECTORS,
            ),
            mistakes=(
                Mistake(r"[0-9]{15,18}", "the number of an app, which belongs in 'app_id'"),
                Mistake(r"EAA[A-Za-z0-9]+", "an access token, which belongs in 'access_token'"),
            ),
        ),
        Field(
            name="access_token",
            title="Access token",
            sensitive=True,
            format=Format(
                words="an access token: 'EAA' and a hundred or more letters and digits",
                pattern=r"EAA[A-Za-z0-9]{97,497}",
                confidence=Confidence.HEURISTIC,
                source="gitleaks facebook",
            ),
            mistakes=(
                Mistake(
                    r"[0-9]{15,18}\|[A-Za-z0-9_-]{27,40}",
                    "an access token of the app itself, which can't read ad accounts; use a system user's",
                    Severity.WARNING,
                ),
                Mistake(HEX_32, "the app secret, which belongs in 'app_secret'"),
            ),
            how_to="In Meta's Business settings open Users → System users → Generate new token; those of the Graph API "
            "Explorer end within hours.",
        ),
        Field(
            name="ad_account_id",
            title="Ad account id",
            required=False,
            generated=True,
            format=Format(
                words="the number of an ad account, with or without 'act_'",
                pattern=r"(?:act_)?[0-9]{5,20}",
                confidence=Confidence.HEURISTIC,
                source="https://developers.facebook.com/docs/marketing-api/reference/ad-account",
            ),
            how_to="Meta's Ads Manager shows it in the list of accounts.",
        ),
    ),
    example={
        "app_id": "402761538294710",
        "app_secret": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "access_token": f"{'EAA'}{'MadeUpAccessTokenForTheDocs0123456789' * 3}",
        "ad_account_id": "act_402761538294",
    },
    how_to="On developers.facebook.com open My Apps → the app → App settings → Basic; it shows app id and secret.",
    url="https://developers.facebook.com/docs/facebook-login/guides/access-tokens",
    tags=("facebook",),
    airflow=_airflow,
)
