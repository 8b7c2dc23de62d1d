"""Names that stand in Kubernetes objects, each in one place."""

GROUP = "tracardi.com"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "Resource"
PLURAL = "resources"
TYPE_KIND = "ResourceType"
TYPE_PLURAL = "resourcetypes"
CONSUMER_KIND = "ResourceConsumer"
CONSUMER_PLURAL = "resourceconsumers"
CATEGORY = "tracardi"

MANAGER = "tracardi-operator"
"""Field manager, `app.kubernetes.io/managed-by`, reporting controller of Events."""

LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
LABEL_RESOURCE = f"{GROUP}/resource"
LABEL_ENVIRONMENT = f"{GROUP}/environment"
LABEL_TYPE = f"{GROUP}/type"
LABEL_CONSUMER = f"{GROUP}/consumer"

ANNOTATION_PROVENANCE = f"{GROUP}/provenance"
ANNOTATION_REVISION = f"{GROUP}/revision"
ANNOTATION_MEMBERS = f"{GROUP}/members"
"""On a bundle: a digest of the Resources that are in it."""
ANNOTATION_REQUESTED_AT = f"{GROUP}/requested-at"

FINALIZER_ROWS = f"{GROUP}/tracardi-resources"
"""On a consumer whose resources in Tracardi are to be deleted along with it."""
FINALIZER = f"{GROUP}/unused"
"""Kopf strips a finalizer that bears its configured name from whatever it watches; nothing ever bears this one."""

BINDING_TYPE_PREFIX = "servicebinding.io/"
DOCUMENT_KEY = "credentials.json"
"""The key of an output Secret that holds all fields, typed, as one JSON object."""

POLICIES = frozenset(
    f"{MANAGER}-{name}"
    for name in ("secret-references", "configmap-references", "literals", "outputs", "consumers", "status")
)
"""The admission policies that are shipped, and their bindings."""


def default_output_name(resource: str, environment: str) -> str:
    return f"{resource}-{environment}-resolved"


def default_bundle_name(consumer: str) -> str:
    return f"{consumer}-bundle"
