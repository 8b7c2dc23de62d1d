"""Google Cloud service accounts."""

import json
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tests.unit.services.cases import Cases, Together
from tests.unit.services.samples import HEX, twice
from tracardi_operator.services.model import Value
from tracardi_operator.services.types.google_cloud_service_account import SERVICE

EXAMPLE: dict[str, Value] = dict(SERVICE.example)
PEM = str(EXAMPLE["private_key"])
KEY = load_pem_private_key(PEM.encode(), None, unsafe_skip_rsa_key_validation=True)
BEGIN, *BODY, END = PEM.splitlines()
CURVE = ec.generate_private_key(ec.SECP256R1())


def _pem(key: object, form: PrivateFormat, *, passphrase: str = "") -> str:
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, encryption).decode()  # type: ignore[attr-defined, no-any-return]


def _url(good: str) -> Cases:
    return Cases(
        valid=(good,),
        invalid=(
            (good.replace("https", "http"), "BadFormat"),
            ("https://oauth2.googleapis.com.evil.example/token", "BadFormat"),
            ("https://evilgoogleapis.com/token", "BadFormat"),
            ("https://oauth2.googleapis.com@evil.example/token", "BadFormat"),
            ("https://evil.example/#.googleapis.com/", "BadFormat"),
            ("https://evil.example\\.googleapis.com/", "BadFormat"),
            ("https://oauth2.googleapis.com:8443/token", "BadFormat"),
            ("https://169.254.169.254/computeMetadata/v1/", "BadFormat"),
            ("<client-x509-cert-url>", "Placeholder"),
            (f"{good}\n", "Whitespace"),
        ),
    )


TOKEN_URI = _url("https://oauth2.googleapis.com/token")

