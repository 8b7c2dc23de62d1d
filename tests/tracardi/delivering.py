"""A publisher that delivers to the stand-in, by HTTP on 127.0.0.1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.tracardi.standin import Row, Tracardi
from tests.unit.control.fake_client import FakeClient
from tracardi_operator.api.consumer import TracardiTarget
from tracardi_operator.api.resource import TracardiSettings
from tracardi_operator.control.consumers.network import Network
from tracardi_operator.control.consumers.tracardi import Delivery, Identity, TracardiPublisher
from tracardi_operator.publish.entry import Entry
from tracardi_operator.publish.tracardi_rows import mark, row_id, to_row
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import Value
from tracardi_operator.tracardi.client import Login, Patience
from tracardi_operator.tracardi.models import TracardiResource, to_body

Write = tuple[str, str, str]
"""Method, id and context."""

USER, PASSWORD = "operator", "made-up-Passphrase-7"
CONSUMER = Identity("team", "tracardi", "11111111-1111-4111-8111-111111111111")
ELSEWHERE = Identity("team", "tracardi", "22222222-2222-4222-8222-222222222222")
"""Of the same name, in another cluster."""
PRODUCTION, STAGING = "production", "staging"
BOTH = (PRODUCTION, STAGING)


async def _at_once(seconds: float) -> None:
    pass


QUICK = Patience(attempts=3, timeout=5.0, sleep=_at_once)


def entry(
    name: str, type_: str = "sendgrid", *, credentials: Mapping[str, Value] | None = None, **settings: Any
) -> Entry:
    return Entry(
        namespace="team",
        name=name,
        uid=f"uid-of-{name}",
        created="2026-01-01T00:00:00Z",
        service=builtin()[type_],
        settings=TracardiSettings.model_validate(settings),
        credentials={"production": credentials or builtin()[type_].example},
    )


def rotated(of: Entry, **values: Value) -> Entry:
    return replace(of, credentials={"production": {**of.credentials["production"], **values}})


def expected(of: Entry, consumer: Identity = CONSUMER) -> Row:
    row = to_row(of, mark(consumer.uid), "Production")
    assert isinstance(row, TracardiResource)
    return to_body(row)


@dataclass
class Site:
    """One Tracardi and one operator, with one consumer of it."""

    tracardi: Tracardi
    url: str
    publisher: TracardiPublisher
    consumer: Identity = CONSUMER
    options: dict[str, Any] = field(default_factory=dict)
    """Of the target."""
    login: Login = field(default_factory=lambda: Login(USER, PASSWORD))

    def target(self) -> TracardiTarget:
        content = {"url": self.url, "login": {"name": "tracardi"}, "testFallback": "Production"}
        return TracardiTarget.model_validate(content | self.options)

    async def deliver(self, *entries: Entry, may_delete: bool = True) -> Delivery:
        return await self.publisher.deliver(
            self.consumer, self.target(), self.login, None, entries, may_delete=may_delete
        )

    async def writes_of(self, *entries: Entry) -> list[Write]:
        """What a delivery wrote, in alphabetical order."""
        before = len(self.tracardi.writes())
        await self.deliver(*entries)
        return sorted(self.tracardi.writes()[before:])

    async def agrees(self, *entries: Entry, contexts: Sequence[str] = BOTH) -> bool:
        """Whether there is what should be, nothing else, and another delivery finds nothing to do."""
        wanted = {row_id(one): expected(one, self.consumer) for one in entries}
        there = {context: self.rows(context) for context in BOTH}
        is_right = there == {context: wanted if context in contexts else {} for context in BOTH}
        return is_right and await self.writes_of(*entries) == []

    def rows(self, context: str) -> dict[str, Row]:
        production = context == PRODUCTION
        return {id_: row for (id_, where), row in self.tracardi.rows.items() if where == production}


def site(tracardi: Tracardi, url: str, consumer: Identity = CONSUMER, **options: Any) -> Site:
    return Site(tracardi, url, publisher(), consumer, options)


def publisher(**how: Any) -> TracardiPublisher:
    return TracardiPublisher(Network(FakeClient(), ["127.0.0.1"]), **{"patience": QUICK} | how)


def posts(*ids: str, contexts: Sequence[str] = BOTH) -> list[Write]:
    return sorted(("POST", id_, context) for id_ in ids for context in contexts)


def deletes(*ids: str, contexts: Sequence[str] = BOTH) -> list[Write]:
    return sorted(("DELETE", id_, context) for id_ in ids for context in contexts)
