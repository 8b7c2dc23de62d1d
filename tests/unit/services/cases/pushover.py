"""Pushover: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

TOKEN = "a0MadeUpTokenForTheDocs1234567"
USER = "u0MadeUpUserKeyForTheDocs12345"

FIELDS = {
    "token": Cases(
        valid=(TOKEN,),
        invalid=(
            ("azGDORePK8gMaC0QOYAMyEEuzJnyUi", "Placeholder"),
            (TOKEN[:-1], "BadFormat"),
            (f"{TOKEN}8", "BadFormat"),
            (TOKEN.replace("0", "-"), "BadFormat"),
            (f"token={TOKEN}", "PastedPrefix"),
            (f"{TOKEN}\n", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
            ("a1b2c3d4e5@pomail.net", "BadFormat"),
        ),
    ),
    "user": Cases(
        valid=(USER, "g" + USER[1:]),
        invalid=(
            ("uQiRzpo4DXghDmr9QzzfQu27cmVRsG", "Placeholder"),
            ("ann@example.com", "BadFormat"),
            ("u1v2w3x4y5@pomail.net", "BadFormat"),
            (USER[1:], "BadFormat"),
            (f"{USER}6", "BadFormat"),
            ("USER_KEY", "BadFormat"),
            ("<user-key>", "Placeholder"),
            (f"'{USER}'", "PastedPrefix"),
        ),
    ),
}
