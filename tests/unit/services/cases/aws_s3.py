"""AWS S3: what is right and wrong."""

from tests.unit.services.cases import Cases, Together
from tests.unit.services.samples import (
    ACCESS_KEY,
    AWS_SECRET,
    AWS_SESSION_TOKEN,
    HTTP_URL,
    REGION,
    SECRET_KEY,
    SESSION_TOKEN,
)
from tracardi_operator.services.model import Value


def keys(access_key: str, **more: Value) -> dict[str, Value]:
    return {"access_key": access_key, "secret": AWS_SECRET, "bucket": "marketing-exports", **more}


FIELDS = {
    "access_key": ACCESS_KEY,
    "secret": SECRET_KEY,
    "session_token": SESSION_TOKEN,
    "region": REGION,
    "endpoint": HTTP_URL,
    "bucket": Cases(
        valid=("marketing-exports", "my.bucket.name", "abc", "logs-000000000000", "a" * 63, "1.2.3.4.5", "test"),
        invalid=(
            ("Marketing", "BadFormat"),
            ("ab", "BadFormat"),
            ("a" * 64, "BadFormat"),
            ("under_score", "BadFormat"),
            ("-leading", "BadFormat"),
            ("trailing.", "BadFormat"),
            ("two..dots", "BadFormat"),
            ("192.168.5.4", "BadFormat"),
            ("xn--bucket", "BadFormat"),
            ("sthree-bucket", "BadFormat"),
            ("amzn-s3-demo-bucket", "BadFormat"),
            ("bucket-s3alias", "BadFormat"),
            ("bucket--ol-s3", "BadFormat"),
            ("bucket.mrap", "BadFormat"),
            ("bucket--x-s3", "BadFormat"),
            ("bucket--table-s3", "BadFormat"),
            ("bucket/folder", "BadFormat"),
            ("s3://bucket", "PastedPrefix"),
            ("https://bucket.s3.amazonaws.com", "PastedPrefix"),
            ("arn:aws:s3:::bucket", "BadFormat"),
            ("<bucket>", "Placeholder"),
        ),
    ),
}

RULES = {
    "a temporary key has its session token": Together(
        keys("ASIAMADEUPKEYFORDOCS", session_token=AWS_SESSION_TOKEN), []
    ),
    "a temporary key without its session token": Together(
        keys("ASIAMADEUPKEYFORDOCS"), [("access_key", "Contradiction", "error")]
    ),
    "a wrong session token says nothing about the key": Together(
        keys("ASIAMADEUPKEYFORDOCS", session_token="<session-token>"), [("session_token", "Placeholder", "error")]
    ),
}
