"""MQTT: a broker with an optional login. The field `url` is a host: Tracardi gives it to its client as that."""

from tracardi_operator.api.problems import Severity
from tracardi_operator.services import bindings
from tracardi_operator.services.formats import BARE_HOST_NAME, NO_BARE_HOST, port_field
from tracardi_operator.services.logins import needs
from tracardi_operator.services.model import Field, Mistake, ServiceType, Values


def _binding(values: Values) -> dict[str, str]:
    return bindings.server(values, host="url")


SERVICE = ServiceType(
    name="mqtt",
    title="MQTT",
    fields=(
        Field(name="url", title="Host", format=BARE_HOST_NAME, mistakes=NO_BARE_HOST),
        port_field(
            1883,
            mistakes=(
                Mistake(r"8883", "the port for MQTT over TLS, which Tracardi 0.9 cannot speak", Severity.WARNING),
                Mistake(
                    r"8080|8083|8084|9001",
                    "a port for MQTT over WebSockets, which Tracardi 0.9 cannot speak",
                    Severity.WARNING,
                ),
            ),
        ),
        Field(name="username", title="User name", required=False),
        Field(name="password", title="Password", required=False, sensitive=True, password=True),
    ),
    example={"url": "mosquitto.iot.svc", "port": 1883, "username": "tracardi", "password": "made-up-Passphrase-7"},
    how_to="Ask whoever runs the broker for its host and a user; Mosquitto keeps users with mosquitto_passwd.",
    url="https://mosquitto.org/man/mosquitto_passwd-1.html",
    tags=("mqtt", "queue"),
    binding=_binding,
    # MQTT 3.1.1, section 3.1.2.9. A user name without a password is allowed.
    rules=(needs("password", "username"),),
)
