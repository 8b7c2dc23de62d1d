"""GitHub."""

from tests.unit.services.cases import Bound, Cases
from tests.unit.services.samples import HEX, twice
from tracardi_operator.services.types.github import SERVICE

TOKEN = str(SERVICE.example["personal_access_token"])

FIELDS = {
    "api_url": Cases(
        valid=(
            "https://api.github.com/",
            "https://api.github.com",
            "https://github.example.com/api/v3",
            "http://github:8080/api/v3/",
            "https://api.example.ghe.com",
        ),
        invalid=(
            ("https://github.com/tracardi", "BadFormat"),
            ("https://api.github.com/graphql", "BadFormat"),
            ("api.github.com", "BadFormat"),
            ("https://api.github.com@evil.example/api/v3", "BadFormat"),
            ("https://ann:pw@github.example.com/api/v3", "BadFormat"),
            ("https://api.github.com/?x=1", "BadFormat"),
            ("ssh://git@github.com", "BadFormat"),
            ("<api-url>", "Placeholder"),
        ),
        doubtful=(
            ("https://github.example.com", "BadFormat"),
            ("https://api.github.com.evil.example", "BadFormat"),
            ("https://api.github.com/user", "BadFormat"),
        ),
    ),
    "personal_access_token": Cases(
        valid=(TOKEN, f"{'github'}_pat_{'MadeUp_0123' * 7}MadeU", HEX * 2 + HEX[:8], TOKEN.replace("ghp", "gho")),
        invalid=(
            (TOKEN.replace("ghp", "ghr"), "BadFormat"),
            (TOKEN[:-1], "BadFormat"),
            (TOKEN[4:], "BadFormat"),
            (TOKEN.upper(), "BadFormat"),
            ("glpat-MadeUpTokenForDocs01", "BadFormat"),
            ("Iv1.0f1e2d3c4b5a6978", "BadFormat"),
            ("a-password-of-a-person", "BadFormat"),
            ("<your-access-token>", "Placeholder"),
            (f"{TOKEN[:4]}{'x' * 36}", "Placeholder"),
            (f"token {TOKEN}", "PastedPrefix"),
            (f"GITHUB_TOKEN={TOKEN}", "PastedPrefix"),
            (f"{TOKEN}\n", "Whitespace"),
            (twice(TOKEN), "DoubleEncoded"),
        ),
        doubtful=((TOKEN.replace("ghp", "ghs"), "BadFormat"), (TOKEN.replace("ghp", "ghu"), "BadFormat")),
    ),
}
BINDINGS = {"GitHub's own unless given": Bound({}, {"uri": "https://api.github.com/"})}
