"""A client of Tracardi's REST API: logs in, reads, writes, tries again. Nothing that it raises or logs holds a secret.

The token of a user is the same for each login, and a logout by anybody with that user ends it: hence one new login
after a 401. Redirects are not followed, and no answer is read that is larger than `Patience.max_bytes`.
"""

import asyncio
import json
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from cachetools import TTLCache, cached
from yarl import URL

from tracardi_operator.kube.backoff import backoff
from tracardi_operator.tracardi.agreement import agrees
from tracardi_operator.tracardi.errors import (
    LoginFailed,
    Refused,
    ServerError,
    Throttled,
    Unauthorized,
    Unintelligible,
    Unreachable,
    Untrusted,
    refused,
)
from tracardi_operator.tracardi.models import (
    Context,
    Listing,
    TracardiResource,
    Values,
    parse_listing,
    parse_resource,
    parse_templates,
    to_body,
)

_BYTES_OF_A_VALUE: Final = 16
"""Of an answer that has as many as may be read. An empty list takes 3, and 80 in memory."""
_CHUNK: Final = 64 * 1024
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 8.0
_LONGEST_ASKED_FOR: Final = 60.0
"""Seconds. A longer Retry-After is not waited for."""
_RESOURCE: Final = "/resource/"
_TRUST_SECONDS: Final = 600.0
"""A mounted bundle of authorities may be replaced: it counts in new sessions after this time."""
_PASSING: Final = (Unreachable, Throttled, ServerError)


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to ask, how many seconds to wait for an answer, and how much of one to read."""

    attempts: int = 4
    timeout: float = 30.0
    max_bytes: int = 64 * 1024 * 1024
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


PATIENT: Final = Patience()


class TracardiClient:
    """`url` is that of the API, as `check_url` accepts it."""

    def __init__(self, url: str, login: Login, session: aiohttp.ClientSession, patience: Patience = PATIENT) -> None:
        self._base = url.rstrip("/")
        self._login = login
        self._session = session
        self._patience = patience
        self._token = ""
        self._logins = 0
        self._logging_in = asyncio.Lock()

    async def resources(self, context: Context) -> Listing:
        """All resources of a context."""
        what = "/resources"
        answer = await self._ask("GET", what, context)
        if not isinstance(answer, dict) or not isinstance(answer.get("result"), list):
            raise Unintelligible(f"GET {what}", "the answer is no list of resources")
        return parse_listing(answer["result"])

    async def resource(self, context: Context, resource_id: str) -> TracardiResource | None:
        """None if there is none: newer versions answer `null`, older ones 404."""
        path = _path(resource_id)
        try:
            answer = await self._ask("GET", path, context)
        except Refused as error:
            if error.status == 404:
                return None
            raise
        found = parse_resource(answer)
        if answer is not None and found is None:
            raise Unintelligible(f"GET {path}", "the answer is no resource")
        return found

    async def templates(self) -> dict[str, Values]:
        """What Tracardi's forms begin with, by type."""
        path = "/resources/type/configuration"
        answer = await self._ask("GET", path, None)
        if not isinstance(answer, dict) or not isinstance(answer.get("result"), dict):
            raise Unintelligible(f"GET {path}", "the answer is no list of types")
        return parse_templates(answer["result"])

    async def save(self, context: Context, resource: TracardiResource) -> None:
        """Make or replace a resource. It is tried twice: what Tracardi can't store it answers with a bare 500.

        After a 5xx or a broken connection it may be stored all the same: that is looked up before it is sent again.
        """
        try:
            return await self._post(context, resource)
        except (Unreachable, ServerError) as error:
            if await self._holds(context, resource):
                return None
            if (wait := _wait(error, 1)) is None:
                raise
        await self._patience.sleep(wait)
        return await self._post(context, resource)

    async def delete(self, context: Context, resource_id: str) -> None:
        """Also when there is none: newer versions answer as if there had been one, older ones 404."""
        try:
            await self._ask("DELETE", _path(resource_id), context)
        except Refused as error:
            if error.status != 404:
                raise

    async def _post(self, context: Context, resource: TracardiResource) -> None:
        """Newer versions answer with the id, older ones with counts and errors."""
        path = "/resource"
        answer = await self._ask("POST", path, context, resource)
        if isinstance(answer, dict) and answer.get("errors"):
            raise Unintelligible(f"POST {path}", "the answer says that it was not saved")

    async def _holds(self, context: Context, resource: TracardiResource) -> bool:
        found = await self.resource(context, resource.id)
        return found is not None and agrees(resource, found)

    async def _ask(
        self, method: str, path: str, context: Context | None, resource: TracardiResource | None = None
    ) -> Any:
        """The JSON of an answer; with one new login if the token is not, or no longer, good."""
        if not self._logins:
            await self._renew_token(0)
        logins = self._logins
        call = _Call(method, path, context=context, resource=resource)
        try:
            return await self._patiently(call, self._token)
        except Unauthorized:
            await self._renew_token(logins)
        return await self._patiently(call, self._token)

    async def _renew_token(self, logins: int) -> None:
        """One login, however many requests found the token of that many logins missing or refused.

        Logins are counted because tokens can't be compared: the new one is the old one.
        """
        async with self._logging_in:
            if self._logins == logins:
                self._token = await self._log_in()
                self._logins += 1

    async def _log_in(self) -> str:
        call = _Call("POST", "/user/token", login=self._login)
        try:
            answer = await self._patiently(call, "")
        except Refused as error:
            if error.status in (400, 401):
                raise LoginFailed(str(call), error.status) from None
            raise
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise Unintelligible(str(call), "the answer has no access token")
        return token

    async def _patiently(self, call: "_Call", token: str) -> Any:
        """Again after what may pass: no answer, 429, 5xx. A write only after 429, which has done nothing."""
        passing = Throttled if call.resource else _PASSING
        for attempt in range(1, self._patience.attempts):
            try:
                return await self._once(call, token)
            except passing as error:
                if (wait := _wait(error, attempt)) is None:
                    raise
            await self._patience.sleep(wait)
        return await self._once(call, token)

    async def _once(self, call: "_Call", token: str) -> Any:
        what = str(call)
        try:
            async with (
                asyncio.timeout(self._patience.timeout),
                self._session.request(
                    call.method,
                    URL(f"{self._base}{call.path}", encoded=True),
                    headers=call.headers(token),
                    data=call.body(),
                    allow_redirects=False,
                ) as response,
            ):
                if not 200 <= response.status < 300:
                    raise refused(what, response.status, _retry_after(response))
                body = await _read(what, response, self._patience.max_bytes)
        except (aiohttp.ClientSSLError, ssl.SSLError):
            raise Untrusted(what, "the certificate of the server was not accepted") from None
        except TimeoutError:
            raise Unreachable(what, "no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(what, f"no answer ({type(error).__name__})") from None
        return _decode(what, body)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request, without the address and the token."""

    method: str
    path: str
    context: Context | None = None
    resource: TracardiResource | None = None
    login: Login | None = None

    def __str__(self) -> str:
        """Without the id, which may be whatever the server told: an exception carries nothing of its answers."""
        return f"{self.method} {'/resource/{id}' if self.path.startswith(_RESOURCE) else self.path}"

    def headers(self, token: str) -> dict[str, str]:
        given = {
            "Authorization": f"Bearer {token}" if token else "",
            "Content-Type": "application/json" if self.resource else "",
            "x-context": str(self.context or ""),
        }
        return {name: value for name, value in given.items() if value}

    def body(self) -> bytes | dict[str, str] | None:
        if self.login:
            return {"username": self.login.username, "password": self.login.password}
        return json.dumps(to_body(self.resource)).encode() if self.resource else None


@asynccontextmanager
async def open_client(
    url: str,
    login: Login,
    *,
    ca_file: str | None = None,
    ca: str | None = None,
    resolver: AbstractResolver | None = None,
    patience: Patience = PATIENT,
) -> AsyncIterator[TracardiClient]:
    """A client with a session of its own.

    `ca_file` or `ca` (PEM) has the authorities to trust instead of the system's. `resolver` is asked anew for each
    connection.
    """
    connector = aiohttp.TCPConnector(ssl=_trust(ca_file, ca), resolver=resolver, use_dns_cache=False)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
    ) as session:
        yield TracardiClient(url, login, session, patience)


@cached(TTLCache(maxsize=1, ttl=_TRUST_SECONDS))
def _system_trust() -> ssl.SSLContext:
    """Shared by all sessions: to read the system's authorities takes tens of milliseconds and a megabyte."""
    return ssl.create_default_context()


def _trust(ca_file: str | None, ca: str | None) -> ssl.SSLContext:
    if ca_file is None and ca is None:
        return _system_trust()
    words = "the certificates of the authorities can't be used"
    if ca is not None and not ca.strip():
        raise Untrusted("TLS", words)  # without any, the system's would be trusted
    try:
        # Only ASCII is taken, but between certificates stand the names of authorities.
        return ssl.create_default_context(cafile=ca_file, cadata=ca and ca.encode("ascii", "replace").decode())
    except OSError:
        raise Untrusted("TLS", words) from None


def _path(resource_id: str) -> str:
    return f"{_RESOURCE}{quote(resource_id, safe='')}"


def check_url(url: str) -> str:
    """What is wrong with an address of the API, or nothing. The words never repeat it: it may hold a password."""
    try:
        parts = urlsplit(url)
        host, login = parts.hostname, parts.username is not None or parts.password is not None
        _ = parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in ("http", "https") or not host:
        return "must begin with https:// or http:// and name a host"
    if login:
        return "must not hold a user or a password"
    return "must not have a query or a fragment" if parts.query or parts.fragment else ""


def _wait(error: Unreachable | Throttled | ServerError, attempt: int) -> float | None:
    """Seconds until the next attempt; None if there should be none."""
    if isinstance(error, Untrusted):
        return None
    if isinstance(error, Refused) and error.retry_after is not None:
        return error.retry_after if error.retry_after <= _LONGEST_ASKED_FOR else None
    return backoff(attempt, base=_FIRST_WAIT, cap=_LONGEST_WAIT, chance=random.random())  # noqa: S311 (no secret)


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """The seconds of the header Retry-After; a date is left to the usual waiting time."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


async def _read(what: str, response: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most:
            raise Unintelligible(what, "the answer is far too large")
    if body.count(b",") > most // _BYTES_OF_A_VALUE:
        raise Unintelligible(what, "the answer has far too many values")
    return bytes(body)


def _decode(what: str, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unintelligible(what, "the answer is not JSON") from None
