"""AWS S3: an access key pair and a bucket.

Tracardi reads `access_key`, `secret` and `bucket`; session token, region and endpoint are for other consumers.
Stores of others that speak S3 have keys of other forms, which are refused: they need a type of their own.
"""

import re
from typing import Final

from tracardi_operator.api.problems import Reason
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
from tracardi_operator.services.formats import HTTP_URL, URL_WITH_LOGIN, URL_WITH_QUERY
from tracardi_operator.services.model import AirflowConnection, Confidence, Field, Format, Mistake, ServiceType, Values

_RESERVED_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def _is_bucket_name(text: str) -> bool:
    """The bucket naming rules beyond the characters."""
    return not (
        ".." in text
        or text.startswith(_RESERVED_PREFIXES)
        or text.endswith(_RESERVED_SUFFIXES)
        or re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+", text)
    )


def _airflow(values: Values) -> AirflowConnection:
    s3 = airflow.given(bucket_name=values["bucket"], endpoint_url=values.get("endpoint"))
    return airflow.aws(values, "access_key", "secret", service_config={"s3": s3})


SERVICE = ServiceType(
    name="aws-s3",
    title="AWS S3",
    fields=(
        access_key_field("access_key"),
        secret_field("secret"),
        Field(
            name="bucket",
            title="Bucket",
            format=Format(
                words="the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens, "
                "as AWS's rules for bucket names allow",
                pattern=r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
                confidence=Confidence.CONFIDENT,
                source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html",
                accepts=_is_bucket_name,
            ),
            mistakes=(
                Mistake(r"s3://.*", "an s3:// address; give the bucket's name alone", reason=Reason.PASTED_PREFIX),
                Mistake(r"https?://.*", "a whole URL; give the bucket's name alone", reason=Reason.PASTED_PREFIX),
                Mistake(r"arn:aws[a-z-]*:s3:.*", "the ARN of a bucket; give its name alone"),
            ),
            how_to="The S3 console lists the buckets.",
        ),
        SESSION_TOKEN,
        REGION,
        Field(
            name="endpoint",
            title="Endpoint",
            required=False,
            format=HTTP_URL,
            mistakes=(URL_WITH_LOGIN, URL_WITH_QUERY),
            how_to="Needed only where the region does not say it: for a VPC endpoint, FIPS or dual-stack.",
        ),
    ),
    example={
        "access_key": "AKIAMADEUPKEYFORDOCS",
        "secret": "MadeUp/Secret+ForTheDocsOnly/NotARealKey",
        "bucket": "marketing-exports",
        "region": "eu-central-1",
    },
    how_to=HOW_TO,
    url=KEYS_URL,
    tags=("aws", "s3"),
    icon="aws",
    provider="aws",
    airflow=_airflow,
    rules=(temporary_key_rule("access_key"),),
)
