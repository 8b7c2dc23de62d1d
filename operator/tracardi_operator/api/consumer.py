"""The kind `ResourceConsumer`: who receives the credentials of which Resources, and in which form.

A consumer names the namespaces that it takes from; a Resource of another namespace must name the consumer's in
`allowedNamespaces`. One half alone gives nothing. As with Resources, nothing is defaulted into `spec`.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from tracardi_operator.api.resource import (
    ONE_REFERENCE,
    DataKey,
    Environment,
    LabelValue,
    MetadataKey,
    Model,
    NamespaceName,
    ObjectName,
    RequiredKeyRef,
    validations,
)
from tracardi_operator.api.status import Conditions, Message, Name, OutputStatus, Reason

BundleFormat = Literal["json", "env", "airflow", "tracardi"]
TracardiContext = Literal["production", "staging"]
CONTEXTS: Final[tuple[TracardiContext, ...]] = ("production", "staging")

MAX_SOURCES: Final = 64
MAX_OMITTED: Final = 256
"""Entries of status; the message of `Ready` says how many there are in all."""

_OPERATORS_WITHOUT_VALUES: Final = ("Exists", "DoesNotExist")
_EXACTLY_ONE_TARGET = (
    "has(self.bundle) != has(self.tracardi)",
    "set exactly one of bundle (a Secret in this namespace) and tracardi (the REST API of a Tracardi)",
)
_SAME_TARGET = (
    "has(self.bundle) == has(oldSelf.bundle)",
    "bundle can't become tracardi, nor tracardi bundle: what was delivered there would stay; make a new consumer",
)
_VALUES_FIT = (
    "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
    "values must be given with the operators In and NotIn, and left out with Exists and DoesNotExist",
)


class Requirement(Model, json_schema_extra=validations(_VALUES_FIT)):
    """As `metav1.LabelSelectorRequirement`."""

    key: MetadataKey
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: (
        Annotated[list[LabelValue], Field(max_length=64, json_schema_extra={"x-kubernetes-list-type": "set"})] | None
    ) = None

    @model_validator(mode="after")
    def _values_fit(self) -> "Requirement":
        if (self.operator in _OPERATORS_WITHOUT_VALUES) == bool(self.values):
            raise ValueError("values must be given with In and NotIn, and left out with Exists and DoesNotExist")
        return self


class LabelSelector(Model):
    """As `metav1.LabelSelector`: all that is said must hold of the labels. An empty one selects everything."""

    match_labels: Annotated[dict[MetadataKey, LabelValue], Field(max_length=32)] | None = None
    match_expressions: Annotated[list[Requirement], Field(max_length=32)] | None = None


class TakenFrom(Model):
    """Resources of one namespace."""

    namespace: NamespaceName
    """The consumer's own, or one whose Resources name the consumer's in `allowedNamespaces`."""
    selector: LabelSelector | None = None
    """By the labels of the Resources; without it all of the namespace that may be taken."""


class BundleTarget(Model):
    """One Secret in the consumer's namespace, which holds all selected Resources in one document."""

    environment: Environment
    """A Resource that does not have it is not part of the bundle."""
    format: BundleFormat
    """`json`, `env` (variables), `airflow` (a connections file), `tracardi` (a pre-configuration map)."""
    secret_name: ObjectName | None = None
    """Default: `<name of the consumer>-bundle`."""
    key: DataKey | None = None
    """The key of the document. Default: by format."""


class LoginRef(Model):
    """A Secret in the consumer's namespace that holds a user name and a password."""

    name: ObjectName
    username_key: DataKey | None = None
    """Default: `username`."""
    password_key: DataKey | None = None
    """Default: `password`."""


class Authorities(Model, json_schema_extra=validations(ONE_REFERENCE)):
    """Certificates: exactly one of `secretKeyRef` and `configMapKeyRef`."""

    secret_key_ref: RequiredKeyRef | None = None
    config_map_key_ref: RequiredKeyRef | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Authorities":
        if (self.secret_key_ref is None) == (self.config_map_key_ref is None):
            raise ValueError("exactly one of secretKeyRef and configMapKeyRef must be set")
        return self


class Tls(Model):
    """How the server is recognised."""

    ca: Authorities
    """PEM certificates of the authorities to trust, in place of the system's."""


class TracardiTarget(Model):
    """The REST API of a Tracardi, 0.8.2 or later: one of its resources for each Resource, in each context."""

    url: Annotated[
        str,
        Field(
            max_length=512,
            pattern=r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$",
        ),
    ]
    """Of the API, not of the GUI. Its host is a Service of this namespace (`<name>.<namespace>.svc`), or one that the
    installation allows."""
    login: LoginRef
    """A user of the role developer, used by nothing else: whoever logs it out ends the operator's session."""
    contexts: (
        Annotated[
            list[TracardiContext],
            Field(min_length=1, max_length=len(CONTEXTS), json_schema_extra={"x-kubernetes-list-type": "set"}),
        ]
        | None
    ) = None
    """Default: all."""
    tls: Tls | None = None
    adopt: bool | None = None
    """True: a resource of Tracardi's that bears an id of ours, but was not made by this consumer, is taken over."""
    test_fallback: Literal["Nothing", "Production"]
    """What Tracardi gets as test credentials of a Resource that has none: it uses them unless it runs in production."""
    deletion_policy: Literal["Orphan", "Delete"] | None = None
    """What becomes of Tracardi's resources when this consumer is deleted: they stay (the default) or are deleted."""


class ResourceConsumerSpec(Model, json_schema_extra=validations(_EXACTLY_ONE_TARGET, _SAME_TARGET)):
    """Who receives: from which namespaces, and where to."""

    from_: Annotated[list[TakenFrom], Field(alias="from", min_length=1, max_length=MAX_SOURCES)]
    """The consumer's half of the consent."""
    suspend: bool | None = None
    """True: nothing is read or delivered until it is taken away; what was delivered stays, also what is withdrawn."""
    bundle: BundleTarget | None = None
    tracardi: TracardiTarget | None = None

    @model_validator(mode="after")
    def _exactly_one_target(self) -> "ResourceConsumerSpec":
        if (self.bundle is None) == (self.tracardi is None):
            raise ValueError("exactly one of bundle and tracardi must be set")
        return self


class OmittedResource(Model):
    """A Resource that is selected and may be taken, but is not delivered."""

    namespace: Name
    name: Name
    reason: Reason
    message: Message


class ResourceConsumerStatus(Model):
    """What was delivered. Of Resources that may not be taken it says nothing, be they there or not."""

    observed_generation: int
    """The `metadata.generation` that was last examined; -1: none yet."""
    conditions: Conditions | None = None
    resources: int | None = None
    """How many Resources are delivered."""
    omitted: Annotated[list[OmittedResource], Field(max_length=MAX_OMITTED)] | None = None
    revision: int | None = None
    """Raised at each change of what is delivered."""
    last_change: datetime | None = None
    """When that was."""
    observed: Annotated[str, Field(max_length=128)] | None = None
    """Digest of what was delivered: names, uids and revisions, never values."""
    bundle: OutputStatus | None = None
