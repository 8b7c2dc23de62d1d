"""What most tests begin with: a Resource whose credentials come from a Secret, published."""

from typing import Any

from tests.cluster.builders import Document, reference, resource
from tests.cluster.objects import Objects, production, secret
from tests.sentinels import made_up
from tracardi_operator.api.status import ResourceStatus
from tracardi_operator.kube.kinds import SECRETS

NAME = "mail"
"""The Resource, and the Secret that its token comes from."""
KEY = "api-key"
OUTPUT = f"{NAME}-production-resolved"
FIELDS = {"token": reference("secretKeyRef", NAME, KEY)}


def token() -> str:
    """A SendGrid key that passes the checks, each time another one."""
    return f"SG.{made_up(22)}.{made_up(43)}"


def mail(**spec: Any) -> Document:
    return resource(NAME, FIELDS, **spec)


async def publish(objects: Objects, **spec: Any) -> str:
    """Create the Secret and the Resource, wait until it is ready, and return the token."""
    value = token()
    await objects.create(secret(NAME, {KEY: value}), mail(**spec))
    await objects.until_ready(NAME)
    return value


async def rotate(objects: Objects) -> None:
    """Change the token, and wait until the output has it and the status tells of that output."""
    value = token()
    await objects.store(NAME, {KEY: value})
    version = (await objects.until_value(OUTPUT, "token", value))["metadata"]["resourceVersion"]
    await objects.until_status(NAME, lambda status: _version_told(status) == version)


def _version_told(status: ResourceStatus) -> str | None:
    told = production(status).output
    return told.resource_version if told else None


async def output(objects: Objects) -> Document:
    return await objects.get(SECRETS, OUTPUT)
