"""Weaviate: an address with an API key, a login or neither. The fields are those of Tracardi's commercial plugins.

`headers` carry the keys of model providers (x_openai_api_key and the like), so they come from a Secret.
"""

from collections.abc import Iterator
from dataclasses import replace

from tracardi_operator.api.problems import Reason
from tracardi_operator.services import airflow, bindings
from tracardi_operator.services.formats import HEADERS, HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.logins import both_or_neither, one_way
from tracardi_operator.services.model import AirflowConnection, Field, Finding, Rule, ServiceType, Values


def _scope_of_a_login(values: Values) -> Iterator[Finding]:
    if "scope" in values and "username" not in values:
        yield Finding("scope", Reason.CONTRADICTION, "is given without 'username' and 'password', whose scope it is")


def _airflow(values: Values) -> AirflowConnection | None:
    """The hook takes neither scheme nor path in the host. Where gRPC is, the type does not know."""
    root = airflow.root_of(str(values["url"]))
    if root is None:
        return None
    address, port = root
    return AirflowConnection(
        "weaviate",
        host=address.host,
        port=port,
        login=airflow.text(values, "username"),
        password=airflow.text(values, "password"),
        extra=airflow.given(
            http_secure=address.scheme == "https",
            grpc_secure=address.scheme == "https",
            token=values.get("weaviate_api_key"),
            scope=values.get("scope"),
            additional_headers=values.get("headers"),
        ),
    )


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
        replace(
            HEADERS,
            how_to="Tracardi's plugins read the keys of model providers from here by names such as x_openai_api_key.",
        ),
    ),
    example={"url": "https://weaviate.example.com", "weaviate_api_key": "made-up-key-for-the-docs-0123456789"},
    how_to="In the Weaviate Cloud console open the cluster → API Keys; elsewhere ask whoever runs the server.",
    url="https://docs.weaviate.io/cloud/manage-clusters/authentication",
    tags=("weaviate",),
    binding=bindings.endpoint,
    airflow=_airflow,
    rules=(
        both_or_neither("username", "password"),
        one_way("weaviate_api_key"),
        Rule(("scope", "username"), _scope_of_a_login, "scope goes with username and password alone."),
    ),
)
