"""Discord."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import twice
from tracardi_operator.services.types.discord import SERVICE

URL = str(SERVICE.example["url"])
PATH = URL.removeprefix("https://discord.com")
TOKEN = URL.rpartition("/")[2]

FIELDS = {
    "url": Cases(
        valid=(
            URL,
            f"https://discordapp.com{PATH}",
            f"https://ptb.discord.com{PATH}",
            URL.replace("/api/", "/api/v10/"),
        ),
        invalid=(
            (f"http://discord.com{PATH}", "BadFormat"),
            (f"https://discord.com.evil.example{PATH}", "BadFormat"),
            (f"https://discord.com@evil.example{PATH}", "BadFormat"),
            (f"https://discord.com:8443{PATH}", "BadFormat"),
            (f"https://evil.discord.com{PATH}", "BadFormat"),
            (f"https://discord.com/api/../{PATH}", "BadFormat"),
            (f"{URL}/slack", "BadFormat"),
            (f"{URL}?wait=true", "BadFormat"),
            (URL.removesuffix(f"/{TOKEN}"), "BadFormat"),
            (URL[:-10], "BadFormat"),
            ("https://discord.gg/MadeUp7", "BadFormat"),
            ("https://discord.com/channels/102938475610293847/102938475610293848", "BadFormat"),
            ("https://hooks.slack.com/services/T04MADEUP27", "BadFormat"),
            ("MadeUpBotTokenForTheDocs01.aB3dE6.MadeUpBotTokenForTheDocs0123456", "BadFormat"),
            ("1029384756102938475", "BadFormat"),
            ("<webhook_url>", "Placeholder"),
            (f"{URL}\n", "Whitespace"),
            (f'"{URL}"', "PastedPrefix"),
            (twice(URL), "DoubleEncoded"),
        ),
        doubtful=((URL[:-1], "BadFormat"), (URL.replace("1029384756102938475", "10293847561029384"), "BadFormat")),
    ),
}
BINDINGS = {"the webhook is a URI": Bound({"url": URL}, {"uri": URL})}
