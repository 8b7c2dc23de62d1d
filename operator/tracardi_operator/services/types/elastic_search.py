"""Elasticsearch: host, port and scheme, with a user and password or an encoded API key.

Tracardi knows no API key: `api_key` is for other consumers. Its plugin takes a user without a password for no login.
"""

import base64
import binascii
from collections.abc import Iterator

from tracardi_operator.api.problems import Reason
from tracardi_operator.services.addresses import HOST, PORT, is_address, parse_address
from tracardi_operator.services.airflow import given, text
from tracardi_operator.services.bindings import login
from tracardi_operator.services.formats import BASIC_USERNAME, URL_WITH_LOGIN, URL_WITH_QUERY, port_field
from tracardi_operator.services.logins import both_or_neither, one_way
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


def _is_encoded_pair(text: str) -> bool:
    """Base64 of `id:key`."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    identifier, colon, key = decoded.partition(b":")
    return bool(identifier and colon and key) and b":" not in key


def _address_agrees(values: Values) -> Iterator[Finding]:
    address = parse_address(str(values["url"]))
    if address and address.scheme and address.scheme != values["scheme"]:
        yield Finding(
            "url",
            Reason.CONTRADICTION,
            "names another scheme than the field 'scheme' (http unless given); "
            "give the host alone in 'url', and the scheme in 'scheme'",
        )
    if address and address.port is not None and address.port != values["port"]:
        yield Finding(
            "url",
            Reason.CONTRADICTION,
            "names another port than the field 'port' (9200 unless given); "
            "give the host alone in 'url', and the port in 'port'",
        )


def _binding(values: Values) -> dict[str, str]:
    address = parse_address(str(values["url"]))
    if address is None:
        return {}
    port = str(values["port"])
    uri = f"{values['scheme']}://{address.netloc_host}:{port}"
    return {"host": address.host, "port": port, "uri": uri, "uris": uri} | login(values, "username", "password")


def _airflow(values: Values) -> AirflowConnection | None:
    address = parse_address(str(values["url"]))
    if address is None:
        return None
    return AirflowConnection(
        "elasticsearch",
        host=address.netloc_host,
        port=int(str(values["port"])),
        login=text(values, "username"),
        password=text(values, "password"),
        schema=str(values["scheme"]),
        extra=given(api_key=values.get("api_key"), verify_certs=values["verify_certs"]),
    )


SERVICE = ServiceType(
    name="elastic-search",
    title="Elasticsearch",
    fields=(
        Field(
            name="url",
            title="Host",
            format=Format(
                words="a host name or IP address, with or without http(s):// and a port, without a path",
                pattern=rf"(?:https?://)?{HOST}{PORT}/?",
                confidence=Confidence.CONFIDENT,
                source="RFC 1123, section 2.1; Tracardi elastic_resource_config.py",
                accepts=is_address,
            ),
            mistakes=(URL_WITH_LOGIN, URL_WITH_QUERY),
        ),
        port_field(9200),
        Field(name="scheme", title="Scheme", default="http", choices=("http", "https")),
        Field(name="username", title="User name", required=False, format=BASIC_USERNAME),
        Field(name="password", title="Password", required=False, sensitive=True, password=True),
        Field(name="verify_certs", title="Verify certificates", kind=Kind.BOOLEAN, default=True),
        Field(
            name="api_key",
            title="Encoded API key",
            required=False,
            sensitive=True,
            format=Format(
                words="the encoded form of an API key: base64 of its id, a colon and its key",
                pattern=r"[A-Za-z0-9+/]{20,}={0,2}",
                confidence=Confidence.HEURISTIC,
                source="https://www.elastic.co/docs/api/doc/elasticsearch/authentication",
                accepts=_is_encoded_pair,
            ),
            mistakes=(
                Mistake(r"[A-Za-z0-9_-]{15,40}:[A-Za-z0-9_-]{15,40}", "id and key joined by a colon, not yet encoded"),
                Mistake(r"[A-Za-z0-9_-]{20,22}", "the id or the key alone, not the encoded form of both"),
            ),
            how_to="Elasticsearch returns it once, as 'encoded', when the API key is created.",
        ),
    ),
    example={
        "url": "elasticsearch.search.svc",
        "port": 9200,
        "scheme": "https",
        "username": "tracardi",
        "password": "made-up-Passphrase-7",
        "verify_certs": True,
    },
    how_to="Ask whoever runs the cluster, or create a user in Kibana under Stack Management → Users.",
    url="https://www.elastic.co/docs/api/doc/elasticsearch/authentication",
    tags=("elasticsearch", "database"),
    icon="elasticsearch",
    provider="elastic",
    binding_type="elasticsearch",
    binding=_binding,
    airflow=_airflow,
    rules=(
        Rule(
            ("url", "scheme", "port"),
            _address_agrees,
            "If url has a scheme or a port, it is that of scheme (http unless given) or port (9200 unless given).",
        ),
        both_or_neither("username", "password"),
        one_way("api_key"),
    ),
)
