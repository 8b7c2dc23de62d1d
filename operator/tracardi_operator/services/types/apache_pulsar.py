"""Apache Pulsar: a service URL and a token. The field `host` is a URL, so it makes no Service Binding entry `host`.

A token is decoded by PyJWT without looking at its signature, whose key we do not have. Whether it has expired depends
on the time, and a check does not: it is left to whoever uses the token.
"""

from typing import Final

from tracardi_operator.api.problems import Reason
from tracardi_operator.services.addresses import HOST, PORT, parse_hosts
from tracardi_operator.services.formats import URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType, Values

_URL: Final = "https://pulsar.apache.org/docs/next/security-jwt/"


def _is_service_url(text: str) -> bool:
    return parse_hosts(text.partition("://")[2].rstrip("/")) is not None


def is_signed_jwt(text: str) -> bool:
    """Whether a header that names an algorithm, claims and a signature can be decoded."""
    # Imported by the first token: it brings cryptography, 7 MB of memory that other installations are spared.
    import jwt

    try:
        header = jwt.get_unverified_header(text)
        jwt.decode(text, options={"verify_signature": False})
    except jwt.PyJWTError:
        return False
    algorithm = header.get("alg")
    return isinstance(algorithm, str) and algorithm.lower() != "none"


def _binding(values: Values) -> dict[str, str]:
    """Of several hosts no URI can be made."""
    service_url = str(values["host"])
    return {} if "," in service_url else {"uri": service_url}


SERVICE = ServiceType(
    name="apache-pulsar",
    title="Apache Pulsar",
    fields=(
        Field(
            name="host",
            title="Service URL",
            format=Format(
                words="pulsar://host:port, or pulsar+ssl:// for TLS, with several hosts between commas",
                pattern=rf"(?:pulsar(?:\+ssl)?|https?)://{HOST}{PORT}(?:,{HOST}{PORT})*/?",
                confidence=Confidence.CONFIDENT,
                source="https://pulsar.apache.org/docs/next/client-libraries-clients/",
                accepts=_is_service_url,
            ),
            mistakes=(
                URL_WITH_LOGIN,
                URL_WITH_QUERY,
                Mistake(r"[A-Za-z0-9_.-]+(?::[0-9]{1,5})?", "a host without pulsar:// or pulsar+ssl:// before it"),
            ),
            how_to="Ask whoever runs the cluster; the broker's usual port is 6650, and 6651 for TLS.",
        ),
        Field(
            name="token",
            title="Token",
            sensitive=True,
            format=Format(
                words="a signed JWT: three parts of base64 with dots between them",
                pattern=r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
                confidence=Confidence.CONFIDENT,
                source=_URL,
                accepts=is_signed_jwt,
            ),
            mistakes=(
                Mistake(
                    r"token:.*",
                    "the parameter of a client (token:…); store what follows the colon",
                    reason=Reason.PASTED_PREFIX,
                ),
                Mistake(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.?", "a JWT without its last part, the signature"),
            ),
        ),
    ),
    example={
        "host": "pulsar://pulsar-proxy.queues.svc:6650",
        "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtYWRlLXVwIn0.bWFkZS11cC1zaWduYXR1cmUtb2YtdGhlLWRvY3M",
    },
    how_to="Ask whoever runs the cluster; bin/pulsar tokens create --subject NAME makes one.",
    url=_URL,
    tags=("pulsar", "apache", "queue"),
    icon="pulsar",
    binding=_binding,
)
