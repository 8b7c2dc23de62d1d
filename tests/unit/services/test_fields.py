"""Each field that has a form: values that pass, and values that are wrong in at least five different ways."""

import base64

import pytest

from tests.unit.services.cases import Cases, field_cases
from tests.unit.services.support import check_alone, verdicts
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Kind

LONG = "IQoJb3JpZ2luX2VjEJ3//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQDmadeup0123456789" * 2
HEX = "0123456789abcdef"
KEY_SID = f"SK{HEX * 2}"
ACCOUNT_SID = f"AC{HEX * 2}"
SENDGRID = "SG.dGhpcy1pcy1tYWRlLXVwXw.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDA"
AIRTABLE = f"patMadeUpForDocs1.{HEX * 4}"
AWS_ID = "AKIAMADEUPKEYFORDOCS"
AWS_SECRET = "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"
CONSUMER_KEY = "3MVG9" + "MadeUpConsumerKey_0123456789." * 3
SUBDOMAIN = "mcmade-up-subdomain-12345678"
ENCODED = base64.b64encode(b"VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw").decode()


def twice(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


HEX_TOKEN = Cases(
    valid=(HEX * 2, "fedcba9876543210fedcba9876543210"),
    invalid=(
        (f"{HEX * 2}\n", "Whitespace"),
        (twice(HEX * 2), "DoubleEncoded"),
        ("x" * 32, "Placeholder"),
        ("0123 4567 89ab cdef 0123 4567 89ab cdef", "Whitespace"),
        (HEX * 2 + "\u0430", "BadFormat"),
        (b"\xff\xfe0\x001\x00", "NotText"),
    ),
    doubtful=(
        (HEX.upper() * 2, "BadFormat"),
        (HEX + HEX[:-1], "BadFormat"),
        (HEX * 3, "BadFormat"),
        ("correct-horse-battery-staple", "BadFormat"),
    ),
)
ACCESS_KEY = Cases(
    valid=(AWS_ID, "ASIAMADEUPKEYFORDOCS"),
    invalid=(
        ("AKIAIOSFODNN7EXAMPLE", "Placeholder"),
        ("AKIAXXXXXXXXXXXXXXXX", "Placeholder"),
        ("AIDAMADEUPKEYFORDOCS", "BadFormat"),
        ("arn:aws:iam::123456789012:user/tracardi", "BadFormat"),
        (AWS_SECRET, "BadFormat"),
        (AWS_ID.lower(), "BadFormat"),
        (AWS_ID[:-1], "BadFormat"),
        (f"{AWS_ID}\r\n", "Whitespace"),
        (f"aws_access_key_id = {AWS_ID}", "PastedPrefix"),
        (twice(AWS_ID), "DoubleEncoded"),
    ),
    doubtful=(("AKIAMADEUPKEY0189DOC", "BadFormat"),),
)
SECRET_KEY = Cases(
    valid=(AWS_SECRET,),
    invalid=(
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "Placeholder"),
        (AWS_ID, "BadFormat"),
        (AWS_SECRET[:-1], "BadFormat"),
        (AWS_SECRET.replace("/", "_"), "BadFormat"),
        (twice(AWS_SECRET), "DoubleEncoded"),
        (f"aws_secret_access_key={AWS_SECRET}", "PastedPrefix"),
        (f"'{AWS_SECRET}'", "PastedPrefix"),
    ),
    doubtful=((HEX * 2 + HEX[:8], "BadFormat"),),
)
SESSION_TOKEN = Cases(
    valid=(LONG, f"{LONG[:-2]}=="),
    invalid=(
        ("<session-token>", "Placeholder"),
        ("X" * 300, "Placeholder"),
        (AWS_ID, "BadFormat"),
        (f"{LONG[:80]}\n{LONG[80:]}", "Whitespace"),
        (f"AWS_SESSION_TOKEN={LONG}", "PastedPrefix"),
        (f" {LONG}", "Whitespace"),
    ),
    doubtful=(("TooShortForOne", "BadFormat"), (LONG.replace("/", "_"), "BadFormat")),
)
REGION = Cases(
    valid=("eu-central-1", "us-gov-west-1", "ap-southeast-2", "auto", "nyc3"),
    invalid=(
        ("eu-central-1a", "BadFormat"),
        ("EU-CENTRAL-1", "BadFormat"),
        ("eu_central_1", "BadFormat"),
        ("Europe (Frankfurt)", "BadFormat"),
        ("eu-central-1.amazonaws.com", "BadFormat"),
        ("evil.example/x?y=", "BadFormat"),
        ("${AWS_REGION}", "Placeholder"),
    ),
)
HTTP_URL = Cases(
    valid=(
        "https://matomo.example.com",
        "http://matomo:8080/analytics/",
        "https://[2001:db8::1]:8443",
        "http://10.1.2.3",
    ),
    invalid=(
        ("matomo.example.com", "BadFormat"),
        ("ftp://matomo.example.com", "BadFormat"),
        ("https://admin:pw@matomo.example.com", "BadFormat"),
        ("https://matomo.example.com@evil.example", "BadFormat"),
        ("https://matomo.example.com/?module=API", "BadFormat"),
        ("https://matomo.example.com/#top", "BadFormat"),
        ("https://matomo.example.com:99999", "BadFormat"),
        ("https://10.1.2.999", "BadFormat"),
        ("https://[2001:db8:::1]", "BadFormat"),
        ("https:///index", "BadFormat"),
        ("https://m\u0430tomo.example.com", "BadFormat"),
        ("<your-matomo-url>", "Placeholder"),
        ('"https://matomo.example.com"', "PastedPrefix"),
        ("https://matomo.example.com ", "Whitespace"),
    ),
)
PORT = Cases(
    valid=("9200", "1", "65535"),
    invalid=(
        ("0", "OutOfRange"),
        ("65536", "OutOfRange"),
        ("-1", "OutOfRange"),
        ("9_200", "BadFormat"),
        ("+9200", "BadFormat"),
        ("09200", "BadFormat"),
        ("9200.0", "BadFormat"),
        ("0x23f0", "BadFormat"),
        ("\u0669\u0662\u0660\u0660", "BadFormat"),
        ("9" * 5000, "BadFormat"),
        ("<port>", "Placeholder"),
        ("9200\n", "Whitespace"),
        ("", "Empty"),
    ),
)
BASIC_USERNAME = Cases(
    valid=("tracardi", "marketing@example.com", "Ann Smith"),
    invalid=(
        ("user:password", "BadFormat"),
        ("<username>", "Placeholder"),
        ("tracardi\n", "Whitespace"),
        ("'tracardi'", "PastedPrefix"),
        ("username=tracardi", "PastedPrefix"),
        ("tr\u0430cardi", "BadFormat"),
        ("tra\u200bcardi", "Whitespace"),
    ),
)

