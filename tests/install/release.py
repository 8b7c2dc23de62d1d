"""A release of the chart in a cluster, and the main job under the rights that it gives."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.audit import AuditLog, Request
from tests.cluster.objects import Objects
from tests.cluster.operator_process import OperatorProcess
from tests.cluster.scenes import NAME, OUTPUT, publish, rotate
from tests.install.chart import CHART, Document, Helm, flags
from tracardi_operator.control.records import RESOURCES
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.kube.kinds import SECRETS


@dataclass(frozen=True, slots=True)
class Release:
    helm: Helm
    plane: ControlPlane
    name: str
    namespace: str

    def apply(self, verb: str, values: Path, *options: str, chart: Path = CHART) -> str:
        """Install or upgrade it; returns what Helm printed."""
        command = (verb, self.name, str(chart), "--namespace", self.namespace, f"--values={values}")
        return self.helm(*command, "--take-ownership", *options).stdout

    def rollback(self) -> None:
        self.helm("rollback", self.name, "--namespace", self.namespace)

    def uninstall(self) -> None:
        self.helm("uninstall", self.name, "--namespace", self.namespace, "--ignore-not-found")

    def deployment(self) -> Document:
        (found,) = self.get("deployments")
        return found

    def get(self, kind: str) -> list[Document]:
        command = ("get", kind, "--namespace", self.namespace, "--output=json")
        return list(json.loads(self.plane.kubectl(*command).stdout)["items"])

    @property
    def account(self) -> str:
        return str(self.deployment()["spec"]["template"]["spec"]["serviceAccountName"])

    def requests(self) -> list[Request]:
        """Of the operator to the API server."""
        audit = AuditLog(self.plane.audit_log, f"system:serviceaccount:{self.namespace}:{self.account}")
        audit.settle()
        return audit.requests()

    def operator(self, log: Path, *more_flags: str) -> OperatorProcess:
        """As the Deployment starts it, with a token of its ServiceAccount; but on a free port of this machine."""
        given = [flag for flag in flags(self.deployment()) if not flag.startswith("--health-")]
        kubeconfig = self.plane.service_account_kubeconfig(self.namespace, self.account)
        return OperatorProcess(kubeconfig, log, *given, *more_flags)


async def publish_and_rotate(objects: Objects) -> None:
    await objects.until_value(OUTPUT, "token", await publish(objects))
    await rotate(objects)


async def withdraw(objects: Objects) -> None:
    await objects.delete(RESOURCES, NAME)
    await objects.delete(SECRETS, NAME)
    await objects.until_gone(SECRETS, OUTPUT)
