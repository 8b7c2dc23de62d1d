"""AWS: an access key pair as Tracardi's SQS plugin reads it. No template of Tracardi has this type."""

from tracardi_operator.services import airflow
from tracardi_operator.services.aws_keys import (
    HOW_TO,
    KEYS_URL,
    REGION,
    SESSION_TOKEN,
    access_key_field,
    secret_field,
    temporary_key_rule,
)
from tracardi_operator.services.model import AirflowConnection, ServiceType, Values


def _airflow(values: Values) -> AirflowConnection:
    return airflow.aws(values, "aws_access_key_id", "aws_secret_access_key")


SERVICE = ServiceType(
    name="aws",
    title="AWS",
    fields=(access_key_field("aws_access_key_id"), secret_field("aws_secret_access_key"), SESSION_TOKEN, REGION),
    example={
        "aws_access_key_id": "AKIAMADEUPKEYFORDOCS",
        "aws_secret_access_key": "MadeUp/Secret+ForTheDocsOnly/NotARealKey",
        "region": "eu-central-1",
    },
    how_to=HOW_TO,
    url=KEYS_URL,
    tags=("aws",),
    icon="aws",
    airflow=_airflow,
    rules=(temporary_key_rule("aws_access_key_id"),),
)
