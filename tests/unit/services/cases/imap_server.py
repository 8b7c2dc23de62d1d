"""IMAP: what is right and wrong."""

from dataclasses import replace

from tests.unit.services.cases import Bound, Together
from tests.unit.services.samples import PORT
from tests.unit.services.servers import BARE_HOST, PASSWORD
from tracardi_operator.services.model import Value

LOGIN: dict[str, Value] = {"port": 993, "username": "marketing@example.com", "password": PASSWORD}

FIELDS = {
    "host": BARE_HOST,
    "port": replace(PORT, doubtful=(("587", "BadFormat"), ("25", "BadFormat"), ("995", "BadFormat"))),
}

RULES = {
    "a password at a server of one's own": Together({"host": "imap.example.com", **LOGIN}, []),
    "another password than an app password at Google": Together(
        {"host": "imap.gmail.com", **LOGIN}, [("password", "BadFormat", "warning")]
    ),
    "a password at Microsoft": Together(
        {"host": "outlook.office365.com", **LOGIN}, [("password", "BadFormat", "warning")]
    ),
}

BINDINGS = {
    "host, port and login": Bound(
        {"host": "imap.example.com", **LOGIN},
        {"host": "imap.example.com", "port": "993", "username": "marketing@example.com", "password": PASSWORD},
    )
}
