"""SendGrid: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

KEY = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"

FIELDS = {
    "token": Cases(
        valid=(KEY,),
        invalid=(
            (KEY[3:25], "BadFormat"),
            (KEY[:-1], "BadFormat"),
            (KEY + "A", "BadFormat"),
            (KEY.replace("SG.", "SK."), "BadFormat"),
            (KEY[:-1] + "=", "BadFormat"),
            (f"Bearer {KEY}", "PastedPrefix"),
            (f"SENDGRID_API_KEY={KEY}", "PastedPrefix"),
            (twice(KEY), "DoubleEncoded"),
            (twice(KEY + "\n"), "DoubleEncoded"),
            ("<token>", "Placeholder"),
            ("SG." + "x" * 22 + "." + "y" * 43, "Placeholder"),
        ),
        doubtful=((KEY[:12] + "." + KEY[12:].replace(".", ""), "BadFormat"),),
    ),
}
