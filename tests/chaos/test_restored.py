"""The cluster is restored from a backup of etcd while the operator runs: what is in memory is of a later time.

As after `etcdutl snapshot restore --bump-revision`, lists don't go backwards: revisions go on beyond all that were
reached before. Here that is done by writing.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.conftest import MakeRig, Rig
from tests.cluster.builders import Document, literal, reference, resource
from tests.cluster.objects import DEADLINE, PAUSE, Objects, config_map, decode, secret
from tests.sentinels import HEX, made_up
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.errors import Unreachable
from tracardi_operator.kube.kinds import CONFIG_MAPS, SECRETS

NAME = "visits"
OUTPUT = f"{NAME}-production-resolved"
LATER = "later"
DELETED = "deleted"
RESTORED = "Cluster restored to an earlier state"
"""What the log says."""
QUIET = 7.0
"""Seconds without a request about the namespace: more than a comparison waits for the watch."""
FLAGS = ("--resync-seconds", "1", "--relist-seconds", "1")


def visits(name: str) -> Document:
    """A Resource, made from the Secret `visits`."""
    fields = {"token": reference("secretKeyRef", NAME, "token"), "api_url": literal("https://visits.example.com")}
    return resource(name, fields, type="matomo")


@contextmanager
def paused(rig: Rig) -> Iterator[None]:
    os.kill(rig.operator.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(rig.operator.pid, signal.SIGCONT)


async def restore(control_plane: ControlPlane, objects: Objects, backup: Path) -> None:
    newest = int((await objects.get(SECRETS, OUTPUT))["metadata"]["resourceVersion"])
    with control_plane.at_rest() as data:
        shutil.rmtree(data)
        shutil.copytree(backup, data)
    await until_served(objects)
    await objects.create(config_map("revisions", {}))
    version = 0
    while version <= newest:
        change = partial(Document.update, data={"at": str(version)})
        version = int((await objects.edit(CONFIG_MAPS, "revisions", change))["metadata"]["resourceVersion"])


async def until_served(objects: Objects) -> None:
    """The first request may take a connection that ended with the API server."""
    async with asyncio.timeout(DEADLINE):
        while True:
            with suppress(Unreachable):
                await objects.find(SECRETS, NAME)
                return
            await asyncio.sleep(PAUSE)


async def until_quiet(rig: Rig, objects: Objects) -> None:
    """It has seen what happened, and asks no more."""
    async with asyncio.timeout(DEADLINE):
        while not (RESTORED in rig.operator.log.read_text() and rig.proxy.quiet_since(objects.namespace) > QUIET):  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("how", ["followed on", "listed anew"])
async def test_an_operator_that_remembers_more_than_the_restored_cluster_comes_to_agree_with_it(
    objects: Objects, installed: ControlPlane, make_rig: MakeRig, tmp_path: Path, how: str
) -> None:
    """Whether its watches go on from where they were, or are told 410."""
    first, second, third = (made_up(32, HEX) for _ in range(3))
    with make_rig(*FLAGS) as rig:
        await objects.create(secret(NAME, {"token": first}), visits(NAME), visits(DELETED))
        await objects.until_ready(NAME)
        await objects.until_ready(DELETED)
        with installed.at_rest() as data:
            shutil.copytree(data, tmp_path / "backup")
        await until_served(objects)
        await objects.create(visits(LATER))
        await objects.until_ready(LATER)
        await objects.delete(RESOURCES, DELETED)
        await objects.until_gone(SECRETS, f"{DELETED}-production-resolved")
        await objects.store(NAME, {"token": second})
        await objects.until_value(OUTPUT, "token", second)
        with paused(rig):
            await restore(installed, objects, tmp_path / "backup")
            if how == "listed anew":
                installed.stop_apiserver()
                installed.start_apiserver()
        await until_served(objects)
        await until_quiet(rig, objects)
        output = await objects.get(SECRETS, OUTPUT)
        told = ((await objects.until_ready(NAME)).environments or {})["production"].output
        assert told
        assert told.resource_version == output["metadata"]["resourceVersion"]
        assert decode(output)["token"] == first.encode()
        assert await objects.find(SECRETS, f"{LATER}-production-resolved") is None
        await objects.store(NAME, {"token": third})
        await objects.until_value(OUTPUT, "token", third)
        await objects.until_value(f"{DELETED}-production-resolved", "token", third)
