"""An embedded Kubernetes control plane for development and tests. It knows nothing of the operator."""

from tracardi_operator.devcluster.controlplane import ControlPlane
from tracardi_operator.devcluster.errors import ControlPlaneError
from tracardi_operator.devcluster.toolchain import Toolchain

__all__ = ["ControlPlane", "ControlPlaneError", "Toolchain"]
