"""Slack."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import HEX, twice
from tracardi_operator.services.types.slack import SERVICE

TOKEN = str(SERVICE.example["token"])
REST = TOKEN.removeprefix("xoxb-")

FIELDS = {
    "token": Cases(
        valid=(TOKEN, f"xoxb-{REST.partition('-')[2]}"),
        invalid=(
            ("https://hooks.slack.com/services/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", "BadFormat"),
            (f"xoxe-1-{REST}", "BadFormat"),
            (f"xapp-1-{REST}", "BadFormat"),
            ("104729103841.1047291038419", "BadFormat"),
            (HEX * 2, "BadFormat"),
            ("A04MADEUP27", "BadFormat"),
            ("xoxb-your-token", "Placeholder"),
            ("<token>", "Placeholder"),
            (f"Bearer {TOKEN}", "PastedPrefix"),
            (f"SLACK_BOT_TOKEN={TOKEN}", "PastedPrefix"),
            (f"{TOKEN}\n", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
        ),
        doubtful=(
            (f"xoxp-{REST}", "BadFormat"),
            (f"xoxe.xoxb-1-{REST}", "BadFormat"),
            ("xoxb-MadeUp", "BadFormat"),
            (REST, "BadFormat"),
        ),
    ),
}
