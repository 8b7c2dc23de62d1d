"""Values that the cases of databases, brokers and other servers share. All are made up."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

PASSWORD = "made-up-Passphrase-7"
BARE_HOST = Cases(
    valid=("db", "db.shop.svc", "db_1.example.com", "10.0.0.7", "2001:db8::7", "::1", "localhost"),
    invalid=(
        ("https://db.example.com", "PastedPrefix"),
        ("mysql://db.example.com:3306/customers", "PastedPrefix"),
        ("db.example.com:3306", "BadFormat"),
        ("[2001:db8::7]:3306", "BadFormat"),
        ("[2001:db8::7]", "BadFormat"),
        ("ann:pw@db.example.com", "BadFormat"),
        ("db.example.com/customers", "BadFormat"),
        ("db.example.com#evil.example", "BadFormat"),
        ("db.example.com\\evil.example", "BadFormat"),
        ("db..example.com", "BadFormat"),
        ("../db", "BadFormat"),
        ("-db.example.com", "BadFormat"),
        ("db,db2", "BadFormat"),
        ("db example", "BadFormat"),
        ("256.1.1.1", "BadFormat"),
        ("1.2.3", "BadFormat"),
        ("2001:db8:::7", "BadFormat"),
        ("fe80::1%eth0", "BadFormat"),
        ("ab:cd", "BadFormat"),
        ("a" * 64, "BadFormat"),
        ("a." * 127 + "example", "BadFormat"),
        ("d\u0430tabase", "BadFormat"),
        ("<url>", "Placeholder"),
        ("<smpt-server-host>", "Placeholder"),
        ("db\n", "Whitespace"),
        ("db\0", "NotText"),
    ),
)
SECONDS = Cases(
    valid=("1", "15", "600"),
    invalid=(
        ("0", "OutOfRange"),
        ("601", "OutOfRange"),
        ("-1", "OutOfRange"),
        ("1.5", "BadFormat"),
        ("15s", "BadFormat"),
        ("015", "BadFormat"),
        ("<timeout>", "Placeholder"),
        ("15\n", "Whitespace"),
        ("", "Empty"),
    ),
)
HEADERS = Cases(
    valid=("{}", '{"X-Api-Key": "made-up"}', ' {"Accept": "application/json",\n "X-Empty": ""}\n'),
    invalid=(
        ('["X-Api-Key"]', "BadFormat"),
        ("X-Api-Key: made-up", "PastedPrefix"),
        ("X-Api-Key=made-up", "BadFormat"),
        ('{"X-Api-Key": 7}', "BadFormat"),
        ('{"X Api Key": "made-up"}', "BadFormat"),
        ('{"": "made-up"}', "BadFormat"),
        ('{"X-Api-Key:": "made-up"}', "BadFormat"),
        ('{"X-Api-Key": "made-up\\r\\nHost: evil.example"}', "BadFormat"),
        ('{"X-Api-Key": "m\u0430de-up"}', "BadFormat"),
        ('{"X-Api-Key": {"a": "b"}}', "BadFormat"),
        ('{"X-Api-Key": "made-up"', "BadFormat"),
        ('{"a":' * 8000, "BadFormat"),
        ('{"X-Api-Key": "<api-key>"}', "Placeholder"),
        (twice('{"X-Api-Key": "made-up"}'), "DoubleEncoded"),
    ),
)
