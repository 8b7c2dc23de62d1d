"""Slack's incoming webhooks."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import twice
from tracardi_operator.services.types.slack_webhook import SERVICE

URL = str(SERVICE.example["url"])
PATH = URL.removeprefix("https://hooks.slack.com")

FIELDS = {
    "url": Cases(
        valid=(URL,),
        invalid=(
            (f"http://hooks.slack.com{PATH}", "BadFormat"),
            (f"https://hooks.slack.com.evil.example{PATH}", "BadFormat"),
            (f"https://hooks.slack.com@evil.example{PATH}", "BadFormat"),
            (f"https://hooks.slack.com:8443{PATH}", "BadFormat"),
            (URL.replace("/services/", "/workflows/"), "BadFormat"),
            (URL.replace("/services/", "/triggers/"), "BadFormat"),
            (URL.rpartition("/")[0], "BadFormat"),
            (f"{URL}?x=1", "BadFormat"),
            (f"{URL}/", "BadFormat"),
            ("https://discord.com/api/webhooks/1029384756102938475/x", "BadFormat"),
            ("xoxb-104729103841-1047291038419", "BadFormat"),
            ("hooks.slack.com", "BadFormat"),
            (f"https://hooks.slack.com/{'services'}/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX", "Placeholder"),
            ("<webhook_url>", "Placeholder"),
            (f"{URL}\n", "Whitespace"),
            (twice(URL), "DoubleEncoded"),
        ),
        doubtful=((URL[:-3], "BadFormat"), (URL.replace("T04MADEUP27", "T04"), "BadFormat")),
    ),
}
BINDINGS = {"the webhook is a URI": Bound({"url": URL}, {"uri": URL})}
