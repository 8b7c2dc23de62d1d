"""To which hosts credentials may go: what is refused, however it is spelled."""

from ipaddress import ip_address
from typing import Any

import pytest

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.control.consumers.destinations import (
    Host,
    Pinned,
    ToName,
    ToService,
    of_name,
    of_service,
    parse_allowed,
    route,
    why_forbidden,
)

LISTED = tuple(
    map(
        parse_allowed,
        ("tracardi.example.com", "api.example.com:8443", "127.0.0.1:8686", "[::1]:8686", "10.1.2.3", "localhost"),
    )
)


def routed(url: str) -> object:
    found = route(url, "team", LISTED)
    return found.reason if isinstance(found, Problem) else found


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("tracardi.example.com", Host("tracardi.example.com")),
        ("Tracardi.Example.com.:8443", Host("tracardi.example.com", 8443)),
        ("127.0.0.1", Host("127.0.0.1")),
        ("127.0.0.1:80", Host("127.0.0.1", 80)),
        ("::1", Host("::1")),
        ("[::1]", Host("::1")),
        ("[0:0:0::1]:80", Host("::1", 80)),
    ],
)
def test_an_entry_is_a_host_with_or_without_a_port(entry: str, host: Host) -> None:
    assert parse_allowed(entry) == host


@pytest.mark.parametrize(
    "entry",
    [
        "",
        ":80",
        "https://tracardi.example.com",
        "*.example.com",
        "a/b",
        "u@a",
        "127.1",
        "0x7f000001",
        "a:99999",
        "a..b",
    ],
)
def test_what_is_no_host_is_no_entry(entry: str) -> None:
    with pytest.raises(ValueError, match="host"):
        parse_allowed(entry)


@pytest.mark.parametrize(
    ("url", "to"),
    [
        ("http://tracardi.team.svc", ToService("tracardi")),
        ("https://tracardi.team.svc:8443/api", ToService("tracardi")),
        ("http://tracardi.team.svc.cluster.local", ToService("tracardi")),
        ("http://Tracardi.TEAM.svc.", ToService("tracardi")),
        ("https://tracardi.example.com", ToName("tracardi.example.com")),
        ("http://tracardi.example.com:1234/", ToName("tracardi.example.com")),
        ("https://TRACARDI.example.com./", ToName("tracardi.example.com")),
        ("https://api.example.com:8443", ToName("api.example.com")),
        ("http://localhost", ToName("localhost")),
        ("http://127.0.0.1:8686", Pinned(("127.0.0.1",))),
        ("http://[::1]:8686", Pinned(("::1",))),
        ("http://[0:0::0:1]:8686", Pinned(("::1",))),
        ("http://10.1.2.3", Pinned(("10.1.2.3",))),
    ],
)
def test_a_service_of_the_namespace_and_what_the_installation_lists_is_allowed(url: str, to: object) -> None:
    assert routed(url) == to


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.com",
        "https://tracardi.example.com.evil.example",
        "https://evil-tracardi.example.com",
        "https://api.example.com",
        "https://api.example.com:8444",
        "http://tracardi.other.svc",
        "http://tracardi.other.svc.cluster.local",
        "http://tracardi.team.svc.evil.example",
        "http://tracardi.team",
        "http://a.tracardi.team.svc",
        "http://team.svc",
        "http://svc",
        "http://tracardi.team.svc..",
        "http://127.0.0.1",
        "http://127.0.0.1:8687",
        "http://127.0.0.2:8686",
        "http://[::1]",
        "http://[::ffff:127.0.0.1]:8686",
        "http://[::127.0.0.1]:8686",
        "http://127.1:8686",
        "http://2130706433:8686",
        "http://0x7f.0.0.1:8686",
        "http://0x7f000001:8686",
        "http://0177.0.0.1:8686",
        "http://017700000001:8686",
        "http://127.0.0.1.:8687",
        "http://10.66051",
        "http://0.0.0.0",
        "http://169.254.169.254",
        "http://[fd00:ec2::254]",
        "http://[fe80::1]",
        "http://224.0.0.1",
        "http://10.96.0.1",
        "http://",
        "http://:80",
        "http://tracardi.example.com:99999",
        "http://tracardi.example.com@evil.example",
        "http://evil.example#@tracardi.example.com",
        "http://evil.example/tracardi.example.com",
        "http://evil.example/../tracardi.team.svc",
        "http://[::1",
        "tracardi.example.com",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    assert routed(url) is Reason.NOT_ALLOWED


