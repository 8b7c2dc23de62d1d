"""Telegram: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

TOKEN = "7123456789:AAMadeUp_Token-For-Docs-Only_123456"

FIELDS = {
    "bot_token": Cases(
        valid=(TOKEN, "12345:BBMadeUp_Token-For-Docs-Only_123456"),
        invalid=(
            ("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "Placeholder"),
            ("123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", "Placeholder"),
            (f"bot{TOKEN}", "PastedPrefix"),
            (f"https://api.telegram.org/bot{TOKEN}/getMe", "PastedPrefix"),
            ("7123456789", "BadFormat"),
            (TOKEN.partition(":")[2], "BadFormat"),
            ("@my_marketing_bot", "BadFormat"),
            (twice(TOKEN), "DoubleEncoded"),
        ),
        doubtful=(
            (TOKEN[:-1], "BadFormat"),
            (TOKEN.replace(":", "-"), "BadFormat"),
        ),
    ),
    "chat_id": Cases(
        valid=("-1001234567890", "42", "7123456789"),
        invalid=(
            ("@mychannel", "BadFormat"),
            ("https://t.me/mychannel", "BadFormat"),
            ("mychannel", "BadFormat"),
            ("0", "BadFormat"),
            ("-0", "BadFormat"),
            ("1_000", "BadFormat"),
            ("\u0661\u0662\u0663", "BadFormat"),
            ("1e9", "BadFormat"),
            (str(2**53), "OutOfRange"),
            ("9" * 40, "BadFormat"),
            ("<chat-id>", "Placeholder"),
            (twice("-1001234567890"), "DoubleEncoded"),
        ),
    ),
}
