"""Connections of Apache Airflow that several service types share.

Each Airflow provider has its own way to read host, login, password, schema and extra: what a type maps is what the hook
of the provider reads (airflow.apache.org, documentation of the provider, "Connection").
"""

from collections.abc import Callable
from typing import Final

from tracardi_operator.services.addresses import Address, parse_address
from tracardi_operator.services.model import AirflowConnection, Values

_PORTS: Final = {"http": 80, "https": 443}


def text(values: Values, name: str) -> str | None:
    """The value of a field, if it is given."""
    value = values.get(name)
    return None if value is None else str(value)


def given(**extra: object) -> dict[str, object]:
    """What of an `extra` is there."""
    return {name: value for name, value in extra.items() if value is not None}


def token(conn_type: str, name: str) -> Callable[[Values], AirflowConnection]:
    """A connection that is a token alone, which the hook reads as the password."""
    return lambda values: AirflowConnection(conn_type, password=str(values[name]))


def database(conn_type: str) -> Callable[[Values], AirflowConnection]:
    """A relational database: the hook reads its name as the schema."""
    return lambda values: AirflowConnection(
        conn_type,
        host=str(values["host"]),
        port=int(str(values["port"])),
        login=str(values["user"]),
        password=text(values, "password"),
        schema=str(values["database"]),
    )


def root_of(url: str) -> tuple[Address, int] | None:
    """The address and port of an HTTP server for a hook that takes no path; None if the URL has one.

    The port is said even where the scheme implies it: hooks have defaults of their own.
    """
    address = parse_address(url)
    if address is None or address.path.strip("/"):
        return None
    return address, address.port or _PORTS[address.scheme]


def aws(values: Values, key_id: str, secret: str, **extra: object) -> AirflowConnection:
    """An access key pair, from the fields of these names, with session token and region where there are any."""
    return AirflowConnection(
        "aws",
        login=str(values[key_id]),
        password=str(values[secret]),
        extra=given(aws_session_token=values.get("session_token"), region_name=values.get("region"), **extra),
    )
