"""Zapier: the URL of a webhook that starts a Zap. The URL itself is the credential: whoever has it can start the Zap.

Tracardi's plugin has the URL in its own configuration and needs no resource; the type is for other consumers.
"""

from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="zapier-webhook",
    title="Zapier webhook",
    fields=(
        Field(
            name="url",
            title="Webhook URL",
            sensitive=True,
            format=Format(
                words="the URL of a webhook, which begins with https://hooks.zapier.com/hooks/",
                pattern=r"https://hooks\.zapier\.com/hooks/[A-Za-z0-9_/-]+",
                confidence=Confidence.CONFIDENT,
                source="Zapier help, Trigger Zaps from webhooks; trufflehog pkg/detectors/zapierwebhook",
            ),
            usual=Format(
                words="https://hooks.zapier.com/hooks/catch/, a number, / and about 7 letters and digits, "
                "which /silent/ may follow",
                pattern=r"https://hooks\.zapier\.com/hooks/catch/[0-9]{4,12}/[A-Za-z0-9]{5,12}(?:/silent)?/?",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/zapierwebhook",
            ),
            mistakes=(
                Mistake(
                    r"https://hooks\.zapier\.com/hooks/[A-Za-z0-9_/-]+[?#].*",
                    "the URL of a webhook with a query or fragment; keep what stands before the ? or #",
                ),
                Mistake(r"http://.*", "an address without TLS; a webhook begins with https://"),
                Mistake(
                    r"https://(?:www\.)?zapier\.com(?:/.*)?", "a page of Zapier, perhaps the Zap's own, not its webhook"
                ),
                Mistake(r"https://(?!hooks\.zapier\.com/).*", "an address that is no webhook of Zapier"),
            ),
        ),
    ),
    example={"url": "https://hooks.zapier.com/hooks/catch/40276153/madeup7/"},
    how_to="In the Zap choose the trigger Webhooks by Zapier → Catch Hook; its Test tab shows the URL.",
    url="https://help.zapier.com/hc/en-us/articles/8496288690317",
    tags=("zapier",),
    provider="zapier",
    binding=uri_from("url"),
)
