"""An HTTP endpoint, with an optional login, headers and proxy. Tracardi's destination posts to it.

`headers` may carry a key, so they come from a Secret. A query may be part of the endpoint; a key in it ends up in logs.
"""

import base64
import re
from collections.abc import Iterator

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services import bindings
from tracardi_operator.services.addresses import HOST, PORT, is_address
from tracardi_operator.services.airflow import text
from tracardi_operator.services.formats import BASIC_USERNAME, HEADERS, HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.logins import needs
from tracardi_operator.services.model import (
    AirflowConnection,
    Confidence,
    Field,
    Finding,
    Format,
    Mistake,
    Rule,
    ServiceType,
    Value,
    Values,
)


def _is_endpoint(text: str) -> bool:
    return is_address(re.split("[/?]", text.partition("://")[2], maxsplit=1)[0])


def _empty_password(values: Values) -> Iterator[Finding]:
    """A warning alone: some services take an API key as the user name, and no password."""
    if "username" in values and "password" not in values:
        message = "is given without a password, so that an empty one is sent"
        yield Finding("username", Reason.CONTRADICTION, message, Severity.WARNING)


def _login_or_header(values: Values) -> Iterator[Finding]:
    headers = values.get("headers")
    if "username" in values and isinstance(headers, dict) and any(n.lower() == "authorization" for n in headers):
        message = "hold an Authorization, which 'username' and 'password' make too; keep one of them"
        yield Finding("headers", Reason.CONTRADICTION, message)


def _airflow(values: Values) -> AirflowConnection:
    username, password = text(values, "username"), text(values, "password")
    extra = _capitalised(values.get("headers"))
    if proxy := values.get("proxy"):
        extra["proxies"] = {"http": proxy, "https": proxy}
    if username and password is None:  # Airflow has no empty password
        extra["Authorization"] = f"Basic {base64.b64encode(f'{username}:'.encode()).decode()}"
        username = None
    return AirflowConnection("http", host=str(values["url"]), login=username, password=password, extra=extra)


def _capitalised(headers: Value | None) -> dict[str, object]:
    """The hook takes all of `extra` for headers, save for some names in lower case."""
    return {name.title(): value for name, value in headers.items()} if isinstance(headers, dict) else {}


SERVICE = ServiceType(
    name="api",
    title="HTTP API",
    fields=(
        Field(
            name="url",
            title="Address",
            format=Format(
                words="an address that begins with http:// or https://, without user or fragment",
                pattern=rf"https?://{HOST}{PORT}(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?",
                confidence=Confidence.CONFIDENT,
                source="RFC 3986, section 3",
                accepts=_is_endpoint,
            ),
            mistakes=(
                URL_WITH_LOGIN,
                Mistake(r"[a-z]{2,10}://[^\s?#]*(?:\?[^\s#]*)?#.*", "an address with a fragment; leave it out"),
            ),
        ),
        Field(
            name="proxy",
            title="Proxy",
            required=False,
            format=HTTP_URL,
            mistakes=(URL_WITH_LOGIN, URL_WITH_QUERY),
        ),
        Field(name="username", title="User name", required=False, format=BASIC_USERNAME),
        Field(name="password", title="Password", required=False, sensitive=True, password=True),
        HEADERS,
    ),
    example={
        "url": "https://crm.example.com/api/contacts",
        "username": "tracardi",
        "password": "made-up-Passphrase-7",
    },
    how_to="The documentation of the API names its address and how to log in.",
    url="https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Authentication",
    tags=("api", "destination"),
    icon="cloud",
    binding=bindings.endpoint,
    airflow=_airflow,
    rules=(
        needs("password", "username"),
        Rule(
            ("username", "password"),
            _empty_password,
            "A username without a password draws a warning: an empty password is sent.",
        ),
        Rule(("username", "headers"), _login_or_header, "headers hold no Authorization if username is given."),
    ),
)
