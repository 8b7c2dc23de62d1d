"""The client against the stand-in: what it returns, how often it asks, and what it says when it gives up."""

import asyncio
import json
import ssl
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.sentinels import found, made_up, traces_of
from tests.tracardi.certificates import authority
from tests.tracardi.serving import serving
from tests.tracardi.standin import Fault, Tracardi
from tracardi_operator.tracardi.client import Login, Patience, TracardiClient, check_url, open_client
from tracardi_operator.tracardi.errors import (
    Forbidden,
    LoginFailed,
    Redirected,
    Refused,
    ServerError,
    Throttled,
    TracardiError,
    Unauthorized,
    Unintelligible,
    Unreachable,
    Untrusted,
)
from tracardi_operator.tracardi.models import Context, TracardiResource

ROW = TracardiResource(id="row", type="sendgrid", name="Row", description="d", production={"token": "made up"})
USER, PASSWORD = "operator", "made-up-Passphrase-7"
PRODUCTION, STAGING = Context.PRODUCTION, Context.STAGING


class Sleeps(list[float]):
    """What was slept, without sleeping."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def tracardi() -> Tracardi:
    tracardi = Tracardi()
    tracardi.add_user(USER, PASSWORD, "developer")
    tracardi.store({"id": "m", "name": "Mail", "type": "sendgrid"})
    return tracardi


@pytest.fixture
def url(tracardi: Tracardi) -> Iterator[str]:
    with serving(tracardi) as url:
        yield url


@asynccontextmanager
async def client_of(
    url: str, sleeps: Sleeps, password: str = PASSWORD, patience: float = 30.0, ca_file: str | None = None
) -> AsyncIterator[TracardiClient]:
    patient = Patience(attempts=4, timeout=patience, sleep=sleeps)
    async with open_client(url, Login(USER, password), ca_file=ca_file, patience=patient) as client:
        yield client


@pytest.fixture
async def client(url: str, sleeps: Sleeps) -> AsyncIterator[TracardiClient]:
    async with client_of(url, sleeps) as client:
        yield client


async def test_one_login_serves_all_requests(tracardi: Tracardi, client: TracardiClient) -> None:
    for _ in range(3):
        await client.resources(PRODUCTION)
    assert (tracardi.count("POST", "/user/token"), tracardi.count("GET", "/resources")) == (1, 3)


async def test_each_context_has_its_own_rows(tracardi: Tracardi, client: TracardiClient) -> None:
    tracardi.store({"id": "m", "name": "Staged", "type": "sendgrid"}, production=False)
    names = [[r.name for r in (await client.resources(context)).resources] for context in (PRODUCTION, STAGING)]
    assert names == [["Mail"], ["Staged"]]


@pytest.mark.parametrize("older", [False, True])
async def test_a_resource_that_is_absent_is_none_be_it_null_or_404(
    tracardi: Tracardi, client: TracardiClient, older: bool
) -> None:
    tracardi.older = older
    assert await client.resource(PRODUCTION, "none") is None
    assert await client.resource(PRODUCTION, "m") is not None


async def test_an_id_can_not_lead_to_another_path(tracardi: Tracardi, client: TracardiClient) -> None:
    assert await client.resource(PRODUCTION, "../resources?a#b") is None
    assert tracardi.seen[-1].path == "/resource/../resources?a#b"


async def test_entries_that_are_no_resources_are_counted_and_the_others_read(
    tracardi: Tracardi, client: TracardiClient
) -> None:
    tracardi.rows["x", True] = {"id": "x", "type": None}
    listing = await client.resources(PRODUCTION)
    assert ([r.id for r in listing.resources], listing.malformed) == (["m"], 1)


async def test_the_templates_are_what_the_forms_begin_with(client: TracardiClient) -> None:
    assert (await client.templates())["sendgrid"] == {"token": "<token>"}


async def test_after_a_401_it_logs_in_once_more(tracardi: Tracardi, client: TracardiClient) -> None:
    await client.resources(PRODUCTION)
    tracardi.revoke(USER)
    await client.resources(PRODUCTION)
    assert (tracardi.count("POST", "/user/token"), tracardi.count("GET", "/resources")) == (2, 3)


async def test_a_row_is_written_into_its_context_alone(tracardi: Tracardi, client: TracardiClient) -> None:
    await client.save(STAGING, ROW)
    assert (await client.resource(STAGING, "row"), await client.resource(PRODUCTION, "row")) == (
        replace(ROW, context=STAGING),
        None,
    )


@pytest.mark.parametrize("older", [False, True])
async def test_a_row_is_written_and_deleted_in_older_versions_too(
    tracardi: Tracardi, client: TracardiClient, older: bool
) -> None:
    tracardi.older = older
    await client.save(PRODUCTION, ROW)
    assert (await client.resource(PRODUCTION, "row")) is not None
    for _ in range(2):
        await client.delete(PRODUCTION, "row")
    assert (await client.resource(PRODUCTION, "row")) is None


async def test_an_answer_that_counts_errors_is_no_success(tracardi: Tracardi, client: TracardiClient) -> None:
    body = json.dumps({"saved": 0, "errors": ["made-up words"], "ids": []})
    tracardi.faults.append(Fault("/resource", status=200, body=body, method="POST"))
    with pytest.raises(Unintelligible, match="not saved"):
        await client.save(PRODUCTION, ROW)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_a_write_that_is_answered_with_401_follows_a_new_login(
    tracardi: Tracardi, client: TracardiClient, method: str
) -> None:
    await client.resources(PRODUCTION)
    tracardi.revoke(USER)
    await (client.save(PRODUCTION, ROW) if method == "POST" else client.delete(PRODUCTION, "m"))
    assert (tracardi.count("POST", "/user/token"), len(tracardi.writes())) == (2, 2)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"is_down": True}], ids=str)
async def test_a_write_that_failed_but_was_stored_is_not_repeated(
    tracardi: Tracardi, client: TracardiClient, fault: dict[str, Any]
) -> None:
    tracardi.faults.append(Fault("/resource", method="POST", is_done=True, **fault))
    await client.save(PRODUCTION, ROW)
    assert (len(tracardi.writes()), tracardi.count("GET", "/resource/row")) == (1, 1)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"is_down": True}], ids=str)
async def test_a_write_that_failed_and_was_not_stored_is_tried_once_more(
    tracardi: Tracardi, client: TracardiClient, sleeps: Sleeps, fault: dict[str, Any]
) -> None:
    tracardi.faults.append(Fault("/resource", method="POST", **fault))
    await client.save(PRODUCTION, ROW)
    assert (len(tracardi.writes()), tracardi.count("GET", "/resource/row"), len(sleeps)) == (2, 1, 1)


async def test_a_row_that_tracardi_can_not_store_is_given_up_after_two_writes(
    tracardi: Tracardi, client: TracardiClient
) -> None:
    with pytest.raises(ServerError):
        await client.save(PRODUCTION, replace(ROW, name="n" * 65))
    assert len(tracardi.writes()) == 2


async def test_a_throttled_write_waits_as_long_as_it_is_told_and_reads_nothing(
    tracardi: Tracardi, client: TracardiClient, sleeps: Sleeps
) -> None:
    tracardi.faults.append(Fault("/resource", status=429, headers={"Retry-After": "7"}, method="POST"))
    await client.save(PRODUCTION, ROW)
    assert (sleeps, tracardi.count("GET", "/resource/row")) == ([7.0], 0)


async def test_many_requests_that_find_the_token_revoked_log_in_once(
    tracardi: Tracardi, client: TracardiClient
) -> None:
    await client.resources(PRODUCTION)
    tracardi.faults.append(Fault("/resources", times=5, status=401))
    await asyncio.gather(*(client.resources(PRODUCTION) for _ in range(5)))
    assert tracardi.count("POST", "/user/token") == 2


async def test_a_401_with_the_new_token_too_is_told(tracardi: Tracardi, client: TracardiClient) -> None:
    tracardi.faults.append(Fault("/resources", times=9, status=401))
    with pytest.raises(Unauthorized):
        await client.resources(PRODUCTION)
    assert (tracardi.count("POST", "/user/token"), tracardi.count("GET", "/resources")) == (2, 2)


async def test_a_wrong_password_is_tried_once(tracardi: Tracardi, url: str, sleeps: Sleeps) -> None:
    async with client_of(url, sleeps, password="another") as client:
        with pytest.raises(LoginFailed):
            await client.resources(PRODUCTION)
    assert (tracardi.count("POST", "/user/token"), sleeps) == (1, [])


async def test_a_user_without_the_role_is_told_which_it_needs(tracardi: Tracardi, client: TracardiClient) -> None:
    tracardi.add_user(USER, PASSWORD, "marketer")
    with pytest.raises(Forbidden, match="developer or admin"):
        await client.resources(PRODUCTION)


async def test_a_500_is_tried_again_after_waits_that_grow(
    tracardi: Tracardi, client: TracardiClient, sleeps: Sleeps
) -> None:
    tracardi.faults.append(Fault("/resources", times=3, status=500))
    assert len((await client.resources(PRODUCTION)).resources) == 1
    assert tracardi.count("GET", "/resources") == 4
    assert [0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(sleeps)] == [True] * 3


async def test_it_gives_up_in_the_end(tracardi: Tracardi, client: TracardiClient) -> None:
    tracardi.faults.append(Fault("/resources", times=99, status=500))
    with pytest.raises(ServerError):
        await client.resources(PRODUCTION)
    assert tracardi.count("GET", "/resources") == 4


@pytest.mark.parametrize("status", [429, 503])
async def test_it_waits_as_long_as_it_is_told(
    tracardi: Tracardi, client: TracardiClient, sleeps: Sleeps, status: int
) -> None:
    tracardi.faults.append(Fault("/resources", status=status, headers={"Retry-After": "7"}))
    await client.resources(PRODUCTION)
    assert sleeps == [7.0]


async def test_it_does_not_wait_for_an_hour(tracardi: Tracardi, client: TracardiClient, sleeps: Sleeps) -> None:
    tracardi.faults.append(Fault("/resources", status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(Throttled):
        await client.resources(PRODUCTION)
    assert sleeps == []


async def test_a_refusal_is_not_tried_again(tracardi: Tracardi, client: TracardiClient, sleeps: Sleeps) -> None:
    tracardi.faults.append(Fault("/resources", status=422))
    with pytest.raises(Refused, match="GET /resources: Tracardi answered 422"):
        await client.resources(PRODUCTION)
    assert sleeps == []


async def test_a_slow_answer_is_given_up_and_asked_for_again(tracardi: Tracardi, url: str, sleeps: Sleeps) -> None:
    tracardi.faults.append(Fault("/resources", times=1, delay=60.0))
    async with client_of(url, sleeps, patience=0.5) as client:
        assert len((await client.resources(PRODUCTION)).resources) == 1
    assert (tracardi.count("GET", "/resources"), len(sleeps)) == (2, 1)


async def test_nobody_there_is_told_after_all_attempts(tracardi: Tracardi, sleeps: Sleeps) -> None:
    with serving(tracardi) as url:
        pass
    async with client_of(url, sleeps) as client:
        with pytest.raises(Unreachable, match="no answer"):
            await client.resources(PRODUCTION)
    assert len(sleeps) == 3


@pytest.mark.parametrize("path", ["/user/token", "/resources"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(
    tracardi: Tracardi, client: TracardiClient, sleeps: Sleeps, path: str, status: int
) -> None:
    other = Tracardi()
    with serving(other) as elsewhere:
        tracardi.faults.append(Fault(path, status=status, headers={"Location": f"{elsewhere}/resources"}))
        with pytest.raises(Redirected):
            await client.resources(PRODUCTION)
    assert (other.seen, sleeps) == ([], [])


async def test_authorities_can_be_given_as_text(tracardi: Tracardi, tmp_path: Path, sleeps: Sleeps) -> None:
    server_tls, ca_file = authority(tmp_path)
    with serving(tracardi, server_tls) as url:
        async with open_client(url, Login(USER, PASSWORD), ca="# Främst\n" + ca_file.read_text()) as client:
            assert len((await client.resources(PRODUCTION)).resources) == 1


async def test_the_authorities_of_the_system_are_read_once_for_all_sessions(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    read: list[ssl.SSLContext] = []
    load = ssl.SSLContext.load_default_certs

    def counted(context: ssl.SSLContext, purpose: ssl.Purpose = ssl.Purpose.SERVER_AUTH) -> None:
        read.append(context)
        load(context, purpose)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", counted)
    for _ in range(3):
        async with open_client(url, Login(USER, PASSWORD)) as client:
            await client.resources(PRODUCTION)
    assert len(read) <= 1  # none, if an earlier test had them read


@pytest.mark.parametrize("ca", ["", "made-up words", "ä"])
async def test_authorities_that_are_none_are_told(ca: str) -> None:
    opened = open_client("https://127.0.0.1:1", Login(USER, PASSWORD), ca=ca)
    with pytest.raises(Untrusted) as caught:
        await opened.__aenter__()
    assert "made-up" not in str(caught.value)


async def test_a_certificate_of_an_unknown_authority_is_refused_at_once(
    tracardi: Tracardi, tmp_path: Path, sleeps: Sleeps
) -> None:
    server_tls, ca_file = authority(tmp_path)
    with serving(tracardi, server_tls) as url:
        async with client_of(url, sleeps) as client:
            with pytest.raises(Untrusted):
                await client.resources(PRODUCTION)
        assert (tracardi.seen, sleeps) == ([], [])
        async with client_of(url, sleeps, ca_file=str(ca_file)) as client:
            assert len((await client.resources(PRODUCTION)).resources) == 1


@pytest.mark.parametrize(
    "body",
    ["<html>the GUI</html>", "[]", "null", '{"result": {}}', "[" * 100_000, "1" * 5000, '{"result": ['],
    ids=["HTML", "a list", "null", "no list", "deep", "a long number", "cut off"],
)
async def test_an_answer_of_another_form_is_told(tracardi: Tracardi, client: TracardiClient, body: str) -> None:
    tracardi.faults.append(Fault("/resources", status=200, body=body))
    with pytest.raises(Unintelligible):
        await client.resources(PRODUCTION)


async def test_an_answer_without_end_is_not_read(tracardi: Tracardi, url: str) -> None:
    tracardi.store({"id": "n", "name": "n", "type": "sendgrid", "description": "x" * 2000})
    async with open_client(url, Login(USER, PASSWORD), patience=Patience(max_bytes=1000)) as client:
        with pytest.raises(Unintelligible, match="too large"):
            await client.resources(PRODUCTION)


async def test_an_id_that_the_server_told_stands_in_no_exception(tracardi: Tracardi, client: TracardiClient) -> None:
    tracardi.faults.append(Fault("/resource/", 9, status=500))
    with pytest.raises(ServerError) as caught:
        await client.delete(PRODUCTION, "made-up-value")
    assert "made-up-value" not in str(caught.value)


async def test_an_answer_of_many_small_values_is_not_decoded(tracardi: Tracardi, url: str, sleeps: Sleeps) -> None:
    tracardi.faults.append(Fault("/resources", status=200, body=f'{{"result": [{"[]," * 100}[]]}}'))
    few = Patience(max_bytes=16 * 99, sleep=sleeps)
    async with open_client(url, Login(USER, PASSWORD), patience=few) as client:
        with pytest.raises(Unintelligible, match="too many"):
            await client.resources(PRODUCTION)


@pytest.mark.parametrize("token", ["", 7, None, "a\r\nX-Evil: 1", "ä"])
async def test_a_token_that_is_none_is_not_used(tracardi: Tracardi, client: TracardiClient, token: object) -> None:
    tracardi.faults.append(Fault("/user/token", status=200, body=json.dumps({"access_token": token})))
    with pytest.raises(Unintelligible):
        await client.resources(PRODUCTION)
    assert tracardi.count("GET", "/resources") == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("/user/token", status=400), LoginFailed),
        (Fault("/user/token", 9, status=500), ServerError),
        (Fault("/resources", 9, status=500), ServerError),
        (Fault("/resources", status=302, headers={"Location": "http://SENTINEL@h/?SENTINEL"}), Redirected),
        (Fault("/resources", status=200), Unintelligible),
        (Fault("/resources", 9, status=401), Unauthorized),
        (Fault("/resources", 9, delay=60.0), Unreachable),
        (Fault("/resources", 9, is_down=True), Unreachable),
        (Fault("/resource", 9, status=500, method="POST"), ServerError),
        (Fault("/resource", 9, status=422, method="POST"), Refused),
        (Fault("/resource", 9, status=200, method="POST"), Unintelligible),
        (Fault("/resource", 9, is_down=True, method="POST"), Unreachable),
        (Fault("/resource/", 9, status=500, method="DELETE"), ServerError),
    ],
    ids=[
        "login",
        "login 500",
        "500",
        "redirect",
        "no JSON",
        "401",
        "slow",
        "broken off",
        "write 500",
        "write 422",
        "write no JSON",
        "write broken off",
        "delete 500",
    ],
)
async def test_no_exception_holds_password_token_body_or_header(
    tracardi: Tracardi,
    url: str,
    sleeps: Sleeps,
    fault: Fault,
    error: type[TracardiError],
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret, password = made_up(24), made_up(24)
    caplog.set_level("DEBUG")
    tracardi.add_user(USER, password, "developer")
    headers = {name: value.replace("SENTINEL", secret) for name, value in fault.headers.items()}
    tracardi.faults.append(replace(fault, headers=headers, body=f"an error page with {secret}", echoes=True))
    row = replace(ROW, production={"token": secret}, destination={"package": "p", "init": {"key": secret}})
    async with client_of(url, sleeps, password=password, patience=0.5) as client:
        with pytest.raises(error) as caught:
            await _all_verbs(client, row)
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
        told += caplog.text + repr(client) + repr(Login(USER, password)) + repr(row)
    assert not found(told, traces_of([secret, password, tracardi.token_of(USER)]))


async def _all_verbs(client: TracardiClient, row: TracardiResource) -> None:
    await client.resources(PRODUCTION)
    await client.save(PRODUCTION, row)
    await client.delete(PRODUCTION, row.id)


async def test_a_repr_of_a_resource_has_no_credentials(tracardi: Tracardi, client: TracardiClient) -> None:
    secret = made_up(24)
    both = {"production": {"token": secret}, "test": {"token": secret}}
    tracardi.store({"id": "m", "name": "M", "type": "api", "credentials": both, "destination": {"init": secret}})
    listing = await client.resources(PRODUCTION)
    assert listing.resources[0].production == {"token": secret}
    assert not found(repr(listing), traces_of([secret]))


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("https://tracardi.example.com", ""),
        ("http://tracardi.marketing.svc:8686/api/", ""),
        ("tracardi.example.com", "must begin"),
        ("ftp://tracardi.example.com", "must begin"),
        ("https://", "must begin"),
        ("https://operator:made-up@tracardi.example.com", "must not hold"),
        ("https://tracardi.example.com/?token=made-up", "must not have"),
        ("https://tracardi.example.com:made-up/", "is not"),
        ("https://[tracardi", "is not"),
    ],
)
def test_an_address_with_a_login_or_without_a_host_is_refused_and_not_repeated(url: str, wrong: str) -> None:
    said = check_url(url)
    assert said.startswith(wrong) if wrong else said == ""
    assert "made-up" not in said
