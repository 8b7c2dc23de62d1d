"""Formats and fields that several service types share."""

import json
import re
from typing import Final

from tracardi_operator.api.problems import Reason
from tracardi_operator.services.addresses import BARE_HOST, HOST, PORT, is_address, is_bare_host
from tracardi_operator.services.model import Confidence, Field, Format, Kind, Mistake

BASIC_USERNAME: Final = Format(
    words="a user name without a colon, which HTTP Basic authentication cannot carry",
    pattern=r"[^:]+",
    confidence=Confidence.CONFIDENT,
    source="RFC 7617, section 2",
)

HTTP_URL: Final = Format(
    words="an address that begins with http:// or https://, without user, query or fragment",
    pattern=rf"https?://{HOST}{PORT}(?:/[A-Za-z0-9._~/-]*)?",
    confidence=Confidence.CONFIDENT,
    source="RFC 3986, section 3",
    accepts=is_address,
)

URL_WITH_LOGIN: Final = Mistake(
    r"(?:[a-z]{2,10}://)?[^\s/@]*@.*", "an address with a user or password in it, which belong in fields of their own"
)
URL_WITH_QUERY: Final = Mistake(
    r"[a-z]{2,10}://[^\s?#]*[?#].*", "an address with a query or fragment; keep what stands before the ? or #"
)

BARE_HOST_NAME: Final = Format(
    words="a host name or IP address alone, without scheme, port and path",
    pattern=BARE_HOST,
    confidence=Confidence.CONFIDENT,
    source="RFC 1123, section 2.1; RFC 4291, section 2.2",
    accepts=is_bare_host,
)
NO_BARE_HOST: Final = (
    URL_WITH_LOGIN,
    Mistake(r"[a-z][a-z0-9+.-]{1,19}://.*", "a whole URL; give its host alone", reason=Reason.PASTED_PREFIX),
    Mistake(r"[A-Za-z0-9_.-]+:[0-9]{1,5}|\[[0-9A-Fa-f:.]+\]:[0-9]{1,5}", "host:port; the port has a field of its own"),
    Mistake(r"\[[0-9A-Fa-f:.]+\]", "an IPv6 address in brackets; leave them out here"),
)
"""What people paste instead of a bare host."""

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*", re.ASCII)


def _are_headers(text: str) -> bool:
    try:
        headers = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(headers, dict) and all(_is_header(name, value) for name, value in headers.items())


def _is_header(name: str, value: object) -> bool:
    return bool(_HEADER_NAME.fullmatch(name)) and isinstance(value, str) and bool(_HEADER_VALUE.fullmatch(value))


HTTP_HEADERS: Final = Format(
    words="a JSON object of header names to texts, in ASCII and without line breaks",
    pattern=r"\s*\{[\s\S]*\}\s*",
    confidence=Confidence.CONFIDENT,
    source="RFC 9110, sections 5.1 and 5.5",
    accepts=_are_headers,
)

HEADERS: Final = Field(
    name="headers", title="Headers", kind=Kind.OBJECT, required=False, sensitive=True, format=HTTP_HEADERS
)
"""Sensitive, because a header may carry a key."""


def port_field(
    default: int | None = None, *, required: bool = True, mistakes: tuple[Mistake, ...] = (), how_to: str = ""
) -> Field:
    return Field(
        name="port",
        title="Port",
        kind=Kind.INTEGER,
        required=required,
        default=default,
        minimum=1,
        maximum=65535,
        mistakes=mistakes,
        how_to=how_to,
    )


def timeout_field(default: int) -> Field:
    """In seconds. No service states a limit: who writes more than ten minutes means milliseconds (15000)."""
    return Field(name="timeout", title="Timeout in seconds", kind=Kind.INTEGER, default=default, minimum=1, maximum=600)


HEX_32: Final = r"[0-9a-f]{32}"
UUID: Final = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

WIDGET_ID: Final = Format(
    words="letters, digits, - and _ alone, since it becomes part of a script on web pages",
    pattern=r"[A-Za-z0-9_-]+",
    confidence=Confidence.CONFIDENT,
    source="Tracardi com-microservice, app/services/ux/chats",
)
"""Of a chat widget. Tracardi writes it into JavaScript between quotes as it is."""
