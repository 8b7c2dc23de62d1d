"""A cluster on virtual time: what people do in it, what happens to the operator in it, and what must come of it."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Any, Final

import looptime

from tests.unit.control.fake_client import FakeClient, writes
from tests.unit.control.fake_server import FakeServer
from tests.unit.control.faults import Faults, FaultyClient
from tests.unit.control.judge import BAD, Judge, output_name
from tests.unit.control.process import RELIST, RESYNC, Process
from tests.unit.examples import owner
from tracardi_operator.api.names import ANNOTATION_REQUESTED_AT, LABEL_ENVIRONMENT, LABEL_MANAGED_BY, MANAGER
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.records import CONSUMERS, RESOURCES
from tracardi_operator.kube.client import Object
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS, Kind

CONVERGED: Final = 5 * RESYNC
"""Seconds after which all is as it should be, once nothing changes any more and the faults are over."""
QUIET: Final = RELIST + RESYNC
"""Seconds that are watched for needless work: all that comes at intervals comes in them."""
_INSTANT: Final = 0.005
_GARBAGE_SECONDS: Final = 1.0
_BURST: Final = 100
_PER_SECOND: Final = 20
"""Requests that two Resources may take, whatever fails."""

CONSUMER: Final = "app"
SHARED: Final = "shared"
"""The name of an output that several may ask for, and a stranger may have."""
IMPOSTOR: Final = "impostor"
CONFIG: Final = "settings"
"""The ConfigMap."""


class _Loop(looptime.LoopTimeEventLoop, asyncio.SelectorEventLoop):
    """Time passes when nothing is left to do."""

    def __init__(self) -> None:
        super().__init__(start=0.0, noop_cycles=0)


REFUSED: Final = ("Status may not be written", "Can't be compared", "Watch interrupted")
"""What is logged of rights and credentials that the API server does not accept: no defect of the operator."""


class _Complaints(logging.Handler):
    """What the operator logs as its own defects."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith(REFUSED):
            return
        self.texts.append(f"{record.getMessage()}: {getattr(record, 'cause', '')}")


