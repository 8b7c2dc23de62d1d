"""Kopf hands over what it sees, keeps nothing, writes nothing, and ends when it is told to."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

import kopf
import pytest

from tests.unit.examples import body
from tracardi_operator import handlers
from tracardi_operator.api.names import CONSUMER_PLURAL, FINALIZER, GROUP, PLURAL, TYPE_PLURAL, VERSION
from tracardi_operator.handlers import watch_our_kinds

if TYPE_CHECKING:
    from tracardi_operator.kube.session import Connection

CONNECTION = cast("Connection", None)
Told = list[tuple[str, str | None, Mapping[str, Any]]]


@pytest.fixture
def told() -> Told:
    return []


def registry(told: Told, *, types: bool = False) -> kopf.OperatorRegistry:
    return handlers._registry(CONNECTION, lambda plural, event, body: told.append((plural, event, body)), types=types)


def handlers_by_plural(told: Told, *, types: bool = False) -> dict[str, Callable[..., Any]]:
    found = registry(told, types=types)._watching.get_all_handlers()
    return {str(one.selector.any_name): cast("Callable[..., Any]", one.fn) for one in found if one.selector}


class TestHandlers:
    def test_the_only_handlers_are_of_events_of_our_kinds(self, told: Told) -> None:
        made = registry(told)
        selectors = [handler.selector for handler in made._watching.get_all_handlers() if handler.selector]
        expected = {(GROUP, VERSION, plural) for plural in (PLURAL, CONSUMER_PLURAL)}
        assert {(one.group, one.version, one.any_name) for one in selectors} == expected
        others = (made._changing, made._spawning, made._indexing, made._webhooks)
        assert [list(other.get_all_handlers()) for other in others] == [[], [], [], []]

    async def test_resource_types_are_watched_only_where_they_are_read(self, told: Told) -> None:
        assert TYPE_PLURAL not in handlers_by_plural(told)
        assert TYPE_PLURAL in handlers_by_plural(told, types=True)

    @pytest.mark.parametrize("plural", [PLURAL, CONSUMER_PLURAL, TYPE_PLURAL])
    @pytest.mark.parametrize("kind", [None, "ADDED", "MODIFIED", "DELETED"])
    async def test_an_event_is_handed_over_as_it_is_and_nothing_is_returned(
        self, told: Told, plural: str, kind: str | None
    ) -> None:
        call, resource = handlers_by_plural(told, types=True)[plural], body()
        assert await call(event={"type": kind, "object": resource}, body=resource, logger=None, memo=None) is None
        assert told == [(plural, kind, resource)]


class TestSettings:
    def test_kopf_writes_no_finalizer_that_any_object_has(self) -> None:
        assert handlers._settings().persistence.finalizer == FINALIZER

    def test_kopf_posts_no_events_and_asks_for_no_lists_of_kinds(self) -> None:
        settings = handlers._settings()
        assert (settings.posting.enabled, settings.scanning.disabled, settings.peering.standalone) == (
            False,
            True,
            True,
        )

    def test_nothing_of_a_resource_is_copied(self) -> None:
        storage = handlers._settings().persistence.diffbase_storage
        resource = kopf.Body(cast("Any", body()))
        assert storage.build(body=resource, extra_fields=[]) == {}
        assert storage.fetch(body=resource) is None

    def test_nothing_is_written_into_a_resource(self) -> None:
        persistence = handlers._settings().persistence
        patch = kopf.Patch()
        resource = kopf.Body(cast("Any", body()))
        persistence.diffbase_storage.store(body=resource, patch=patch, essence=cast("Any", {"spec": "SENTINEL"}))
        progress = persistence.progress_storage
        key, record = cast("Any", "key"), cast("Any", {})
        progress.store(body=resource, patch=patch, key=key, record=record)
        progress.touch(body=resource, patch=patch, value=None)
        progress.purge(body=resource, patch=patch, key=key)
        assert not patch
        assert progress.fetch(body=resource, key=key) is None
        essence: Any = {"a": 1}
        assert progress.clear(essence=essence) is essence

    def test_failed_requests_are_repeated_without_end(self) -> None:
        backoffs = handlers._settings().networking.error_backoffs
        waits = list(itertools.islice(iter(cast("Any", backoffs)), 100))
        assert (len(waits), waits[0], max(waits)) == (100, 0.5, 15)
        assert next(iter(cast("Any", backoffs))) == 0.5  # each request counts its own


class Kopf:
    """Stands in for `kopf.operator`: runs until it is told to stop, unless it is to end at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, end: Exception | None = None, *, at_once: bool = False) -> None:
        self.arguments: dict[str, Any] = {}
        self._end = end
        self._at_once = at_once
        monkeypatch.setattr(kopf, "operator", self._operate)

    async def _operate(self, **arguments: Any) -> None:
        self.arguments = arguments
        if self._end:
            raise self._end
        if not self._at_once:
            await asyncio.Event().wait()


def watch(*namespaces: str, stop: Future[None] | None = None) -> None:
    watch_our_kinds(CONNECTION, namespaces, lambda plural, event, body: None, stop or Future())


class TestRunning:
    def test_it_runs_until_it_is_told_to_stop_by_another_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Kopf(monkeypatch)
        stop: Future[None] = Future()
        timer = threading.Timer(0.05, stop.set_result, [None])
        timer.start()
        watch(stop=stop)
        assert stop.done()

    def test_told_to_stop_before_it_ends_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Kopf(monkeypatch)
        stop: Future[None] = Future()
        stop.set_result(None)
        watch(stop=stop)

    def test_it_ends_when_kopf_does_and_may_be_told_to_stop_afterwards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Kopf(monkeypatch, at_once=True)
        stop: Future[None] = Future()
        watch(stop=stop)
        stop.set_result(None)

    def test_an_error_of_kopf_is_raised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Kopf(monkeypatch, RuntimeError())
        with pytest.raises(RuntimeError):
            watch()

    @pytest.mark.parametrize(("namespaces", "clusterwide"), [((), True), (("a", "b"), False)])
    def test_it_watches_the_namespaces_that_are_served(
        self, monkeypatch: pytest.MonkeyPatch, namespaces: tuple[str, ...], clusterwide: bool
    ) -> None:
        double = Kopf(monkeypatch, at_once=True)
        watch(*namespaces)
        assert (double.arguments["namespaces"], double.arguments["clusterwide"]) == (namespaces, clusterwide)
        assert double.arguments["standalone"] is True
