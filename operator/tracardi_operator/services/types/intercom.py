"""Intercom's Messenger widget: the id of a workspace. Every visitor sees it; it is no secret."""

from tracardi_operator.services.formats import WIDGET_ID
from tracardi_operator.services.model import Field, ServiceType

SERVICE = ServiceType(
    name="intercom",
    title="Intercom widget",
    fields=(Field(name="app_id", title="Workspace id", generated=True, format=WIDGET_ID),),
    example={"app_id": "m4d3up1d"},
    how_to="In Intercom open Settings → Channels → Messenger → Install; the script there has it as app_id.",
    url="https://www.intercom.com/help/en/articles/3539-where-can-i-find-my-workspace-id-app-id",
    tags=("intercom",),
    icon="intercom",
)
