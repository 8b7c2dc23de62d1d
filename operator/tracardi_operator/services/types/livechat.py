"""LiveChat's widget: the number of a license. Every visitor sees it; it is no secret.

Tracardi writes it into JavaScript as a number, without quotes.
"""

from tracardi_operator.services.formats import UUID
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

SERVICE = ServiceType(
    name="livechat",
    title="LiveChat widget",
    fields=(
        Field(
            name="license",
            title="License number",
            format=Format(
                words="the number of a license, digits alone",
                pattern=r"[1-9][0-9]{0,14}",
                confidence=Confidence.CONFIDENT,
                source="Tracardi com-microservice, app/services/ux/chats/livechat",
            ),
            mistakes=(Mistake(UUID, "the id of an organization; Tracardi's widget needs the license number"),),
        ),
    ),
    example={"license": "10203045"},
    how_to="In LiveChat open Settings → Channels → Website → Install code manually; the script has it as license.",
    url="https://platform.text.com/docs/guides/installing-livechat",
    tags=("livechat",),
    icon="livechat",
)
