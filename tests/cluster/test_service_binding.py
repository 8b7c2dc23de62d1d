"""Outputs as Service Binding has them: each MUST of the specification that is a provider's, named by its section, for
one Resource of each type, published by the operator. What a library made for it reads comes last.

https://servicebinding.io/spec/core/1.1.0/
"""

import asyncio
import ipaddress
import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cluster.builders import Document, resource
from tests.cluster.commands import wait_until_allowed
from tests.cluster.namespaces import Namespaces
from tests.cluster.objects import Objects, decode, secret
from tests.cluster.operator_process import OperatorProcess
from tests.readers import environment
from tracardi_operator.api.names import BINDING_TYPE_PREFIX
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.publish.secret import as_text
from tracardi_operator.services.catalogue import builtin
from tracardi_operator.services.model import ServiceType

SCRIPT = Path(__file__).parents[1] / "readers" / "bindings.py"
BINDING_NAME = re.compile(r"[a-z0-9\-.]{1,253}")
HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
"""The characters of RFC 3986, appendix A; the parts are looked at one by one."""

pytestmark = pytest.mark.timeout(1800)  # the readers' environment is made when this is the first test to need it
every_type = pytest.mark.parametrize("kind", builtin())


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A Resource and the Secret that its `status.binding` names."""

    resource: Document
    secret: Document

    @property
    def entries(self) -> dict[str, str]:
        return {name: value.decode() for name, value in decode(self.secret).items()}


@pytest.fixture(scope="module")
def provisioned(
    _operator: OperatorProcess, control_plane: ControlPlane, _namespaces: Namespaces
) -> Iterator[Mapping[str, Provisioned]]:
    """By type."""
    _operator.ensure_default()
    namespace = f"test-{secrets.token_hex(4)}"
    _namespaces.create(namespace)
    yield asyncio.run(_publish_examples(control_plane.kubeconfig, namespace))
    _namespaces.delete(namespace)


async def _publish_examples(kubeconfig: Path, namespace: str) -> dict[str, Provisioned]:
    async with Objects.of(kubeconfig, namespace) as objects:
        for service in builtin().values():
            await objects.create(*_example(service))
        return {service.name: await _published(objects, _name(service)) for service in builtin().values()}


def _example(service: ServiceType) -> tuple[Document, Document]:
    """A Secret with the example of a type, and a Resource that takes it whole."""
    name = _name(service)
    credentials = {"production": {"secretRef": {"name": name}}}
    data = {field: as_text(value) for field, value in service.example.items()}
    return secret(name, data), resource(name, type=service.name, credentials=credentials)


async def _published(objects: Objects, name: str) -> Provisioned:
    await objects.until_ready(name)
    body = await objects.get(RESOURCES, name)
    return Provisioned(body, await objects.get(SECRETS, body["status"]["binding"]["name"]))


def _name(service: ServiceType) -> str:
    return service.name.replace("_", "-")


class TestProvisionedService:
    """Section "Provisioned Service"."""

    @every_type
    def test_status_binding_is_a_reference_with_the_single_field_name(
        self, kind: str, provisioned: Mapping[str, Provisioned]
    ) -> None:
        assert provisioned[kind].resource["status"]["binding"].keys() == {"name"}

    @every_type
    def test_the_secret_is_in_the_namespace_of_the_resource(
        self, kind: str, provisioned: Mapping[str, Provisioned]
    ) -> None:
        found = provisioned[kind]
        named = (found.resource["metadata"]["namespace"], found.resource["status"]["binding"]["name"])
        assert (found.secret["metadata"]["namespace"], found.secret["metadata"]["name"]) == named

    @every_type
    def test_the_secret_says_what_the_binding_is_and_whose_in_its_data_and_its_type(
        self, kind: str, provisioned: Mapping[str, Provisioned]
    ) -> None:
        """SHOULD and RECOMMENDED here; the section "Workload Projection" demands `type`."""
        found, service = provisioned[kind], builtin()[kind]
        assert found.entries["type"] == (service.binding_type or kind)
        assert found.entries["provider"] == (service.provider or kind)
        assert found.secret["type"] == BINDING_TYPE_PREFIX + found.entries["type"]


class TestWellKnownSecretEntries:
    """Section "Well-known Secret Entries": an entry of such a name meets its requirement, or has another name."""

    @every_type
    def test_a_host_can_be_resolved_or_is_an_address(self, kind: str, provisioned: Mapping[str, Provisioned]) -> None:
        if (host := provisioned[kind].entries.get("host")) is not None:
            assert HOST_NAME.fullmatch(host) or ipaddress.ip_address(host)

    @every_type
    def test_a_port_is_one(self, kind: str, provisioned: Mapping[str, Provisioned]) -> None:
        if (port := provisioned[kind].entries.get("port")) is not None:
            assert re.fullmatch("[0-9]+", port)
            assert 1 <= int(port) <= 65535

    @every_type
    def test_a_uri_is_one_of_rfc_3986(self, kind: str, provisioned: Mapping[str, Provisioned]) -> None:
        if (uri := provisioned[kind].entries.get("uri")) is not None:
            assert URI.fullmatch(uri)
            parts = urlsplit(uri)
            assert parts.scheme
            assert parts.hostname
            assert parts.port is None or 1 <= parts.port <= 65535

    @every_type
    def test_user_name_and_password_are_texts(self, kind: str, provisioned: Mapping[str, Provisioned]) -> None:
        entries = provisioned[kind].entries
        assert all(entries[name] for name in ("username", "password") if name in entries)

    @every_type
    def test_no_key_or_certificate_is_taken_for_one_of_mutual_tls(
        self, kind: str, provisioned: Mapping[str, Provisioned]
    ) -> None:
        """No type logs in by a certificate; the private key of a Google account is `private_key`."""
        assert not {"certificates", "private-key"} & provisioned[kind].entries.keys()

    def test_some_type_has_each_of_the_others(self, provisioned: Mapping[str, Provisioned]) -> None:
        """So that the tests above look at something."""
        named = set().union(*(found.entries for found in provisioned.values()))
        assert {"host", "port", "uri", "username", "password"} <= named


def test_who_implements_service_binding_may_read_resources(installed: ControlPlane) -> None:
    """Section "Provisioned Service", "Considerations for RBAC": get, list and watch are granted, by aggregation."""
    user = name = f"binder-{secrets.token_hex(4)}"
    api = "rbac.authorization.k8s.io"
    selector = {"matchLabels": {"servicebinding.io/controller": "true"}}
    role = {
        "apiVersion": f"{api}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "aggregationRule": {"clusterRoleSelectors": [selector]},
    }
    binding = {
        "apiVersion": f"{api}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": api, "kind": "User", "name": user}],
    }
    installed.kubectl(
        "create", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": [role, binding]})
    )
    for verb in ("get", "list", "watch"):
        question = (verb, "resources.tracardi.com", "--all-namespaces", f"--as={user}")
        wait_until_allowed(installed, installed.kubeconfig, *question)
    installed.kubectl("delete", f"clusterrole/{name}", f"clusterrolebinding/{name}")


@pytest.fixture(scope="module")
def found(provisioned: Mapping[str, Provisioned], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the library `pyservicebinding` finds where all bindings are mounted."""
    root = tmp_path_factory.mktemp("bindings")
    for binding in provisioned.values():
        folder = root / binding.resource["status"]["binding"]["name"]
        folder.mkdir()
        for name, value in decode(binding.secret).items():
            (folder / name).write_bytes(value)
    types = sorted({binding.entries["type"] for binding in provisioned.values()})
    command = [str(environment.python()), str(SCRIPT), *types]
    settings = {"SERVICE_BINDING_ROOT": str(root)}
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | settings, check=False)
    assert done.returncode == 0, done.stderr
    answer: Mapping[str, Any] = json.loads(done.stdout)
    return answer


class TestWorkloadProjection:
    """Section "Workload Projection": mounted at `$SERVICE_BINDING_ROOT/<name>`, one file for each entry."""

    @every_type
    def test_the_name_of_the_binding_may_be_that_of_a_folder(
        self, kind: str, provisioned: Mapping[str, Provisioned]
    ) -> None:
        assert BINDING_NAME.fullmatch(provisioned[kind].resource["status"]["binding"]["name"])

    @every_type
    def test_the_library_finds_the_binding_by_its_type_with_all_entries(
        self, kind: str, provisioned: Mapping[str, Provisioned], found: Mapping[str, Any]
    ) -> None:
        entries = provisioned[kind].entries
        expected = {name: value.strip() for name, value in entries.items()}  # as the library does
        assert expected in found["by type"][entries["type"]]

    def test_the_library_finds_as_many_as_there_are(
        self, provisioned: Mapping[str, Provisioned], found: Mapping[str, Any]
    ) -> None:
        assert len(found["all"]) == len(provisioned)
        assert sum(map(len, found["by type"].values())) == len(provisioned)
