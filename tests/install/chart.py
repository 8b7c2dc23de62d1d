"""The Helm chart as its files and Helm's rendering show it, and the manifests beside it."""

import importlib.metadata
import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tracardi_operator.api.names import MANAGER
from tracardi_operator.control.settings import Settings
from tracardi_operator.devcluster import ControlPlane

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "tracardi-operator"
(PREVIOUS,) = (ROOT / "tests" / "install" / "previous").glob("*.tgz")
"""The chart as it was before; docs/upgrades.md says when it is replaced."""
VERSION = importlib.metadata.version(MANAGER)
CRDS = ("resources.tracardi.com", "resourceconsumers.tracardi.com", "resourcetypes.tracardi.com")
SERVED = ("marketing", "shop")
"""The namespaces of `list-values.yaml` and of manifests/namespaced."""

Document = dict[str, Any]

DEFAULT = CHART / "values.yaml"
LIST, HA, EVERYTHING = (CHART / "ci" / f"{name}-values.yaml" for name in ("list", "ha", "everything"))
VALUES = {"default": DEFAULT, "list": LIST, "ha": HA, "everything": EVERYTHING}


@dataclass(frozen=True, slots=True)
class Helm:
    """Helm with a home of its own, and as administrator of a cluster if it is given one."""

    binary: Path
    home: Path
    plane: ControlPlane | None = None

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        homes = {f"HELM_{name}_HOME": str(self.home / name) for name in ("CACHE", "CONFIG", "DATA")}
        kubeconfig = str(self.plane.kubeconfig if self.plane else self.home / "none")
        environment = os.environ | homes | {"KUBECONFIG": kubeconfig}
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, env=environment)
        assert not check or done.returncode == 0, done.stderr
        return done

    def text(self, values: Path, *options: str) -> str:
        """What the chart renders to."""
        return self("template", MANAGER, str(CHART), f"--values={values}", *options).stdout

    def template(self, values: Path, *options: str) -> list[Document]:
        return [document for document in yaml.safe_load_all(self.text(values, *options)) if document]


def one(documents: Iterable[Document], kind: str, name: str = "") -> Document:
    (found,) = (d for d in documents if d["kind"] == kind and name in ("", d["metadata"]["name"]))
    return found


def manifest(path: str) -> list[Document]:
    return list(yaml.safe_load_all((ROOT / "manifests" / path).read_text()))


# The values


def _leaves(schema: Document, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in schema["properties"].items():
        if "properties" in value:
            yield from _leaves(value, (*place, name))
        elif "default" in value:
            yield (*place, name)


PLACES = list(_leaves(json.loads((CHART / "values.schema.json").read_text())))
"""Where each documented value stands."""


def at(values: Any, place: tuple[str, ...]) -> object:
    for name in place:
        values = values[name]
    return values


def setting(place: tuple[str, ...], values: Path) -> str:
    """Helm's option that gives the value that a file has at one place."""
    return f"--set-json={'.'.join(place)}={json.dumps(at(yaml.safe_load(values.read_text()), place))}"


# The Deployment


def container(deployment: Document) -> Document:
    (found,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(found)


def flags(deployment: Document) -> list[str]:
    run, *rest = container(deployment)["args"]
    assert run == "run"
    return [str(flag) for flag in rest]


def parsed(deployment: Document) -> Settings:
    """The settings that its flags give."""
    given: dict[str, Any] = {}
    for flag in flags(deployment):
        name, _, value = flag.removeprefix("--").partition("=")
        given[name.removeprefix("no-").replace("-", "_")] = value or not name.startswith("no-")
    return Settings(**given)


# The roles


def rights(role: Document) -> set[tuple[str, str, str, str]]:
    """Group, resource, verb and name (`*` for any) of all that a role allows."""
    return {
        (group, resource, verb, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", ["*"])
    }


def aggregation(role: Document) -> dict[str, str]:
    """The labels by which other roles gather this one."""
    labels = role["metadata"]["labels"].items()
    return {key: value for key, value in labels if key.startswith(("rbac.authorization", "servicebinding.io/"))}
