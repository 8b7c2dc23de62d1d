"""Discord: the URL of a webhook. The URL itself is the credential: whoever has it can post to the channel."""

from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.model import AirflowConnection, Confidence, Field, Format, Mistake, ServiceType, Values

_WEBHOOKS = r"https://(?:(?:canary|ptb)\.)?discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks"
_WEBHOOK = rf"{_WEBHOOKS}/[0-9]{{17,20}}/[A-Za-z0-9_-]{{60,80}}"


def _airflow(values: Values) -> AirflowConnection:
    api, webhooks, webhook = str(values["url"]).partition("webhooks/")
    return AirflowConnection("discord", host=api, extra={"webhook_endpoint": webhooks + webhook})


SERVICE = ServiceType(
    name="discord",
    title="Discord webhook",
    fields=(
        Field(
            name="url",
            title="Webhook URL",
            sensitive=True,
            format=Format(
                words="the URL of a webhook: https://discord.com/api/webhooks/, a number, / and 68 characters",
                pattern=_WEBHOOK,
                confidence=Confidence.CONFIDENT,
                source="trufflehog pkg/detectors/discordwebhook; https://discord.com/developers/docs/resources/webhook",
            ),
            usual=Format(
                words="a number of 18 or 19 digits and a token of 68 characters",
                pattern=rf"{_WEBHOOKS}/[0-9]{{18,19}}/[A-Za-z0-9_-]{{68}}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/discordwebhook",
            ),
            mistakes=(
                Mistake(
                    rf"{_WEBHOOK}/(?:slack|github)",
                    "the form of a webhook for Slack's or GitHub's messages; drop the last part",
                ),
                Mistake(
                    rf"{_WEBHOOK}[/?#].*", "the URL of a webhook with something after it; drop what follows the token"
                ),
                Mistake(rf"{_WEBHOOKS}/[0-9]+/?", "the URL of a webhook without its token"),
                Mistake(r"http://.*", "an address without TLS; a webhook begins with https://"),
                Mistake(r"https://(?:discord\.gg|discord(?:app)?\.com/invite)/.*", "an invitation, not a webhook"),
                Mistake(r"https://discord(?:app)?\.com/channels/.*", "the link to a channel or message, not a webhook"),
                Mistake(r"https://hooks\.slack\.com/.*", "a webhook of Slack"),
                Mistake(
                    r"https://(?!(?:canary\.|ptb\.)?discord(?:app)?\.(?:com|gg)/).*",
                    "an address that is none of Discord's",
                ),
                Mistake(r"[A-Za-z0-9_-]{24,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}", "the token of a bot"),
                Mistake(r"[0-9]{17,20}", "the number of a webhook or channel, not the URL"),
            ),
        ),
    ),
    example={
        "url": f"https://discord.com/api/{'webhooks'}/1029384756102938475/"
        "MadeUpTokenForTheDocs_0123456789-MadeUpTokenForTheDocs_0123456789-Ma"
    },
    how_to="In Discord open the channel's settings → Integrations → Webhooks → the webhook → Copy Webhook URL.",
    url="https://support.discord.com/hc/en-us/articles/228383668-Intro-to-Webhooks",
    tags=("discord",),
    icon="discord",
    binding=uri_from("url"),
    airflow=_airflow,
)
