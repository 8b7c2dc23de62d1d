"""X (Twitter)."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice
from tracardi_operator.services.types.twitter import SERVICE

KEY, SECRET, TOKEN, TOKEN_SECRET = (str(SERVICE.example[field.name]) for field in SERVICE.fields)
CLIENT_ID = "TWFkZVVwQ2xpZW50SWRGb3JEb2Nz6MTpjaQ"
BEARER = "A" * 22 + "MadeUpBearerTokenForTheDocs%2BOnly0123456789MadeUpBearerTokenForTheDocs%3DOnly0123456789" * 3


def _cases(valid: str, *others: str) -> Cases:
    pasted = tuple((other, "BadFormat") for other in (*others, CLIENT_ID, BEARER))
    return Cases(
        valid=(valid,),
        invalid=(
            *pasted,
            ("<api_key>", "Placeholder"),
            (f"Bearer {valid}", "PastedPrefix"),
            (f"{valid}\r\n", "Whitespace"),
            (twice(valid), "DoubleEncoded"),
        ),
    )


FIELDS = {
    "api_key": _cases(KEY, SECRET, TOKEN, TOKEN_SECRET, KEY[:-1], f"{KEY}1", f"{KEY[:-1]}_"),
    "api_secret": _cases(SECRET, KEY, TOKEN, TOKEN_SECRET, SECRET[:-1], f"{SECRET}1", f"{SECRET[:-1]}-"),
    "access_token": _cases(TOKEN, KEY, SECRET, TOKEN_SECRET),
    "access_token_secret": _cases(TOKEN_SECRET, KEY, SECRET, TOKEN),
}
