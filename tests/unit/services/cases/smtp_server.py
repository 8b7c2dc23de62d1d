"""SMTP: what is right and wrong."""

from dataclasses import replace

from tests.unit.services.cases import Bound, Together
from tests.unit.services.samples import PORT
from tests.unit.services.servers import BARE_HOST, PASSWORD, SECONDS
from tracardi_operator.services.model import Value

GOOGLE: dict[str, Value] = {"smtp": "smtp.gmail.com", "port": 587, "username": "marketing@example.com"}

FIELDS = {
    "smtp": BARE_HOST,
    "port": replace(PORT, doubtful=(("465", "BadFormat"), ("993", "BadFormat"), ("143", "BadFormat"))),
    "timeout": SECONDS,
}

RULES = {
    "an app password of Google": Together(GOOGLE | {"password": "madeupforthedocs"}, []),
    "an app password as Google shows it": Together(GOOGLE | {"password": "made upfo rthe docs"}, []),
    "another password at Google": Together(GOOGLE | {"password": PASSWORD}, [("password", "BadFormat", "warning")]),
    "another password at Google in capitals": Together(
        GOOGLE | {"smtp": "SMTP.Gmail.com", "password": PASSWORD}, [("password", "BadFormat", "warning")]
    ),
    "a password at Microsoft": Together(GOOGLE | {"smtp": "smtp.office365.com", "password": PASSWORD}, []),
}

BINDINGS = {
    "host, port and login": Bound(
        GOOGLE | {"smtp": "smtp.example.com", "password": PASSWORD},
        {"host": "smtp.example.com", "port": "587", "username": "marketing@example.com", "password": PASSWORD},
    )
}
