"""A namespace made when it is needed, so that there can be many scenes at once."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.cluster.objects import Objects
from tracardi_operator.devcluster import ControlPlane


@asynccontextmanager
async def scene(control_plane: ControlPlane) -> AsyncIterator[Objects]:
    """The objects of a fresh namespace, which is removed in the background afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    control_plane.kubectl("create", "namespace", name)
    async with Objects.of(control_plane.kubeconfig, name) as objects:
        try:
            yield objects
        finally:
            control_plane.kubectl("delete", "namespace", name, "--wait=false", check=False)
