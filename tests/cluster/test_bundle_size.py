"""The API server has the limit that bundles are measured by."""

import json
import subprocess

from tests.cluster.objects import secret
from tracardi_operator.devcluster import ControlPlane
from tracardi_operator.publish.bundle import MAX_BYTES, Rendered, too_large

LONGEST_KEY = 253


def create(control_plane: ControlPlane, namespace: str, document: str) -> subprocess.CompletedProcess[str]:
    """A Secret that holds the document under the longest key there can be: keys are not counted."""
    body = secret("bundle", {"k" * LONGEST_KEY: document})
    return control_plane.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(body), check=False)


def test_the_largest_document_that_is_let_through_can_be_stored(control_plane: ControlPlane, namespace: str) -> None:
    document = "x" * MAX_BYTES
    assert too_large(Rendered(document, 1)) is None
    assert create(control_plane, namespace, document).returncode == 0


def test_one_byte_more_is_refused_by_both(control_plane: ControlPlane, namespace: str) -> None:
    document = "x" * (MAX_BYTES + 1)
    assert too_large(Rendered(document, 1)) is not None
    assert f"may not be more than {MAX_BYTES} bytes" in create(control_plane, namespace, document).stderr