class Scene:
    def __init__(self) -> None:
        self.server = FakeServer()
        self.people = FakeClient(self.server)
        self.judge = Judge(self.server)
        self.faults = Faults()
        self.process: Process | None = None
        self.requests: list[str] = []
        """Of all processes."""
        self._loop = _Loop()
        self._numbers = 0
        self._complaints = _Complaints()
        self._logger = logging.getLogger("tracardi_operator")
        self._level = self._logger.level
        self._logger.addHandler(self._complaints)
        self._logger.setLevel(logging.ERROR)

    def close(self) -> None:
        self.kill()
        self._loop.close()
        self._logger.removeHandler(self._complaints)
        self._logger.setLevel(self._level)

    # What people do

    def set_secret(self, name: str, *, good: bool = True, token: str | None = None) -> None:
        self._numbers += 1
        data = {"token": token or made_up(self._numbers) if good else BAD, "api_url": address(self._numbers)}
        self.people.put(SECRETS, name, {"data": encode_base64(data)})

    def set_config(self, name: str = CONFIG) -> None:
        self._numbers += 1
        self.people.put(CONFIG_MAPS, name, {"data": {"api_url": address(self._numbers)}})

    def set_resource(self, name: str, credentials: Object, output: Object | None = None, **spec: Any) -> None:
        content = {"type": "matomo", "credentials": credentials, "output": output or {}, **spec}
        self.people.put(RESOURCES, name, {"spec": content})

    def edit_resource(self, name: str, change: Callable[[Object], object]) -> None:
        """Nothing happens if there is none of this name."""
        if found := self.people.object(RESOURCES, name):
            change(found)
            self.people.put(RESOURCES, name, found)

    def set_consumer(self, environment: str, secret: str | None = None, *, suspend: bool = False) -> None:
        target = {"environment": environment, "format": "json", **({"secretName": secret} if secret else {})}
        content = {"from": [{"namespace": "ns"}], "bundle": target, **({"suspend": True} if suspend else {})}
        self.people.put(CONSUMERS, CONSUMER, {"spec": content})

    def request(self, name: str) -> None:
        self._numbers += 1
        stamp = {ANNOTATION_REQUESTED_AT: str(self._numbers)}
        self.edit_resource(name, lambda found: found["metadata"].update(annotations=stamp))

    def remove(self, kind: Kind, name: str) -> None:
        if self.people.object(kind, name):
            self.people.remove(kind, name)

    def edit_output(self, name: str, change: Callable[[Object], object]) -> None:
        found = self.people.object(SECRETS, name)
        if found and found["metadata"].get("ownerReferences"):
            change(found)
            self.people.put(SECRETS, name, found)

    def make_stranger(self, name: str, *, like_ours: bool = False) -> None:
        """A Secret of somebody else, perhaps with the labels of an output."""
        labels = {LABEL_MANAGED_BY: MANAGER, LABEL_ENVIRONMENT: "production"} if like_ours else {}
        if not self.people.object(SECRETS, name):
            self.people.put(SECRETS, name, {"data": encode_base64({"key": "mine"}), "metadata": {"labels": labels}})

    def make_impostor(self, resource: str) -> None:
        """A Secret that says it belongs to a Resource, and that the operator never wrote."""
        found = self.people.object(RESOURCES, resource)
        if found and not self.people.object(SECRETS, IMPOSTOR):
            metadata = {
                "labels": {LABEL_MANAGED_BY: MANAGER, LABEL_ENVIRONMENT: "production"},
                "ownerReferences": [owner(found["metadata"]["uid"], resource).encode()],
            }
            self.people.put(SECRETS, IMPOSTOR, {"data": encode_base64({"key": "mine"}), "metadata": metadata})

    def output_of(self, resource: str, environment: str = "production") -> str:
        found = self.people.object(RESOURCES, resource)
        return output_name(found, environment) if found and environment in found["spec"]["credentials"] else ""

    # What happens to the operator

    def start(self) -> None:
        if self.process is None:
            self.process = self._loop.run_until_complete(self._start())

    def kill(self) -> None:
        if self.process:
            self._loop.run_until_complete(self.process.kill())
            self.requests += self.process.client.requests
            self.process = None

    def disturb(self, kind: Kind, how: str) -> None:
        """Do something to the open watches of a kind."""
        for stream in self.faults.streams:
            if stream.is_open and stream.kind == kind:
                stream.suffer(how)

    def now(self) -> float:
        return self._loop.time()

    def pass_time(self, seconds: float = _INSTANT) -> None:
        """Raises AssertionError where something happened that must never happen."""
        if seconds >= _GARBAGE_SECONDS:
            self.server.collect_garbage()
        before = self.asked()
        self._loop.run_until_complete(asyncio.sleep(seconds))
        assert self.asked() - before <= _BURST + _PER_SECOND * seconds, "hammers the API server"
        if self.process:
            if self.process.is_over:
                self.kill()
                self.start()
            else:
                self.process.require_alive()
        assert not self.judge.violations, self.judge.violations
        assert not self._complaints.texts, self._complaints.texts

    def asked(self) -> int:
        """How many requests the present process has sent."""
        return len(self.process.client.requests) if self.process else 0

    # What must come of it

    def settle(self) -> None:
        """The faults are over and nobody changes anything: all comes to be as it should be, and to rest."""
        self.faults.end()
        self.start()
        self.pass_time(CONVERGED)
        self.server.collect_garbage()
        self.pass_time(RESYNC)
        self.judge.require_match()
        self._require_rest()

    def settle_anew(self) -> None:
        """A process that starts when all is quiet finds nothing to do."""
        self.kill()
        self.start()
        self._require_rest()

    def _require_rest(self) -> None:
        assert self.process
        sent = self.process.client.requests
        before, version = len(sent), self.server.version
        self.pass_time(QUIET)
        assert list(writes(sent[before:])) == [], "written though nothing changed"
        assert self.server.version == version
        if self.judge.all_ready:
            read = [line for line in sent[before:] if line.startswith("get")]
            assert read == [], "read though nothing changed"

    async def _start(self) -> Process:
        self.judge.process += 1
        return Process(FaultyClient(self.server, self.faults, self.judge))


def made_up(number: int) -> str:
    """A token of the type matomo, each number its own."""
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def address(number: int) -> str:
    return f"https://m{number}.example.com"


def by_fields(secret: str, config: str = CONFIG) -> Object:
    """Credentials taken from a Secret and a ConfigMap."""
    return {
        "fields": {
            "token": {"valueFrom": {"secretKeyRef": {"name": secret, "key": "token"}}},
            "api_url": {"valueFrom": {"configMapKeyRef": {"name": config, "key": "api_url"}}},
        }
    }


def whole(secret: str) -> Object:
    """Credentials taken from one Secret."""
    return {"secretRef": {"name": secret}}
