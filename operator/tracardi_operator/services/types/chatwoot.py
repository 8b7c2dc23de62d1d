"""Chatwoot's chat widget: the token of a website. Every visitor sees it; it is no secret."""

from tracardi_operator.services.formats import WIDGET_ID
from tracardi_operator.services.model import Field, ServiceType

SERVICE = ServiceType(
    name="chatwoot",
    title="Chatwoot widget",
    fields=(Field(name="token", title="Website token", generated=True, format=WIDGET_ID),),
    example={"token": "MadeUpWebsiteToken123456"},
    how_to="In Chatwoot open Settings → Inboxes → the website → Configuration; the script has it as websiteToken.",
    url="https://www.chatwoot.com/hc/user-guide",
    tags=("chatwoot",),
    icon="chatwoot",
)
