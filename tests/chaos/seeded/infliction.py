"""Faults as they are done, by the names of `injuries`."""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from tests.chaos.proxy import Broken, Call, Event, Fault, error_event, status
from tests.chaos.seeded.cluster import Document
from tests.chaos.seeded.rig import LEASE, Rig
from tests.cluster.operator_process import OperatorProcess
from tests.tracardi import standin

Args = dict[str, Any]
Undo = Callable[[], object]

HALF_A_LINE: Final = b'{"type":"MODIFIED","object":{"kind":"Partial'
_REASONS: Final = {
    401: "Unauthorized",
    403: "Forbidden",
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}
_UNTIL_SEEN_SECONDS: Final = 1.0
"""Steps follow each other fast: whoever is to see the wrong time has some work to do meanwhile."""
_STOLEN_SECONDS: Final = 7
"""More than who leads takes to see it: else two would lead for a moment."""


def inflict(rig: Rig, name: str, args: Args) -> Undo:
    """Begin a fault; the answer ends it."""
    if name in _BY_TRACARDI:
        fault = rig.site.begin(_BY_TRACARDI[name](args))
        return lambda: rig.site.end(fault)
    if name in _BY_PROXY:
        return _through_proxy(rig, _BY_PROXY[name](args, rig))
    return _BY_HAND[name](rig, args)


def _through_proxy(rig: Rig, fault: Fault) -> Undo:
    rig.proxy.add(fault)
    return lambda: rig.proxy.remove(fault)


class _Some(Fault):
    """Befalls every so many of the requests of a verb, about a kind."""

    def __init__(self, args: Args, _: Rig) -> None:
        self._args = args
        self._seen = 0

    def _is_due(self, call: Call) -> bool:
        if call.resource == "leases" or any(
            self._args[key] not in ("", getattr(call, key)) for key in ("verb", "resource")
        ):
            return False
        self._seen += 1
        return bool(self._seen % self._args["every"] == 0)


class _Answers(_Some):
    def before(self, call: Call) -> web.Response | None:
        code = self._args["code"]
        after = {"Retry-After": "1"} if code == 429 else {}
        return status(code, _REASONS[code], **after) if self._is_due(call) else None


class _Breaks(_Some):
    def before(self, call: Call) -> web.Response | None:
        if not self._args["after"] and self._is_due(call):
            raise Broken
        return None

    def after(self, call: Call) -> None:
        if self._args["after"] and self._is_due(call):
            raise Broken


class _Slow(_Some):
    def delay(self, call: Call) -> float:
        return float(self._args["seconds"]) if self._is_due(call) else 0.0


class _Lost(Fault):
    """Events of a kind that never arrive, as watches lose them at times."""

    def __init__(self, args: Args, _: Rig) -> None:
        self._args = args
        self._seen = 0

    def event(self, call: Call, event: Event) -> bool:
        if call.resource != self._args["resource"] or event["type"] == "BOOKMARK":
            return True
        self._seen += 1
        return bool(self._seen % self._args["every"])


class _Behind(Fault):
    """The API server has stayed behind for watches of a kind, and for lists from its cache."""

    def __init__(self, args: Args, rig: Rig) -> None:
        self._resource = args["resource"]
        self._version = rig.system.version("resourcetypes")

    def version(self, call: Call) -> str:
        is_cached = call.is_watch or call.query.get("resourceVersion")
        return self._version if call.resource == self._resource and is_cached else ""


class _KillAtWrite(Fault):
    """The first such write is the operator's last: before it is done, or once it is."""

    def __init__(self, args: Args, rig: Rig) -> None:
        self._args = args
        self._rig = rig
        self._is_done = False

    def before(self, call: Call) -> web.Response | None:
        if not self._args["after"] and self._is_it(call):
            self._strike()
            raise Broken
        return None

    def after(self, call: Call) -> None:
        if self._args["after"] and self._is_it(call):
            self._strike()

    def _is_it(self, call: Call) -> bool:
        return not self._is_done and (call.verb, call.resource) == (self._args["verb"], self._args["resource"])

    def _strike(self) -> None:
        """All replicas: which one has asked can't be told."""
        self._is_done = True
        for replica in self._rig.replicas:
            if replica.exit_code is None:
                self._rig.kill(replica)


def _watches_end(rig: Rig, args: Args) -> Undo:
    how = args["how"]
    if how == "silent":
        rig.proxy.silence()
    else:
        last = {"closed": b"", "torn": HALF_A_LINE, "broken": None, "gone": error_event(410, "Expired")}
        rig.proxy.cut(last=last[how])
    return _nothing


