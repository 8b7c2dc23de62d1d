"""Each key once, never in two hands, urgent ones first, groups in turn, failures later and later; in virtual time."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracardi_operator.kube.backoff import backoff
from tracardi_operator.kube.workqueue import Priority, WorkQueue

pytestmark = pytest.mark.looptime

Queue = WorkQueue[str]


def make(base: float = 1.0, cap: float = 60.0, chance: float = 1.0) -> Queue:
    """Keys are like `group/name`. `chance` 1 makes every pause its nominal length."""
    return WorkQueue(group=lambda key: key.split("/")[0], base=base, cap=cap, rng=lambda: chance)


def now() -> float:
    return asyncio.get_running_loop().time()


async def take(queue: Queue) -> str:
    """Takes a key and is done with it at once."""
    key = await queue.get()
    queue.done(key)
    return key


async def drain(queue: Queue) -> list[str]:
    return [await take(queue) for _ in range(len(queue))]


async def wait_for_next(queue: Queue) -> float:
    """Seconds until a key comes."""
    started = now()
    await take(queue)
    return now() - started


async def test_key_added_often_comes_once() -> None:
    queue = make()
    for _ in range(5):
        queue.add("a/1")
    assert await drain(queue) == ["a/1"]


async def test_get_waits_for_a_key() -> None:
    queue = make()
    getting = asyncio.create_task(queue.get())
    await asyncio.sleep(10)
    assert not getting.done()
    queue.add("a/1")
    assert await getting == "a/1"


async def test_key_added_while_it_is_worked_on_comes_after_done() -> None:
    queue = make()
    queue.add("a/1")
    key = await queue.get()
    queue.add("a/1")
    assert len(queue) == 0
    queue.done(key)
    assert await drain(queue) == ["a/1"]


async def test_key_that_was_not_added_again_is_gone_after_done() -> None:
    queue = make()
    queue.add("a/1")
    await take(queue)
    assert (len(queue), queue.delayed, queue.working) == (0, 0, 0)


async def test_lower_priorities_come_first() -> None:
    queue = make()
    queue.add("a/resync", Priority.RESYNC)
    queue.add("a/new", Priority.NEW)
    queue.add("a/event", Priority.EVENT)
    assert await drain(queue) == ["a/event", "a/new", "a/resync"]


async def test_higher_priority_wins_over_the_one_a_key_has() -> None:
    queue = make()
    queue.add("a/1", Priority.RESYNC)
    queue.add("a/2", Priority.RESYNC)
    queue.add("a/2", Priority.EVENT)
    queue.add("a/2", Priority.NEW)
    assert await drain(queue) == ["a/2", "a/1"]


async def test_resync_is_not_starved_by_events() -> None:
    queue = make()
    queue.add("a/resync", Priority.RESYNC)
    for number in range(50):
        queue.add(f"a/event-{number}")
        if await take(queue) == "a/resync":
            break
    assert number <= 8


async def test_big_group_delays_another_by_no_more_than_its_turn() -> None:
    queue = make()
    for number in range(5_000):
        queue.add(f"big/{number}")
    for start in range(20):  # whichever turn it is
        queue.add("small/1")
        taken = [await take(queue) for _ in range(3)]
        assert "small/1" in taken, f"after {start} rounds"


async def test_groups_take_turns() -> None:
    queue = make()
    for number in range(2):
        for group in "abc":
            queue.add(f"{group}/{number}")
    assert await drain(queue) == ["a/0", "b/0", "c/0", "a/1", "b/1", "c/1"]


async def test_key_that_is_added_again_and_again_keeps_its_place() -> None:
    queue = make()
    queue.add("a/1")
    queue.add("a/2")
    queue.add("a/1")
    assert await drain(queue) == ["a/1", "a/2"]


async def test_delayed_key_comes_when_it_is_due() -> None:
    queue = make()
    queue.add("a/1", delay=30)
    assert (len(queue), queue.delayed) == (0, 1)
    assert await wait_for_next(queue) == pytest.approx(30)


@pytest.mark.parametrize("delays", [(30, 10), (10, 30)])
async def test_earliest_due_time_wins(delays: tuple[float, float]) -> None:
    queue = make()
    for delay in delays:
        queue.add("a/1", delay=delay)
    assert await wait_for_next(queue) == pytest.approx(10)
    assert queue.delayed == 0


async def test_event_brings_a_delayed_key_at_once_and_only_once() -> None:
    queue = make()
    queue.add("a/1", delay=30)
    queue.add("a/1")
    assert await drain(queue) == ["a/1"]
    await asyncio.sleep(60)
    assert len(queue) == 0


async def test_delayed_keys_come_in_the_order_of_their_times() -> None:
    queue = make()
    for delay in (3, 1, 2):
        queue.add(f"a/{delay}", delay=delay)
    assert [await take(queue) for _ in range(3)] == ["a/1", "a/2", "a/3"]


async def test_back_off_doubles_up_to_its_cap() -> None:
    queue = make(base=1, cap=10)
    waits = []
    for _ in range(6):
        queue.retry("a/1")
        waits.append(await wait_for_next(queue))
    assert waits == pytest.approx([1, 2, 4, 8, 10, 10])


async def test_back_off_is_counted_for_each_key_alone() -> None:
    queue = make(base=1)
    for _ in range(5):
        queue.retry("a/1")
    queue.retry("a/2")
    assert await wait_for_next(queue) == pytest.approx(1)


async def test_success_starts_the_back_off_anew() -> None:
    queue = make(base=1)
    for _ in range(5):
        queue.retry("a/1")
        await take(queue)
    queue.forget("a/1")
    queue.retry("a/1")
    assert await wait_for_next(queue) == pytest.approx(1)


async def test_what_was_added_meanwhile_comes_though_the_work_succeeded() -> None:
    queue = make()
    queue.add("a/1")
    key = await queue.get()
    queue.add("a/1")
    queue.forget(key)
    queue.done(key)
    assert len(queue) == 1


async def test_retry_after_is_never_undercut() -> None:
    queue = make(base=1, chance=0.0)
    queue.retry("a/1", retry_after=20)
    assert await wait_for_next(queue) >= 20


async def test_a_retry_after_of_a_year_is_not_kept_for_a_year() -> None:
    queue = make(base=1, chance=0.0)
    for _ in range(3):
        queue.retry("a/1", retry_after=31_536_000)
    assert await wait_for_next(queue) < 700


async def test_retry_keeps_the_priority_of_the_work() -> None:
    queue = make(base=1)
    queue.add("a/1", Priority.RESYNC)
    queue.retry(await queue.get())
    queue.done("a/1")
    await asyncio.sleep(2)
    queue.add("a/2", Priority.NEW)
    assert await drain(queue) == ["a/2", "a/1"]


async def test_event_during_failing_work_is_not_put_off_by_the_back_off() -> None:
    queue = make(base=30)
    queue.add("a/1")
    key = await queue.get()
    queue.add("a/1")
    queue.retry(key)
    queue.done(key)
    assert await drain(queue) == ["a/1"]


@pytest.mark.parametrize("delay", [0.0, 5.0])
async def test_discarded_key_does_not_come(delay: float) -> None:
    queue = make()
    queue.add("a/1", delay=delay)
    queue.discard("a/1")
    queue.add("a/2", delay=10)
    assert await take(queue) == "a/2"


async def test_time_of_a_discarded_wish_is_forgotten() -> None:
    queue = make()
    queue.add("a/1", delay=10)
    queue.discard("a/1")
    queue.add("a/1", delay=30)
    assert await wait_for_next(queue) == pytest.approx(30)


async def test_key_discarded_while_it_is_worked_on_does_not_come_again() -> None:
    queue = make()
    queue.add("a/1")
    key = await queue.get()
    queue.add("a/1")
    queue.discard("a/1")
    queue.done(key)
    assert len(queue) == 0


async def test_key_added_after_it_was_discarded_comes() -> None:
    queue = make()
    queue.add("a/1")
    queue.discard("a/1")
    queue.add("a/1")
    assert await drain(queue) == ["a/1"]


async def test_cancelled_get_loses_no_key() -> None:
    queue = make()
    first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a/1")
    first.cancel()
    assert "a/1" in await asyncio.wait_for(asyncio.gather(first, second, return_exceptions=True), 1)


async def test_ages_are_those_of_the_oldest() -> None:
    queue = make()
    queue.add("a/1")
    await asyncio.sleep(3)
    queue.add("a/2")
    assert queue.oldest_wait == pytest.approx(3)
    await queue.get()
    await asyncio.sleep(4)
    assert (queue.oldest_wait, queue.longest_work) == pytest.approx((4, 4))


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def added(self, priority: Priority) -> None:
        self.lines.append(f"added {priority.name}")

    def taken(self, waited: float) -> None:
        self.lines.append(f"taken after {waited:.0f}")

    def finished(self, worked: float) -> None:
        self.lines.append(f"finished after {worked:.0f}")

    def retried(self) -> None:
        self.lines.append("retried")


async def test_observer_is_told_how_long_keys_waited_and_were_worked_on() -> None:
    log = Log()
    queue: Queue = WorkQueue(group=lambda key: key, observer=log)
    queue.add("a", Priority.NEW)
    await asyncio.sleep(2)
    await queue.get()
    await asyncio.sleep(1)
    queue.done("a")
    queue.retry("a")
    assert log.lines == ["added NEW", "taken after 2", "finished after 1", "retried", "added EVENT"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "delay", "retry", "discard", "sleep"]),
        st.sampled_from(["a/1", "a/2", "b/1"]),
        st.sampled_from(Priority),
    ),
    max_size=60,
)


@given(steps=STEPS)
@settings(deadline=None)
def test_no_key_is_lost_doubled_or_in_two_hands(steps: list[tuple[str, str, Priority]]) -> None:
    """Workers run through any history of wishes; afterwards each key wished for last was worked on after that wish."""
    asyncio.run(check_history(steps))


async def check_history(steps: list[tuple[str, str, Priority]]) -> None:
    queue = make(base=0.0005, cap=0.001)
    busy: Counter[str] = Counter()
    wished: set[str] = set()

    async def worker() -> None:
        while True:
            key = await queue.get()
            wished.discard(key)
            busy[key] += 1
            assert busy[key] == 1, "in two hands"
            await asyncio.sleep(0)
            busy[key] -= 1
            queue.done(key)

    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(worker()) for _ in range(3)]
        for action, key, priority in steps:
            await perform(queue, action, key, priority, wished)
        async with asyncio.timeout(5):
            while len(queue) or queue.delayed or queue.working:  # noqa: ASYNC110
                await asyncio.sleep(0.0005)
        for task in workers:
            task.cancel()
    assert not wished


async def perform(queue: Queue, action: str, key: str, priority: Priority, wished: set[str]) -> None:
    match action:
        case "sleep":
            await asyncio.sleep(0)
        case "discard":
            queue.discard(key)
            wished.discard(key)
        case "retry":
            queue.retry(key)
            wished.add(key)
        case _:
            queue.add(key, priority, delay=0.001 if action == "delay" else 0.0)
            wished.add(key)


@given(attempt=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_back_off_stays_between_half_and_all_of_its_nominal_time(attempt: int, chance: float) -> None:
    nominal = min(60.0, 0.5 * 2.0 ** min(attempt - 1, 100))
    assert nominal / 2 <= backoff(attempt, base=0.5, cap=60.0, chance=chance) <= nominal
