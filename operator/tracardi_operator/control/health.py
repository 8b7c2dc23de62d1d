"""`/healthz`, `/readyz` and `/metrics` over HTTP."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from tracardi_operator.kube.errors import BadConfiguration

Shortcomings = Callable[[], list[str]]
"""What is not as it should be, in words; empty if all is well."""


@asynccontextmanager
async def serve(
    host: str, port: int, *, alive: Shortcomings, ready: Shortcomings, registry: CollectorRegistry
) -> AsyncIterator[int]:
    """Serve while the context lasts. Gives the port. Raises BadConfiguration if it can't be had."""
    app = web.Application()
    app.router.add_get("/healthz", _verdict(alive))
    app.router.add_get("/readyz", _verdict(ready))
    app.router.add_get("/metrics", _metrics(registry))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise BadConfiguration(f"can't listen on {host}:{port} (--health-host, --health-port): {reason}") from None


def _verdict(shortcomings: Shortcomings) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        found = shortcomings()
        return web.Response(status=503 if found else 200, text="\n".join(found or ["ok"]) + "\n")

    return handle


def _metrics(registry: CollectorRegistry) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    return handle
