"""The two things that a consumer is served: a bundle, and a row for each Resource in a Tracardi."""

import itertools
from typing import Any, Protocol

from tests.bench.bare import BareClient
from tests.bench.fleet import for_each, secret
from tests.bench.snapshots import NAMESPACE
from tests.bench.tracardi_server import PASSWORD, PRODUCTION, STAGING, USER, TracardiSession
from tests.cluster.builders import Document, consumer
from tracardi_operator.kube.client import Client
from tracardi_operator.kube.kinds import SECRETS

CONSUMER = "everything"
LOGIN = "tracardi"


class Target(Protocol):
    consumer: Document
    """The ResourceConsumer."""

    async def prepare(self, admin: Client) -> None:
        """Make what must be there before the consumer."""

    async def learn(self, admin: Client) -> None:
        """Take over what the operator has delivered, when it is no longer needed."""

    async def deliver_all(self, bare: BareClient) -> None:
        """Deliver the same for the first time."""

    async def deliver_again(self, bare: BareClient) -> None:
        """Deliver it with one change."""


class Bundle:
    """One Secret with all Resources."""

    def __init__(self) -> None:
        self.consumer = consumer(CONSUMER, NAMESPACE)
        self._name = f"{CONSUMER}-bundle"
        self._body: dict[str, Any] = {}
        self._serials = itertools.count(1)

    async def prepare(self, admin: Client) -> None:
        pass

    async def learn(self, admin: Client) -> None:
        made = await admin.get(SECRETS, NAMESPACE, self._name)
        self._body = secret(self._name, {}) | {"data": made["data"]}

    async def deliver_all(self, bare: BareClient) -> None:
        await bare.send("POST", SECRETS.path(NAMESPACE), json=self._body)

    async def deliver_again(self, bare: BareClient) -> None:
        self._body["metadata"]["annotations"] = {"serial": str(next(self._serials))}
        await bare.send("PUT", SECRETS.path(NAMESPACE, self._name), json=self._body)


class Rows:
    """Of the production context. Both contexts are listed before anything is written."""

    def __init__(self, tracardi: TracardiSession) -> None:
        target = {
            "url": tracardi.url,
            "login": {"name": LOGIN},
            "contexts": [PRODUCTION],
            "testFallback": "Nothing",
        }
        self.consumer = consumer(CONSUMER, NAMESPACE, tracardi=target)
        self._tracardi = tracardi
        self._rows: list[dict[str, Any]] = []
        self._serials = itertools.count(1)

    async def prepare(self, admin: Client) -> None:
        await admin.create(SECRETS, NAMESPACE, secret(LOGIN, {"username": USER, "password": PASSWORD}))

    async def learn(self, admin: Client) -> None:
        await self._tracardi.log_in()
        self._rows = await self._tracardi.rows(PRODUCTION)
        await for_each(len(self._rows), lambda index: self._tracardi.delete(self._rows[index]["id"]))

    async def deliver_all(self, bare: BareClient) -> None:
        await self._tracardi.log_in()
        await self._list()
        await for_each(len(self._rows), lambda index: self._tracardi.save(self._rows[index]))

    async def deliver_again(self, bare: BareClient) -> None:
        await self._list()
        await self._tracardi.save(self._rows[0] | {"description": f"the {next(self._serials)}th"})

    async def _list(self) -> None:
        for context in (PRODUCTION, STAGING):
            await self._tracardi.rows(context)
