"""Values that the cases of several service types share. All are made up."""

import base64

from tests.unit.services.cases import Cases

HEX = "0123456789abcdef"


def twice(text: str) -> str:
    """A text as a Secret holds it whose `data` was given text that was base64 already."""
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
AWS_ID = "AKIAMADEUPKEYFORDOCS"
AWS_SECRET = "MadeUp/Secret+ForTheDocsOnly/NotARealKey"
AWS_SESSION_TOKEN = "IQoJb3JpZ2luX2VjEJ3//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQDmadeup0123456789" * 2
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
    valid=(AWS_SESSION_TOKEN, f"{AWS_SESSION_TOKEN[:-2]}=="),
    invalid=(
        ("<session-token>", "Placeholder"),
        ("X" * 300, "Placeholder"),
        (AWS_ID, "BadFormat"),
        (f"{AWS_SESSION_TOKEN[:80]}\n{AWS_SESSION_TOKEN[80:]}", "Whitespace"),
        (f"AWS_SESSION_TOKEN={AWS_SESSION_TOKEN}", "PastedPrefix"),
        (f" {AWS_SESSION_TOKEN}", "Whitespace"),
    ),
    doubtful=(("TooShortForOne", "BadFormat"), (AWS_SESSION_TOKEN.replace("/", "_"), "BadFormat")),
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
CONSUMER_KEY = "3MVG9" + "MadeUpConsumerKey_0123456789." * 3
SUBDOMAIN = "mcmade-up-subdomain-12345678"
WIDGET_ID = Cases(
    valid=("MadeUpWebsiteToken123456", "m4d3up1d", "made-up_id"),
    invalid=(
        ("');alert(1);//", "BadFormat"),
        ("m4d3up1d'", "BadFormat"),
        ("../m4d3up1d", "BadFormat"),
        ("m4d3up1d?x=1", "BadFormat"),
        ('<script>window.settings = {app_id: "m4d3up1d"};</script>', "BadFormat"),
        ('<script>\n  run({websiteToken: "m4d3up1d"})\n</script>\n', "BadFormat"),
        ("https://widget.example.com/m4d3up1d", "PastedPrefix"),
        ("m4d3 up1d", "Whitespace"),
        ("m4d3up1d\n", "Whitespace"),
        ("<id>", "Placeholder"),
        ("token", "Placeholder"),
        ("'m4d3up1d'", "PastedPrefix"),
    ),
)
