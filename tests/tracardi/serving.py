"""Runs the stand-in on 127.0.0.1 in a thread with a loop of its own, so that commands can be called beside it."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from tests.tracardi.standin import Tracardi

START_WITHIN = 30.0


@contextmanager
def serving(tracardi: Tracardi, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address, until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stand-in of Tracardi")
    thread.start()
    try:
        runner, port = asyncio.run_coroutine_threadsafe(_start(tracardi, tls), loop).result(START_WITHIN)
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        finally:
            asyncio.run_coroutine_threadsafe(_stop(runner), loop).result(START_WITHIN)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(tracardi: Tracardi, tls: ssl.SSLContext | None) -> tuple[web.AppRunner, int]:
    runner = web.AppRunner(tracardi.app(), access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    return runner, runner.addresses[0][1]


async def _stop(runner: web.AppRunner) -> None:
    """A connection may have been accepted while the server was closing; its client has gone, so it ends by itself."""
    await runner.cleanup()
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left, timeout=START_WITHIN)
    await asyncio.sleep(0)  # sockets are closed one turn of the loop later
