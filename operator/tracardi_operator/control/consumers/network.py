"""Finds the addresses of a host to which credentials may go, and has connections made to these and no others."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.control.consumers.destinations import (
    Pinned,
    ToName,
    ToService,
    of_name,
    of_service,
    parse_allowed,
    route,
)
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.errors import Forbidden, NotFound
from tracardi_operator.kube.kinds import Kind

SERVICES: Final = Kind("", "v1", "services", "Service")

_DNS_SECONDS: Final = 10.0

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All IP addresses of a name. Raises OSError."""


async def ask_dns(name: str) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Network:
    """`allowed`: hosts that the installation lists, as `destinations.parse_allowed` takes them."""

    def __init__(self, client: Client, allowed: Sequence[str], resolve: Resolve = ask_dns) -> None:
        self._client = client
        self._allowed = [parse_allowed(entry) for entry in allowed]
        self._resolve = resolve

    async def pin(self, url: str, namespace: str) -> Pinned:
        """The addresses of a host at this moment. Raises DeliveryFailed."""
        match route(url, namespace, self._allowed):
            case ToService(name):
                found = await self._pin_service(namespace, name)
            case ToName() as to:
                found = of_name(to.name, await self._addresses(to))
            case found:
                pass
        if isinstance(found, Problem):
            raise DeliveryFailed(found)
        return found

    async def _pin_service(self, namespace: str, name: str) -> Pinned | Problem:
        try:
            return of_service(name, namespace, await self._client.get(SERVICES, namespace, name))
        except NotFound:
            return of_service(name, namespace, None)
        except Forbidden:
            return Problem(Reason.NOT_ALLOWED, "the operator may not get Services here; its rights are incomplete")

    async def _addresses(self, to: ToName) -> Sequence[str]:
        try:
            async with asyncio.timeout(_DNS_SECONDS):
                return await self._resolve(to.absolute)
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            message = f"the host {to.name!r} has no address in DNS, or DNS does not answer"
            raise DeliveryFailed(Problem(Reason.UNREACHABLE, message, field="tracardi.url")) from None


class PinnedResolver(AbstractResolver):
    """Answers with the addresses that were found allowed, whatever name is asked for."""

    def __init__(self) -> None:
        self.pinned = Pinned(())

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not self.pinned.addresses:
            raise OSError("no address was found allowed")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.pinned.addresses
        ]

    async def close(self) -> None:
        pass
