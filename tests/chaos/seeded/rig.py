"""A control plane of its own, a proxy that all requests of the operator go through, and the operator's replicas."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.chaos.clock import WallClock, clear
from tests.chaos.proxy import Proxy, running
from tests.chaos.seeded.cluster import Cluster, Document
from tests.chaos.seeded.journal import Journal
from tests.chaos.seeded.site import Site, site
from tests.cluster.operator_process import NAMESPACE, SERVICE_ACCOUNT, OperatorProcess
from tracardi_operator.devcluster import ControlPlane

FLAGS: Final = (
    *("--resync-seconds", "1", "--relist-seconds", "3", "--silence-seconds", "2.5"),
    *("--allowed-hosts", "127.0.0.1", "--log-level", "debug"),
)
ROLE: Final = "tracardi-operator"
LEASE: Final = "tracardi-operator"


class Rig:
    """For one run; the control plane may serve many, one after the other."""

    def __init__(
        self, plane: ControlPlane, proxy: Proxy, journal: Journal, folder: Path, site: Site, replicas: int
    ) -> None:
        self.plane = plane
        self.proxy = proxy
        self.journal = journal
        self.site = site
        self.system = Cluster(plane.kubeconfig, NAMESPACE)
        flags = (*FLAGS, "--leader-election") if replicas > 1 else FLAGS
        self.clocks = [WallClock(folder / f"clock-{number}") for number in range(replicas)]
        self.replicas = [
            OperatorProcess(proxy.kubeconfig, folder / f"operator-{number}.log", *flags, environment=clock.environment)
            for number, clock in enumerate(self.clocks)
        ]
        self._expected_dead: set[int] = set()
        self.role = self.system.find("clusterroles", ROLE)

    def replica(self, number: int) -> OperatorProcess:
        return self.replicas[number % len(self.replicas)]

    def clock(self, number: int) -> WallClock:
        """Of a replica."""
        return self.clocks[number % len(self.clocks)]

    def kill(self, replica: OperatorProcess) -> None:
        """It is started again by `revive`."""
        pid = replica.pid  # another thread may start it again
        self._expected_dead.add(pid)
        replica.kill()
        clear(pid)

    def stop(self, replica: OperatorProcess) -> None:
        """One that is paused goes on first."""
        self._expected_dead.add(replica.pid)
        os.kill(replica.pid, signal.SIGCONT)
        replica.stop()
        clear(replica.pid)

    def revive(self) -> None:
        """Start again who was killed. An end that nobody brought about is a failure."""
        for replica in self.replicas:
            if replica.exit_code is None:
                continue
            if replica.pid not in self._expected_dead:
                last = "\n".join(replica.log.read_text().splitlines()[-20:])
                raise AssertionError(f"the operator ended by itself with code {replica.exit_code}\n{last}")
            replica.restart()

    def leader(self) -> OperatorProcess | None:
        """Who logged the identity that holds the Lease, and lives."""
        return self._living(_holder(self.system.find("leases", LEASE)))

    def free_lease(self) -> None:
        """Nobody waits until the Lease of the dead runs out.

        Who holds it and has logged nothing yet may live, and a stolen one runs out by itself: else two would lead.
        """
        lease = self.system.find("leases", LEASE)
        holder = _holder(lease)
        if lease and len(self.replicas) > 1 and holder in self.logs() and self._living(holder) is None:
            self.system.delete("leases", LEASE, version=lease["metadata"]["resourceVersion"])

    def _living(self, holder: str) -> OperatorProcess | None:
        return next((each for each in self.replicas if each.exit_code is None and holder in each.log.read_text()), None)

    def set_rules(self, rules: list[Document]) -> None:
        """What the operator may do."""

        def change(role: Document) -> None:
            role["rules"] = rules

        self.system.change("clusterroles", ROLE, change)

    def heal(self) -> None:
        """End whatever still goes on."""
        assert self.role
        self.set_rules(self.role["rules"])
        for clock in self.clocks:
            clock.shift(0)
        for number in (self.plane.pids["etcd"], *(replica.pid for replica in self.replicas)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGCONT)
        self.revive()
        self.free_lease()

    def logs(self) -> str:
        return "\n".join(replica.everything_logged() for replica in self.replicas)

    def close(self) -> None:
        for replica in self.replicas:
            if replica.exit_code is None:
                os.kill(replica.pid, signal.SIGCONT)
                replica.kill()
                clear(replica.pid)
        self.system.delete("leases", LEASE)
        self.system.close()


def _holder(lease: Document | None) -> str:
    return (lease or {"spec": {}})["spec"].get("holderIdentity") or "nobody"


@contextlib.contextmanager
def rig_for(plane: ControlPlane, folder: Path, replicas: int) -> Iterator[Rig]:
    kubeconfig = plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)
    journal = Journal()
    with running(kubeconfig, folder) as proxy, site() as tracardi:
        proxy.add(journal)
        rig = Rig(plane, proxy, journal, folder, tracardi, replicas)
        try:
            yield rig
        finally:
            rig.close()
