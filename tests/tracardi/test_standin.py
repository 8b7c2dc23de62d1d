"""The stand-in does what `reference/tracardi.md` says that Tracardi does. Each test names the row of the table of
section 2, or the paragraph below it, that it states.
"""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.tracardi.serving import serving
from tests.tracardi.standin import INSTALLATION_TOKEN, MOST_ENTITIES, TOKEN_LIFE, Tracardi

USER, PASSWORD = "operator", "made-up-Passphrase-7"
ROW = {"id": "Mail-1", "name": "Mail", "type": "sendgrid", "groups": ["team"], "tags": ["token", "sendgrid"]}


class Caller:
    """Speaks to the stand-in as plainly as curl."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self.headers = {"x-context": "production"}

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        headers = self.headers | options.pop("headers", {})
        async with self._session.request(method, f"{self._url}{path}", headers=headers, **options) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())

    async def log_in(self, password: str = PASSWORD) -> tuple[int, Any]:
        status, answer = await self.call("POST", "/user/token", data={"username": USER, "password": password})
        if status == 200:
            self.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return status, answer


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tracardi(clock: Clock) -> Tracardi:
    tracardi = Tracardi(clock=clock)
    tracardi.add_user(USER, PASSWORD, "developer")
    return tracardi


@pytest.fixture
async def caller(tracardi: Tracardi) -> AsyncIterator[Caller]:
    with serving(tracardi) as url:
        async with aiohttp.ClientSession() as session:
            caller = Caller(url, session)
            await caller.log_in()
            yield caller


async def test_login_gives_a_bearer_token_with_the_roles(caller: Caller) -> None:
    """Row POST /user/token."""
    status, answer = await caller.log_in()
    assert status == 200
    assert answer.keys() == {"access_token", "token_type", "roles", "preference"}
    assert (answer["token_type"], answer["roles"]) == ("bearer", ["developer"])


async def test_a_wrong_password_is_a_400(caller: Caller) -> None:
    """Row POST /user/token."""
    detail = {"detail": "Authentication error: Incorrect username or password."}
    assert await caller.log_in("another") == (400, detail)


async def test_every_login_of_a_user_gives_the_same_token(caller: Caller) -> None:
    """Paragraph "Token"."""
    assert (await caller.log_in())[1] == (await caller.log_in())[1]


async def test_a_logout_by_anybody_with_the_user_ends_the_token_of_all(caller: Caller) -> None:
    """Paragraph "Token"."""
    await caller.call("POST", "/user/logout")
    assert (await caller.call("GET", "/resources"))[0] == 401
    await caller.log_in()
    assert (await caller.call("GET", "/resources"))[0] == 200


async def test_a_token_lives_on_while_it_is_used_and_ends_when_it_is_not(caller: Caller, clock: Clock) -> None:
    """Paragraph "Token": 1800 seconds, sliding."""
    for _ in range(3):
        clock.now += TOKEN_LIFE - 1
        assert (await caller.call("GET", "/resources"))[0] == 200
    clock.now += TOKEN_LIFE
    assert (await caller.call("GET", "/resources"))[0] == 401


async def test_another_role_than_admin_or_developer_is_refused(tracardi: Tracardi, caller: Caller) -> None:
    """The sentence above the table."""
    tracardi.add_user(USER, PASSWORD, "marketer")
    assert (await caller.call("GET", "/resources"))[0] == 403


async def test_without_the_gui_api_all_is_refused(tracardi: Tracardi, caller: Caller) -> None:
    """The sentence above the table: EXPOSE_GUI_API=no."""
    tracardi.expose_gui_api = False
    assert (await caller.call("GET", "/resources"))[0] == 403


async def test_a_post_answers_the_id_in_lower_case(caller: Caller) -> None:
    """Row POST /resource."""
    assert await caller.call("POST", "/resource", json=ROW) == (200, "mail-1")


async def test_a_post_replaces_the_whole_row(caller: Caller) -> None:
    """Row POST /resource: omitted fields go back to their defaults."""
    await caller.call("POST", "/resource", json=ROW)
    await caller.call("POST", "/resource", json={"id": "mail-1", "name": "Mail", "type": "sendgrid"})
    _, row = await caller.call("GET", "/resource/mail-1")
    assert (row["groups"], row["tags"], row["description"]) == ([], ["general"], "No description provided")


async def test_a_post_without_a_name_is_a_422(caller: Caller) -> None:
    """Row POST /resource."""
    assert (await caller.call("POST", "/resource", json={"id": "a", "type": "sendgrid"}))[0] == 422


@pytest.mark.parametrize(
    "part",
    [
        {"id": "a" * 41},
        {"name": "a" * 65},
        {"tags": ["a" * 128, "b" * 128]},
        {"destination": {"package": "p", "init": {"headers": {f"x-{n}": f"{n * 7919}" for n in range(60)}}}},
    ],
    ids=lambda part: next(iter(part)),
)
async def test_what_is_too_long_is_a_bare_500(caller: Caller, part: dict[str, Any]) -> None:
    """Row POST /resource, and the column limits of section 1."""
    assert await caller.call("POST", "/resource", json=ROW | part) == (500, "Internal Server Error")


async def test_an_unknown_field_is_silently_left_out(caller: Caller) -> None:
    """Section 1, `locked`."""
    await caller.call("POST", "/resource", json=ROW | {"locked": True})
    assert "locked" not in (await caller.call("GET", "/resource/mail-1"))[1]


async def test_an_absent_id_is_null_and_not_404(caller: Caller) -> None:
    """Row GET /resource/{id}."""
    assert await caller.call("GET", "/resource/none") == (200, None)


async def test_an_id_is_found_whatever_its_case(caller: Caller) -> None:
    """Row GET /resource/{id}: the collation of MySQL."""
    await caller.call("POST", "/resource", json=ROW)
    assert (await caller.call("GET", "/resource/MAIL-1"))[1]["id"] == "mail-1"


async def test_credentials_are_answered_in_clear(caller: Caller) -> None:
    """Rows GET /resource/{id} and GET /resources."""
    credentials = {"production": {"token": "made up"}, "test": {}}
    await caller.call("POST", "/resource", json=ROW | {"credentials": credentials})
    _, listed = await caller.call("GET", "/resources")
    assert (listed["total"], listed["result"][0]["credentials"]) == (1, credentials)


async def test_the_timestamp_is_that_of_the_read(caller: Caller, clock: Clock) -> None:
    """Section 1, `timestamp`: of no use for finding changes."""
    await caller.call("POST", "/resource", json=ROW)
    _, before = await caller.call("GET", "/resource/mail-1")
    clock.now += 1
    _, after = await caller.call("GET", "/resource/mail-1")
    assert before["timestamp"] != after["timestamp"]


async def test_the_rows_of_the_two_contexts_are_independent(caller: Caller) -> None:
    """Paragraph "Context"."""
    await caller.call("POST", "/resource", json=ROW)
    assert (await caller.call("GET", "/resource/mail-1", headers={"x-context": "staging"}))[1] is None


async def test_without_a_context_it_is_staging(caller: Caller) -> None:
    """Section 1, "production vs test credentials": PRODUCTION=no, and no header."""
    del caller.headers["x-context"]
    await caller.call("POST", "/resource", json=ROW)
    assert (await caller.call("GET", "/resource/mail-1", headers={"x-context": "staging"}))[1]["production"] is False


async def test_the_list_of_names_ends_at_250_and_that_of_resources_does_not(tracardi: Tracardi, caller: Caller) -> None:
    """Rows GET /resources and GET /resources/entity."""
    for number in range(MOST_ENTITIES + 1):
        tracardi.store(ROW | {"id": f"r{number}"})
    assert len((await caller.call("GET", "/resources/entity"))[1]["result"]) == MOST_ENTITIES
    assert len((await caller.call("GET", "/resources"))[1]["result"]) == MOST_ENTITIES + 1


async def test_a_disabled_resource_is_not_found_by_its_tag(tracardi: Tracardi, caller: Caller) -> None:
    """Row GET /resources/entity/tag/{tag}."""
    tracardi.store(ROW)
    tracardi.store(ROW | {"id": "b", "enabled": False})
    _, found = await caller.call("GET", "/resources/entity/tag/sendgrid")
    assert found == {"total": 1, "result": [{"id": "mail-1", "name": "Mail"}]}


async def test_no_match_by_name_has_null_for_its_groups(tracardi: Tracardi, caller: Caller) -> None:
    """Row GET /resources/by_type."""
    tracardi.store(ROW)
    assert (await caller.call("GET", "/resources/by_type?query=x"))[1] == {"total": 0, "grouped": None}
    assert (await caller.call("GET", "/resources/by_type?query=mai"))[1]["grouped"].keys() == {"Resources"}


async def test_types_are_told_by_name_and_with_their_template(caller: Caller) -> None:
    """Row GET /resources/type/name or /type/configuration."""
    assert (await caller.call("GET", "/resources/type/name"))[1]["result"]["sendgrid"] == "SendGrid"
    _, configured = await caller.call("GET", "/resources/type/configuration")
    assert configured["result"]["sendgrid"]["config"] == {"token": "<token>"}


async def test_a_delete_answers_the_same_when_there_is_nothing(caller: Caller) -> None:
    """Row DELETE /resource/{id}."""
    await caller.call("POST", "/resource", json=ROW)
    answers = [await caller.call("DELETE", "/resource/mail-1") for _ in range(2)]
    assert answers == [(200, [True, None])] * 2


async def test_the_way_to_enable_a_resource_by_itself_is_gone(caller: Caller) -> None:
    """Row /resource/{id}/enabled/on,off."""
    assert (await caller.call("GET", "/resource/mail-1/enabled/on"))[0] == 404


async def test_older_versions_answer_404_an_object_and_the_id_as_it_was(tracardi: Tracardi, caller: Caller) -> None:
    """Paragraph "Older"."""
    tracardi.older = True
    assert (await caller.call("GET", "/resource/none"))[0] == 404
    assert (await caller.call("DELETE", "/resource/none"))[0] == 404
    assert await caller.call("POST", "/resource", json=ROW) == (200, {"saved": 1, "errors": [], "ids": ["Mail-1"]})
    assert (await caller.call("GET", "/resource/Mail-1"))[1]["id"] == "Mail-1"
    assert (await caller.call("POST", "/resource", json={"id": "a", "type": "sendgrid"}))[0] == 200


async def test_the_first_admin_is_made_against_the_installation_token(tracardi: Tracardi, caller: Caller) -> None:
    """Paragraph "Bootstrap"."""
    admin = {"username": "admin", "password": PASSWORD, "needs_admin": True}
    assert (await caller.call("POST", "/install", json=admin | {"token": "another"}))[0] == 403
    assert (await caller.call("POST", "/install", json=admin | {"token": INSTALLATION_TOKEN}))[0] == 200
    assert tracardi.users["admin"] == (PASSWORD, ["admin"])


async def test_only_an_admin_makes_users(tracardi: Tracardi, caller: Caller) -> None:
    """Paragraph "Bootstrap"."""
    user = {"email": "new", "password": PASSWORD, "full_name": "New", "roles": ["developer"]}
    assert (await caller.call("POST", "/user", json=user))[0] == 403
    tracardi.add_user(USER, PASSWORD, "admin")
    assert (await caller.call("POST", "/user", json=user))[0] == 200
    assert tracardi.users["new"] == (PASSWORD, ["developer"])


async def test_a_destination_is_filled_in_and_nothing_else_of_it_is_kept(caller: Caller) -> None:
    """Section 1, `destination`."""
    await caller.call("POST", "/resource", json=ROW | {"destination": {"package": "a.b.C", "other": 1}})
    _, row = await caller.call("GET", "/resource/mail-1")
    assert row["destination"] == {"package": "a.b.C", "init": {}, "form": {}, "pro": False}


async def test_a_destination_without_a_package_is_a_422(caller: Caller) -> None:
    """Section 1, `destination`."""
    assert (await caller.call("POST", "/resource", json=ROW | {"destination": {"init": {}}}))[0] == 422


async def test_with_production_alone_the_context_decides_nothing(tracardi: Tracardi, caller: Caller) -> None:
    """Section 1, "production vs test credentials": PRODUCTION=yes."""
    tracardi.only_production = True
    await caller.call("POST", "/resource", json=ROW, headers={"x-context": "staging"})
    for context in ("staging", "production"):
        _, row = await caller.call("GET", "/resource/mail-1", headers={"x-context": context})
        assert row["production"] is True


async def test_a_plugin_writes_its_token_beside_the_credentials(tracardi: Tracardi, caller: Caller) -> None:
    """Paragraph "Runtime write-back"."""
    credentials = {"production": {"public_key": "made up"}, "test": {}}
    await caller.call("POST", "/resource", json=ROW | {"type": "mautic", "credentials": credentials})
    tracardi.write_back("mail-1", {"access_token": "made up"})
    _, row = await caller.call("GET", "/resource/mail-1")
    expected = {"public_key": "made up", "token": {"access_token": "made up"}}
    assert row["credentials"] == {"production": expected, "test": {}}
