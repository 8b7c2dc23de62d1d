"""Web page: a user and password without an address. No plugin of Tracardi reads it."""

from tracardi_operator.services import bindings
from tracardi_operator.services.formats import BASIC_USERNAME
from tracardi_operator.services.model import Field, ServiceType, Values


def _binding(values: Values) -> dict[str, str]:
    return bindings.login(values, "user", "password")


SERVICE = ServiceType(
    name="web-page",
    title="Web page",
    fields=(
        Field(name="user", title="User", format=BASIC_USERNAME),
        Field(name="password", title="Password", sensitive=True, password=True),
    ),
    example={"user": "tracardi", "password": "made-up-Passphrase-7"},
    how_to="Ask whoever runs the web page for a user and password of HTTP Basic authentication.",
    url="https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Authentication",
    tags=("web-page", "input", "output"),
    icon="web",
    binding=_binding,
)
