"""RabbitMQ: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases, Together
from tests.unit.services.samples import PORT, twice
from tests.unit.services.servers import PASSWORD, SECONDS

LOGIN = f"ann:{PASSWORD}"
URI = f"amqp://{LOGIN}@rabbitmq:5672/marketing"
ENTRIES = {"host": "rabbitmq", "username": "ann", "password": PASSWORD}

FIELDS = {
    "uri": Cases(
        valid=(
            URI,
            f"amqps://{LOGIN}@rabbitmq.example.com",
            f"pyamqp://{LOGIN}@rabbitmq/%2F",
            "amqp://ann:p%40ss%3A%2F%25word@[2001:db8::7]:5673/a%2Fb?heartbeat=30",
            "amqp://localhost",
        ),
        invalid=(
            ("amqp://ann:p@ss@rabbitmq/", "BadFormat"),
            ("amqp://ann:p:ss@rabbitmq/", "BadFormat"),
            ("amqp://ann:p/ss@rabbitmq/", "BadFormat"),
            ("amqp://ann:p#ss@rabbitmq/", "BadFormat"),
            ("amqp://ann:50%off@rabbitmq/", "BadFormat"),
            (f"amqps://{LOGIN}@rabbitmq/?cacertfile=/etc/ssl/ca.pem", "BadFormat"),
            (f"amqps://{LOGIN}@rabbitmq/?verify=1&capath=/etc", "BadFormat"),
            (f"pyamqp://{LOGIN}@rabbitmq//", "BadFormat"),
            ("rabbitmq:5672", "BadFormat"),
            ("amqp://ann:<password>@rabbitmq/", "Placeholder"),
            ("{{ amqp_uri }}", "Placeholder"),
            (f'"{URI}"', "PastedPrefix"),
            (f"{URI}\n", "Whitespace"),
            (twice(URI), "DoubleEncoded"),
            ("amqp://ann:@rabbitmq/marketing", "Empty"),
            ("amqp://:made-up@rabbitmq/marketing", "Empty"),
            ("amqp://ann:%20@rabbitmq/marketing", "Empty"),
            ("amqp://ann:xxxxxx@rabbitmq/marketing", "Placeholder"),
            ("amqp://ann:***@rabbitmq/marketing", "Placeholder"),
            ("amqp://ann:%3Cpassword%3E@rabbitmq/marketing", "Placeholder"),
            ("amqp://%24USER:made-up@rabbitmq/marketing", "Placeholder"),
            ("amqp://ann:made-up%0A@rabbitmq/marketing", "Whitespace"),
            ("amqp://ann:made%00up@rabbitmq/marketing", "NotText"),
            ("amqp://ann:'made-up'@rabbitmq/marketing", "PastedPrefix"),
            ("https://ann:made-up@rabbitmq/marketing", "BadFormat"),
        ),
        doubtful=(
            ("amqp://ann:changeme@rabbitmq/marketing", "Placeholder"),
            ("amqp://ann:password@rabbitmq/marketing", "Placeholder"),
            ("amqp://ann:Bearer%20made-up@rabbitmq/marketing", "PastedPrefix"),
        ),
    ),
    "port": PORT,
    "timeout": SECONDS,
}

RULES = {
    "a URI alone": Together({"uri": URI}, []),
    "a port and virtual host that agree": Together({"uri": URI, "port": 5672, "virtual_host": "marketing"}, []),
    "the usual port and virtual host": Together(
        {"uri": f"amqps://{LOGIN}@rabbitmq", "port": 5671, "virtual_host": "/"}, []
    ),
    "another port": Together({"uri": URI, "port": 5673}, [("port", "Contradiction", "error")]),
    "another virtual host": Together(
        {"uri": URI, "virtual_host": "sales"}, [("virtual_host", "Contradiction", "error")]
    ),
    "a user without password": Together({"uri": "amqp://ann@rabbitmq"}, [("uri", "Contradiction", "error")]),
    "guest from elsewhere": Together(
        {"uri": f"amqp://guest:{PASSWORD}@rabbitmq"}, [("uri", "Contradiction", "warning")]
    ),
    "no login from elsewhere": Together({"uri": "amqp://rabbitmq"}, [("uri", "Contradiction", "warning")]),
    "guest on the same machine": Together({"uri": f"amqp://guest:{PASSWORD}@localhost"}, []),
    "a slash at the end": Together({"uri": f"amqp://{LOGIN}@rabbitmq/"}, [("uri", "BadFormat", "warning")]),
}

BINDINGS = {
    "a URI": Bound(
        {"uri": URI},
        {
            **ENTRIES,
            "port": "5672",
            "uri": URI,
            "addresses": "amqp://rabbitmq:5672",
            "virtual-host": "marketing",
        },
    ),
    "TLS, the usual port and virtual host": Bound(
        {"uri": f"amqps://{LOGIN}@rabbitmq"},
        {
            **ENTRIES,
            "port": "5671",
            "uri": f"amqps://{LOGIN}@rabbitmq",
            "addresses": "amqps://rabbitmq:5671",
            "virtual-host": "/",
        },
    ),
    "what is escaped, and the scheme of kombu": Bound(
        {"uri": "pyamqp://a%40b:c%3Ad@[2001:db8::7]:7000/e%2Ff"},
        {
            "host": "2001:db8::7",
            "port": "7000",
            "username": "a@b",
            "password": "c:d",
            "uri": "amqp://a%40b:c%3Ad@[2001:db8::7]:7000/e%2Ff",
            "addresses": "amqp://[2001:db8::7]:7000",
            "virtual-host": "e/f",
        },
    ),
    "no login": Bound(
        {"uri": "amqp://localhost"},
        {
            "host": "localhost",
            "port": "5672",
            "uri": "amqp://localhost",
            "addresses": "amqp://localhost:5672",
            "virtual-host": "/",
        },
    ),
}
