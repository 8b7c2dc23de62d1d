"""Every Kopf decorator. Kopf carries the watch of our own kinds; its handlers hand over what they saw and return None.

What Kopf offers beyond that is switched off, for measured reasons: state-changing handlers and the default storages
copy specs into annotations and debug logs, indexes are quadratic, timers and daemons put a finalizer on every object.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import kopf

from tracardi_operator.api.names import FINALIZER, GROUP, PLURAL, VERSION
from tracardi_operator.control.watch import OnResource
from tracardi_operator.kube.session import Connection


def watch_resources(
    connection: Connection, namespaces: Sequence[str], on_resource: OnResource, stop: Future[None]
) -> None:
    """Run Kopf in a loop of its own until `stop` is done, or until it ends by itself.

    To be called in a thread: at its end Kopf cancels every task of its loop, whoever's it is.
    """
    asyncio.run(_operate(connection, namespaces, on_resource, stop))


async def _operate(
    connection: Connection, namespaces: Sequence[str], on_resource: OnResource, stop: Future[None]
) -> None:
    await kopf.operator(
        registry=_registry(connection, on_resource),
        settings=_settings(),
        clusterwide=not namespaces,
        namespaces=namespaces,
        standalone=True,
        stop_flag=_event_of(stop),
    )


def _event_of(stop: Future[None]) -> asyncio.Event:
    """An event of the running loop. Given the future itself, Kopf would wait for it in a thread, even at its end."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()

    def tell(_: Future[None]) -> None:
        with contextlib.suppress(RuntimeError):  # Kopf has ended by itself, and the loop is closed
            loop.call_soon_threadsafe(event.set)

    stop.add_done_callback(tell)
    return event


def _registry(connection: Connection, on_resource: OnResource) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.AiohttpSession:
        # A session of its own: on a 401 Kopf closes the one it has.
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=connection.session())

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def resource(event: Mapping[str, Any], **_: Any) -> None:
        on_resource(event["type"], event["object"])

    return registry


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.process.ultimate_exiting_timeout = None
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.persistence.progress_storage = _NoProgress()
    settings.persistence.finalizer = FINALIZER
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.watching.initial_streaming = True
    settings.queueing.idle_timeout = 0.1
    settings.networking.request_timeout = 15
    settings.networking.error_backoffs = _EndlessBackoffs()
    return settings


class _EndlessBackoffs:
    """Seconds to wait after each failed request. Kopf would end after the last one, so there is none."""

    def __iter__(self) -> Iterator[float]:
        return itertools.chain((0.5, 1, 2, 4, 8), itertools.repeat(15))


class _NoDiffBase(kopf.DiffBaseStorage):
    """Nothing is compared, so nothing is copied and nothing can be written into annotations."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        return None


class _NoProgress(kopf.ProgressStorage):
    """No handler has any progress to keep."""

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        return None

    def purge(self, **_: Any) -> None:
        return None

    def touch(self, **_: Any) -> None:
        return None

    def clear(self, *, essence: Any) -> Any:
        return essence
