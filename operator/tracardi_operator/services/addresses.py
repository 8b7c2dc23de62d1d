"""Network addresses as people write them into credentials: `[scheme://]host[:port][/path]`.

Values that become part of a host name are validated here, strictly and without resolving anything, before a URL is
built from them. User info, query and fragment are no part of an address: they would carry secrets or change the host.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME: Final = rf"{_LABEL}(?:\.{_LABEL})*"
HOST: Final = rf"(?:{_NAME}|\[[0-9A-Fa-f:.]{{2,45}}\])"
"""A DNS name (underscores allowed, as in many internal names), an IPv4 address, or an IPv6 address in brackets."""
BARE_HOST: Final = rf"(?:{_NAME}|[0-9A-Fa-f:.]{{2,45}})"
"""The same with an IPv6 address as it is, for a value that is a host and nothing else."""
PORT: Final = r"(?::[0-9]{1,5})?"
_ADDRESS: Final = re.compile(
    rf"(?:(?P<scheme>[a-z]{{2,10}})://)?(?P<host>{HOST})(?::(?P<port>[0-9]{{1,5}}))?(?P<path>/[A-Za-z0-9._~/-]*)?",
    re.ASCII,
)
_LONGEST_NAME: Final = 253
MAX_HOSTS: Final = 100
"""More than any cluster is named by; it bounds the time that a value may take."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    """Without the brackets of an IPv6 address."""
    scheme: str = ""
    port: int | None = None
    path: str = ""

    @property
    def netloc_host(self) -> str:
        """The host as it stands in a URL."""
        return netloc_host(self.host)


def parse_address(text: str) -> Address | None:
    """The parts of an address, or None if it is not one."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not _is_host(match["host"]):
        return None
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 1 <= port <= 65535:
        return None
    return Address(match["host"].strip("[]"), match["scheme"] or "", port, match["path"] or "")


def is_address(text: str) -> bool:
    return parse_address(text) is not None


def parse_hosts(text: str) -> tuple[Address, ...] | None:
    """The addresses of `host[:port],host[:port] …`, or None if one is more than that or there are too many."""
    if text.count(",") >= MAX_HOSTS:
        return None
    addresses = [parse_address(part) for part in text.split(",")]
    hosts = tuple(address for address in addresses if address and not address.scheme and not address.path)
    return hosts if len(hosts) == len(addresses) else None


def is_bare_host(text: str) -> bool:
    """Of what has the form of `BARE_HOST`: whether it is a DNS name or an IP address."""
    return _is_ip(text, 6) if ":" in text else _is_host(text)


def netloc_host(host: str) -> str:
    """A host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_ip(host[1:-1], 6)
    if host.rpartition(".")[2].isdigit():
        return _is_ip(host, 4)
    return len(host) <= _LONGEST_NAME


def _is_ip(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False
