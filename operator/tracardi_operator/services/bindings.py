"""Service Binding entries that several service types share.

The specification (servicebinding.io) gives `host`, `port`, `uri`, `username` and `password` a meaning: an entry is made
only of a value that has it. A URL is no host.
"""

from collections.abc import Mapping

from tracardi_operator.services.model import Values


def login(values: Values, username: str, password: str) -> dict[str, str]:
    """The entries `username` and `password` from the fields of these names, as far as they are given."""
    pairs = {"username": values.get(username), "password": values.get(password)}
    return {entry: str(value) for entry, value in pairs.items() if value is not None}


def client_credentials(values: Values, token_uri: str) -> Mapping[str, str]:
    """What Spring Cloud Bindings reads for the type `oauth2`, from the fields `client_id` and `client_secret`."""
    return {
        "client-id": str(values["client_id"]),
        "client-secret": str(values["client_secret"]),
        "authorization-grant-type": "client_credentials",
        "token-uri": token_uri,
    }
