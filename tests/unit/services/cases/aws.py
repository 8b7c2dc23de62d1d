"""AWS: what is right and wrong."""

from tests.unit.services.cases import Together
from tests.unit.services.samples import ACCESS_KEY, AWS_SECRET, AWS_SESSION_TOKEN, REGION, SECRET_KEY, SESSION_TOKEN
from tracardi_operator.services.model import Value


def keys(access_key: str, **more: Value) -> dict[str, Value]:
    return {"aws_access_key_id": access_key, "aws_secret_access_key": AWS_SECRET, **more}


FIELDS = {
    "aws_access_key_id": ACCESS_KEY,
    "aws_secret_access_key": SECRET_KEY,
    "session_token": SESSION_TOKEN,
    "region": REGION,
}

RULES = {
    "a temporary key has its session token": Together(
        keys("ASIAMADEUPKEYFORDOCS", session_token=AWS_SESSION_TOKEN), []
    ),
    "a temporary key without its session token": Together(
        keys("ASIAMADEUPKEYFORDOCS"), [("aws_access_key_id", "Contradiction", "error")]
    ),
    "a long-term key with a session token": Together(
        keys("AKIAMADEUPKEYFORDOCS", session_token=AWS_SESSION_TOKEN), [("session_token", "Contradiction", "error")]
    ),
}
