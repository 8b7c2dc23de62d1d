"""Formats that several service types share."""

from typing import Final

from tracardi_operator.services.addresses import HOST, PORT, is_address
from tracardi_operator.services.model import Confidence, Format, Mistake

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

HEX_32: Final = r"[0-9a-f]{32}"
