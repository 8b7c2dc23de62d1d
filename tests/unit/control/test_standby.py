"""A replica that does not lead: it keeps what there is in mind, and not what there was."""

from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

from tests.unit.control.fake_client import FakeClient
from tests.unit.control.process import Feed
from tests.unit.examples import UID, body
from tracardi_operator.control import app
from tracardi_operator.control.app import Operator
from tracardi_operator.control.metrics import Metrics
from tracardi_operator.control.records import Key
from tracardi_operator.control.settings import Settings
from tracardi_operator.services.catalogue import builtin

KEY = Key("ns", "r")
CONSUMER = {"from": [{"namespace": "ns"}], "bundle": {"environment": "production", "format": "json"}}


def standby() -> Operator:
    client, nobody = cast("Any", FakeClient()), cast("Any", None)
    connection = cast("Any", SimpleNamespace(namespace="op", server="x"))
    settings = Settings(leader_election=True, resource_types=False)
    with mock.patch.object(app, "ResourceWatch", Feed):
        return Operator(settings, builtin(), connection, client, client, Metrics(), nobody)


async def test_of_objects_that_are_gone_nothing_waits() -> None:
    operator = standby()
    deliveries = operator._deliveries
    operator._store.take_in(body())
    deliveries.store.take_in(body(metadata={"uid": "consumer"}, spec=CONSUMER))
    assert (len(operator._queue), len(deliveries._bundles)) == (1, 1)
    operator._store.drop(KEY, UID)
    deliveries.store.drop(KEY, "consumer")
    waiting = [queue for queue in (operator._queue, deliveries._bundles) if len(queue) + queue.delayed]
    assert (waiting, operator._propagation._told) == ([], {})
    assert "ns" not in deliveries.receivers._by_namespace


async def test_one_that_was_made_anew_waits() -> None:
    operator = standby()
    operator._store.take_in(body())
    operator._store.take_in(body(version=2, metadata={"uid": "another"}))
    operator._store.drop(KEY, UID)
    assert len(operator._queue) == 1
