"""Delivers to Tracardi's REST API: one listing of each context, then the differences only.

Both contexts are always listed: what this consumer put into one that it no longer names is removed there.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from tracardi_operator.api.consumer import CONTEXTS, TracardiTarget
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.control.consumers.errors import DeliveryFailed
from tracardi_operator.control.consumers.network import Network, PinnedResolver
from tracardi_operator.kube.together import together
from tracardi_operator.publish.entry import Entry, Omission
from tracardi_operator.publish.tracardi_plan import Plan, plan, plan_withdrawal
from tracardi_operator.publish.tracardi_rows import Wanted, mark, want
from tracardi_operator.tracardi.client import Login, Patience, TracardiClient, open_client
from tracardi_operator.tracardi.errors import (
    LoginFailed,
    Refused,
    ServerError,
    Throttled,
    TracardiError,
    Unintelligible,
    Unreachable,
)
from tracardi_operator.tracardi.models import Context, TracardiResource

T = TypeVar("T")
R = TypeVar("R")

CONCURRENCY: Final = 4
"""Rows that are written at once."""
PATIENCE: Final = Patience(attempts=3, timeout=10.0, max_bytes=4 * 1024 * 1024)
"""An answer takes up to 40 times its size in memory, and whoever writes consumers chooses who answers. These bytes are
some 4,000 resources."""
DEADLINE: Final = 120.0
"""Seconds for one delivery. What is written by then stays, and the next one goes on from there."""
_BARE_500: Final = 500
"""How Tracardi answers what it can't store. Other codes from 500 on are of a server in trouble, or of a gateway."""

Begin = Callable[[], Awaitable[None]]
"""What is to be done before the first row is written. What it raises ends the delivery."""


async def begin_at_once() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Identity:
    """A ResourceConsumer."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Delivery:
    delivered: int
    """Resources that are in all contexts as they should be."""
    changed: int
    """Rows that were written or deleted."""
    omitted: tuple[Omission, ...] = ()


@dataclass(frozen=True, slots=True)
class _Connection:
    """A client, and what it was made for: as long as that is the same it keeps its login."""

    made_for: tuple[str, Login, str | None] = field(repr=False)
    client: TracardiClient
    resolver: PinnedResolver
    resources: AsyncExitStack
    used: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while something is delivered."""


class TracardiPublisher:
    """`patience` is for one request, `deadline` for a delivery, in seconds."""

    def __init__(self, network: Network, *, patience: Patience = PATIENCE, deadline: float = DEADLINE) -> None:
        self._network = network
        self._patience = patience
        self._deadline = deadline
        self._connections: dict[str, _Connection] = {}

    async def deliver(
        self,
        consumer: Identity,
        target: TracardiTarget,
        login: Login,
        ca: str | None,
        entries: Sequence[Entry],
        *,
        may_delete: bool,
        begin: Begin = begin_at_once,
    ) -> Delivery:
        """Make the rows of these Resources as they should be, and remove those of Resources that are not among them.

        An entry without credentials keeps the row that there is. Without `may_delete` nothing is removed. `begin` is
        awaited before the first row is written. Raises DeliveryFailed; what concerns a single row is an omission.
        """
        own_mark = mark(consumer.uid)
        wanted = want(entries, own_mark, target.test_fallback)
        plans: dict[Context, Plan] = {}
        async with self._connected(consumer, target, login, ca) as client:
            listed = {context: (await client.resources(context)).resources for context in Context}
            named = [context for context in Context if context in (target.contexts or CONTEXTS)]
            kept = {row.context for context in named for row in listed[context] if own_mark in row.groups}
            for context, present in listed.items():
                if context in named:
                    adopt = bool(target.adopt)
                    plans[context] = plan(wanted, present, context, own_mark, adopt=adopt, may_delete=may_delete)
                elif may_delete and context not in kept:
                    plans[context] = plan_withdrawal(present, context, own_mark)
            if any(plan.saves for plan in plans.values()):
                await begin()
            saved = await _save_all(client, plans)
            deleted = await _delete_all(client, plans)
        return _summary(wanted, plans, saved, deleted)

    async def withdraw(self, consumer: Identity, target: TracardiTarget, login: Login, ca: str | None) -> None:
        """Delete all rows that this consumer made. Raises DeliveryFailed."""
        own_mark = mark(consumer.uid)
        async with self._connected(consumer, target, login, ca) as client:
            listings = {context: await client.resources(context) for context in Context}
            plans = {
                context: Plan(deletes=tuple(row.id for row in listing.resources if own_mark in row.groups))
                for context, listing in listings.items()
            }
            await _delete_all(client, plans)

    async def forget(self, uid: str) -> None:
        """End the session of a consumer that is gone or has another target, once it is not in use."""
        if connection := self._connections.pop(uid, None):
            async with connection.used:
                await connection.resources.aclose()

    async def close(self) -> None:
        for uid in list(self._connections):
            await self.forget(uid)

    @asynccontextmanager
    async def _connected(
        self, consumer: Identity, target: TracardiTarget, login: Login, ca: str | None
    ) -> AsyncIterator[TracardiClient]:
        """A client that reaches only what is allowed at this moment. Raises DeliveryFailed."""
        pinned = await self._network.pin(target.url, consumer.namespace)
        try:
            async with asyncio.timeout(self._deadline):
                connection = await self._connection(consumer.uid, target.url, login, ca)
                async with connection.used:
                    connection.resolver.pinned = pinned
                    yield connection.client
        except TimeoutError:
            message = "Tracardi did not take everything in time; what was written stays, the rest follows"
            raise DeliveryFailed(Problem(Reason.UNREACHABLE, message)) from None
        except TracardiError as error:
            raise _failure(error, target) from None

    async def _connection(self, uid: str, url: str, login: Login, ca: str | None) -> _Connection:
        made_for = (url, login, ca)
        if (known := self._connections.get(uid)) and known.made_for == made_for:
            return known
        await self.forget(uid)
        async with AsyncExitStack() as stack:
            resolver = PinnedResolver()
            opened = open_client(url, login, ca=ca, resolver=resolver, patience=self._patience)
            client = await stack.enter_async_context(opened)
            self._connections[uid] = _Connection(made_for, client, resolver, stack.pop_all())
        return self._connections[uid]


