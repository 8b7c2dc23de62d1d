"""MySQL or MariaDB: a server, a login and a database."""

from tracardi_operator.services import airflow, bindings
from tracardi_operator.services.formats import BARE_HOST_NAME, NO_BARE_HOST, port_field
from tracardi_operator.services.model import Field, ServiceType, Values


def _binding(values: Values) -> dict[str, str]:
    return bindings.database(values, "mysql")


SERVICE = ServiceType(
    name="mysql",
    title="MySQL",
    fields=(
        Field(name="host", title="Host", format=BARE_HOST_NAME, mistakes=NO_BARE_HOST),
        port_field(3306),
        Field(name="user", title="User"),
        Field(name="password", title="Password", required=False, sensitive=True, password=True),
        Field(name="database", title="Database"),
    ),
    example={
        "host": "mysql.shop.svc",
        "port": 3306,
        "user": "tracardi",
        "password": "made-up-Passphrase-7",
        "database": "customers",
    },
    how_to="Ask whoever runs the server for a user of its own; SHOW DATABASES lists what the user may see.",
    url="https://dev.mysql.com/doc/refman/8.4/en/create-user.html",
    tags=("mysql", "database"),
    icon="mysql",
    binding=_binding,
    airflow=airflow.database("mysql"),
)
