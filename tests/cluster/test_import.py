"""What `import` makes of a Tracardi with a resource of each type, applied under the shipped policies."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.cluster.builders import role, rule
from tests.cluster.commands import wait_until_allowed
from tests.cluster.objects import Objects, decode
from tests.tracardi.serving import serving
from tests.tracardi.standin import Tracardi
from tracardi_operator.api.resource import ENVIRONMENTS
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.services.catalogue import builtin

pytestmark = pytest.mark.usefixtures("operator")

USER, PASSWORD = "operator", "made-up-Passphrase-7"
APPLY = ["get", "create", "patch"]
EXAMPLES = {name: dict(service.example) for name, service in builtin().items()}

Kubectl = Callable[..., None]


@contextmanager
def tracardi_with(types: Iterable[str]) -> Iterator[str]:
    """Its address. It has a resource of each of these types, each with both environments."""
    tracardi = Tracardi()
    tracardi.add_user(USER, PASSWORD, "developer")
    for name in types:
        credentials = {"production": EXAMPLES[name], "test": EXAMPLES[name]}
        tracardi.store({"id": f"id-{name}", "name": f"The {name}", "type": name, "credentials": credentials})
    with serving(tracardi) as url:
        yield url


@pytest.fixture
def kubectl(control_plane: ControlPlane, namespace: str) -> Kubectl:
    """As somebody who may write Secrets and Resources in the namespace, and nothing else."""
    user = f"mover-{namespace}"
    rights = rule("", ["secrets"], APPLY), rule("tracardi.com", ["resources"], APPLY)
    control_plane.kubectl("apply", "--namespace", namespace, "-f", "-", input=role(user, user, *rights))
    kubeconfig = control_plane.user_kubeconfig(user)
    wait_until_allowed(control_plane, kubeconfig, "create", "resources.tracardi.com", "--namespace", namespace)

    def kubectl(*arguments: str, text: str | None = None) -> None:
        control_plane.kubectl("--kubeconfig", str(kubeconfig), *arguments, input=text)

    return kubectl


def run_import(url: str, *options: str) -> str:
    command = [sys.executable, "-m", "tracardi_operator", "import", "--url", url, "--user", USER, *options]
    environment = os.environ | {"TRACARDI_PASSWORD": PASSWORD}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def text_of(folder: Path) -> str:
    return "---\n".join(file.read_text() for file in folder.glob("*.yaml"))


def types_by_name(text: str) -> dict[str, str]:
    """Of the Resources."""
    resources = [body for body in yaml.safe_load_all(text) if body["kind"] == "Resource"]
    return {body["metadata"]["name"]: body["spec"]["type"] for body in resources}


async def become_ready(objects: Objects, resources: dict[str, str]) -> None:
    for name, type_name in resources.items():
        await objects.until_ready(name)
        for environment in ENVIRONMENTS:
            output = decode(await objects.get(SECRETS, f"{name}-{environment}-resolved"))
            assert json.loads(output["credentials.json"]).items() >= EXAMPLES[type_name].items()


async def test_the_files_of_all_types_are_accepted_from_their_author_and_become_ready(
    kubectl: Kubectl, objects: Objects, tmp_path: Path
) -> None:
    with tracardi_with(EXAMPLES) as url:
        run_import(url, "-n", objects.namespace, "-d", str(tmp_path))
    kubectl("apply", "--server-side", "-f", str(tmp_path / "secrets"), "-f", str(tmp_path))
    resources = types_by_name(text_of(tmp_path))
    assert len(resources) == len(EXAMPLES)
    await become_ready(objects, resources)


async def test_the_stream_is_accepted_from_its_author_and_becomes_ready(kubectl: Kubectl, objects: Objects) -> None:
    types = ["mysql", "sendgrid", "telegram"]
    with tracardi_with(types) as url:
        stream = run_import(url, "-n", objects.namespace, "--stream")
    kubectl("apply", "--server-side", "-f", "-", text=stream)
    resources = types_by_name(stream)
    assert sorted(resources.values()) == types
    await become_ready(objects, resources)
