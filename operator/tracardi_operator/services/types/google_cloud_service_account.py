"""Google Cloud: the key of a service account, as the JSON file that Google makes or as a field for each of its members.

A consumer signs an assertion with `private_key` and sends it to `token_uri`, which is one of those that Google's key
files have had: a host of Google is not enough, since some run or store what anybody gives them.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services.model import (
    AirflowConnection,
    Confidence,
    Field,
    Finding,
    Format,
    Kind,
    Mistake,
    Rule,
    ServiceType,
    Values,
)

_KEY_FILE: Final = "Google's JSON file of a service account's key"
_LABEL: Final = "PRIVATE KEY"
_BEGIN: Final = f"-----BEGIN {_LABEL}-----"
_END: Final = f"-----END {_LABEL}-----"


def _is_rsa_key(text: str) -> bool:
    """Whether a PEM text holds a whole RSA key without a passphrase.

    The numbers are not tested for being prime: that takes long for large ones. The format bounds their size.
    """
    # Imported by the first key: 7 MB of memory and 40 ms that installations without one are spared.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPrivateKey)


def _google_url(words: str) -> Format:
    return Format(
        words=words,
        pattern=r"https://(?:[a-z0-9-]{1,63}\.){0,4}(?:googleapis|google)\.com/[A-Za-z0-9._~%@/-]*",
        confidence=Confidence.CONFIDENT,
        source=f"{_KEY_FILE}; Tracardi's defaults",
    )


def _certificate_is_the_accounts(values: Values) -> Iterator[Finding]:
    email, url = str(values["client_email"]), str(values["client_x509_cert_url"])
    if not url.endswith((f"/{quote(email, safe='')}", f"/{email}")):
        message = "names another account than 'client_email'; take both from one key file"
        yield Finding("client_x509_cert_url", Reason.CONTRADICTION, message, Severity.WARNING)


def _project_is_the_accounts(values: Values) -> Iterator[Finding]:
    host = str(values["client_email"]).rpartition("@")[2]
    project = ".".join(reversed(str(values["project_id"]).split(":")))
    if host.endswith(".iam.gserviceaccount.com") and host != f"{project}.iam.gserviceaccount.com":
        message = "is not the project of 'client_email'; take both from one key file"
        yield Finding("project_id", Reason.CONTRADICTION, message, Severity.WARNING)


_MADE_UP_KEY: Final = """
MIIC8AIBADANBgkqhkiG9w0BAQEFAASCAtowggLWAgEAAoGcKaEawIwU1VRTWrg0
fVMUFk/mqowtyHt2k+vR3jRhT0ncyUJxjsrQUizVf67qXCVgaE3zZBWqkel6kW0L
f0ISNV3qCX5lY20M5zEMrkG8oz4NBRZI1WmB4mywHqEc0HPnvUHCqgk7/tBmn/Iq
/+vsDqnYFb3mwAYbuPDZYyOh3ZdfRwQRU4/QqF3ab+t/hQIA3cZ9uYydWpdAAhVF
AgMBAAECgZwF2+7v+sdT3zJ8KkD5AqBpI4XLqz8mYHooB6DaLXUku7ifewKQnmsD
pdvGxM+neHtBMvd2trXzI3Fk1nwvxRTa/gTaoTeT7t1KDNVEEWxmUbvEZQ9nnbOK
hMGDRqouQcXES66YeTLO9rTNdZA3ML3HowKgY4OA+JnWx9faRtN282muO6R7I2TV
qufGQS4L1CjvWupxwykSo4s0v2ECTm1hZGUgdXAgZm9yIHRoZSBkb2N1bWVudGF0
aW9uIG9mIHRyYWNhcmRpLW9wZXJhdG9yLCBndWFyZHMgbm90aGluZyBhdCBhbGwu
IAAChwJOYW55Ym9keSBjYW4gbWFrZSB0aGlzIGtleSBhbmV3OiBpdHMgdHdvIHBy
aW1lcyBhcmUgdGV4dHMgd2l0aCBhIGZldyBhZGRlZC4gAADTAk4jkjW1EX4/rbnC
aooVcVHZ2+/Bl5GxF9+vRc14GIdh0wOg+wWi7TDnaLEG+bV0Ii9cgvPIwfyRaUMz
kYt4oZHHH8lX5Xl/gk9hSwrLFgcCTh0rexH6caVGChrwYqr8wK99IPzlnT82iCHU
jPcFT8XKUGg505yq6U1X/RkNVJM8PZCHMElI2+BZW34Ex4IpN4sAvR4GRsJMwIJW
wOPfWwJOPRi3s1UCD+O5SITBBE545PLlF4JcDq6MO8pr22QODOxJYqjd5tXoh3rt
Rpy0Qk7o/gpmhO1cuV1Y6O5ABkm3fJk6w+kH1G3WAAFX8Nug
"""
"""Its two primes are sentences that say so: a key that can be read, and that guards nothing."""


def _airflow(values: Values) -> AirflowConnection:
    return AirflowConnection(
        "google_cloud_platform", extra={"project": values["project_id"], "keyfile_dict": dict(values)}
    )


SERVICE = ServiceType(
    name="google-cloud-service-account",
    title="Google Cloud service account",
    fields=(
        Field(
            name="credentials_json",
            title="JSON key",
            kind=Kind.OBJECT,
            required=False,
            sensitive=True,
            document=True,
            format=Format(
                words="the JSON file of a service account's key, with all its members",
                pattern=r"\s*\{[\s\S]*\}\s*",
                confidence=Confidence.CONFIDENT,
                source=_KEY_FILE,
            ),
            mistakes=(
                Mistake(r"-----BEGIN [\s\S]*", "the private key alone, which belongs in 'private_key'"),
                Mistake(
                    r"(?:ew|eyJ)[A-Za-z0-9+/=\r\n]{100,}",
                    "base64 of a JSON file; it was encoded twice",
                    reason=Reason.DOUBLE_ENCODED,
                ),
                Mistake(r"[\w./~-]+\.json", "the path of a file; store what is in it"),
            ),
        ),
        Field(
            name="type",
            title="Kind of credential",
            default="service_account",
            choices=("service_account",),
            mistakes=(
                Mistake("authorized_user", "the login of a person (gcloud auth application-default login)"),
                Mistake(
                    "external_account|impersonated_service_account|external_account_authorized_user",
                    "a configuration for workload identity or impersonation, which has no key of its own",
                ),
            ),
        ),
        Field(
            name="project_id",
            title="Project id",
            format=Format(
                words="the id of a project: 6 to 30 lower-case letters, digits and hyphens",
                pattern=r"(?:[a-z0-9.-]{1,253}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]",
                confidence=Confidence.CONFIDENT,
                source="https://cloud.google.com/resource-manager/docs/creating-managing-projects",
            ),
            mistakes=(Mistake(r"[0-9]{6,20}", "the number of the project, not its id"),),
        ),
        Field(
            name="private_key_id",
            title="Private key id",
            generated=True,
            format=Format(
                words="the id of a key: 40 hexadecimal digits in lower case",
                pattern=r"[0-9a-f]{40}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/gcp",
            ),
        ),
        Field(
            name="private_key",
            title="Private key",
            sensitive=True,
            multiline=True,
            format=Format(
                words=f"a whole RSA private key in PEM without a passphrase, from '{_BEGIN}' to '{_END}'",
                pattern=rf"\s*-----BEGIN (?:RSA )?{_LABEL}-----\r?\n[A-Za-z0-9+/=\r\n]{{64,8000}}"
                rf"-----END (?:RSA )?{_LABEL}-----\s*",
                confidence=Confidence.CONFIDENT,
                source="RFC 7468, section 10; google-auth",
                accepts=_is_rsa_key,
            ),
            mistakes=(
                Mistake(
                    r'(?s:\s*\{.*"private_key".*)',
                    "the whole key file, which belongs in 'credentials_json'",
                ),
                Mistake(
                    rf"-----BEGIN [A-Z ]{{0,20}}{_LABEL}-----\\n.*",
                    r"a key whose line breaks became \n; jq -r .private_key key.json writes it with real ones",
                ),
                Mistake(
                    rf"-----BEGIN [A-Z ]{{0,20}}{_LABEL}----- ?[A-Za-z0-9+/].*",
                    "a key that has lost its line breaks; jq -r .private_key key.json writes it with them",
                ),
                Mistake(
                    r"LS0tLS1CRUdJTi[A-Za-z0-9+/=\r\n]*",
                    "base64 of a key; it was encoded twice",
                    reason=Reason.DOUBLE_ENCODED,
                ),
                Mistake(
                    rf"(?s:\s*-----BEGIN ENCRYPTED {_LABEL}-----.*)", "a key with a passphrase, which nothing asks for"
                ),
                Mistake(rf"(?s:\s*-----BEGIN (?:EC|DSA|OPENSSH) {_LABEL}-----.*)", "a key that is none of Google's"),
                Mistake(r"(?s:\s*-----BEGIN (?:CERTIFICATE|(?:RSA )?PUBLIC KEY)-----.*)", "the public half of a key"),
                Mistake(r"[0-9a-f]{40}", "the id of a key, which belongs in 'private_key_id'"),
                Mistake(
                    r"MI[A-Za-z0-9+/=\r\n]{60,}",
                    f"a P12 file, or a key without its first line, '{_BEGIN}', and its last",
                ),
            ),
        ),
        Field(
            name="client_email",
            title="E-mail of the service account",
            format=Format(
                words="the address of a service account, which ends with gserviceaccount.com",
                pattern=r"[A-Za-z0-9._-]{1,100}@[a-z0-9.-]{1,250}\.gserviceaccount\.com",
                confidence=Confidence.CONFIDENT,
                source="trufflehog pkg/detectors/gcp; https://cloud.google.com/iam/docs/service-account-overview",
            ),
            mistakes=(
                Mistake(
                    r"[^@\s]+@(?!\S*\.gserviceaccount\.com)[^@\s]+",
                    "the address of a person or group, not of a service account",
                ),
            ),
        ),
        Field(
            name="client_id",
            title="Client id",
            generated=True,
            format=Format(
                words="the number of the service account, about 21 digits",
                pattern=r"[0-9]{15,25}",
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/gcp",
            ),
            mistakes=(
                Mistake(
                    r"[0-9]+-[a-z0-9]+\.apps\.googleusercontent\.com", "the client id of an OAuth client, another thing"
                ),
            ),
        ),
        Field(
            name="auth_uri",
            title="Authorization address",
            default="https://accounts.google.com/o/oauth2/auth",
            format=_google_url("an https address of Google's, as https://accounts.google.com/o/oauth2/auth"),
        ),
        Field(
            name="token_uri",
            title="Token address",
            default="https://oauth2.googleapis.com/token",
            format=Format(
                words="the address that Google's key files name, https://oauth2.googleapis.com/token",
                pattern=r"https://(?:oauth2\.googleapis\.com|accounts\.google\.com/o/oauth2|"
                r"www\.googleapis\.com/oauth2/v[34])/token",
                confidence=Confidence.CONFIDENT,
                source=f"{_KEY_FILE}; Tracardi's default",
            ),
            usual=Format(
                words="https://oauth2.googleapis.com/token",
                pattern=r"https://oauth2\.googleapis\.com/token",
                confidence=Confidence.HEURISTIC,
                source=f"{_KEY_FILE}; Tracardi's default",
            ),
        ),
        Field(
            name="auth_provider_x509_cert_url",
            title="Address of Google's certificates",
            default="https://www.googleapis.com/oauth2/v1/certs",
            format=_google_url("an https address of Google's, as https://www.googleapis.com/oauth2/v1/certs"),
        ),
        Field(
            name="client_x509_cert_url",
            title="Address of the account's certificates",
            format=_google_url(
                "an https address of Google's, https://www.googleapis.com/robot/v1/metadata/x509/ACCOUNT"
            ),
        ),
    ),
    example={
        "type": "service_account",
        "project_id": "made-up-project",
        "private_key_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567",
        "private_key": f"{_BEGIN}{_MADE_UP_KEY}{_END}\n",
        "client_email": "tracardi@made-up-project.iam.gserviceaccount.com",
        "client_id": "104029384756102938475",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/"
        "tracardi%40made-up-project.iam.gserviceaccount.com",
    },
    how_to="In the Google Cloud console open IAM & Admin → Service Accounts → the account → Keys → Add key → JSON; "
    "refer to the file as 'credentials_json', or to each of its members as the field of that name.",
    url="https://cloud.google.com/iam/docs/keys-create-delete",
    tags=("gcp-service-account",),
    provider="google-cloud",
    airflow=_airflow,
    rules=(
        Rule(
            ("client_email", "client_x509_cert_url"),
            _certificate_is_the_accounts,
            "A client_x509_cert_url that does not end with client_email draws a warning.",
        ),
        Rule(
            ("client_email", "project_id"),
            _project_is_the_accounts,
            "A project_id that is not the project of client_email draws a warning.",
        ),
    ),
)
