"""Real Helm, and a control plane where only the chart has installed anything."""

import os
import time
from collections.abc import Iterator

import pytest

from tests.cluster.objects import DEADLINE, PAUSE
from tests.install.chart import SERVED, Helm
from tests.install.release import Release
from tracardi_operator.api.names import MANAGER
from tracardi_operator.devcluster import ControlPlane, ControlPlaneError
from tracardi_operator.devcluster.helm import provide_helm

STUB = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.monitoring.coreos.com}}
spec:
  group: monitoring.coreos.com
  names: {{kind: {kind}, plural: {plural}}}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}
---
"""
MONITORING = ("PodMonitor", "ServiceMonitor", "PrometheusRule")
MONITORS = "".join(STUB.format(kind=kind, plural=f"{kind.lower()}s") for kind in MONITORING)


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    try:
        return Helm(provide_helm(), tmp_path_factory.mktemp("helm"))
    except ControlPlaneError as error:
        raise pytest.fail.Exception(f"these tests need Helm: {error}", pytrace=False) from None


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane.start() as plane:
        for namespace in SERVED:
            plane.kubectl("create", "namespace", namespace)
        _serve_monitoring(plane)
        yield plane


def _serve_monitoring(plane: ControlPlane) -> None:
    """Return when its kinds are known to discovery too, which comes after they are established."""
    plane.kubectl("apply", "-f", "-", input=MONITORS)
    kinds = ",".join(f"{kind}.monitoring.coreos.com" for kind in MONITORING).lower()
    deadline = time.monotonic() + DEADLINE
    while plane.kubectl("get", kinds, check=False).returncode:
        assert time.monotonic() < deadline, "the kinds of monitoring.coreos.com are not served"
        time.sleep(PAUSE)


@pytest.fixture
def release(helm: Helm, plane: ControlPlane) -> Iterator[Release]:
    """Not yet installed, in a namespace that enforces the Pod Security Standard `restricted`."""
    release = Release(Helm(helm.binary, helm.home, plane), plane, MANAGER, f"test-{os.urandom(4).hex()}")
    plane.kubectl("create", "namespace", release.namespace)
    plane.kubectl("label", "namespace", release.namespace, "pod-security.kubernetes.io/enforce=restricted")
    yield release
    release.uninstall()
    plane.kubectl("delete", "namespace", release.namespace, "--wait=false")
