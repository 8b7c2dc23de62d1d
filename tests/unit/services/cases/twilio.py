"""Twilio: what is right and wrong."""

from tests.unit.services.cases import Cases, Together
from tests.unit.services.samples import HEX, HEX_TOKEN, twice
from tracardi_operator.services.model import Value

ACCOUNT_SID = f"AC{HEX * 2}"
KEY_SID = f"SK{HEX * 2}"
SECRET = "MadeUpSecretForTheDocs0123456789"

ACCOUNT: dict[str, Value] = {"account_sid": ACCOUNT_SID}
AUTH_TOKEN: dict[str, Value] = {"auth_token": HEX * 2}
API_KEY_SID: dict[str, Value] = {"api_key_sid": KEY_SID}
API_KEY_SECRET: dict[str, Value] = {"api_key_secret": SECRET}

FIELDS = {
    "account_sid": Cases(
        valid=(ACCOUNT_SID,),
        invalid=(
            (KEY_SID, "BadFormat"),
            (ACCOUNT_SID[:-1], "BadFormat"),
            (ACCOUNT_SID + "0", "BadFormat"),
            (ACCOUNT_SID.lower(), "BadFormat"),
            (HEX * 2, "BadFormat"),
            ("ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "Placeholder"),
            (twice(ACCOUNT_SID), "DoubleEncoded"),
            (f"TWILIO_ACCOUNT_SID={ACCOUNT_SID}", "PastedPrefix"),
        ),
    ),
    "auth_token": Cases(
        valid=HEX_TOKEN.valid,
        invalid=(*HEX_TOKEN.invalid, (KEY_SID, "BadFormat"), (ACCOUNT_SID, "BadFormat"), ("SKabc", "BadFormat")),
        doubtful=HEX_TOKEN.doubtful,
    ),
    "api_key_sid": Cases(
        valid=(KEY_SID,),
        invalid=(
            (ACCOUNT_SID, "BadFormat"),
            (KEY_SID[:-1], "BadFormat"),
            (f"{KEY_SID}0", "BadFormat"),
            (KEY_SID.lower(), "BadFormat"),
            (HEX * 2, "BadFormat"),
            ("SK" + "0" * 32, "Placeholder"),
            ("$TWILIO_KEY", "Placeholder"),
        ),
    ),
    "api_key_secret": Cases(
        valid=(SECRET,),
        invalid=(
            (ACCOUNT_SID, "BadFormat"),
            (KEY_SID, "BadFormat"),
            (twice(SECRET), "DoubleEncoded"),
            (f"{SECRET}\n", "Whitespace"),
            ("secret", "Placeholder"),
            ("*" * 32, "Placeholder"),
        ),
        doubtful=(("TooShort", "BadFormat"), ("MadeUpSecretForTheDocs-0123456789", "BadFormat")),
    ),
}

RULES = {
    "an auth token alone": Together(ACCOUNT | AUTH_TOKEN, []),
    "an API key alone": Together(ACCOUNT | API_KEY_SID | API_KEY_SECRET, []),
    "both ways": Together(
        ACCOUNT | AUTH_TOKEN | API_KEY_SID | API_KEY_SECRET, [("api_key_sid", "Contradiction", "error")]
    ),
    "an auth token and half an API key": Together(
        ACCOUNT | AUTH_TOKEN | API_KEY_SECRET, [("api_key_secret", "Contradiction", "error")]
    ),
    "the SID of an API key without its secret": Together(
        ACCOUNT | API_KEY_SID, [("api_key_secret", "MissingField", "error")]
    ),
    "the secret of an API key without its SID": Together(
        ACCOUNT | API_KEY_SECRET, [("api_key_sid", "MissingField", "error")]
    ),
    "no way to log in": Together(ACCOUNT, [("auth_token", "MissingField", "error")]),
    "an API key as auth token": Together(
        {**ACCOUNT, "auth_token": f"SK{HEX * 2}"}, [("auth_token", "BadFormat", "error")]
    ),
}
