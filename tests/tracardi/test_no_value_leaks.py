"""Whatever Tracardi answers, no credential of a Resource, password or token is in a log, exception, status or `repr`.

The stand-in repeats headers and body of each request in its error pages, as a debugging proxy does.
"""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.sentinels import ALPHANUMERIC, found, made_up, traces_of
from tests.tracardi.delivering import USER, Site, entry, site
from tests.tracardi.serving import serving
from tests.tracardi.standin import Fault, Tracardi
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.tracardi.client import Login

CREDENTIALS = {"public_key": made_up(40), "private_key": made_up(40), "api_url": f"https://{made_up(20)}.example.com"}
WRITTEN_BACK = made_up(40)
PASSWORD = made_up(24, ALPHANUMERIC)
ENTRY = entry("m", "mautic", credentials=CREDENTIALS)
MANY_TIMES = 99

FAULTS = {
    "none": Fault(times=0),
    **{
        f"{method} {path} {status}": Fault(path, MANY_TIMES, status=status, method=method, echoes=True)
        for method, path in (("POST", "/user/token"), ("GET", "/resources"), ("POST", "/resource"), ("DELETE", "/"))
        for status in (200, 302, 400, 401, 403, 422, 429, 500, 503)
    },
    "broken off": Fault("/resource", MANY_TIMES, is_down=True),
    "write broken off": Fault("/resource", MANY_TIMES, is_down=True, method="POST"),
    "stored and broken off": Fault("/resource", MANY_TIMES, is_down=True, is_done=True, method="POST"),
}


@pytest.fixture
async def here() -> AsyncIterator[Site]:
    tracardi = Tracardi()
    tracardi.add_user(USER, PASSWORD, "developer")
    with serving(tracardi) as url:
        here = site(tracardi, url)
        here.login = Login(USER, PASSWORD)
        yield here
        await here.publisher.close()


@pytest.mark.parametrize("name", FAULTS)
async def test_no_value_is_told(here: Site, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    told = await _told_by_a_delivery(here, ENTRY.name)
    here.tracardi.write_back(ENTRY.uid, WRITTEN_BACK)
    here.tracardi.faults.append(replace(FAULTS[name]))
    here.tracardi.revoke(USER)
    told += await _told_by_a_delivery(here, "renamed")
    told += await _told_by_a_delivery(here)
    records = "".join(repr(vars(record)) for record in caplog.records)
    secrets = [*map(str, CREDENTIALS.values()), WRITTEN_BACK, PASSWORD, here.tracardi.token_of(USER)]
    assert not found(told + caplog.text + records, traces_of(secrets) - traces_of(["https://", ".example.com"]))


async def _told_by_a_delivery(here: Site, *names: str) -> str:
    """Of the Resource under these names; of nothing without one: then its row is to be deleted."""
    renamed = [replace(ENTRY, settings=ENTRY.settings.model_copy(update={"name": name})) for name in names]
    try:
        return repr(await here.deliver(*renamed)) + repr(vars(here.publisher)) + repr(renamed)
    except DeliveryFailed as error:
        return "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(vars(here.publisher))
