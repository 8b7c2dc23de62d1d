"""The watch of our own kinds: Kopf in a thread of its own, started again whenever it ends or misses something."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

from tracardi_operator.api.names import TYPE_PLURAL
from tracardi_operator.control.kind_store import KindStore
from tracardi_operator.control.records import Key
from tracardi_operator.control.type_registry import TypeRegistry
from tracardi_operator.kube.errors import place
from tracardi_operator.kube.session import Connection

log = logging.getLogger(__name__)

OnObject = Callable[[str, str | None, Mapping[str, Any]], None]
"""Told of each object: the plural of its kind, the type of the watch event (None: part of a list), and itself."""
Serve = Callable[[Connection, Sequence[str], OnObject, Future[None]], None]
"""Blocks until the future is done, or until it ends by itself; tells of each object (`handlers.watch_our_kinds`)."""

_RESTART_SECONDS: Final = 2.0
_END_SECONDS: Final = 10.0
"""How long the thread may take to end; it is left behind then, and ends with the process."""
_WAITING: Final = 100
"""So many objects may wait to be taken in. Kopf's thread waits then, or a start would pile up thousands of them."""


class ResourceWatch:
    def __init__(
        self,
        connection: Connection,
        namespaces: Sequence[str],
        stores: Sequence[KindStore[Any]],
        types: TypeRegistry,
        serve: Serve,
    ) -> None:
        self._connection = connection
        self._namespaces = namespaces
        self._stores = {store.kind.plural: store for store in stores}
        self._types = types
        self._serve = serve
        self._stop: Future[None] = Future()
        self._ended = asyncio.Event()
        """Of the present run."""
        self.is_running = False

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            await self._run_once()
            log.warning("The watch of Resources ended and is started again")
            await asyncio.sleep(_RESTART_SECONDS)

    def restart(self) -> None:
        """End the present run, and so begin another: it lists all Resources anew."""
        if not self._stop.done():
            self._stop.set_result(None)
            asyncio.get_running_loop().call_later(_END_SECONDS, self._ended.set)

    async def _run_once(self) -> None:
        loop = asyncio.get_running_loop()
        stop: Future[None] = Future()
        ended = asyncio.Event()
        slots = threading.BoundedSemaphore(_WAITING)
        self._stop, self._ended = stop, ended

        def serve() -> None:
            try:
                self._serve(self._connection, self._namespaces, on_object, stop)
            except Exception as error:  # whatever ends Kopf, the operator goes on
                log.warning("Kopf failed", extra={"cause": place(error)})
            with contextlib.suppress(RuntimeError):  # the loop may be gone when a process ends
                loop.call_soon_threadsafe(ended.set)

        def on_object(plural: str, event: str | None, body: Mapping[str, Any]) -> None:
            slots.acquire()
            loop.call_soon_threadsafe(take_in, plural, event, body)

        def take_in(plural: str, event: str | None, body: Mapping[str, Any]) -> None:
            slots.release()
            self._take_in(plural, event, body)

        threading.Thread(target=serve, name="kopf", daemon=True).start()
        self.is_running = True
        try:
            await ended.wait()
        finally:
            self.is_running = False
            self.restart()
            await ended.wait()

    def _take_in(self, plural: str, event: str | None, body: Mapping[str, Any]) -> None:
        try:
            if plural == TYPE_PLURAL:
                self._types.take_in(event, body)
            elif event == "DELETED":
                meta = body["metadata"]
                self._stores[plural].drop(Key(meta["namespace"], meta["name"]), meta["uid"])
            else:
                self._stores[plural].take_in(body)
        except Exception as error:  # asyncio would log the body along with it
            log.error("An object can't be taken in", extra={"cause": place(error)})
