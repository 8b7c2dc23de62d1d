"""PostgreSQL: a server, a login and a database."""

from tracardi_operator.services import airflow, bindings
from tracardi_operator.services.formats import BARE_HOST_NAME, NO_BARE_HOST, port_field
from tracardi_operator.services.model import Field, ServiceType, Values


def _binding(values: Values) -> dict[str, str]:
    return bindings.database(values, "postgresql")


SERVICE = ServiceType(
    name="postgresql",
    title="PostgreSQL",
    fields=(
        Field(name="host", title="Host", format=BARE_HOST_NAME, mistakes=NO_BARE_HOST),
        port_field(5432),
        Field(name="user", title="User"),
        Field(name="password", title="Password", sensitive=True, password=True),
        Field(name="database", title="Database"),
    ),
    example={
        "host": "postgres.shop.svc",
        "port": 5432,
        "user": "tracardi",
        "password": "made-up-Passphrase-7",
        "database": "customers",
    },
    how_to="Ask whoever runs the server for a role of its own; psql shows the server with \\conninfo.",
    url="https://www.postgresql.org/docs/current/sql-createrole.html",
    tags=("database", "postgresql"),
    binding=_binding,
    airflow=airflow.database("postgres"),
)
