"""What is asked and told of ResourceTypes: the list that finds what a watch missed, and the status of each."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from tracardi_operator.api.names import API_VERSION, GROUP, MANAGER, TYPE_KIND, TYPE_PLURAL, VERSION
from tracardi_operator.api.resource_type import ResourceTypeStatus
from tracardi_operator.control.order import Order
from tracardi_operator.control.type_registry import TypeRecord, TypeRegistry
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import ApiError, Conflict, NotFound, Unreachable, place
from tracardi_operator.kube.kinds import Kind
from tracardi_operator.summary import summarise_type

RESOURCE_TYPES: Final = Kind(GROUP, VERSION, TYPE_PLURAL, TYPE_KIND)
_RETRY_SECONDS: Final = 15.0

log = logging.getLogger(__name__)


class TypeComparison:
    """Whole objects are listed: they are few, and hold no credential."""

    def __init__(self, client: Client, registry: TypeRegistry, *, on_served: Callable[[], None]) -> None:
        """`on_served` is called when the API server has come to know the kind: a watch begun before found nothing."""
        self._client = client
        self._registry = registry
        self._on_served = on_served
        self._is_served = True
        self._order = Order()

    async def run(self) -> None:
        """Make the registry hold what the API server lists. Raises Behind and the client's errors."""
        try:
            await self._list()
        except NotFound:
            self._is_served = False
            self._registry.lose()
            raise
        except (ApiError, Unreachable):
            self._registry.lose()
            raise
        if not self._is_served:
            self._is_served = True
            self._on_served()

    async def _list(self) -> None:
        known = max((record.resource_version for record in self._registry.records()), default=0)
        bodies: list[dict[str, Any]] = []
        version = 0
        async for page in self._client.list_pages(RESOURCE_TYPES, None):
            version = int(page["metadata"]["resourceVersion"])
            bodies += page["items"]
        if self._order.keep(version, known):
            self._registry.rewind()
        self._registry.replace(bodies, version)


class TypeReporter:
    """Writes the status of ResourceTypes, each only if it differs from what is there."""

    def __init__(self, client: Client, registry: TypeRegistry, now: Callable[[], datetime]) -> None:
        self._client = client
        self._registry = registry
        self._now = now
        self._due = asyncio.Event()

    def wake(self) -> None:
        self._due.set()

    async def run(self) -> None:
        """Until cancelled. What can't be written is tried again."""
        while True:
            self._due.clear()
            written = [await self._report(record) for record in self._registry.records()]
            with suppress(TimeoutError):
                async with asyncio.timeout(None if all(written) else _RETRY_SECONDS):
                    await self._due.wait()

    async def _report(self, record: TypeRecord) -> bool:
        """False if it is to be tried again."""
        previous = _load(record)
        status = summarise_type(
            record.definition.faults,
            taken=self._registry.is_taken(record),
            generation=record.generation,
            previous=previous,
            now=self._now(),
        )
        if status == previous:
            return True
        try:
            await self._write(record, status)
        except NotFound:
            return True  # the watch tells of it
        except Conflict:
            return False  # the watch brings what has come in between, if anything has
        except (ApiError, Unreachable) as error:
            log.warning(
                "Status of a ResourceType is tried again",
                extra={"kind": TYPE_KIND, "object": record.name, "cause": str(error)},
            )
            return False
        except Exception as error:  # a defect of ours ends no other work
            log.error(
                "Status of a ResourceType is tried again",
                extra={"kind": TYPE_KIND, "object": record.name, "cause": place(error)},
            )
            return False
        return True

    async def _write(self, record: TypeRecord, status: ResourceTypeStatus) -> None:
        metadata = {"name": record.name, "resourceVersion": str(record.resource_version)}
        content = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        body = {"apiVersion": API_VERSION, "kind": TYPE_KIND, "metadata": metadata, "status": content}
        answer = await self._client.apply_status(RESOURCE_TYPES, None, record.name, body, field_manager=MANAGER)
        self._registry.observe(answer)
        reasons = [condition.reason for condition in status.conditions or () if condition.type == "Ready"]
        log.info(
            "ResourceType examined", extra={"kind": TYPE_KIND, "object": record.name, "reason": ", ".join(reasons)}
        )


def _load(record: TypeRecord) -> ResourceTypeStatus:
    """What status says; one that can't be read counts as none, and is written anew."""
    try:
        return ResourceTypeStatus.model_validate(record.status)
    except ValidationError:
        return ResourceTypeStatus(observed_generation=-1)
