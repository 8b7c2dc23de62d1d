"""Web page: what is right and wrong."""

from tests.unit.services.cases import Bound
from tests.unit.services.samples import BASIC_USERNAME
from tests.unit.services.servers import PASSWORD

FIELDS = {"user": BASIC_USERNAME}

BINDINGS = {
    "a login and nothing else": Bound({"user": "ann", "password": PASSWORD}, {"username": "ann", "password": PASSWORD})
}
