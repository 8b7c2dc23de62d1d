"""MongoDB: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases, Together
from tests.unit.services.samples import twice
from tests.unit.services.servers import PASSWORD

LOGIN = f"ann:{PASSWORD}"
URI = f"mongodb://{LOGIN}@db:27017/customers"
WARNING = ("uri", "Contradiction", "warning")
ERROR = ("uri", "Contradiction", "error")

FIELDS = {
    "uri": Cases(
        valid=(
            URI,
            f"mongodb://{LOGIN}@a:27017,b:27018,[2001:db8::7]/?replicaSet=rs0&authSource=admin",
            f"mongodb+srv://{LOGIN}@cluster.example.net/customers?retryWrites=true&w=majority",
            "mongodb://ann:p%40ss%3A%2F%25word@db/?appName=profile",
            "mongodb://127.0.0.1:27017/",
            "mongodb://db",
            f"mongodb://{LOGIN}@db/?readPreferenceTags=dc:ny,rack:1;w=1",
        ),
        invalid=(
            (f"mongodb://{LOGIN}@db/?tlsCAFile=/etc/ssl/ca.pem", "BadFormat"),
            (f"mongodb://{LOGIN}@db/?tls=true&tlsCertificateKeyFile=/etc/ssl/key.pem", "BadFormat"),
            (f"mongodb://{LOGIN}@db/?w=1;TLSCAFILE=x", "BadFormat"),
            (f"mongodb://{LOGIN}@db/?ssl_ca_certs=/ca.pem", "BadFormat"),
            ("mongodb://ann:p@ss@db/customers", "BadFormat"),
            ("mongodb://ann:p:ss@db/customers", "BadFormat"),
            ("mongodb://ann:p/ss@db/customers", "BadFormat"),
            ("mongodb://ann:p?ss@db/customers", "BadFormat"),
            ("mongodb://ann:p#ss@db/customers", "BadFormat"),
            ("mongodb://ann:p%ss@db/customers", "BadFormat"),
            ("mongodb://ann:100%@db/customers", "BadFormat"),
            (f"mongodb+srv://{LOGIN}@cluster.example.net:27017/", "BadFormat"),
            (f"mongodb+srv://{LOGIN}@a.example.net,b.example.net/", "BadFormat"),
            ("<user>:<password>", "Placeholder"),
            ("mongodb://<user>:<password>@db/customers", "Placeholder"),
            ("mongodb://ann:${MONGO_PASSWORD}@db/customers", "Placeholder"),
            (f"'{URI}'", "PastedPrefix"),
            (f"{URI}\n", "Whitespace"),
            (f"mongodb://{LOGIN}@db /", "Whitespace"),
            (twice(URI), "DoubleEncoded"),
            ("mongodb://ann:@db/customers", "Empty"),
            ("mongodb://:made-up@db/customers", "Empty"),
            ("mongodb://ann:%20@db/customers", "Empty"),
            ("mongodb://ann:xxxxxx@db/customers", "Placeholder"),
            ("mongodb://ann:***@db/customers", "Placeholder"),
            ("mongodb://ann:%3Cpassword%3E@db/customers", "Placeholder"),
            ("mongodb://%24USER:made-up@db/customers", "Placeholder"),
            ("mongodb://ann:made-up%0A@db/customers", "Whitespace"),
            ("mongodb://ann:made%00up@db/customers", "NotText"),
            ("mongodb://ann:'made-up'@db/customers", "PastedPrefix"),
            ("https://ann:made-up@db/customers", "BadFormat"),
            ("db:27017", "BadFormat"),
            ("mongodb+srv://cluster.example.net:27017", "BadFormat"),
        ),
        doubtful=(
            ("mongodb://ann:changeme@db/customers", "Placeholder"),
            ("mongodb://ann:password@db/customers", "Placeholder"),
            ("mongodb://ann:Bearer%20made-up@db/customers", "PastedPrefix"),
        ),
    ),
    "timeout": Cases(
        valid=("5000", "100", "600000"),
        invalid=(
            ("0", "OutOfRange"),
            ("600001", "OutOfRange"),
            ("5s", "BadFormat"),
            ("5.0", "BadFormat"),
            ("5_000", "BadFormat"),
            ("5000\n", "Whitespace"),
            ("<timeout>", "Placeholder"),
        ),
        doubtful=(("5", "OutOfRange"), ("99", "OutOfRange")),
    ),
}

RULES = {
    "a login": Together({"uri": URI}, []),
    "no login": Together({"uri": "mongodb://db"}, []),
    "a user without password": Together({"uri": "mongodb://ann@db"}, [ERROR]),
    "a mechanism with a password": Together({"uri": f"{URI}?authMechanism=SCRAM-SHA-256"}, []),
    "a mechanism without login": Together({"uri": "mongodb://db/?authMechanism=PLAIN"}, [ERROR]),
    "a mechanism that takes the token of the machine": Together(
        {"uri": "mongodb://evil.example/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s"},
        [("uri", "BadFormat", "error")],
    ),
    "a mechanism in escapes": Together(
        {"uri": "mongodb://ann@evil.example/?AUTHMECHANISM=GSS%41PI"}, [("uri", "BadFormat", "error")]
    ),
    "certificates that nobody checks": Together({"uri": f"{URI}?tls=true&tlsAllowInvalidCertificates=true"}, [WARNING]),
    "certificates that are checked": Together({"uri": f"{URI}?tlsInsecure=false"}, []),
    "a plus in a password": Together({"uri": "mongodb://ann:made+up@db"}, [("uri", "BadFormat", "warning")]),
    "an escaped plus in a password": Together({"uri": "mongodb://ann:made%2Bup@db"}, []),
}

BINDINGS = {
    "the connection string and its database": Bound({"uri": URI}, {"uri": URI, "database": "customers"}),
    "a connection string without database": Bound({"uri": "mongodb://db/"}, {"uri": "mongodb://db/"}),
}
