"""Service Binding entries that several service types share.

The specification (servicebinding.io) gives `host`, `port`, `uri`, `username` and `password` a meaning: an entry is made
only of a value that has it. A URL is no host.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from tracardi_operator.services.addresses import netloc_host
from tracardi_operator.services.model import Values


def login(values: Values, username: str, password: str) -> dict[str, str]:
    """The entries `username` and `password` from the fields of these names, as far as they are given."""
    pairs = {"username": values.get(username), "password": values.get(password)}
    return {entry: str(value) for entry, value in pairs.items() if value is not None}


def server(values: Values, host: str = "host", username: str = "username") -> dict[str, str]:
    """Host, port and login of a server, from the fields of these names, `port` and `password`."""
    return {"host": str(values[host]), "port": str(values["port"])} | login(values, username, "password")


def database(values: Values, scheme: str) -> dict[str, str]:
    """What Spring Cloud Bindings reads for a relational database, and its URI."""
    user, password, name = (quote(str(values.get(field, "")), safe="") for field in ("user", "password", "database"))
    userinfo = f"{user}:{password}" if password else user
    uri = f"{scheme}://{userinfo}@{netloc_host(str(values['host']))}:{values['port']}/{name}"
    return {**server(values, username="user"), "database": str(values["database"]), "uri": uri}


def endpoint(values: Values) -> dict[str, str]:
    """The field `url` as `uri`, and the login where there is one."""
    return {"uri": str(values["url"])} | login(values, "username", "password")


def uri_from(name: str) -> Callable[[Values], Mapping[str, str]]:
    """The binding of a type whose field of this name is a whole URL: the entry `uri`."""
    return lambda values: {"uri": str(values[name])}


def client_credentials(values: Values, token_uri: str) -> Mapping[str, str]:
    """What Spring Cloud Bindings reads for the type `oauth2`, from the fields `client_id` and `client_secret`."""
    return {
        "client-id": str(values["client_id"]),
        "client-secret": str(values["client_secret"]),
        "authorization-grant-type": "client_credentials",
        "token-uri": token_uri,
    }