CASES: dict[tuple[str, str], Cases] = {
    ("sendgrid", "token"): Cases(
        valid=(SENDGRID,),
        invalid=(
            (SENDGRID[3:25], "BadFormat"),
            (SENDGRID[:-1], "BadFormat"),
            (SENDGRID + "A", "BadFormat"),
            (SENDGRID.replace("SG.", "SK."), "BadFormat"),
            (SENDGRID[:-1] + "=", "BadFormat"),
            (f"Bearer {SENDGRID}", "PastedPrefix"),
            (f"SENDGRID_API_KEY={SENDGRID}", "PastedPrefix"),
            (twice(SENDGRID), "DoubleEncoded"),
            (twice(SENDGRID + "\n"), "DoubleEncoded"),
            ("<token>", "Placeholder"),
            ("SG." + "x" * 22 + "." + "y" * 43, "Placeholder"),
        ),
        doubtful=((SENDGRID[:12] + "." + SENDGRID[12:].replace(".", ""), "BadFormat"),),
    ),
    ("clicksend", "username"): BASIC_USERNAME,
    ("clicksend", "api_key"): Cases(
        valid=("5E2B9A10-7C3D-4F86-A1B2-0C9D8E7F6A5B", "5e2b9a10-7c3d-4f86-a1b2-0c9d8e7f6a5b"),
        invalid=(
            ("XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX", "Placeholder"),
            ("<api-key>", "Placeholder"),
            ("Basic 5E2B9A10-7C3D-4F86-A1B2-0C9D8E7F6A5B", "PastedPrefix"),
            (twice("5E2B9A10-7C3D-4F86-A1B2-0C9D8E7F6A5B"), "DoubleEncoded"),
            ("{{ clicksend_key }}", "Placeholder"),
        ),
        doubtful=(
            ("5E2B9A10-7C3D-4F86-A1B2", "BadFormat"),
            ("5E2B9A107C3D4F86A1B20C9D8E7F6A5B", "BadFormat"),
            ("an-account-password", "BadFormat"),
        ),
    ),
    ("airtable", "api_key"): Cases(
        valid=(AIRTABLE,),
        invalid=(
            ("keyMadeUpForDocs1", "BadFormat"),
            ("patMadeUpForDocs1", "BadFormat"),
            (AIRTABLE.upper(), "BadFormat"),
            (AIRTABLE[:-1], "BadFormat"),
            (AIRTABLE.replace(".", "-"), "BadFormat"),
            ("<your-api-key>", "Placeholder"),
            (f"Bearer {AIRTABLE}", "PastedPrefix"),
            (f"“{AIRTABLE}”", "PastedPrefix"),
        ),
        doubtful=((f"oaaMadeUp01.v1.dGhlLWJvZHk.{HEX}", "BadFormat"),),
    ),
    ("elastic-search", "url"): Cases(
        valid=(
            "elasticsearch",
            "es.search.svc",
            "10.0.0.7",
            "[2001:db8::7]",
            "https://es.example.com:9243/",
            "es:9200",
        ),
        invalid=(
            ("https://elastic:pw@es.example.com", "BadFormat"),
            ("es.example.com/path", "BadFormat"),
            ("https://es.example.com/_search?q=1", "BadFormat"),
            ("redis://es.example.com", "BadFormat"),
            ("es..example.com", "BadFormat"),
            ("-es.example.com", "BadFormat"),
            ("es.example.com:0", "BadFormat"),
            ("es.example.com:99999", "BadFormat"),
            ("256.1.1.1", "BadFormat"),
            ("a" * 64, "BadFormat"),
            ("a." * 127 + "example", "BadFormat"),
            ("2001:db8::7", "BadFormat"),
            ("<url>:<port>", "Placeholder"),
        ),
    ),
    ("elastic-search", "port"): PORT,
    ("elastic-search", "scheme"): Cases(
        valid=("http", "https"),
        invalid=(
            ("HTTPS", "BadFormat"),
            ("https://", "BadFormat"),
            ("ssl", "BadFormat"),
            ("http|https", "BadFormat"),
            ("https\n", "Whitespace"),
            (twice("https"), "DoubleEncoded"),
            ("", "Empty"),
        ),
    ),
    ("elastic-search", "username"): BASIC_USERNAME,
    ("elastic-search", "verify_certs"): Cases(
        valid=("true", "false", "True", "FALSE"),
        invalid=(
            ("yes", "BadFormat"),
            ("no", "BadFormat"),
            ("1", "BadFormat"),
            ("on", "BadFormat"),
            ("none", "Placeholder"),
            ("true ", "Whitespace"),
            (twice("false"), "DoubleEncoded"),
        ),
    ),
    ("elastic-search", "api_key"): Cases(
        valid=(ENCODED,),
        invalid=(
            ("VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw", "BadFormat"),
            ("ui2lp2axTNmsyakw9tvNnw", "BadFormat"),
            ("VuaCfGcBCdbkQm-e5aOx", "BadFormat"),
            (f"ApiKey {ENCODED}", "PastedPrefix"),
            (f"Authorization: ApiKey {ENCODED}", "PastedPrefix"),
            (twice(ENCODED), "DoubleEncoded"),
            ("api-key", "Placeholder"),
        ),
        doubtful=(
            (twice("neither id nor key but a text"), "BadFormat"),
            (ENCODED.rstrip("=") + "A", "BadFormat"),
            (twice("id:key:and one more part"), "BadFormat"),
        ),
    ),
    ("redis", "url"): Cases(
        valid=("redis", "redis.cache.svc:6379", "redis://redis:6379", "rediss://redis/0", "[2001:db8::7]:6379"),
        invalid=(
            ("redis://user:pw@redis:6379", "BadFormat"),
            ("redis://:pw@redis:6379", "BadFormat"),
            (":pw@redis:6379", "BadFormat"),
            ("redis://redis:6379?db=1", "BadFormat"),
            ("http://redis:6379", "BadFormat"),
            ("redis:6379/zero", "BadFormat"),
            ("redis:port", "BadFormat"),
            ("redis:70000", "BadFormat"),
            ("redis 6379", "BadFormat"),
            ("<url>", "Placeholder"),
            ("redis:6379\n", "Whitespace"),
        ),
    ),
    ("redis", "protocol"): Cases(
        valid=("redis", "rediss"),
        invalid=(
            ("redis://", "BadFormat"),
            ("tls", "BadFormat"),
            ("Redis", "BadFormat"),
            (" redis", "Whitespace"),
            (twice("rediss"), "DoubleEncoded"),
            ("", "Empty"),
        ),
    ),
    ("redis", "database"): Cases(
        valid=("0", "15"),
        invalid=(
            ("-1", "BadFormat"),
            ("one", "BadFormat"),
            ("007", "BadFormat"),
            ("1_0", "BadFormat"),
            ("123456", "BadFormat"),
            ("\u0663", "BadFormat"),
            ("db0", "BadFormat"),
            ("0\n", "Whitespace"),
        ),
        doubtful=(("16", "OutOfRange"), ("99999", "OutOfRange")),
    ),
    ("twilio", "account_sid"): Cases(
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
    ("twilio", "auth_token"): Cases(
        valid=HEX_TOKEN.valid,
        invalid=(*HEX_TOKEN.invalid, (KEY_SID, "BadFormat"), (ACCOUNT_SID, "BadFormat"), ("SKabc", "BadFormat")),
        doubtful=HEX_TOKEN.doubtful,
    ),
    ("twilio", "api_key_sid"): Cases(
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
    ("twilio", "api_key_secret"): Cases(
        valid=("MadeUpSecretForTheDocs0123456789",),
        invalid=(
            (ACCOUNT_SID, "BadFormat"),
            (KEY_SID, "BadFormat"),
            (twice("MadeUpSecretForTheDocs0123456789"), "DoubleEncoded"),
            ("MadeUpSecretForTheDocs0123456789\n", "Whitespace"),
            ("secret", "Placeholder"),
            ("*" * 32, "Placeholder"),
        ),
        doubtful=(("TooShort", "BadFormat"), ("MadeUpSecretForTheDocs-0123456789", "BadFormat")),
    ),
    ("telegram", "bot_token"): Cases(
        valid=("7123456789:AAMadeUp_Token-For-Docs-Only_123456", "12345:BBMadeUp_Token-For-Docs-Only_123456"),
        invalid=(
            ("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "Placeholder"),
            ("123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", "Placeholder"),
            ("bot7123456789:AAMadeUp_Token-For-Docs-Only_123456", "PastedPrefix"),
            ("https://api.telegram.org/bot7123456789:AAMadeUp_Token-For-Docs-Only_123456/getMe", "PastedPrefix"),
            ("7123456789", "BadFormat"),
            ("AAMadeUp_Token-For-Docs-Only_123456", "BadFormat"),
            ("@my_marketing_bot", "BadFormat"),
            (twice("7123456789:AAMadeUp_Token-For-Docs-Only_123456"), "DoubleEncoded"),
        ),
        doubtful=(
            ("7123456789:AAMadeUp_Token-For-Docs-Only_12345", "BadFormat"),
            ("7123456789-AAMadeUp_Token-For-Docs-Only_123456", "BadFormat"),
        ),
    ),
    ("telegram", "chat_id"): Cases(
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
    ("matomo", "token"): Cases(
        valid=HEX_TOKEN.valid,
        invalid=(
            *HEX_TOKEN.invalid,
            (f"token_auth={HEX * 2}", "PastedPrefix"),
            (f"&token_auth={HEX * 2}", "PastedPrefix"),
            (f"https://matomo.example.com/?token_auth={HEX * 2}", "PastedPrefix"),
        ),
        doubtful=HEX_TOKEN.doubtful,
    ),
    ("matomo", "api_url"): Cases(
        valid=HTTP_URL.valid,
        invalid=(
            *HTTP_URL.invalid,
            ("https://matomo.example.com/index.php", "BadFormat"),
            ("https://matomo.example.com/matomo.php", "BadFormat"),
        ),
    ),
    ("salesforce", "client_id"): Cases(
        valid=("madeupclientid0123456789",),
        invalid=(
            (CONSUMER_KEY, "BadFormat"),
            ("<your-client-id>", "Placeholder"),
            ("madeupclientid0123456789\n", "Whitespace"),
            (twice("madeupclientid0123456789"), "DoubleEncoded"),
            ("xxxxxxxxxxxxxxxxxxxxxxxx", "Placeholder"),
            ("your-client-id", "Placeholder"),
        ),
        doubtful=(("MadeUpClientId0123456789", "BadFormat"), ("tooshort", "BadFormat")),
    ),
    ("salesforce", "client_secret"): Cases(
        valid=("MadeUpSecret0123456789ab",),
        invalid=(
            (HEX.upper() * 4, "BadFormat"),
            ("1234567890123456789", "BadFormat"),
            (CONSUMER_KEY, "BadFormat"),
            ("<your-client-secret>", "Placeholder"),
            (f"client_secret={HEX}", "PastedPrefix"),
            ("MadeUpSecret0123456789ab\t", "Whitespace"),
        ),
        doubtful=(("MadeUpSecret0123456789a", "BadFormat"), ("MadeUpSecret-0123456789a", "BadFormat")),
    ),
    ("salesforce", "subdomain"): Cases(
        valid=(SUBDOMAIN, "mc0123456789abcdefghijklmnop"),
        invalid=(
            ("mycompany", "BadFormat"),
            ("mycompany.my.salesforce.com", "BadFormat"),
            ("https://mycompany.my.salesforce.com/", "BadFormat"),
            ("mycompany.lightning.force.com", "BadFormat"),
            (f"https://{SUBDOMAIN}.auth.marketingcloudapis.com/", "BadFormat"),
            (f"{SUBDOMAIN}.rest.marketingcloudapis.com", "BadFormat"),
            (SUBDOMAIN.upper(), "BadFormat"),
            (SUBDOMAIN[:-1], "BadFormat"),
            (f"{SUBDOMAIN}x", "BadFormat"),
            ("mc/../../evil.example?#123456", "BadFormat"),
            ("<your-subdomain>", "Placeholder"),
        ),
    ),
    ("salesforce-oauth", "domain"): Cases(
        valid=(
            "mycompany.my.salesforce.com",
            "https://mycompany.my.salesforce.com/",
            "mycompany--dev.sandbox.my.salesforce.com",
        ),
        invalid=(
            ("login.salesforce.com", "BadFormat"),
            ("https://test.salesforce.com/", "BadFormat"),
            ("mycompany.lightning.force.com", "BadFormat"),
            ("mycompany", "BadFormat"),
            ("http://mycompany.my.salesforce.com", "BadFormat"),
            ("mycompany.my.salesforce.com.evil.example", "BadFormat"),
            ("evil.example/.my.salesforce.com", "BadFormat"),
            ("evil.example#.my.salesforce.com", "BadFormat"),
            ("https://mycompany.my.salesforce.com/services/oauth2/token", "BadFormat"),
            (f"https://{SUBDOMAIN}.auth.marketingcloudapis.com/", "BadFormat"),
            ("user@mycompany.my.salesforce.com", "BadFormat"),
        ),
    ),
    ("salesforce-oauth", "client_id"): Cases(
        valid=(CONSUMER_KEY,),
        invalid=(
            ("madeupclientid0123456789", "BadFormat"),
            (CONSUMER_KEY[1:], "BadFormat"),
            (CONSUMER_KEY + "!", "BadFormat"),
            (CONSUMER_KEY.lower(), "BadFormat"),
            ("3MVG9" + "X" * 80, "Placeholder"),
            (f'"{CONSUMER_KEY}"', "PastedPrefix"),
            (twice(CONSUMER_KEY), "DoubleEncoded"),
        ),
        doubtful=(("3MVG9TooShort", "BadFormat"),),
    ),
    ("salesforce-oauth", "client_secret"): Cases(
        valid=(HEX.upper() * 4, "1234567890123456789"),
        invalid=(
            (CONSUMER_KEY, "BadFormat"),
            ("<your-client-secret>", "Placeholder"),
            (f"{HEX * 4}\n", "Whitespace"),
            (twice(HEX * 4), "DoubleEncoded"),
            (f"Bearer {HEX * 4}", "PastedPrefix"),
        ),
        doubtful=((HEX * 2, "BadFormat"), ("12345678901234567890", "BadFormat")),
    ),
    ("aws", "aws_access_key_id"): ACCESS_KEY,
    ("aws", "aws_secret_access_key"): SECRET_KEY,
    ("aws", "session_token"): SESSION_TOKEN,
    ("aws", "region"): REGION,
    ("aws-s3", "access_key"): ACCESS_KEY,
    ("aws-s3", "secret"): SECRET_KEY,
    ("aws-s3", "session_token"): SESSION_TOKEN,
    ("aws-s3", "region"): REGION,
    ("aws-s3", "endpoint"): HTTP_URL,
    ("aws-s3", "bucket"): Cases(
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

CASES |= field_cases()
VALID = [(*key, value) for key, cases in CASES.items() for value in cases.valid]
WRONG = [(*key, *wrong) for key, cases in CASES.items() for wrong in cases.wrong]


def has_a_form(service: str, field: str) -> bool:
    definition = builtin()[service].field(field)
    assert definition
    return bool(definition.format or definition.choices or definition.kind is not Kind.STRING)


def test_every_field_with_a_form_has_one_valid_and_five_different_wrong_values() -> None:
    formed = {(s.name, f.name) for s in builtin().values() for f in s.fields if has_a_form(s.name, f.name)}
    poor = [key for key, cases in CASES.items() if not cases.valid or len({value for value, *_ in cases.wrong}) < 5]
    assert (set(CASES), poor) == (formed, [])


@pytest.mark.parametrize(("service", "field", "value"), VALID)
def test_a_right_value_has_no_problem(service: str, field: str, value: str) -> None:
    definition = builtin()[service].field(field)
    assert definition
    assert verdicts(check_alone(builtin()[service], definition, value)) == []


@pytest.mark.parametrize(("service", "field", "value", "reason", "severity"), WRONG)
def test_a_wrong_value_has_one_problem_with_the_telling_reason(
    service: str, field: str, value: str | bytes, reason: str, severity: str
) -> None:
    definition = builtin()[service].field(field)
    assert definition
    assert verdicts(check_alone(builtin()[service], definition, value)) == [(field, reason, severity)]
