"""The format `airflow`: a connections file for the local filesystem backend of Apache Airflow, 2.0 or later.

    {"redis-main": {"conn_type": "redis", "host": "redis.cache.svc", "port": 6379, "extra": {"db": 0, …}, …}}

The name of the Resource is the connection id. A service with a provider gets the connection that its hook reads; any
other is of the type `generic`, with all fields in `extra` and, if just one of them is sensitive, this as the password.
Airflow reads the whole file for each connection, and one that it refuses takes all others along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from tracardi_operator.api.resource import Environment
from tracardi_operator.publish.bundle.rendered import Naming, NotExpressible, Rendered, as_json, collect
from tracardi_operator.publish.entry import Entry, Values
from tracardi_operator.services.model import AirflowConnection, ServiceType

_GENERIC: Final = "generic"
_LONGEST_ID: Final = 250
"""airflow, models/connection.py: `CONN_ID_MAX_LEN`. All characters of Kubernetes' names are allowed there."""


def render(eldest_first: Sequence[Entry], environment: Environment) -> Rendered:
    naming = Naming(
        "connection id",
        names=lambda entry: (entry.name,),
        express=lambda entry: {entry.name: _described(entry, environment)},
    )
    collected = collect(eldest_first, naming)
    return collected.rendered(as_json(collected.content))


def _described(entry: Entry, environment: Environment) -> Mapping[str, object]:
    """Raises NotExpressible."""
    if len(entry.name) > _LONGEST_ID:
        raise NotExpressible(f"Airflow's connection ids may have {_LONGEST_ID} characters, and its name has more")
    connection = _connection(entry.service, entry.credentials[environment])
    parts = {part.name: getattr(connection, part.name) for part in fields(connection)}
    said = {name: value for name, value in parts.items() if value not in (None, {})}
    return said | ({"description": entry.description} if entry.description else {})


def _connection(service: ServiceType, values: Values) -> AirflowConnection:
    """Raises NotExpressible."""
    if service.airflow is None:
        return _generic(service, values)
    try:
        connection = service.airflow(values)
    except (LookupError, ValueError):  # published for an earlier version of the type, whose fields were others
        connection = None
    if connection is None:
        raise NotExpressible(
            f"Airflow's connection for {service.title} has no place for these values; use the format json"
        )
    return connection


def _generic(service: ServiceType, values: Values) -> AirflowConnection:
    secrets = [f.name for f in service.fields if f.sensitive and f.name in values]
    password = values[secrets[0]] if len(secrets) == 1 else None
    return AirflowConnection(_GENERIC, password=password if isinstance(password, str) else None, extra=dict(values))