FIELDS = {
    "credentials_json": Cases(
        valid=(json.dumps(EXAMPLE), json.dumps(EXAMPLE, indent=2) + "\n"),
        invalid=(
            (PEM, "BadFormat"),
            ("/etc/google/key.json", "BadFormat"),
            (json.dumps([EXAMPLE]), "BadFormat"),
            (json.dumps(EXAMPLE)[:-1], "BadFormat"),
            (json.dumps({**EXAMPLE, "project_id": "<project-id>"}), "Placeholder"),
            (twice(json.dumps(EXAMPLE)), "DoubleEncoded"),
            (twice(json.dumps(EXAMPLE, indent=2)), "DoubleEncoded"),
            (f"\ufeff{json.dumps(EXAMPLE)}", "Whitespace"),
            ("", "Empty"),
        ),
    ),
    "type": Cases(
        valid=("service_account",),
        invalid=(
            ("authorized_user", "BadFormat"),
            ("external_account", "BadFormat"),
            ("Service_Account", "BadFormat"),
            ("service_account\n", "Whitespace"),
            ("<type>", "Placeholder"),
            (twice("service_account"), "DoubleEncoded"),
        ),
    ),
    "project_id": Cases(
        valid=("made-up-project", "example.com:made-up", "abcde6"),
        invalid=(
            ("402761538294", "BadFormat"),
            ("Made-Up-Project", "BadFormat"),
            ("short", "BadFormat"),
            ("a" * 31, "BadFormat"),
            ("ends-with-hyphen-", "BadFormat"),
            ("My Project", "BadFormat"),
            ("<project-id>", "Placeholder"),
            ("made-up-project\n", "Whitespace"),
        ),
    ),
    "private_key_id": Cases(
        valid=(HEX * 2 + HEX[:8],),
        invalid=(
            ("<private-key-id>", "Placeholder"),
            ("0" * 40, "Placeholder"),
            (f"{HEX * 2 + HEX[:8]}\n", "Whitespace"),
            (f'"{HEX}"', "PastedPrefix"),
            (twice(HEX * 2 + HEX[:8]), "DoubleEncoded"),
        ),
        doubtful=((HEX * 2, "BadFormat"),),
    ),
    "private_key": Cases(
        valid=(PEM, PEM.strip(), PEM.replace("\n", "\r\n"), _pem(KEY, PrivateFormat.TraditionalOpenSSL)),
        invalid=(
            (json.dumps(EXAMPLE, indent=2), "BadFormat"),
            (json.dumps(EXAMPLE), "BadFormat"),
            (PEM.replace("\n", "\\n"), "BadFormat"),
            (PEM.replace("\n", " ").strip(), "BadFormat"),
            (PEM.replace("\n", ""), "BadFormat"),
            ("\n".join(BODY), "BadFormat"),
            ("\n".join([BEGIN, *BODY]), "BadFormat"),
            ("\n".join([BEGIN, *BODY[:-1], END]), "BadFormat"),
            ("\n".join([BEGIN, *reversed(BODY), END]), "BadFormat"),
            ("\n".join([BEGIN, *BODY[:-1], BODY[-1][:-1], END]), "BadFormat"),
            (_pem(KEY, PrivateFormat.PKCS8, passphrase="made-up"), "BadFormat"),
            (_pem(CURVE, PrivateFormat.PKCS8), "BadFormat"),
            (_pem(CURVE, PrivateFormat.TraditionalOpenSSL), "BadFormat"),
            (KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "BadFormat"),
            (HEX * 2 + HEX[:8], "BadFormat"),
            (twice(PEM), "DoubleEncoded"),
            ("<private-key>", "Placeholder"),
            (f'"{PEM.strip()}"', "PastedPrefix"),
            (PEM.replace("A", "\u0410"), "BadFormat"),
            (f"\ufeff{PEM}", "Whitespace"),
        ),
    ),
    "client_email": Cases(
        valid=(
            "tracardi@made-up-project.iam.gserviceaccount.com",
            "402761538294-compute@developer.gserviceaccount.com",
            "made-up-project@appspot.gserviceaccount.com",
        ),
        invalid=(
            ("ann@example.com", "BadFormat"),
            ("tracardi@made-up-project.iam.gserviceaccount.com.evil.example", "BadFormat"),
            ("tracardi", "BadFormat"),
            ("serviceAccount:tracardi@made-up-project.iam.gserviceaccount.com", "BadFormat"),
            ("<client-email>", "Placeholder"),
            ("tracardi@made-up-project.iam.gserviceaccount.com\n", "Whitespace"),
        ),
    ),
    "client_id": Cases(
        valid=("104029384756102938475",),
        invalid=(
            ("402761538294-madeup.apps.googleusercontent.com", "BadFormat"),
            ("<client-id>", "Placeholder"),
            ("0" * 21, "Placeholder"),
            ("104029384756102938475\n", "Whitespace"),
            (twice("104029384756102938475"), "DoubleEncoded"),
        ),
        doubtful=(("1040293847", "BadFormat"), ("tracardi", "BadFormat")),
    ),
    "auth_uri": _url("https://accounts.google.com/o/oauth2/auth"),
    "token_uri": replace(
        TOKEN_URI,
        invalid=(
            *TOKEN_URI.invalid,
            ("https://script.google.com/macros/s/made-up/exec", "BadFormat"),
            ("https://storage.googleapis.com/made-up/token", "BadFormat"),
            ("https://oauth2.googleapis.com/token/", "BadFormat"),
        ),
    ),
    "auth_provider_x509_cert_url": _url("https://www.googleapis.com/oauth2/v1/certs"),
    "client_x509_cert_url": _url(str(EXAMPLE["client_x509_cert_url"])),
}
RULES = {
    "an older address of Google's for tokens": Together(
        {**EXAMPLE, "token_uri": "https://accounts.google.com/o/oauth2/token"}, [("token_uri", "BadFormat", "warning")]
    ),
    "certificates of another account": Together(
        {**EXAMPLE, "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/other%40a.example"},
        [("client_x509_cert_url", "Contradiction", "warning")],
    ),
    "another project": Together({**EXAMPLE, "project_id": "another-one"}, [("project_id", "Contradiction", "warning")]),
    "a project of a domain": Together(
        {
            **EXAMPLE,
            "project_id": "example.com:made-up",
            "client_email": "tracardi@made-up.example.com.iam.gserviceaccount.com",
            "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/"
            "tracardi%40made-up.example.com.iam.gserviceaccount.com",
        },
        [],
    ),
    "a default account, whose name has no project": Together(
        {
            **EXAMPLE,
            "client_email": "402761538294-compute@developer.gserviceaccount.com",
            "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/"
            "402761538294-compute%40developer.gserviceaccount.com",
        },
        [],
    ),
}
