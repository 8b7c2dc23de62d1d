"""PostgreSQL: what is right and wrong."""

from tests.unit.services.cases import Bound
from tests.unit.services.samples import PORT
from tests.unit.services.servers import BARE_HOST, PASSWORD

FIELDS = {"host": BARE_HOST, "port": PORT}

BINDINGS = {
    "the usual port": Bound(
        {"host": "db.shop.svc", "user": "ann", "password": PASSWORD, "database": "customers"},
        {
            "host": "db.shop.svc",
            "port": "5432",
            "username": "ann",
            "password": PASSWORD,
            "database": "customers",
            "uri": f"postgresql://ann:{PASSWORD}@db.shop.svc:5432/customers",
        },
    ),
    "an IPv6 address, and what a URI must escape": Bound(
        {"host": "2001:db8::7", "port": 7000, "user": "a@b", "password": "c:d/e?f#", "database": "g h"},
        {
            "host": "2001:db8::7",
            "port": "7000",
            "username": "a@b",
            "password": "c:d/e?f#",
            "database": "g h",
            "uri": "postgresql://a%40b:c%3Ad%2Fe%3Ff%23@[2001:db8::7]:7000/g%20h",
        },
    ),
}
