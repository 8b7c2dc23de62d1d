"""People who write objects of ours, each with rights of their own."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.cluster.builders import Document, role, rule
from tracardi_operator.devcluster import ControlPlane

OURS = ["resources", "resources/status", "resourceconsumers", "resourceconsumers/status"]
WRITE_OURS = rule("tracardi.com", OURS, ["*"])


@dataclass(frozen=True)
class User:
    """Somebody who acts in one namespace."""

    control_plane: ControlPlane
    namespace: str
    kubeconfig: Path

    @classmethod
    def with_rights(cls, control_plane: ControlPlane, namespace: str, name: str, *rules: Document) -> Self:
        """A new user, who may write our kinds and their status in the namespace, and do what further rules say."""
        user = f"{name}-of-{namespace}"
        rights = role(user, user, WRITE_OURS, *rules)
        control_plane.kubectl("apply", "--namespace", namespace, "-f", "-", input=rights)
        made = cls(control_plane, namespace, control_plane.user_kubeconfig(user))
        made._wait_for_rights()
        return made

    def _wait_for_rights(self) -> None:
        """The API server learns of a new Role and binding a moment after they are written."""
        deadline = time.monotonic() + 30
        while self.kubectl("get", "resources.tracardi.com"):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kubectl(self, *arguments: str, document: Document | None = None) -> str:
        """What the API server says against it; nothing when it was done."""
        text = None if document is None else json.dumps(document)
        command = ("--kubeconfig", str(self.kubeconfig), "--namespace", self.namespace, *arguments)
        done = self.control_plane.kubectl(*command, input=text, check=False)
        return done.stderr if done.returncode else ""

    def apply(self, document: Document) -> str:
        return self.kubectl("apply", "--server-side", "-f", "-", document=document)

    def write_status(self, document: Document, *options: str) -> str:
        """Write a status for an object that is there."""
        status = {**document, "status": {"observedGeneration": 1}}
        del status["spec"]
        how = ("--server-side", "--subresource=status", "--validate=ignore", *options)
        return self.kubectl("apply", *how, "-f", "-", document=status)


Author = Callable[..., User]
