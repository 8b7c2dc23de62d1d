"""To which hosts credentials may go (DESIGN section 4, point 4). Pure.

The host of an address is one of three: a Service of the consumer's own namespace; an IP address that the installation
lists; a name that it lists, if all that the name resolves to is harmless. What is found here are IP addresses, and a
connection is made to these and no others, whatever a name resolves to a moment later.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

from tracardi_operator.api.problems import Problem, Reason

IpAddress = IPv4Address | IPv6Address

_PORTS: Final = {"http": 80, "https": 443}
_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LONGEST_NAME: Final = 253
_NUMERIC: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
"""What an operating system takes for an IPv4 address in an older spelling: 127.1, 0x7f.1, 2130706433."""
_SERVICE_SUFFIXES: Final = (("svc",), ("svc", "cluster", "local"))
_NAT64: Final = ip_network("64:ff9b::/96")

_FORBIDDEN: Final = tuple(
    (ip_network(network), words)
    for network, words in (
        ("0.0.0.0/8", "an unspecified address"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
        ("::/96", "a loopback, unspecified or IPv4-compatible address"),
        ("::ffff:0:0/96", "an IPv4 address in the form of an IPv6 one"),
        ("2001::/32", "an IPv4 address in the form of an IPv6 one"),
        ("2002::/16", "an IPv4 address in the form of an IPv6 one"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
        ("100.100.100.200/32", "a metadata address"),  # Alibaba Cloud
        ("168.63.129.16/32", "a metadata address"),  # Azure
        ("192.0.0.192/32", "a metadata address"),  # Oracle Cloud
        ("fd00:ec2::/32", "a metadata address"),  # AWS
        ("fd20:ce::254/128", "a metadata address"),  # Google Cloud
    )
)


@dataclass(frozen=True, slots=True)
class Host:
    """Lower case, without a trailing dot or brackets."""

    name: str
    port: int | None = None

    @property
    def address(self) -> IpAddress | None:
        try:
            return ip_address(self.name)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class ToService:
    """Where it is must be asked of the API server."""

    name: str


@dataclass(frozen=True, slots=True)
class ToName:
    """Where it is must be asked of DNS."""

    name: str

    @property
    def absolute(self) -> str:
        """With a dot at the end, so that no search domain of the cluster can answer in the place of the true owner."""
        is_of_the_cluster = "." not in self.name or self.name.endswith(".svc")
        return self.name if is_of_the_cluster else f"{self.name}."


@dataclass(frozen=True, slots=True)
class Pinned:
    """Connections go to these addresses only."""

    addresses: tuple[str, ...]


def parse_allowed(text: str) -> Host:
    """An entry of the installation's list: `host` (any port) or `host:port`. Raises ValueError."""
    try:
        return Host(str(ip_address(text)))
    except ValueError:
        host = _split(f"//{text}")
    if host is None or "/" in text or "@" in text:
        raise ValueError(f"{text!r} is neither a host nor host:port")
    return host


def route(url: str, namespace: str, allowed: Sequence[Host]) -> ToService | ToName | Pinned | Problem:
    """Where to ask for the addresses of a host, or that credentials may not go there."""
    host = _split(url)
    if host is None:
        return _refused(
            "the host of the address is neither a name, nor an IPv4 address of four decimal numbers, nor an IPv6 "
            "address in brackets"
        )
    if service := _service_of(host.name, namespace):
        return ToService(service)
    if not any(entry.name == host.name and entry.port in (None, host.port) for entry in allowed):
        return _refused(
            f"the host {host.name!r} (port {host.port}) is neither a Service of this namespace "
            f"(<name>.{namespace}.svc) nor one that the installation allows (--allowed-hosts)"
        )
    return Pinned((host.name,)) if host.address else ToName(host.name)


def of_service(name: str, namespace: str, service: Mapping[str, Any] | None) -> Pinned | Problem:
    """`service`: as the API server has it, None if it has none of that name."""
    spec, which = (service or {}).get("spec") or {}, f"Service {name!r} in namespace {namespace!r}"
    if service is None:
        return _refused(f"there is no {which}; create it, or correct the address")
    if spec.get("type") == "ExternalName":
        return _refused(f"{which} is of the type ExternalName, which leads out of the namespace")
    try:
        return Pinned((str(ip_address(str(spec.get("clusterIP")))),))
    except ValueError:
        return _refused(f"{which} has no IP address of its own (it is headless); name one that has")


def of_name(name: str, addresses: Sequence[str]) -> Pinned | Problem:
    """`addresses`: all that the name resolves to. One that is forbidden forbids all."""
    for address in addresses:
        if words := why_forbidden(ip_address(address.partition("%")[0])):
            return _refused(f"the host {name!r} leads to {words}; a name may not")
    return Pinned(tuple(dict.fromkeys(addresses)))


def why_forbidden(address: IpAddress) -> str:
    """What a name may not lead to, in words; nothing if it may."""
    if address in _NAT64:
        return why_forbidden(IPv4Address(int(address) & 0xFFFFFFFF))
    return next((words for network, words in _FORBIDDEN if address in network), "")


def _split(url: str) -> Host | None:
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").lower().removesuffix("."), parts.port
    except ValueError:
        return None
    host = Host(name, port or _PORTS.get(parts.scheme))
    if host.address:
        return Host(str(host.address), host.port)
    is_name = _NAME.fullmatch(name) and not _NUMERIC.fullmatch(name) and len(name) <= _LONGEST_NAME
    return host if is_name else None


def _service_of(host: str, namespace: str) -> str:
    """The name of the Service of this namespace that a host is; empty if it is none."""
    service, *rest = host.split(".")
    return service if any(rest == [namespace, *suffix] for suffix in _SERVICE_SUFFIXES) else ""


def _refused(message: str) -> Problem:
    return Problem(Reason.NOT_ALLOWED, message, field="tracardi.url")
