"""Trello: an API key, which is no secret, and a token of a user for it. Both go into the query of a URL."""

from tracardi_operator.services.formats import HEX_32
from tracardi_operator.services.model import Confidence, Field, Format, Mistake, ServiceType

_TOKEN = r"[0-9a-f]{64}|ATTA[0-9A-Za-z]{72}"

SERVICE = ServiceType(
    name="trello",
    title="Trello",
    fields=(
        Field(
            name="api_key",
            title="API key",
            generated=True,
            format=Format(
                words="an API key: 32 hexadecimal digits in lower case",
                pattern=HEX_32,
                confidence=Confidence.CONFIDENT,
                source="gist roachhd, Trello API; trufflehog pkg/detectors/trelloapikey",
            ),
            mistakes=(Mistake(_TOKEN, "a token or the secret of the Power-Up, not its API key"),),
        ),
        Field(
            name="token",
            title="Token",
            sensitive=True,
            format=Format(
                words="a token: 'ATTA' and 72 letters and digits, or (an older one) 64 hexadecimal digits",
                pattern=_TOKEN,
                confidence=Confidence.HEURISTIC,
                source="trufflehog pkg/detectors/trelloapikey",
            ),
            mistakes=(Mistake(HEX_32, "the API key, which belongs in 'api_key'"),),
            how_to="The page of the API key has a link to create a token; it acts with the rights of its user.",
        ),
    ),
    example={
        "api_key": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "token": "ATTAMadeUpTokenForTheDocs0123456789abcdefMadeUpTokenForTheDocs0123456789abcd",
    },
    how_to="In Trello's Power-Up admin portal open (or create) a Power-Up → API key → Generate a new API key.",
    url="https://developer.atlassian.com/cloud/trello/guides/rest-api/api-introduction/",
    tags=("trello",),
    icon="trello",
)