def test_without_a_list_only_services_of_the_namespace_are_allowed() -> None:
    assert isinstance(route("https://tracardi.example.com", "team", ()), Problem)
    assert route("http://tracardi.team.svc", "team", ()) == ToService("tracardi")


def test_a_message_says_what_would_be_allowed() -> None:
    found = route("https://other.example.com", "team", LISTED)
    assert isinstance(found, Problem)
    assert "<name>.team.svc" in found.message
    assert "--allowed-hosts" in found.message


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("tracardi.example.com", "tracardi.example.com."),
        ("tracardi.other.svc", "tracardi.other.svc"),
        ("localhost", "localhost"),
    ],
)
def test_a_name_of_the_internet_is_asked_for_without_search_domains(name: str, asked: str) -> None:
    """Else a namespace `com` with a Service `example` could answer for tracardi.example.com."""
    assert ToName(name).absolute == asked


@pytest.mark.parametrize(
    ("spec", "addresses"),
    [
        ({"type": "ClusterIP", "clusterIP": "10.96.0.7"}, ("10.96.0.7",)),
        ({"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7", "fd00::7"]}, ("10.96.0.7",)),
        ({"type": "LoadBalancer", "clusterIP": "fd00::7"}, ("fd00::7",)),
    ],
)
def test_a_service_is_where_its_cluster_ip_is(spec: dict[str, Any], addresses: tuple[str, ...]) -> None:
    assert of_service("api", "shop", {"spec": spec}) == Pinned(addresses)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (None, "no Service"),
        ({"spec": {"type": "ExternalName", "externalName": "evil.example"}}, "ExternalName"),
        ({"spec": {"type": "ExternalName", "externalName": "evil.example", "clusterIP": "10.96.0.7"}}, "ExternalName"),
        ({"spec": {"type": "ClusterIP", "clusterIP": "None"}}, "headless"),
        ({"spec": {"type": "ClusterIP", "clusterIP": ""}}, "headless"),
        ({"spec": {"type": "ClusterIP"}}, "headless"),
        ({}, "headless"),
    ],
)
def test_a_service_that_leads_elsewhere_or_nowhere_is_refused(service: dict[str, Any] | None, words: str) -> None:
    found = of_service("api", "shop", service)
    assert isinstance(found, Problem)
    assert words in found.message


FORBIDDEN = [
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:1::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "fd20:ce::254",
]
HARMLESS = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "203.0.113.7",
    "fd12::1",
    "2001:db8::1",
    "64:ff9b::a01:203",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_name_may_not_lead_there(address: str) -> None:
    assert why_forbidden(ip_address(address))
    assert isinstance(of_name("tracardi.example.com", [address]), Problem)


@pytest.mark.parametrize("address", HARMLESS)
def test_a_name_may_lead_there(address: str) -> None:
    assert of_name("tracardi.example.com", [address]) == Pinned((address,))


def test_one_address_that_is_forbidden_forbids_all() -> None:
    assert isinstance(of_name("tracardi.example.com", [*HARMLESS, "127.0.0.1"]), Problem)


def test_an_address_with_a_zone_is_judged_too() -> None:
    assert isinstance(of_name("tracardi.example.com", ["fe80::1%eth0"]), Problem)


def test_each_address_is_named_once() -> None:
    assert of_name("a.example", ["10.0.0.2", "10.0.0.1", "10.0.0.2"]) == Pinned(("10.0.0.2", "10.0.0.1"))
