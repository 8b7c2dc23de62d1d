"""Slack: the URL of an incoming webhook. The URL itself is the credential. Not a type of Tracardi's own."""

from tracardi_operator.services import airflow
from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

_SERVICES = r"https://hooks\.slack\.com/services"


SERVICE = ServiceType(
    name="slack-webhook",
    title="Slack incoming webhook",
    fields=(
        Field(
            name="url",
            title="Webhook URL",
            sensitive=True,
            format=Format(
                words="the URL of an incoming webhook: https://hooks.slack.com/services/T…/B…/ and a token",
                pattern=rf"{_SERVICES}/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+",
                confidence=Confidence.CONFIDENT,
                source="trufflehog pkg/detectors/slackwebhook, gitleaks slack",
            ),
            usual=Format(
                words="ids of 9 to 13 capital letters and digits and a token of 24 characters",
                pattern=rf"{_SERVICES}/T[A-Z0-9]{{8,12}}/B[A-Z0-9]{{8,12}}/[A-Za-z0-9]{{23,25}}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/slackwebhook",
            ),
            mistakes=(
                Mistake(
                    r"https://hooks\.slack\.com/(?:workflows|triggers)/.*",
                    "the URL that starts a workflow, which takes other messages than an incoming webhook",
                ),
                Mistake(
                    rf"{_SERVICES}(?:/[A-Za-z0-9]*){{0,2}}", "the URL of a webhook without its last part, the token"
                ),
                Mistake(rf"{_SERVICES}(?:/[A-Za-z0-9]+){{3}}[?#/].*", "the URL of a webhook with something after it"),
                Mistake(r"http://.*", "an address without TLS; a webhook begins with https://"),
                Mistake(r"https://discord(?:app)?\.com/.*", "an address of Discord"),
                Mistake(r"https://(?!hooks\.slack\.com/).*", "an address that is no webhook of Slack"),
                Mistake(r"xox[a-z.]+-.*", "a token of Slack, which has the type slack"),
            ),
            known_examples=(f"https://hooks.slack.com/{'services'}/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",),
        ),
    ),
    example={"url": f"https://hooks.slack.com/{'services'}/T04MADEUP27/B05MADEUP39/MadeUpTokenForDocs012345"},
    how_to="On api.slack.com open the app → Incoming Webhooks → Add New Webhook, choose the channel, copy the URL.",
    url="https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
    tags=("slack-webhook",),
    provider="slack",
    binding=uri_from("url"),
    airflow=airflow.token("slackwebhook", "url"),
)
