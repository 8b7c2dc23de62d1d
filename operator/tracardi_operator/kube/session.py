"""How to reach the API server, and as whom."""

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType
from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from tracardi_operator.kube.errors import BadConfiguration

_DEFAULT_KUBECONFIG = "~/.kube/config"
_SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class _Loaded:
    configuration: Configuration
    namespace: str


async def connect(kubeconfig: str | None = None, context: str | None = None) -> "Connection":
    """The connection that kubectl would use: a kubeconfig (`kubeconfig`, KUBECONFIG, ~/.kube/config), else in-cluster.

    Raises BadConfiguration.
    """
    files = kubeconfig or os.environ.get("KUBECONFIG") or _DEFAULT_KUBECONFIG

    async def load() -> _Loaded:
        if kubeconfig or context or _any_exists(files):
            return await _from_kubeconfig(files, context)
        return _from_service_account()

    return Connection(load, await load())


class Connection:
    """The address, TLS settings and credentials of one API server. Sessions made from it belong to their callers.

    Credentials are those of the moment: a service account's token is read again every minute, everything
    (kubeconfig, token file, exec plugin, client certificate) once a request was answered with 401.
    """

    def __init__(self, load: Callable[[], Awaitable[_Loaded]], loaded: _Loaded) -> None:
        self._load = load
        self._loaded = loaded
        self._tls: ssl.SSLContext | bool = _tls(loaded.configuration) if self.server.startswith("https:") else True
        self.renewals = 0

    @property
    def server(self) -> str:
        return str(self._loaded.configuration.host)

    @property
    def namespace(self) -> str:
        """The namespace of the kubeconfig's context or of the service account."""
        return self._loaded.namespace

    @property
    def tls_server_name(self) -> str | None:
        return self._loaded.configuration.tls_server_name

    async def authorization(self) -> dict[str, str]:
        """The Authorization header, if these credentials have one. Raises BadConfiguration."""
        try:
            value = await self._loaded.configuration.get_api_key_with_prefix("BearerToken")
        except (OSError, config.ConfigException) as error:
            raise BadConfiguration(f"can't read the service account's token: {type(error).__name__}") from None
        return {"Authorization": value.strip()} if value else {}

    async def renew(self) -> None:
        """Loads everything anew. Raises BadConfiguration."""
        self._loaded = await self._load()
        if isinstance(self._tls, ssl.SSLContext):
            _load_certificates(self._tls, self._loaded.configuration)
        self.renewals += 1

    def session(self, limit: int = 0) -> aiohttp.ClientSession:
        """A session bound to the running loop, with at most `limit` connections (0: any number).

        It sends the credentials of the moment and, answered with 401, renews them once. It has no timeout of its own.
        """
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=limit, ssl=self._tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(_Authentication(self),),
            proxy=self._loaded.configuration.proxy,
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
        )


class _Authentication:
    """Puts the credentials into each request of one session."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._renewing = asyncio.Lock()

    async def __call__(self, request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
        renewals = self._connection.renewals
        response = await self._send(request, send)
        if response.status != 401:
            return response
        response.close()
        # A connection kept alive goes on presenting the client certificate that it began with.
        request.headers["Connection"] = "close"
        async with self._renewing:
            if self._connection.renewals == renewals:
                await self._connection.renew()
        return await self._send(request, send)

    async def _send(self, request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
        request.headers.update(await self._connection.authorization())
        request.server_hostname = self._connection.tls_server_name
        return await send(request)


def _any_exists(files: str) -> bool:
    return any(Path(file).expanduser().is_file() for file in files.split(os.pathsep) if file)


async def _from_kubeconfig(files: str, context: str | None) -> _Loaded:
    if not _any_exists(files):
        raise BadConfiguration(f"no such kubeconfig: {files}")
    configuration = Configuration()
    try:
        loader = await config.load_kube_config(files, context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
        namespace = loader.current_context["context"].get("namespace") or "default"
    except Exception as error:
        # Its messages quote whole users, tokens included.
        in_context = f", context {context}" if context else ""
        raise BadConfiguration(f"can't use kubeconfig {files}{in_context}: {type(error).__name__}") from None
    return _Loaded(configuration, namespace)


def _from_service_account() -> _Loaded:
    configuration = Configuration()
    try:
        config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        namespace = _SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    except (OSError, config.ConfigException) as error:
        raise BadConfiguration(f"neither a kubeconfig nor a service account: {error}") from None
    return _Loaded(configuration, namespace)


def _tls(configuration: Configuration) -> ssl.SSLContext:
    # Not the default context: from Python 3.13 it refuses the CAs of many clusters, which lack key identifiers.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    _load_certificates(context, configuration)
    return context


def _load_certificates(context: ssl.SSLContext, configuration: Configuration) -> None:
    try:
        if configuration.ssl_ca_cert:
            context.load_verify_locations(configuration.ssl_ca_cert)
        else:
            context.load_default_certs()
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, configuration.key_file)
    except OSError as error:  # ssl.SSLError is one
        raise BadConfiguration(f"can't read the certificates: {type(error).__name__}") from None
