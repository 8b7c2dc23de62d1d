"""Weaviate: an address with an API key, a login or neither. The fields are those of Tracardi's commercial plugins.

`headers` carry the keys of model providers (X-OpenAI-Api-Key and the like), so they come from a Secret.
"""

from collections.abc import Iterator

from tracardi_operator.api.problems import Reason
from tracardi_operator.services import bindings
from tracardi_operator.services.formats import HTTP_HEADERS, HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import Field, Finding, Kind, Rule, ServiceType, Values


def _one_login(values: Values) -> Iterator[Finding]:
    username, password = "username" in values, "password" in values
    if username and not password:
        yield Finding("password", Reason.MISSING_FIELD, "is missing: 'username' is given, and is nothing without it")
    if password and not username:
        yield Finding("username", Reason.MISSING_FIELD, "is missing: 'password' is given, and is nothing without it")
    if "weaviate_api_key" in values and (username or password):
        message = "is given besides 'username' and 'password'; keep one way to log in"
        yield Finding("weaviate_api_key", Reason.CONTRADICTION, message)


def _scope_of_a_login(values: Values) -> Iterator[Finding]:
    if "scope" in values and "username" not in values:
        yield Finding("scope", Reason.CONTRADICTION, "is given without 'username' and 'password', whose scope it is")


SERVICE = ServiceType(
    name="weaviate",
    title="Weaviate",
    fields=(
        Field(
            name="url",
            title="Address",
            format=HTTP_URL,
            mistakes=(URL_WITH_LOGIN, URL_WITH_QUERY),
            how_to="In Weaviate Cloud it is the REST endpoint of the cluster, with https:// before it.",
        ),
        Field(name="weaviate_api_key", title="API key", required=False, sensitive=True),
        Field(name="username", title="User name", required=False),
        Field(name="password", title="Password", required=False, sensitive=True, password=True),
        Field(name="scope", title="OIDC scope", required=False),
        Field(
            name="headers",
            title="Headers",
            kind=Kind.OBJECT,
            required=False,
            sensitive=True,
            format=HTTP_HEADERS,
        ),
    ),
    example={"url": "https://weaviate.example.com", "weaviate_api_key": "made-up-key-for-the-docs-0123456789"},
    how_to="In the Weaviate Cloud console open the cluster → API Keys; elsewhere ask whoever runs the server.",
    url="https://docs.weaviate.io/cloud/manage-clusters/authentication",
    tags=("weaviate",),
    binding=bindings.endpoint,
    rules=(
        Rule(("username", "password", "weaviate_api_key"), _one_login),
        Rule(("scope", "username"), _scope_of_a_login),
    ),
)
