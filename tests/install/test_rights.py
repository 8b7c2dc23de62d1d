"""Rights are minimal: without each of them a behaviour of the operator fails, and with it the same behaviour is there.

One operator runs as its ServiceAccount. A right is taken from its role, the API server refuses what needs it, and what
the table in `rights.py` names does not come about; then the right is given back, and it does.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.audit import OPERATOR
from tests.cluster.install import install
from tests.cluster.objects import Objects
from tests.cluster.operator_process import OperatorProcess
from tests.install.behaviours import Behaviour, Scene, until
from tests.install.chart import ROOT, SERVED, Document, manifest, one
from tests.install.rights import IN_A_NAMESPACE, IN_THE_CLUSTER, LEADER, by_words, words
from tracardi_operator.devcluster import ControlPlane

FORBIDDEN = 403
FLAGS = ("--leader-election", "--resync-seconds", "1", "--relist-seconds", "1")

CLUSTER_ROLE = one(manifest("cluster/rbac.yaml"), "ClusterRole")
LEADER_ROLE = one(manifest("base/rbac.yaml"), "Role")
NAMESPACE_ROLE = one(manifest("namespaced/role/role.yaml"), "Role")
NAMESPACE_ROLE["metadata"]["namespace"] = SERVED[0]


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster, and the operator that works there."""

    plane: ControlPlane
    operator: OperatorProcess


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ControlPlane.start() as plane:
        install(plane)
        plane.kubectl("create", "namespace", SERVED[0])
        with OperatorProcess.of(plane, tmp_path_factory.mktemp("cluster") / "log", *FLAGS) as operator:
            yield Place(plane, operator)


@pytest.fixture(scope="module")
def namespaced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ControlPlane.start() as plane:
        for namespace in SERVED:
            plane.kubectl("create", "namespace", namespace)
        plane.kubectl("apply", "-k", str(ROOT / "crds"))
        plane.kubectl("apply", "-k", str(ROOT / "manifests" / "namespaced"))
        flags = (*FLAGS, "--namespaces", ",".join(SERVED))
        with OperatorProcess.of(plane, tmp_path_factory.mktemp("namespaced") / "log", *flags) as operator:
            yield Place(plane, operator)


TABLES: list[tuple[Document, Mapping[str, Behaviour]]] = [
    (CLUSTER_ROLE, IN_THE_CLUSTER),
    (NAMESPACE_ROLE, IN_A_NAMESPACE),
    (LEADER_ROLE, LEADER),
]


@pytest.mark.parametrize(("role", "table"), TABLES, ids=["cluster", "namespace", "leader"])
def test_the_table_has_every_right_of_the_role_and_no_other(role: Document, table: Mapping[str, Behaviour]) -> None:
    assert by_words(role).keys() == table.keys()


def test_the_page_says_what_each_right_is_for() -> None:
    shown = [line for line in (ROOT / "docs" / "rights.md").read_text().splitlines() if line.startswith("| `")]
    in_the_cluster_only = {right: IN_THE_CLUSTER[right] for right in IN_THE_CLUSTER.keys() - IN_A_NAMESPACE.keys()}
    tables = (IN_A_NAMESPACE, in_the_cluster_only, LEADER)
    assert sorted(shown) == sorted(f"| `{right}` | {does.words} |" for table in tables for right, does in table.items())


@pytest.mark.parametrize(("right", "behaviour"), IN_THE_CLUSTER.items(), ids=IN_THE_CLUSTER)
async def test_without_a_right_in_the_cluster_it_fails(cluster: Place, right: str, behaviour: Behaviour) -> None:
    await _prove(cluster, CLUSTER_ROLE, right, behaviour)


@pytest.mark.parametrize(("right", "behaviour"), LEADER.items(), ids=LEADER)
async def test_without_a_right_on_its_lease_it_fails(cluster: Place, right: str, behaviour: Behaviour) -> None:
    await _prove(cluster, LEADER_ROLE, right, behaviour)


@pytest.mark.parametrize(("right", "behaviour"), IN_A_NAMESPACE.items(), ids=IN_A_NAMESPACE)
async def test_without_a_right_in_a_namespace_it_fails(namespaced: Place, right: str, behaviour: Behaviour) -> None:
    await _prove(namespaced, NAMESPACE_ROLE, right, behaviour)


async def _prove(place: Place, role: Document, right: str, behaviour: Behaviour) -> None:
    plane, operator = place.plane, place.operator
    operator.ensure_default()
    async with Objects.of(plane.kubeconfig, SERVED[0]) as objects:
        scene = Scene(plane, operator, objects)
        await behaviour.prepare(scene)
        async with _without(plane, role, right) as refusals:
            if behaviour.starts_with is not None:
                operator.stop()
                operator.restart(*behaviour.starts_with)
            await behaviour.trigger(scene)
            await until(refusals.has_come, f"a refusal of: {right}")
            await until(lambda: _fails(behaviour, scene), f"without the right to {right} an end of: {behaviour.words}")
        await behaviour.once_more(scene)
        await until(lambda: behaviour.holds(scene), behaviour.words)


async def _fails(behaviour: Behaviour, scene: Scene) -> bool:
    return not await behaviour.holds(scene)


@asynccontextmanager
async def _without(plane: ControlPlane, role: Document, right: str) -> AsyncIterator["_Refusals"]:
    """Take the right from the role, and give it back in the end, each time until it is so."""
    refusals = _Refusals(plane.audit_log, right)
    remaining = [rule for name, rule in by_words(role).items() if name != right]
    await _apply(plane, {**role, "rules": remaining}, right, "no")
    try:
        yield refusals
    finally:
        await _apply(plane, role, right, "yes")


async def _apply(plane: ControlPlane, role: Document, right: str, expected: str) -> None:
    plane.kubectl("apply", "-f", "-", input=json.dumps(role))
    namespace = role["metadata"].get("namespace", SERVED[0])
    verb, kind, *name = right.split()
    kind, _, subresource = kind.partition("/")
    options = ("--as", OPERATOR, "--namespace", namespace, f"--subresource={subresource}")

    async def is_so() -> bool:
        answer = plane.kubectl("auth", "can-i", verb, "/".join((kind, *name)), *options, check=False)
        return answer.stdout.strip() == expected

    await until(is_so, f"{expected} to: {right}")


class _Refusals:
    """Those of one right, in the audit log from now on."""

    def __init__(self, log: Path, right: str) -> None:
        self._log = log
        self._right = " ".join(right.split()[:2])
        self._offset = log.stat().st_size

    async def has_come(self) -> bool:
        with self._log.open() as log:
            log.seek(self._offset)
            return any(self._is_one(json.loads(line)) for line in log.read().split("\n")[:-1])

    def _is_one(self, event: Document) -> bool:
        target = event.get("objectRef")
        if not target or event["user"]["username"] != OPERATOR or event["stage"] != "ResponseComplete":
            return False
        resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
        asked = words(event["verb"], target.get("apiGroup", ""), resource)
        return asked == self._right and event["responseStatus"]["code"] == FORBIDDEN
