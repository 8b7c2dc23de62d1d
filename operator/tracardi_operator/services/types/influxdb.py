"""InfluxDB: an address and a token. Tracardi's form proposes http://localhost:8086; in a Pod that is the Pod itself."""

from tracardi_operator.api.problems import Severity
from tracardi_operator.services.airflow import root_of
from tracardi_operator.services.bindings import uri_from
from tracardi_operator.services.formats import HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import AirflowConnection, Confidence, Field, Format, Mistake, ServiceType, Values


def _airflow(values: Values) -> AirflowConnection | None:
    root = root_of(str(values["url"]))
    if root is None:
        return None
    address, port = root
    extra = {"token": values["token"]}
    return AirflowConnection("influxdb", host=address.netloc_host, port=port, schema=address.scheme, extra=extra)


SERVICE = ServiceType(
    name="influxdb",
    title="InfluxDB",
    fields=(
        Field(
            name="url",
            title="Address",
            format=HTTP_URL,
            mistakes=(URL_WITH_LOGIN, URL_WITH_QUERY),
            how_to="It is the address at which InfluxDB is opened in a browser; its usual port is 8086.",
        ),
        Field(
            name="token",
            title="API token",
            sensitive=True,
            format=Format(
                words="an API token: 86 letters, digits, - or _ and ==, or apiv3_ and letters, digits, - or _",
                pattern=r"[A-Za-z0-9_-]{86}==|apiv3_[A-Za-z0-9_-]+",
                confidence=Confidence.HEURISTIC,
                source="https://docs.influxdata.com/influxdb/v2/admin/tokens/",
            ),
            mistakes=(
                Mistake(
                    r"[A-Za-z0-9_.-]{1,64}:(?!//)[^:\s]+",
                    "a user and password, as InfluxDB 1.8 takes them instead of a token",
                    Severity.WARNING,
                ),
            ),
        ),
    ),
    example={
        "url": "http://influxdb.metrics.svc:8086",
        "token": "MadeUpTokenForTheDocs-0123456789_abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ==",
    },
    how_to="In InfluxDB open Load Data → API Tokens → Generate API Token; it is shown once.",
    url="https://docs.influxdata.com/influxdb/v2/admin/tokens/create-token/",
    tags=("influxdb",),
    icon="influxdb",
    binding=uri_from("url"),
    airflow=_airflow,
)
