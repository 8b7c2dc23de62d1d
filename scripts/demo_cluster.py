"""The cluster of `make demo`: its control plane, the operator in it, and how a claim about them is checked."""

import contextlib
import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from console import Console
from demo_tracardi import Tracardi

from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.devcluster.components import HOST
from tracardi_operator.devcluster.ports import free_port
from tracardi_operator.devcluster.processes import Process, tail

SYSTEM, OPERATOR = "tracardi-system", "tracardi-operator"
NAMESPACE = "demo"
WITHIN = 60.0
"""Seconds in which a claim must come true."""
POLL = 0.05
RESYNC = 15
"""Seconds; the operator's own default is 60."""

Found = TypeVar("Found")


class DemoError(Exception):
    """Something that the demo claims is not so."""


class Cluster:
    """A control plane, within `operator()` the operator, and a Tracardi."""

    def __init__(self, plane: ControlPlane, console: Console) -> None:
        self.plane = plane
        self.console = console
        self.log = plane.directory / "operator.log"
        self.tracardi = Tracardi(plane.directory / "tracardi.log")
        self._port = free_port(HOST)
        self._operator: Process | None = None

    @property
    def health(self) -> str:
        """Where the operator answers."""
        return f"http://{HOST}:{self._port}"

    @contextlib.contextmanager
    def operator(self) -> Iterator[None]:
        """Run the operator as its own ServiceAccount until the block ends."""
        kubeconfig = self.plane.service_account_kubeconfig(SYSTEM, OPERATOR)
        flags = ["--kubeconfig", str(kubeconfig), "--health-host", HOST, "--health-port", str(self._port)]
        flags += ["--allowed-hosts", HOST, "--resync-seconds", str(RESYNC)]  # the Tracardi of the demo is there
        command = [sys.executable, "-m", "tracardi_operator", "run", *flags]
        with Process.start("the operator", command, self.log) as self._operator:
            yield

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.health}/readyz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def get(self, kind: str, *name: str) -> Any:
        """One object of the demo's namespace, or the list of a kind."""
        return json.loads(self.plane.kubectl("get", kind, *name, "-n", NAMESPACE, "-o", "json").stdout)

    def show(self, *arguments: str) -> None:
        """Run kubectl, and print the command and its output."""
        self.console.shown(f"kubectl {' '.join(arguments)}", self.plane.kubectl(*arguments).stdout)

    def show_columns(self, columns: Mapping[str, str], *resources: str) -> None:
        """Like `show` of these Resources, with columns from JSON paths, which are not printed."""
        chosen = ",".join(f"{title}:{path}" for title, path in {"NAME": ".metadata.name", **columns}.items())
        command = ("get", "tres", *resources, "-n", NAMESPACE, "-o", f"custom-columns={chosen}")
        named = resources[0] if len(resources) == 1 else "…"
        output = self.plane.kubectl(*command).stdout
        self.console.shown(f"kubectl get tres {named} -n {NAMESPACE} -o custom-columns=…", output)

    def apply_samples(self, folder: Path) -> None:
        created = self.plane.kubectl("apply", "-n", NAMESPACE, "-k", str(folder)).stdout.splitlines()
        self.console.shown(f"kubectl apply -n {NAMESPACE} -k {folder}", f"{len(created)} objects")

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """They are not printed: they may hold values."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        created = self.plane.kubectl("apply", "-n", NAMESPACE, "-f", "-", input=json.dumps(listed)).stdout
        self.console.shown(f"kubectl apply -n {NAMESPACE} -f …", created)

    def patch_secret(self, name: str, values: Mapping[str, str]) -> None:
        """Merge `values` into a Secret. They are not printed, and not among the arguments of a process."""
        self.console.shown(f"kubectl patch secret {name} -n {NAMESPACE} --patch …   # {', '.join(values)}")
        command = ("patch", "secret", name, "-n", NAMESPACE, "--patch-file", "/dev/stdin")
        self.plane.kubectl(*command, input=json.dumps({"stringData": dict(values)}))

    def until(self, claim: str, look: Callable[[], Found]) -> Found:
        """What `look` returns as soon as that is true of something. Raises DemoError when it takes too long."""
        deadline = time.monotonic() + WITHIN
        while not (found := look()):
            if self._operator:
                self._operator.require_running()
            if time.monotonic() > deadline:
                said = f"\nThe operator's log ends so:\n{tail(self.log)}" if self.log.exists() else ""
                raise DemoError(f"Not so within {WITHIN:.0f} s: {claim}{said}")
            time.sleep(POLL)
        self.console.fact(claim)
        return found

    def milliseconds(self, edited: str, written: str) -> float | None:
        """From the last edit of one Secret to the operator's last update of another, by the API server's audit log.

        None while the log has not both.
        """
        start, end = self._answered("patch", edited), self._answered("update", written)
        return (end - start).total_seconds() * 1000 if start and end and end > start else None

    def _answered(self, verb: str, secret: str) -> datetime | None:
        """When the last such request was answered."""
        events = self.plane.audit_events()
        wanted = ("ResponseComplete", verb, "secrets", secret)
        times = [event["stageTimestamp"] for event in events if request(event) == wanted]
        return datetime.fromisoformat(max(times)) if times else None


def request(event: dict[str, Any]) -> tuple[str, ...]:
    target = event.get("objectRef", {})
    return event["stage"], event["verb"], target.get("resource", ""), target.get("name", "")
