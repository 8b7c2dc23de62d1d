"""Control planes that begin alike: each measurement gets a copy of the same stored objects, and its own API server."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.fleet import CROWD_NAMESPACES, Count, nobody, seed, seed_crowd
from tests.cluster.install import install
from tests.cluster.sessions import client
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.client import Client

NAMESPACE = "fleet"
"""Of all Resources."""

MANIFEST = "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}\n"

Tell = Callable[[str, int], Count]
"""Given a step and how many things it will do; returns who is told how many are done."""


def silently(step: str, total: int) -> Count:
    """Nobody is told."""
    return nobody


class Snapshots:
    """Stored objects of control planes in a folder, each made once, out of the next smaller one."""

    def __init__(self, folder: Path, tell: Tell) -> None:
        self._folder = folder
        self._tell = tell
        self._made: dict[int, dict[int, Path]] = {}
        """By the number of unrelated Secrets and the number of Resources."""

    def of(self, count: int, crowd: int = 0) -> Path:
        """So many Resources, and so many Secrets that none of them names."""
        made = self._made.setdefault(crowd, {})
        if count not in made:
            made[count] = self._make(made, count, crowd)
        return made[count]

    def _make(self, made: dict[int, Path], count: int, crowd: int) -> Path:
        smaller = max((size for size in made if size < count), default=0)
        target = self._folder / f"{count}-{crowd}"
        if smaller:
            shutil.copytree(made[smaller], target)
        with ControlPlane.start(target) as plane:
            if not smaller:
                self._begin(plane, crowd)
            told = self._tell("seeding Resources", count - smaller)
            asyncio.run(as_admin(plane, lambda client: seed(client, NAMESPACE, count, smaller, told)))
        shutil.rmtree(target / "logs")
        return target

    def _begin(self, plane: ControlPlane, crowd: int) -> None:
        install(plane)
        plane.kubectl("create", "namespace", NAMESPACE)
        if crowd:
            namespaces = "---\n".join(MANIFEST.format(name=f"crowd-{index}") for index in range(CROWD_NAMESPACES))
            plane.kubectl("create", "-f", "-", input=namespaces)
            told = self._tell("seeding unrelated Secrets", crowd)
            asyncio.run(as_admin(plane, lambda client: seed_crowd(client, crowd, told)))


@contextmanager
def restored(snapshot: Path) -> Iterator[ControlPlane]:
    """A control plane with the objects of a snapshot, which stays as it is. Its audit log begins empty."""
    with tempfile.TemporaryDirectory(prefix="tracardi-bench-") as folder:
        directory = shutil.copytree(snapshot, Path(folder) / "plane")
        with ControlPlane.start(directory) as plane:
            yield plane


async def as_admin(plane: ControlPlane, do: Callable[[Client], Awaitable[None]]) -> None:
    async with client(plane.kubeconfig) as admin:
        await do(admin)
