"""Apache Pulsar: what is right and wrong."""

import base64
import json

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import twice


def encoded(part: object) -> str:
    """A part of a JWT: JSON, or bytes as they are, in URL-safe base64."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwt_of(header: object, claims: object, signature: bytes = b"made-up-signature") -> str:
    return ".".join((encoded(header), encoded(claims), encoded(signature)))


HS256 = {"alg": "HS256", "typ": "JWT"}
CLAIMS = {"sub": "tracardi", "exp": 1}
TOKEN = jwt_of(HS256, CLAIMS)

FIELDS = {
    "host": Cases(
        valid=(
            "pulsar://pulsar:6650",
            "pulsar://pulsar",
            "pulsar+ssl://pulsar-0.example.com:6651,pulsar-1.example.com:6651",
            "http://pulsar.example.com:8080/",
            "pulsar://[2001:db8::7]:6650",
        ),
        invalid=(
            ("pulsar:6650", "BadFormat"),
            ("pulsar.example.com", "BadFormat"),
            ("PULSAR://pulsar:6650", "BadFormat"),
            ("kafka://pulsar:6650", "BadFormat"),
            ("pulsar://ann:pw@pulsar:6650", "BadFormat"),
            ("pulsar://pulsar:6650/tenant", "BadFormat"),
            ("pulsar://pulsar:6650?x=y", "BadFormat"),
            ("pulsar://pulsar:66500", "BadFormat"),
            ("pulsar://a:6650,", "BadFormat"),
            ("pulsar://a:6650,pulsar://b:6650", "BadFormat"),
            ("pulsar://256.1.1.1", "BadFormat"),
            ("<pulsar://localhost:6650>", "Placeholder"),
            ("pulsar://pulsar:6650\n", "Whitespace"),
        ),
    ),
    "token": Cases(
        valid=(TOKEN, jwt_of({"alg": "RS256"}, {}), jwt_of(HS256, {"sub": "x" * 4000})),
        invalid=(
            (jwt_of(HS256, CLAIMS, b""), "BadFormat"),
            (TOKEN.rpartition(".")[0], "BadFormat"),
            (f"{TOKEN}.more", "BadFormat"),
            (jwt_of({"alg": "none"}, CLAIMS), "BadFormat"),
            (jwt_of({"alg": "None"}, CLAIMS), "BadFormat"),
            (jwt_of({"alg": None}, CLAIMS), "BadFormat"),
            (jwt_of({}, CLAIMS), "BadFormat"),
            (jwt_of(["HS256"], CLAIMS), "BadFormat"),
            (jwt_of(HS256, ["sub"]), "BadFormat"),
            (jwt_of(b"{", CLAIMS), "BadFormat"),
            (jwt_of(HS256, b"\xff"), "BadFormat"),
            (TOKEN.replace(".", ".+", 1), "BadFormat"),
            (TOKEN[1:], "BadFormat"),
            ("not.a.token", "BadFormat"),
            (f"token:{TOKEN}", "PastedPrefix"),
            (f"Bearer {TOKEN}", "PastedPrefix"),
            ("file:///etc/pulsar/token", "PastedPrefix"),
            ("<token>", "Placeholder"),
            (f"{TOKEN}\n", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
        ),
    ),
}

BINDINGS = {
    "a service URL is a uri, no host": Bound(
        {"host": "pulsar+ssl://pulsar:6651", "token": TOKEN},
        {"uri": "pulsar+ssl://pulsar:6651"},
    ),
    "several hosts make no uri": Bound({"host": "pulsar://a:6650,b:6650", "token": TOKEN}, {}),
}
