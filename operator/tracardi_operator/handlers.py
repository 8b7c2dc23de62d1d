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

from tracardi_operator.api.names import CONSUMER_PLURAL, FINALIZER, GROUP, PLURAL, TYPE_PLURAL, VERSION
from tracardi_operator.control.watch import OnObject
from tracardi_operator.kube.session import Connection


def watch_our_kinds(
    connection: Connection, namespaces: Sequence[str], on_object: OnObject, stop: Future[None], *, types: bool = False
) -> None:
    """Run Kopf in a loop of its own until `stop` is done, or until it ends by itself. `types`: ResourceTypes too.

    To be called in a thread: at its end Kopf cancels every task of its loop, whoever's it is.
    """
    asyncio.run(_operate(connection, namespaces, on_object, stop, types=types))


async def _operate(
    connection: Connection, namespaces: Sequence[str], on_object: OnObject, stop: Future[None], *, types: bool
) -> None:
    running = asyncio.create_task(
        kopf.operator(
            registry=_registry(connection, on_object, types=types),
            settings=_settings(),
            clusterwide=not namespaces,
            namespaces=namespaces,
            standalone=True,
        )
    )
    _cancel_when(stop, running)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def _cancel_when(stop: Future[None], running: asyncio.Task[None]) -> None:
    """By its stop flag Kopf would end too, but first let requests that are repeated go on for five seconds."""
    loop = asyncio.get_running_loop()

    def cancel(_: Future[None]) -> None:
        with contextlib.suppress(RuntimeError):  # Kopf has ended by itself, and the loop is closed
            loop.call_soon_threadsafe(running.cancel)

    stop.add_done_callback(cancel)


def _registry(connection: Connection, on_object: OnObject, *, types: bool) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.AiohttpSession:
        # A session of its own: on a 401 Kopf closes the one it has.
        return kopf.AiohttpSession(server=connection.server, aiohttp_session=connection.session())

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def resource(event: Mapping[str, Any], **_: Any) -> None:
        on_object(PLURAL, event["type"], event["object"])

    @kopf.on.event(GROUP, VERSION, CONSUMER_PLURAL, registry=registry)
    async def consumer(event: Mapping[str, Any], **_: Any) -> None:
        on_object(CONSUMER_PLURAL, event["type"], event["object"])

    if types:

        @kopf.on.event(GROUP, VERSION, TYPE_PLURAL, registry=registry)
        async def resource_type(event: Mapping[str, Any], **_: Any) -> None:
            on_object(TYPE_PLURAL, event["type"], event["object"])

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
