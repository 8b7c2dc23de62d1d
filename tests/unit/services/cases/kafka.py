"""Apache Kafka: what is right and wrong."""

from tests.unit.services.cases import Bound, Cases, Together
from tests.unit.services.samples import twice
from tests.unit.services.servers import PASSWORD
from tracardi_operator.services.model import Value

BROKER: dict[str, Value] = {"broker": "kafka-0:9093, kafka-1:9093"}
LOGIN: dict[str, Value] = {"username": "ann", "password": PASSWORD}
UNUSED = [("username", "Contradiction", "warning"), ("password", "Contradiction", "warning")]

FIELDS = {
    "broker": Cases(
        valid=("kafka:9092", "kafka-0.kafka.svc:9093,kafka-1.kafka.svc:9093", "10.0.0.7:9092, [2001:db8::7]:9092"),
        invalid=(
            ("kafka", "BadFormat"),
            ("kafka-0,kafka-1", "BadFormat"),
            ("kafka:9092,", "BadFormat"),
            ("kafka:9092;kafka-1:9092", "BadFormat"),
            ("kafka:0", "BadFormat"),
            ("kafka:99999", "BadFormat"),
            ("localhost:port", "BadFormat"),
            ("ann:pw@kafka:9092", "BadFormat"),
            ("kafka:9092/topic", "BadFormat"),
            ("256.1.1.1:9092", "BadFormat"),
            ("2001:db8::7:9092", "BadFormat"),
            ("SASL_SSL://kafka:9092", "PastedPrefix"),
            ("http://kafka:9092", "PastedPrefix"),
            ("<url>:<port>", "Placeholder"),
            ("kafka:9092\n", "Whitespace"),
        ),
    ),
    "security_protocol": Cases(
        valid=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        invalid=(
            ("sasl_ssl", "BadFormat"),
            ("SASL-SSL", "BadFormat"),
            ("TLS", "BadFormat"),
            ("SASL_SSL\n", "Whitespace"),
            ("", "Empty"),
            (twice("SASL_SSL"), "DoubleEncoded"),
        ),
    ),
    "sasl_mechanism": Cases(
        valid=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
        invalid=(
            ("plain", "BadFormat"),
            ("SCRAM-SHA-1", "BadFormat"),
            ("SCRAM_SHA_512", "BadFormat"),
            ("GSSAPI", "BadFormat"),
            ("OAUTHBEARER", "BadFormat"),
            (" PLAIN", "Whitespace"),
        ),
    ),
}

RULES = {
    "a login": Together(BROKER | LOGIN, []),
    "no login by SASL": Together(
        BROKER, [("username", "MissingField", "error"), ("password", "MissingField", "error")]
    ),
    "half a login": Together(BROKER | {"username": "ann"}, [("password", "MissingField", "error")]),
    "no login without SASL": Together(BROKER | {"security_protocol": "PLAINTEXT"}, []),
    "a login without SASL": Together(BROKER | LOGIN | {"security_protocol": "SSL"}, UNUSED),
    "a wrong protocol says nothing about the login": Together(
        BROKER | {"security_protocol": "tls"}, [("security_protocol", "BadFormat", "error")]
    ),
}

BINDINGS = {
    "brokers without spaces between them": Bound(
        BROKER | LOGIN, {"bootstrap-servers": "kafka-0:9093,kafka-1:9093", "username": "ann", "password": PASSWORD}
    ),
    "no login": Bound(BROKER | {"security_protocol": "PLAINTEXT"}, {"bootstrap-servers": "kafka-0:9093,kafka-1:9093"}),
}
