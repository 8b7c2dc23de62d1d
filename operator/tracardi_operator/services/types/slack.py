"""Slack: the token of a bot. Incoming webhooks are another type, `slack-webhook`."""

from tracardi_operator.api.problems import Severity
from tracardi_operator.services import airflow
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="slack",
    title="Slack",
    fields=(
        Field(
            name="token",
            title="Bot token",
            sensitive=True,
            format=Format(
                words="a bot token: 'xoxb-', one or two numbers and 18 to 32 letters and digits, joined by hyphens",
                pattern=r"xoxb-[0-9]{8,14}-(?:[0-9]{8,14}-)?[A-Za-z0-9]{18,32}",
                confidence=Confidence.HEURISTIC,
                source="gitleaks slack",
            ),
            mistakes=(
                Mistake(
                    r"xoxp-[A-Za-z0-9-]+",
                    "a user token, which acts with all rights of that person; use the bot token",
                    Severity.WARNING,
                ),
                Mistake(
                    r"xoxe\.xox[bp]-[A-Za-z0-9-]+",
                    "a token with rotation, which expires within 12 hours",
                    Severity.WARNING,
                ),
                Mistake(r"xoxe-[A-Za-z0-9-]+", "a refresh token, which is no access token"),
                Mistake(r"xapp-[A-Za-z0-9-]+", "an app-level token, which can't post messages"),
                Mistake(r"https://hooks\.slack\.com/.*", "a webhook URL, which has the type slack-webhook"),
                Mistake(r"[0-9]{8,14}\.[0-9]{8,14}", "the client id of an app"),
                Mistake(r"[0-9a-f]{32}", "the client secret or signing secret of an app"),
                Mistake(r"A[A-Z0-9]{8,12}", "the id of an app"),
            ),
            known_examples=(
                "xoxb-your-token",
                "xoxb-not-a-real-token-this-will-not-work",
                "xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx",
            ),
        ),
    ),
    example={"token": f"{'xoxb'}-104729103841-1047291038419-MadeUpTokenForDocs012345"},
    how_to="On api.slack.com open the app → OAuth & Permissions → Bot User OAuth Token; the bot needs chat:write.",
    url="https://docs.slack.dev/authentication/tokens",
    tags=("slack", "token"),
    airflow=airflow.token("slack", "token"),
)