def _behind(rig: Rig, args: Args) -> Undo:
    undo = _through_proxy(rig, _Behind(args, rig))
    rig.proxy.cut(lambda call: call.resource == args["resource"], last=error_event(410, "Expired"))
    return undo


def _killed(rig: Rig, args: Args) -> Undo:
    replica = rig.replica(args["replica"])
    if replica.exit_code is None:
        rig.kill(replica)
    return _nothing


def _stopped(rig: Rig, args: Args) -> Undo:
    replica = rig.replica(args["replica"])
    if replica.exit_code is None:
        rig.stop(replica)
    return _nothing


def _paused(rig: Rig, args: Args) -> Undo:
    replica = rig.replica(args["replica"])
    _signal(replica, signal.SIGSTOP)
    return lambda: _signal(replica, signal.SIGCONT)


def _signal(replica: OperatorProcess, number: signal.Signals) -> None:
    if replica.exit_code is None:
        os.kill(replica.pid, number)


def _clock_jumps(rig: Rig, args: Args) -> Undo:
    clock = rig.clock(args["replica"])
    clock.shift(args["hours"])
    time.sleep(_UNTIL_SEEN_SECONDS)
    return lambda: clock.shift(0)


def _apiserver_killed(rig: Rig, args: Args) -> Undo:
    rig.plane.kill_apiserver()
    time.sleep(args["seconds"])
    rig.plane.start_apiserver()
    return _nothing


def _etcd_paused(rig: Rig, args: Args) -> Undo:
    """The next steps go on, and wait like everybody."""
    number = rig.plane.pids["etcd"]
    os.kill(number, signal.SIGSTOP)
    threading.Timer(args["seconds"], os.kill, (number, signal.SIGCONT)).start()
    return _nothing


def _rights_withdrawn(rig: Rig, args: Args) -> Undo:
    assert rig.role
    rules: list[Document] = rig.role["rules"]
    taken = args["resource"]
    left = [rule | {"resources": [name for name in rule["resources"] if taken and name != taken]} for rule in rules]
    rig.set_rules([rule for rule in left if rule["resources"]])
    rig.proxy.cut()
    return lambda: rig.set_rules(rules)


def _leader_lost(rig: Rig, _: Args) -> Undo:
    if leader := rig.leader():
        rig.kill(leader)
        rig.free_lease()
    return _nothing


def _lease_stolen(rig: Rig, _: Args) -> Undo:
    def change(lease: Document) -> None:
        lease["spec"] |= {"holderIdentity": "somebody else", "leaseDurationSeconds": _STOLEN_SECONDS}

    return _change_lease(rig, change)


def _clock_of_lease_jumps(rig: Rig, args: Args) -> Undo:
    def change(lease: Document) -> None:
        then = datetime.now(UTC) + timedelta(hours=args["hours"])
        lease["spec"]["renewTime"] = then.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    return _change_lease(rig, change)


def _change_lease(rig: Rig, change: Callable[[Document], None]) -> Undo:
    rig.system.change("leases", LEASE, change)
    return _nothing


def _nothing() -> None:
    """What is over at once needs no end."""


_BY_TRACARDI: Final[dict[str, Callable[[Args], standin.Fault]]] = {
    "Tracardi down": lambda _: standin.Fault(is_down=True),
    "Tracardi answers": lambda args: standin.Fault(status=args["status"], is_done=args["done"]),
    "Tracardi lies": lambda args: standin.Fault(status=200, body=args["body"]),
    "Tracardi slow": lambda args: standin.Fault(delay=args["seconds"]),
}
_BY_PROXY: Final[dict[str, Callable[[Args, Rig], Fault]]] = {
    "answers": _Answers,
    "connections break": _Breaks,
    "slow": _Slow,
    "events get lost": _Lost,
    "operator killed at a write": _KillAtWrite,
}
_BY_HAND: Final[dict[str, Callable[[Rig, Args], Undo]]] = {
    "watches end": _watches_end,
    "behind": _behind,
    "operator killed": _killed,
    "operator stopped": _stopped,
    "operator paused": _paused,
    "clock jumps": _clock_jumps,
    "API server killed": _apiserver_killed,
    "etcd paused": _etcd_paused,
    "rights withdrawn": _rights_withdrawn,
    "leader lost": _leader_lost,
    "lease stolen": _lease_stolen,
    "clock of the lease jumps": _clock_of_lease_jumps,
}
