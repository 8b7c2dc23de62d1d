"""Many Resources in one document, in the format of those who read it. One module per format. Pure.

A Resource that a format cannot express is left out, and so is one whose names in the document an older Resource has:
both are named, and neither holds back the others. The same Resources always make the same document.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tracardi_operator.api.consumer import BundleFormat
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import Environment
from tracardi_operator.publish.bundle import airflow, nested, tracardi, variables
from tracardi_operator.publish.bundle.rendered import Rendered
from tracardi_operator.publish.entry import Entry

__all__ = ["MAX_BYTES", "Rendered", "default_key", "render", "too_large"]

MAX_BYTES: Final = 1024 * 1024
"""Of all values of one Secret: the API server refuses more (k8s.io/kubernetes, core `MaxSecretSize`)."""

_RENDER: Final[Mapping[BundleFormat, Callable[[Sequence[Entry], Environment], Rendered]]] = {
    "json": nested.render,
    "env": variables.render,
    "airflow": airflow.render,
    "tracardi": tracardi.render,
}
_KEYS: Final[Mapping[BundleFormat, str]] = {
    "json": "resources.json",
    "env": "resources.env",
    "airflow": "connections.json",
    "tracardi": "resources.json",
}


def default_key(bundle_format: BundleFormat) -> str:
    """The key of the document, which is the name of the mounted file: some readers go by its extension."""
    return _KEYS[bundle_format]


def render(bundle_format: BundleFormat, entries: Sequence[Entry], environment: Environment) -> Rendered:
    """The document with the Resources that have this environment. The older ones keep names that two would have."""
    published = [entry for entry in entries if environment in entry.credentials]
    eldest_first = sorted(published, key=lambda entry: (entry.created, entry.uid))
    return _RENDER[bundle_format](eldest_first, environment)


def too_large(rendered: Rendered) -> Problem | None:
    """What to say of a document that no Secret can hold."""
    if len(rendered.document.encode()) <= MAX_BYTES:
        return None
    message = (
        f"the {rendered.resources} Resources together are more than the 1 MiB that a Secret can hold; "
        "take them by several consumers, each with a narrower selector or fewer namespaces"
    )
    return Problem(Reason.TOO_LARGE, message)
