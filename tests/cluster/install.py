"""Installs what is shipped, CRDs and manifests/cluster, into a control plane and waits until all of it is in force."""

import json
import time
from functools import cache
from pathlib import Path

from tests.cluster.builders import Document, consumer, literal, reference, resource
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.generate.policies import policies, policy_name
from tracardi_operator.services.catalogue import builtin

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
PAUSE = 0.1

CRDS = tuple(f"crd/{plural}.tracardi.com" for plural in ("resources", "resourcetypes", "resourceconsumers"))

PROBE = "policy-probe"
"""A namespace, and a user who may write our kinds there and nothing else."""
PROBE_RIGHTS = f"""
apiVersion: v1
kind: Namespace
metadata: {{name: {PROBE}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: {PROBE}, namespace: {PROBE}}}
rules: [{{apiGroups: [tracardi.com], resources: [resources, resources/status, resourceconsumers], verbs: ["*"]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: {PROBE}, namespace: {PROBE}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {PROBE}}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {PROBE}}}]
"""


@cache
def install(control_plane: ControlPlane) -> None:
    """Apply crds/ and manifests/cluster; return when the CRD is established and every policy refuses what it should.

    The second call for the same control plane does nothing.
    """
    control_plane.kubectl("apply", "-k", str(ROOT / "crds"))
    control_plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", *CRDS)
    control_plane.kubectl("apply", "-k", str(ROOT / "manifests" / "cluster"))
    control_plane.kubectl("apply", "-f", "-", input=PROBE_RIGHTS)
    waiting = set(policies(builtin()))
    deadline = time.monotonic() + DEADLINE
    while waiting := {name for name in waiting if not _is_in_force(control_plane, name)}:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not in force: {', '.join(sorted(waiting))}")
        time.sleep(PAUSE)


def _is_in_force(control_plane: ControlPlane, policy: str) -> bool:
    return policy_name(policy) in _refusal(control_plane, policy)


def _refusal(control_plane: ControlPlane, policy: str) -> str:
    """What the API server says to a request that this policy alone should refuse."""
    if policy == "status":
        _send(control_plane, "apply", resource(PROBE))
        return _send(control_plane, "apply", resource(PROBE), "--server-side", "--subresource=status")
    return _send(control_plane, "create", _offence(policy), "--dry-run=server")


def _send(control_plane: ControlPlane, verb: str, document: Document, *options: str) -> str:
    command = (verb, "--as", PROBE, "--namespace", PROBE, *options, "-f", "-")
    return control_plane.kubectl(*command, input=json.dumps(document), check=False).stderr


def _offence(policy: str) -> Document:
    offences = {
        "secret-references": resource("p", {"token": reference("secretKeyRef", "s", "k")}),
        "configmap-references": resource("p", {"token": reference("configMapKeyRef", "c", "k")}),
        "literals": resource("p", {"token": literal("x")}),
        "outputs": resource("p", output={"environments": {"production": {"name": "mine"}}}),
        "consumers": consumer("p", PROBE),
    }
    return offences[policy]
