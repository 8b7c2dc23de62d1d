"""Zendesk's web widget: the address of its script. Every visitor sees it; it is no secret.

Tracardi loads whatever stands here as a script into web pages, hence only Zendesk's own address is accepted.
"""

from tracardi_operator.services.formats import UUID
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

_SCRIPT = "https://static.zdassets.com/ekr/snippet.js?key="
_SCRIPT_PATTERN = _SCRIPT.replace(".", r"\.").replace("?", r"\?")

SERVICE = ServiceType(
    name="zendesk",
    title="Zendesk widget",
    fields=(
        Field(
            name="script_url",
            title="Address of the script",
            format=Format(
                words=f"{_SCRIPT} followed by the key of the widget",
                pattern=rf"{_SCRIPT_PATTERN}[A-Za-z0-9-]+",
                confidence=Confidence.CONFIDENT,
                source="https://support.zendesk.com/hc/en-us/articles/115007912068",
            ),
            usual=Format(
                words="a UUID as the key of the widget",
                pattern=_SCRIPT_PATTERN + UUID,
                confidence=Confidence.HEURISTIC,
                source="examples on the web",
            ),
            mistakes=(
                Mistake(UUID, f"the key of the widget alone; put {_SCRIPT} before it"),
                Mistake(
                    r"(?:https?:)?//v2\.zopim\.com/\S*", "the script of the old Zendesk Chat, not of the web widget"
                ),
                Mistake(r"(?:https?://)?[a-z0-9-]+\.zendesk\.com(?:/\S*)?", "the address of the account"),
            ),
        ),
    ),
    example={"script_url": f"{_SCRIPT}0c0ffee0-1234-4abc-8def-0123456789ab"},
    how_to="In Zendesk's Admin Center open Channels → Web Widget → Installation; it is the src of the script.",
    url="https://support.zendesk.com/hc/en-us/articles/115007912068",
    tags=("zendesk",),
    icon="zendesk",
)
