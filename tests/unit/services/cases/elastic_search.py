"""Elasticsearch: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases, Together
from tests.unit.services.samples import BASIC_USERNAME, PORT, twice

ENCODED = twice("VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw")

FIELDS = {
    "url": Cases(
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
    "port": PORT,
    "scheme": Cases(
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
    "username": BASIC_USERNAME,
    "verify_certs": Cases(
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
    "api_key": Cases(
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
}

RULES = {
    "a host": Together({"url": "es.search.svc"}, []),
    "a URL that agrees": Together({"url": "https://es.search.svc:9201", "scheme": "https", "port": 9201}, []),
    "a URL of another scheme": Together(
        {"url": "https://es.search.svc", "scheme": "http"}, [("url", "Contradiction", "error")]
    ),
    "a URL of another scheme than the default": Together(
        {"url": "https://es.search.svc"}, [("url", "Contradiction", "error")]
    ),
    "a URL of another port": Together({"url": "es.search.svc:9201", "port": 9200}, [("url", "Contradiction", "error")]),
    "a URL of another scheme and port": Together(
        {"url": "https://es.search.svc:9201", "scheme": "http", "port": 9200}, [("url", "Contradiction", "error")] * 2
    ),
    "a wrong port says nothing about the URL": Together(
        {"url": "http://es.search.svc:9201", "port": "many"}, [("port", "BadFormat", "error")]
    ),
    "a user without password": Together({"url": "es", "username": "tracardi"}, [("password", "MissingField", "error")]),
    "a password without user": Together(
        {"url": "es", "password": "made-up-Passphrase-7"}, [("username", "MissingField", "error")]
    ),
    "an API key": Together({"url": "es", "api_key": ENCODED}, []),
    "an API key and a login": Together(
        {"url": "es", "api_key": ENCODED, "username": "tracardi", "password": "made-up-Passphrase-7"},
        [("api_key", "Contradiction", "error")],
    ),
}

BINDINGS = {
    "a host": Bound(
        {"url": "es.search.svc"},
        {
            "host": "es.search.svc",
            "port": "9200",
            "uri": "http://es.search.svc:9200",
            "uris": "http://es.search.svc:9200",
        },
    ),
    "a URL is no host": Bound(
        {"url": "https://[2001:db8::7]:9201/", "scheme": "https", "port": 9201, "username": "a", "password": "made-up"},
        {
            "host": "2001:db8::7",
            "port": "9201",
            "uri": "https://[2001:db8::7]:9201",
            "uris": "https://[2001:db8::7]:9201",
            "username": "a",
            "password": "made-up",
        },
    ),
}
