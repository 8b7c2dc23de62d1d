"""Redis: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases, Together
from tests.unit.services.samples import twice

FIELDS = {
    "url": Cases(
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
    "protocol": Cases(
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
    "database": Cases(
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
}

RULES = {
    "an address alone": Together({"url": "redis:6379"}, []),
    "a URL that agrees": Together({"url": "redis://redis:6379"}, [("url", "PastedPrefix", "warning")]),
    "a URL of another protocol": Together(
        {"url": "rediss://redis:6379", "protocol": "redis"}, [("url", "Contradiction", "error")]
    ),
    "a URL of another protocol than the default": Together(
        {"url": "rediss://redis:6379"}, [("url", "Contradiction", "error")]
    ),
    "a URL of another database": Together(
        {"url": "redis:6379/3", "database": "4"}, [("url", "Contradiction", "error")]
    ),
    "a URL of the same database": Together(
        {"url": "redis:6379/3", "database": "3"}, [("url", "PastedPrefix", "warning")]
    ),
    "a database that few servers have": Together(
        {"url": "redis", "database": "16", "password": "made-up-Passphrase-7"}, [("database", "OutOfRange", "warning")]
    ),
    "a database that Tracardi doesn't use": Together(
        {"url": "redis", "database": "3"}, [("database", "Contradiction", "warning")]
    ),
    "TLS without password": Together({"url": "redis", "protocol": "rediss"}, []),
    "TLS with password": Together(
        {"url": "redis", "protocol": "rediss", "password": "made-up-Passphrase-7"},
        [("protocol", "Contradiction", "warning")],
    ),
    "a user without password": Together({"url": "redis", "user": "ann"}, [("user", "Contradiction", "warning")]),
    "a password without user": Together({"url": "redis", "password": "made-up-Passphrase-7"}, []),
    "a password that breaks Tracardi's URL": Together(
        {"url": "redis", "password": "made-up/Passphrase-7"}, [("password", "BadFormat", "warning")]
    ),
}

BINDINGS = {
    "a port of its own": Bound(
        {"url": "redis.cache.svc:7000", "database": "3"},
        {"host": "redis.cache.svc", "port": "7000", "uri": "redis://redis.cache.svc:7000/3", "ssl": "false"},
    ),
    "the usual port, and what a URI must escape": Bound(
        {"url": "redis", "user": "ann", "password": "a/b@c:d"},
        {
            "host": "redis",
            "port": "6379",
            "uri": "redis://ann:a%2Fb%40c%3Ad@redis:6379/0",
            "username": "ann",
            "password": "a/b@c:d",
            "ssl": "false",
        },
    ),
    "the default user has no name": Bound(
        {"url": "redis", "password": "made-up"},
        {
            "host": "redis",
            "port": "6379",
            "uri": "redis://:made-up@redis:6379/0",
            "password": "made-up",
            "ssl": "false",
        },
    ),
    "a user without password": Bound(
        {"url": "redis", "user": "ann"},
        {"host": "redis", "port": "6379", "uri": "redis://ann@redis:6379/0", "username": "ann", "ssl": "false"},
    ),
    "TLS": Bound(
        {"url": "redis", "protocol": "rediss"},
        {"host": "redis", "port": "6379", "uri": "rediss://redis:6379/0", "ssl": "true"},
    ),
}
