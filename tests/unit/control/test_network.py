"""Addresses are found anew for each delivery, and connections go to these and to no others."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.tracardi.certificates import authority
from tests.tracardi.serving import serving
from tests.tracardi.standin import Fault, Tracardi
from tests.unit.control.fake_client import FakeClient, raising, refused
from tracardi_operator.api.problems import Reason
from tracardi_operator.control.consumers import network as network_module
from tracardi_operator.control.consumers.destinations import Pinned
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.control.consumers.network import SERVICES, Network, PinnedResolver
from tracardi_operator.kube.errors import Forbidden
from tracardi_operator.tracardi.client import Login, Patience, open_client
from tracardi_operator.tracardi.errors import Unreachable
from tracardi_operator.tracardi.models import Context

USER, PASSWORD = "operator", "made-up-Passphrase-7"
NAME = "tracardi.example.com"
ONE_TRY = Patience(attempts=1)


class Dns:
    """Answers in turn, and goes on with the last answer."""

    def __init__(self, *answers: Sequence[str] | OSError) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


def network(dns: Dns | None = None, client: FakeClient | None = None) -> Network:
    return Network(client or FakeClient(), [NAME], dns or Dns(["10.0.0.1"]))


async def refusal(of: Network, url: str) -> Reason:
    with pytest.raises(DeliveryFailed) as caught:
        await of.pin(url, "team")
    return caught.value.problem.reason


async def test_a_listed_name_is_resolved_anew_each_time() -> None:
    dns = Dns(["10.0.0.1"], ["10.0.0.2", "10.0.0.3"])
    on = network(dns)
    found = [await on.pin(f"https://{NAME}", "team") for _ in range(2)]
    assert found == [Pinned(("10.0.0.1",)), Pinned(("10.0.0.2", "10.0.0.3"))]
    assert dns.asked == [f"{NAME}."] * 2


async def test_a_name_that_leads_elsewhere_the_next_time_is_refused_then() -> None:
    on = network(Dns(["10.0.0.1"], ["169.254.169.254"]))
    await on.pin(f"https://{NAME}", "team")
    assert await refusal(on, f"https://{NAME}") is Reason.NOT_ALLOWED


async def test_a_host_that_is_not_listed_is_not_even_asked_for() -> None:
    dns = Dns(["10.0.0.1"])
    assert await refusal(network(dns), "https://other.example.com") is Reason.NOT_ALLOWED
    assert dns.asked == []


async def test_a_name_that_dns_does_not_know_may_come_later() -> None:
    assert await refusal(network(Dns(OSError("made-up words"))), f"https://{NAME}") is Reason.UNREACHABLE


async def test_dns_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_module, "_DNS_SECONDS", 0.05)

    async def never(name: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    assert await refusal(Network(FakeClient(), [NAME], never), f"https://{NAME}") is Reason.UNREACHABLE


async def test_a_service_is_asked_of_the_api_server_and_not_of_dns() -> None:
    client, dns = FakeClient(), Dns(["10.0.0.1"])
    body = {"metadata": {"name": "tracardi", "namespace": "team"}, "spec": {"clusterIP": "10.96.0.7"}}
    await client.create(SERVICES, "team", body)
    assert await network(dns, client).pin("http://tracardi.team.svc:8686", "team") == Pinned(("10.96.0.7",))
    assert dns.asked == []


async def test_a_service_that_is_not_there_is_refused() -> None:
    assert await refusal(network(), "http://tracardi.team.svc") is Reason.NOT_ALLOWED


async def test_without_the_right_to_read_services_it_is_refused() -> None:
    client = FakeClient()
    client.once("get", "services", before=raising(refused(403, "Forbidden", Forbidden)))
    assert await refusal(network(client=client), "http://tracardi.team.svc") is Reason.NOT_ALLOWED


def test_a_list_with_a_mistake_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="host"):
        Network(FakeClient(), ["https://tracardi.example.com"])


class TestConnections:
    """By a client of Tracardi, to a stand-in on 127.0.0.1 that it knows under another name."""

    async def test_go_to_the_pinned_address_under_the_name_of_the_url(self) -> None:
        tracardi = _tracardi()
        with serving(tracardi) as url:
            port = url.rpartition(":")[2]
            await _list(f"http://{NAME}:{port}", Pinned(("127.0.0.1",)))
        assert {seen.host for seen in tracardi.seen} == {f"{NAME}:{port}"}

    async def test_expect_the_certificate_of_the_name_of_the_url(self, tmp_path: Path) -> None:
        tls, ca_file = authority(tmp_path, NAME)
        with serving(_tracardi(), tls) as url:
            port = url.rpartition(":")[2]
            await _list(f"https://{NAME}:{port}", Pinned(("127.0.0.1",)), ca_file.read_text())
            with pytest.raises(Unreachable):
                await _list(f"https://other.example.com:{port}", Pinned(("127.0.0.1",)), ca_file.read_text())

    async def test_tell_the_name_of_the_url_to_a_server_of_many_names(self, tmp_path: Path) -> None:
        told: list[str | None] = []
        tls, ca_file = authority(tmp_path, NAME)
        tls.sni_callback = lambda _socket, name, _context: told.append(name)
        with serving(_tracardi(), tls) as url:
            await _list(f"https://{NAME}:{url.rpartition(':')[2]}", Pinned(("127.0.0.1",)), ca_file.read_text())
        assert set(told) == {NAME}

    async def test_go_where_the_address_is_now(self) -> None:
        """What was resolved for a connection is not kept for the next."""
        tracardi, resolver = _tracardi(), PinnedResolver()
        closing = Fault("/resources", status=200, headers={"Connection": "close"}, body='{"result": []}')
        tracardi.faults.append(closing)
        with serving(tracardi) as url:
            named = f"http://{NAME}:{url.rpartition(':')[2]}"
            async with open_client(named, Login(USER, PASSWORD), resolver=resolver, patience=ONE_TRY) as client:
                resolver.pinned = Pinned(("127.0.0.1",))
                await client.resources(Context.PRODUCTION)
                resolver.pinned = Pinned(())
                with pytest.raises(Unreachable):
                    await client.resources(Context.PRODUCTION)

    async def test_are_not_made_without_an_address(self) -> None:
        with pytest.raises(Unreachable):
            await _list("http://localhost:1", Pinned(()))

    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
    async def test_heed_no_proxy_of_the_environment(self, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
        tracardi, proxy = _tracardi(), Tracardi()
        with serving(tracardi) as url, serving(proxy) as elsewhere:
            monkeypatch.setenv(variable, elsewhere)
            monkeypatch.setenv("NO_PROXY", "")
            await _list(f"http://{NAME}:{url.rpartition(':')[2]}", Pinned(("127.0.0.1",)))
        assert proxy.seen == []


def _tracardi() -> Tracardi:
    tracardi = Tracardi()
    tracardi.add_user(USER, PASSWORD, "developer")
    return tracardi


async def _list(url: str, pinned: Pinned, ca: str | None = None) -> None:
    resolver = PinnedResolver()
    resolver.pinned = pinned
    async with open_client(url, Login(USER, PASSWORD), ca=ca, resolver=resolver, patience=ONE_TRY) as client:
        await client.resources(Context.PRODUCTION)