async def _save_all(client: TracardiClient, plans: Mapping[Context, Plan]) -> list[tuple[str, Problem | None]]:
    """The ids of what was sent, each with the reason why Tracardi did not take it."""

    async def save(change: tuple[Context, TracardiResource]) -> tuple[str, Problem | None]:
        context, row = change
        try:
            await client.save(context, row)
        except TracardiError as error:
            if not _concerns_the_row(error):
                raise
            return row.id, Problem(Reason.REJECTED, f"not stored in the context {context}: {error}")
        return row.id, None

    return await _each([(context, row) for context, plan in plans.items() for row in plan.saves], save)


async def _delete_all(client: TracardiClient, plans: Mapping[Context, Plan]) -> int:
    """How many were deleted. All are tried, then it raises if one is left."""

    async def delete(change: tuple[Context, str]) -> TracardiError | None:
        try:
            await client.delete(*change)
        except TracardiError as error:
            if not _concerns_the_row(error):
                raise
            return error
        return None

    errors = await _each([(context, id_) for context, plan in plans.items() for id_ in plan.deletes], delete)
    for error in errors:
        if error:
            raise error
    return len(errors)


async def _each(items: Sequence[T], do: Callable[[T], Awaitable[R]]) -> list[R]:
    """The results of all, a few at once. The first exception ends it, and what has not begun does not begin."""
    results: dict[int, R] = {}
    waiting = iter(enumerate(items))

    async def work() -> None:
        for index, item in waiting:
            results[index] = await do(item)

    await together(*(work() for _ in range(CONCURRENCY)))
    return [results[index] for index in range(len(items))]


def _concerns_the_row(error: TracardiError) -> bool:
    """Whether another row may fare better."""
    if isinstance(error, ServerError):
        return error.status == _BARE_500
    return type(error) is Refused or isinstance(error, Unintelligible)


def _summary(
    wanted: Wanted, plans: Mapping[Context, Plan], saved: Sequence[tuple[str, Problem | None]], deleted: int
) -> Delivery:
    problems = {id_: problem for plan in plans.values() for id_, problem in plan.refused.items()}
    problems |= {id_: problem for id_, problem in saved if problem}
    holders = ((wanted.entries[id_], problem) for id_, problem in problems.items())
    omitted = (*wanted.omitted, *(Omission(entry.namespace, entry.name, problem) for entry, problem in holders))
    written = sum(problem is None for _, problem in saved)
    return Delivery(len(wanted.rows) - len(problems), written + deleted, omitted)


def _failure(error: TracardiError, target: TracardiTarget) -> DeliveryFailed:
    retry_after = error.retry_after if isinstance(error, Refused) else None
    is_passing = isinstance(error, Unreachable | Throttled | ServerError)
    reason = Reason.UNREACHABLE if is_passing else Reason.REJECTED
    message = str(error)
    if isinstance(error, LoginFailed):
        keys = f"{target.login.username_key or 'username'!r} and {target.login.password_key or 'password'!r}"
        message += f"; they are under the keys {keys} of Secret {target.login.name!r}"
    return DeliveryFailed(Problem(reason, message), retry_after)
