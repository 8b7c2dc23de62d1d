"""What happens to a Tracardi and what the publisher makes of it: it ends in agreement, with no write too many.

Each scenario counts its writes; `agrees` then looks at both contexts, and that one more delivery writes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.tracardi.delivering import (
    BOTH,
    ELSEWHERE,
    PASSWORD,
    PRODUCTION,
    QUICK,
    STAGING,
    USER,
    Site,
    deletes,
    entry,
    expected,
    posts,
    publisher,
    rotated,
    site,
)
from tests.tracardi.serving import serving
from tests.tracardi.standin import Fault, Tracardi
from tests.unit.control.fake_client import FakeClient
from tracardi_operator.api.problems import Reason
from tracardi_operator.control.consumers.destinations import Pinned
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.control.consumers.network import Network
from tracardi_operator.control.consumers.tracardi import CONCURRENCY, TracardiPublisher, _each
from tracardi_operator.control.writer import Outdated
from tracardi_operator.tracardi.client import Login

A, B, C = entry("a"), entry("b"), entry("c")
A_ID, B_ID, C_ID = A.uid, B.uid, C.uid
NEW_TOKEN = "SG.bm90LXRoZS1vbGQtb25lLQ.bm90LWEtcmVhbC1rZXktanVzdC1pdHMtc2hhcGUtMDE"
MANY = tuple(entry(f"r{number:03}") for number in range(100))
IDS_OF_MANY = tuple(one.uid for one in MANY)


@pytest.fixture
def tracardi() -> Tracardi:
    tracardi = Tracardi()
    tracardi.add_user(USER, PASSWORD, "developer")
    return tracardi


@pytest.fixture
def url(tracardi: Tracardi) -> Iterator[str]:
    with serving(tracardi) as url:
        yield url


@pytest.fixture
async def here(tracardi: Tracardi, url: str) -> AsyncIterator[Site]:
    here = site(tracardi, url)
    yield here
    await here.publisher.close()


@pytest.fixture
async def elsewhere(tracardi: Tracardi, url: str) -> AsyncIterator[Site]:
    """Another cluster, which delivers to the same Tracardi."""
    elsewhere = site(tracardi, url, ELSEWHERE)
    yield elsewhere
    await elsewhere.publisher.close()


async def failure(here: Site, *entries: Any) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        await here.deliver(*entries)
    return caught.value


class Moving(Network):
    """A host that is somewhere else each time."""

    def __init__(self, *pinned: Pinned) -> None:
        super().__init__(FakeClient(), [])
        self._pinned = iter(pinned)

    async def pin(self, url: str, namespace: str) -> Pinned:
        return next(self._pinned)


class TestChangesOfOurs:
    async def test_created(self, here: Site) -> None:
        assert await here.writes_of(A, B) == posts(A_ID, B_ID)
        assert await here.agrees(A, B)

    async def test_nothing_to_do_costs_one_listing_of_each_context(self, here: Site) -> None:
        await here.deliver(A, B)
        here.tracardi.seen.clear()
        await here.deliver(A, B)
        assert [(seen.method, seen.path) for seen in here.tracardi.seen] == [("GET", "/resources")] * 2

    async def test_rotated(self, here: Site) -> None:
        await here.deliver(A, B)
        new = rotated(A, token=NEW_TOKEN)
        assert await here.writes_of(new, B) == posts(A_ID)
        assert await here.agrees(new, B)

    async def test_disabled(self, here: Site) -> None:
        await here.deliver(A, B)
        off = replace(A, settings=A.settings.model_copy(update={"enabled": False}))
        assert await here.writes_of(off, B) == posts(A_ID)
        assert await here.agrees(off, B)

    async def test_deleted(self, here: Site) -> None:
        await here.deliver(A, B)
        assert await here.writes_of(B) == deletes(A_ID)
        assert await here.agrees(B)

    async def test_nothing_is_deleted_before_all_is_known(self, here: Site) -> None:
        await here.deliver(A, B)
        delivery = await here.deliver(B, may_delete=False)
        assert (delivery.changed, set(here.rows(PRODUCTION))) == (0, {A_ID, B_ID})

    async def test_a_delivery_tells_how_many_are_there_and_how_many_rows_it_changed(self, here: Site) -> None:
        first, second = await here.deliver(A, B), await here.deliver(A)
        assert [(d.delivered, d.changed, d.omitted) for d in (first, second)] == [(2, 4, ()), (1, 2, ())]

    async def test_it_begins_before_the_first_row_is_written_and_not_if_none_is(self, here: Site) -> None:
        rows: list[int] = []

        async def begin() -> None:
            rows.append(len(here.rows(PRODUCTION)))

        for entries in ((), (A, B), (A, B), (B,), (A, B)):
            await here.publisher.deliver(
                here.consumer, here.target(), here.login, None, entries, may_delete=True, begin=begin
            )
        assert rows == [0, 1]

    async def test_nothing_is_written_if_it_can_not_begin(self, here: Site) -> None:
        async def begin() -> None:
            raise Outdated

        with pytest.raises(Outdated):
            await here.publisher.deliver(
                here.consumer, here.target(), here.login, None, [A], may_delete=True, begin=begin
            )
        assert here.tracardi.writes() == []


async def test_a_stop_while_others_end_after_an_error_is_a_stop() -> None:
    """A TaskGroup that ends by an error of its own drops a cancellation from outside, before Python 3.13."""
    ending = asyncio.Event()

    async def save(item: int) -> None:
        if not item:
            raise TimeoutError
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await asyncio.sleep(0.01)

    running = asyncio.create_task(_each([1, 0], save))
    await ending.wait()
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


class TestContexts:
    async def test_one_context_alone(self, here: Site) -> None:
        here.options["contexts"] = [PRODUCTION]
        assert await here.writes_of(A) == posts(A_ID, contexts=[PRODUCTION])
        assert await here.agrees(A, contexts=[PRODUCTION])

    async def test_a_context_that_is_no_longer_named_is_cleared_of_what_we_put_there(self, here: Site) -> None:
        here.tracardi.store({"id": "theirs", "name": "Theirs", "type": "api"}, production=False)
        await here.deliver(A)
        here.options["contexts"] = [PRODUCTION]
        assert await here.writes_of(A) == deletes(A_ID, contexts=[STAGING])
        assert here.rows(STAGING).keys() == {"theirs"}

    async def test_not_before_all_is_known(self, here: Site) -> None:
        await here.deliver(A)
        here.options["contexts"] = [PRODUCTION]
        assert (await here.deliver(A, may_delete=False)).changed == 0

    async def test_a_context_that_is_edited_alone_is_put_right_alone(self, here: Site) -> None:
        await here.deliver(A)
        here.tracardi.edit(A_ID, production=False, name="Edited")
        assert await here.writes_of(A) == posts(A_ID, contexts=[STAGING])
        assert await here.agrees(A)

    async def test_a_tracardi_that_knows_production_only_is_not_cleared(self, here: Site) -> None:
        """With PRODUCTION=yes it shows the rows of production as those of staging too."""
        here.tracardi.only_production = True
        here.options["contexts"] = [PRODUCTION]
        await here.deliver(A)
        assert await here.agrees(A, contexts=[PRODUCTION])

    @pytest.mark.parametrize("version", ["only_production", "older"])
    async def test_what_it_keeps_in_production_though_staging_was_asked_for_stays(
        self, here: Site, version: str
    ) -> None:
        setattr(here.tracardi, version, True)
        here.options["contexts"] = [STAGING]
        await here.deliver(A)
        assert [await here.writes_of(A) for _ in range(3)] == [[], [], []]
        assert here.rows(PRODUCTION).keys() == {A_ID}

    async def test_an_older_tracardi_without_contexts_ends_in_agreement(self, here: Site) -> None:
        here.tracardi.older = True
        await here.deliver(A)
        assert await here.agrees(A, contexts=[PRODUCTION])
        assert await here.writes_of() == deletes(A_ID)


class TestEditedInTheGui:
    @pytest.mark.parametrize(
        "changes",
        [
            {"name": "Edited"},
            {"description": "edited"},
            {"enabled": False},
            {"credentials": {"production": {"token": "edited"}, "test": {}}},
            {"credentials": {"production": {**A.credentials["production"], "extra": 1}, "test": {}}},
            {"tags": ["general"]},
            {"groups": [*expected(A)["groups"], "mine"]},
            {"groups": []},
            {"icon": None, "destination": {"package": "a.b.C", "init": {}, "form": {}, "pro": False}},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    async def test_edited(self, here: Site, changes: dict[str, Any]) -> None:
        await here.deliver(A, B)
        here.tracardi.edit(A_ID, **changes)
        assert await here.writes_of(A, B) == posts(A_ID, contexts=[PRODUCTION])
        assert await here.agrees(A, B)

    async def test_deleted(self, here: Site) -> None:
        await here.deliver(A, B)
        del here.tracardi.rows[A_ID, True]
        assert await here.writes_of(A, B) == posts(A_ID, contexts=[PRODUCTION])
        assert await here.agrees(A, B)

    async def test_saved_without_a_change(self, here: Site) -> None:
        await here.deliver(A)
        here.tracardi.edit(A_ID)
        assert await here.agrees(A)

    async def test_a_row_made_by_hand_is_left_alone(self, here: Site) -> None:
        here.tracardi.store({"id": "theirs", "name": "Theirs", "type": "api"})
        await here.deliver(A)
        assert await here.writes_of() == deletes(A_ID)
        assert here.rows(PRODUCTION).keys() == {"theirs"}


class TestWrittenBack:
    MAUTIC = entry("m", "mautic")

    @pytest.fixture
    async def with_token(self, here: Site) -> Site:
        await here.deliver(self.MAUTIC)
        here.tracardi.write_back(self.MAUTIC.uid, {"access_token": "made up"})
        return here

    async def test_a_token_of_tracardis_own_is_left_alone(self, with_token: Site) -> None:
        assert await with_token.writes_of(self.MAUTIC) == []

    async def test_it_survives_a_write_for_another_reason(self, with_token: Site) -> None:
        renamed = replace(self.MAUTIC, settings=self.MAUTIC.settings.model_copy(update={"name": "New"}))
        assert await with_token.writes_of(renamed) == posts(self.MAUTIC.uid)
        assert "token" in with_token.rows(PRODUCTION)[self.MAUTIC.uid]["credentials"]["production"]
        assert await with_token.writes_of(renamed) == []

    async def test_it_goes_with_the_credentials_that_it_was_got_with(self, with_token: Site) -> None:
        new = rotated(self.MAUTIC, private_key="anothermadeupsecretkeyforthedocs0123456789abcdefghi")
        assert await with_token.writes_of(new) == posts(self.MAUTIC.uid)
        assert await with_token.agrees(new)


class TestTrouble:
    async def test_token_revoked(self, here: Site) -> None:
        await here.deliver(A)
        here.tracardi.revoke(USER)
        assert await here.writes_of(A, B) == posts(B_ID)
        assert here.tracardi.count("POST", "/user/token") == 2
        assert await here.agrees(A, B)

    async def test_token_revoked_between_two_writes(self, here: Site) -> None:
        await here.deliver()
        here.tracardi.faults.append(Fault("/resource", times=3, status=401, method="POST"))
        await here.deliver(A, B, C)
        assert here.tracardi.count("POST", "/user/token") == 2
        assert await here.agrees(A, B, C)

    async def test_one_login_serves_all_deliveries(self, here: Site) -> None:
        for _ in range(3):
            await here.deliver(A)
        assert here.tracardi.count("POST", "/user/token") == 1

    async def test_a_consumer_that_is_deleted_meanwhile_ends_after_its_delivery(self, here: Site) -> None:
        slow = Fault("/resource", times=1, delay=0.2, method="POST")
        here.tracardi.faults.append(slow)
        delivery = asyncio.create_task(here.deliver(A))
        await asyncio.to_thread(slow.reached.wait, 30.0)
        await here.publisher.forget(here.consumer.uid)
        assert (await delivery).delivered == 1

    async def test_another_password_is_used_at_once(self, here: Site) -> None:
        await here.deliver(A)
        here.tracardi.add_user(USER, "another", "developer")
        here.login = Login(USER, "another")
        assert await here.agrees(A)
        assert here.tracardi.count("POST", "/user/token") == 2

    async def test_server_down_and_back(self, here: Site) -> None:
        await here.deliver(A)
        down = Fault(times=9999, is_down=True)
        here.tracardi.faults.append(down)
        assert (await failure(here, A, B)).problem.reason is Reason.UNREACHABLE
        down.times = 0
        assert await here.writes_of(A, B) == posts(B_ID)
        assert await here.agrees(A, B)

    async def test_server_down_in_the_middle(self, here: Site) -> None:
        await here.deliver(A)
        here.tracardi.faults.append(Fault("/resource/", times=9999, is_down=True))  # what follows the first failure
        here.tracardi.faults.append(Fault("/resource", times=9999, is_down=True, method="POST"))
        assert (await failure(here, A, *MANY)).problem.reason is Reason.UNREACHABLE
        here.tracardi.faults.clear()
        written = here.tracardi.count("POST", "/resource")
        assert written < len(MANY), "it goes on though nobody is there"
        await here.deliver(A, *MANY)
        assert await here.agrees(A, *MANY)

    @pytest.mark.parametrize("status", [500, 502, 503])
    async def test_a_500_now_and_then_changes_nothing(self, here: Site, status: int) -> None:
        here.tracardi.faults += [
            Fault("/resources", status=status),
            Fault("/resource", status=status, method="POST"),
            Fault("/resource", status=status, method="POST", is_done=True),
            Fault("/resource/", status=status),
        ]
        delivery = await here.deliver(A, B, C)
        assert (delivery.delivered, delivery.omitted) == (3, ())
        assert len(here.tracardi.writes()) == 6 + 1
        assert await here.agrees(A, B, C)

    async def test_a_row_that_tracardi_does_not_take_holds_back_no_other(self, here: Site) -> None:
        here.tracardi.rejected.add(B_ID)
        delivery = await here.deliver(A, B, C)
        assert (delivery.delivered, delivery.changed) == (2, 4)
        assert [(o.name, o.problem.reason) for o in delivery.omitted] == [("b", Reason.REJECTED)]
        here.tracardi.rejected.clear()
        assert await here.writes_of(A, B, C) == posts(B_ID)
        assert await here.agrees(A, B, C)

    @pytest.mark.parametrize("status", [400, 413, 422, 500])
    async def test_whatever_it_says_of_a_row_is_told_of_that_row(self, here: Site, status: int) -> None:
        here.options["contexts"] = [PRODUCTION]
        here.tracardi.faults.append(Fault("/resource", times=2, status=status, method="POST"))
        delivery = await here.deliver(A)
        [omission] = delivery.omitted
        assert f"Tracardi answered {status}" in omission.problem.message
        assert "context production" in omission.problem.message

    async def test_slow(self, here: Site) -> None:
        here.tracardi.faults.append(Fault(times=9999, delay=0.05))
        assert await here.writes_of(A, B) == posts(A_ID, B_ID)
        assert await here.agrees(A, B)

    async def test_too_slow_is_given_up_and_goes_on_from_there(self, here: Site) -> None:
        here.tracardi.faults.append(Fault("/resource", after=20, times=9999, delay=60.0, method="POST"))
        here.publisher = publisher(deadline=2.0)
        assert (await failure(here, *MANY)).problem.reason is Reason.UNREACHABLE
        await self._goes_on(here)

    async def test_a_lie_is_found_out_at_the_next_comparison(self, here: Site) -> None:
        here.options["contexts"] = [PRODUCTION]
        here.tracardi.faults.append(Fault("/resource", status=200, body=f'"{A_ID}"', method="POST"))
        await here.deliver(A)
        assert await here.writes_of(A) == posts(A_ID, contexts=[PRODUCTION])
        assert await here.agrees(A, contexts=[PRODUCTION])

    async def test_a_delete_that_fails_is_told_and_tried_again(self, here: Site) -> None:
        await here.deliver(A, B)
        here.tracardi.faults.append(Fault(f"/resource/{A_ID}", times=2 * 3, status=500, method="DELETE"))
        assert (await failure(here)).problem.reason is Reason.UNREACHABLE
        assert B_ID not in here.rows(PRODUCTION), "the others are deleted all the same"
        assert await here.writes_of() == deletes(A_ID)
        assert await here.agrees()

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (Fault("/resources", times=99, status=401), Reason.REJECTED),
            (Fault("/resources", times=99, status=403), Reason.REJECTED),
            (Fault("/resources", times=99, status=302, headers={"Location": "http://127.0.0.1:1"}), Reason.REJECTED),
            (Fault("/resources", times=99, status=200, body="<html>"), Reason.REJECTED),
            (Fault("/resources", times=99, status=503), Reason.UNREACHABLE),
            (Fault("/resource", times=99, status=503, method="POST"), Reason.UNREACHABLE),
            (Fault("/resource", times=99, status=403, method="POST"), Reason.REJECTED),
            (Fault("/resource", times=99, status=429, method="POST"), Reason.UNREACHABLE),
        ],
        ids=lambda value: f"{value.method} {value.path} {value.status}" if isinstance(value, Fault) else value,
    )
    async def test_what_concerns_all_rows_fails_the_delivery(self, here: Site, fault: Fault, reason: Reason) -> None:
        here.tracardi.faults.append(replace(fault))
        assert (await failure(here, A, B)).problem.reason is reason

    @pytest.mark.parametrize("status", [429, 503])
    async def test_it_comes_back_when_tracardi_asks_it_to(self, here: Site, status: int) -> None:
        here.tracardi.faults.append(Fault("/resources", times=99, status=status, headers={"Retry-After": "3600"}))
        assert (await failure(here, A)).retry_after == 3600.0

    async def test_a_refused_login_names_the_secret_and_its_keys(self, here: Site) -> None:
        here.login = Login(USER, "made-up-but-wrong")
        here.options["login"] = {"name": "tracardi-login", "passwordKey": "pw"}
        found = await failure(here, A)
        assert found.problem.reason is Reason.REJECTED
        assert "'username' and 'pw' of Secret 'tracardi-login'" in found.problem.message
        assert "wrong" not in found.problem.message

    async def test_operator_restarted_in_the_middle(self, here: Site) -> None:
        stop = Fault("/resource", after=20, times=9999, delay=60.0, method="POST")
        here.tracardi.faults.append(stop)
        delivery = asyncio.create_task(here.deliver(*MANY))
        await asyncio.to_thread(stop.reached.wait, 30.0)
        delivery.cancel()
        await asyncio.wait([delivery])
        await self._goes_on(here)

    async def _goes_on(self, here: Site) -> None:
        """Another process writes what is not there."""
        await here.publisher.close()
        here.publisher = publisher()
        here.tracardi.faults.clear()
        missing = [(id_, context) for id_ in IDS_OF_MANY for context in BOTH if id_ not in here.rows(context)]
        assert 0 < len(missing) < 2 * len(MANY)
        assert await here.writes_of(*MANY) == sorted(("POST", *where) for where in missing)
        assert await here.agrees(*MANY)

    async def test_a_restart_writes_nothing(self, here: Site) -> None:
        await here.deliver(A, B)
        await here.publisher.close()
        here.publisher = publisher()
        assert await here.agrees(A, B)


class TestTwoClusters:
    async def test_each_keeps_to_its_own_rows(self, here: Site, elsewhere: Site) -> None:
        await here.deliver(A)
        assert await elsewhere.writes_of(B) == posts(B_ID)
        assert await here.writes_of(A) == []
        assert await here.writes_of() == deletes(A_ID)
        assert await elsewhere.agrees(B)

    async def test_an_id_of_the_other_is_not_taken_over(self, here: Site, elsewhere: Site) -> None:
        mine, theirs = entry("mine", id="shared"), entry("theirs", id="shared")
        await here.deliver(mine)
        delivery = await elsewhere.deliver(theirs)
        assert (delivery.delivered, delivery.changed) == (0, 0)
        [omission] = delivery.omitted
        assert (omission.name, omission.problem.reason) == ("theirs", Reason.NAME_TAKEN)
        assert await elsewhere.writes_of() == []
        assert await here.agrees(mine)

    async def test_with_adopt_it_moves_over_and_the_former_owner_leaves_it_alone(
        self, here: Site, elsewhere: Site
    ) -> None:
        mine, theirs = entry("mine", id="shared"), entry("theirs", id="shared")
        await here.deliver(mine)
        elsewhere.options["adopt"] = True
        assert await elsewhere.writes_of(theirs) == posts("shared")
        assert await elsewhere.agrees(theirs)
        assert [o.problem.reason for o in (await here.deliver(mine)).omitted] == [Reason.NAME_TAKEN]
        assert await here.writes_of() == []


class TestAdoption:
    async def test_a_row_made_by_hand_is_taken_over_only_if_asked_to(self, here: Site) -> None:
        by_hand = {"id": "mail", "name": "Mail", "type": "sendgrid", "locked": True}
        for production in (True, False):
            here.tracardi.store(by_hand, production=production)
        ours = entry("mail", id="mail")
        assert [o.problem.reason for o in (await here.deliver(ours)).omitted] == [Reason.NAME_TAKEN]
        assert here.tracardi.writes() == []
        here.options["adopt"] = True
        assert await here.writes_of(ours) == posts("mail")
        assert await here.writes_of(ours) == []


class TestTheEnd:
    async def test_what_we_made_goes_and_nothing_else(self, here: Site, elsewhere: Site) -> None:
        here.tracardi.store({"id": "theirs", "name": "Theirs", "type": "api"})
        await here.deliver(A, B)
        await elsewhere.deliver(C)
        before = len(here.tracardi.writes())
        await here.publisher.withdraw(here.consumer, here.target(), here.login, None)
        assert sorted(here.tracardi.writes()[before:]) == deletes(A_ID, B_ID)
        assert (set(here.rows(PRODUCTION)), set(here.rows(STAGING))) == ({"theirs", C_ID}, {C_ID})

    async def test_a_server_that_is_down_is_told(self, here: Site) -> None:
        await here.deliver(A)
        here.tracardi.faults.append(Fault(times=9999, is_down=True))
        with pytest.raises(DeliveryFailed):
            await here.publisher.withdraw(here.consumer, here.target(), here.login, None)


async def test_a_host_that_is_not_allowed_gets_not_one_request(tracardi: Tracardi, url: str) -> None:
    here = site(tracardi, url.replace("127.0.0.1", "localhost"))
    assert (await failure(here, A)).problem.reason is Reason.NOT_ALLOWED
    assert tracardi.seen == []


async def test_each_delivery_goes_where_the_address_is_at_that_moment(tracardi: Tracardi, url: str) -> None:
    here = site(tracardi, url.replace("127.0.0.1", "tracardi.example.com"))
    here.publisher = TracardiPublisher(Moving(Pinned(("127.0.0.1",)), Pinned(())), patience=QUICK)
    closing = Fault("/resources", times=2, status=200, headers={"Connection": "close"}, body='{"result": []}')
    tracardi.faults.append(closing)
    await here.deliver()
    assert (await failure(here)).problem.reason is Reason.UNREACHABLE
    await here.publisher.close()


async def test_only_the_differences_of_many_are_written(here: Site) -> None:
    await here.deliver(*MANY)
    changed = [rotated(one, token=NEW_TOKEN) for one in MANY[:7]]
    assert await here.writes_of(*changed, *MANY[7:]) == posts(*(one.uid for one in changed))


async def test_no_more_rows_than_a_few_are_written_at_once(here: Site) -> None:
    here.tracardi.faults.append(Fault("/resource", times=9999, delay=0.01))
    await here.deliver(*MANY)
    assert here.tracardi.most_at_once == CONCURRENCY


async def test_what_does_not_fit_keeps_its_row_and_says_so(here: Site) -> None:
    await here.deliver(A, B)
    unfit = replace(A, settings=A.settings.model_copy(update={"groups": ["g" * 60] * 4}))
    delivery = await here.deliver(unfit, B)
    assert [(o.name, o.problem.reason) for o in delivery.omitted] == [("a", Reason.NOT_EXPRESSIBLE)]
    assert await here.agrees(A, B)
