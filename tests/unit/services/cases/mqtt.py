"""MQTT: what is right and wrong."""

from dataclasses import replace

from tests.unit.services.cases import Bound, Together
from tests.unit.services.samples import PORT
from tests.unit.services.servers import BARE_HOST, PASSWORD

FIELDS = {
    "url": BARE_HOST,
    "port": replace(PORT, doubtful=(("8883", "BadFormat"), ("9001", "BadFormat"))),
}

RULES = {
    "a broker without login": Together({"url": "mosquitto"}, []),
    "a user without password": Together({"url": "mosquitto", "username": "ann"}, []),
    "a password without user": Together(
        {"url": "mosquitto", "password": PASSWORD}, [("username", "MissingField", "error")]
    ),
}

BINDINGS = {
    "the field url is a host": Bound({"url": "mosquitto"}, {"host": "mosquitto", "port": "1883"}),
    "a login": Bound(
        {"url": "mosquitto", "port": 7000, "username": "ann", "password": PASSWORD},
        {"host": "mosquitto", "port": "7000", "username": "ann", "password": PASSWORD},
    ),
}
