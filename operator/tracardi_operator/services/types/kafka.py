"""Apache Kafka: brokers, and a login by SASL where the security protocol has one. Only Tracardi's commercial bridge."""

from collections.abc import Iterator
from typing import Final

from tracardi_operator.api.problems import Reason, Severity
from tracardi_operator.services.addresses import HOST, parse_hosts
from tracardi_operator.services.bindings import login
from tracardi_operator.services.model import (
    AirflowConnection,
    Confidence,
    Field,
    Finding,
    Format,
    Mistake,
    Rule,
    ServiceType,
    Values,
)

_URL: Final = "https://kafka.apache.org/documentation/#security_sasl"
_LOGIN: Final = ("username", "password")


def _brokers(text: str) -> str:
    """Without the spaces that Kafka's own client allows around commas, and others do not."""
    return text.replace(" ", "")


def _are_brokers(text: str) -> bool:
    return parse_hosts(_brokers(text)) is not None


def _login(values: Values) -> Iterator[Finding]:
    protocol = str(values["security_protocol"])
    for name in _LOGIN:
        if protocol.startswith("SASL_") and name not in values:
            message = "is missing: a 'security_protocol' that begins with SASL_ (SASL_SSL unless given) needs it"
            yield Finding(name, Reason.MISSING_FIELD, message)
        elif not protocol.startswith("SASL_") and name in values:
            message = "is never sent: only a 'security_protocol' that begins with SASL_ logs in"
            yield Finding(name, Reason.CONTRADICTION, message, Severity.WARNING)


def _binding(values: Values) -> dict[str, str]:
    return {"bootstrap-servers": _brokers(str(values["broker"]))} | login(values, *_LOGIN)


def _airflow(values: Values) -> AirflowConnection:
    """The hook reads `extra` alone: the configuration of librdkafka."""
    extra = {"bootstrap.servers": _brokers(str(values["broker"])), "security.protocol": values["security_protocol"]}
    if str(values["security_protocol"]).startswith("SASL_"):
        extra |= {
            "sasl.mechanism": values["sasl_mechanism"],
            "sasl.username": values["username"],
            "sasl.password": values["password"],
        }
    return AirflowConnection("kafka", extra=extra)


SERVICE = ServiceType(
    name="kafka",
    title="Apache Kafka",
    fields=(
        Field(
            name="broker",
            title="Brokers",
            format=Format(
                words="host:port, or several of them between commas, without scheme",
                pattern=rf"{HOST}:[0-9]{{1,5}}(?: ?, ?{HOST}:[0-9]{{1,5}})*",
                confidence=Confidence.CONFIDENT,
                source="https://kafka.apache.org/documentation/#producerconfigs_bootstrap.servers",
                accepts=_are_brokers,
            ),
            mistakes=(
                Mistake(
                    r"[A-Za-z][A-Za-z0-9+_.-]{1,19}://.*",
                    "a URL or a listener with its protocol; give host:port alone",
                    reason=Reason.PASTED_PREFIX,
                ),
                Mistake(r"[A-Za-z0-9_.-]+(?:,[A-Za-z0-9_.-]+)*", "a host without a port"),
            ),
        ),
        Field(
            name="security_protocol",
            title="Security protocol",
            default="SASL_SSL",
            choices=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        ),
        Field(
            name="sasl_mechanism",
            title="SASL mechanism",
            default="SCRAM-SHA-512",
            choices=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
        ),
        Field(name="username", title="User name", required=False),
        Field(name="password", title="Password", required=False, sensitive=True, password=True),
    ),
    example={
        "broker": "kafka-0.kafka.queues.svc:9093,kafka-1.kafka.queues.svc:9093",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "username": "tracardi",
        "password": "made-up-Passphrase-7",
    },
    how_to="Ask whoever runs the cluster: kafka-configs.sh creates SCRAM users, a hosted one shows API key and secret.",
    url=_URL,
    tags=("kafka",),
    icon="kafka",
    binding=_binding,
    airflow=_airflow,
    rules=(
        Rule(
            ("security_protocol", *_LOGIN),
            _login,
            "username and password are needed unless security_protocol is PLAINTEXT or SSL, where they draw a warning.",
        ),
    ),
)
