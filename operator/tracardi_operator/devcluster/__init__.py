"""An embedded Kubernetes control plane for development and tests.

It knows nothing of the operator. `ControlPlane` is the whole interface.
"""

from tracardi_operator.devcluster.controlplane import ControlPlane
from tracardi_operator.devcluster.errors import ControlPlaneError

__all__ = ["ControlPlane", "ControlPlaneError"]
