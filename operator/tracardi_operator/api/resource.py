"""The kind `Resource`: a connection to an outside service.

Nothing is defaulted into `spec`: what a user left out stays absent, so GitOps tools never see a difference.
Unknown fields are ignored here (an older operator meets a newer object); the API server refuses them when asked to.
The CRD is generated from these models: docstrings become descriptions, and a rule stands beside its CEL twin.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, model_validator
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

from tracardi_operator.api.json_text import json_object

Environment = Literal["production", "test"]
ENVIRONMENTS: tuple[Environment, ...] = ("production", "test")

MAX_REFERENCES = 16
"""Different Secrets, and different ConfigMaps, that one Resource may name: an admission policy checks each."""
MAX_FIELDS = 64
"""Fields of one environment."""
MAX_COLUMN = 255
"""Characters of Tracardi's text columns, which hold tags and groups joined by commas."""

_DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=rf"^{_DNS_LABEL}(\.{_DNS_LABEL})*$")]
NamespaceName = Annotated[str, Field(min_length=1, max_length=63, pattern=rf"^{_DNS_LABEL}$")]
DataKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
FieldName = Annotated[str, Field(max_length=64)]
MetadataKey = Annotated[str, Field(max_length=317)]
"""A label's or annotation's key: a domain (253), a slash and a name (63)."""
LabelValue = Annotated[str, Field(max_length=63, pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")]
AnnotationValue = Annotated[str, Field(max_length=1024)]
Tag = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^,]+$")]


def validations(*rules: tuple[str, str]) -> JsonDict:
    """CEL rules, each an expression and what a person should do when it is false."""
    return {"x-kubernetes-validations": [{"message": message, "rule": rule} for rule, message in rules]}


def objects_named(credentials: str, reference: Literal["secretKeyRef", "configMapKeyRef"]) -> str:
    """CEL: the different names of the Secrets (or ConfigMaps) in the map of credentials that an expression gives."""
    entry, source = f"{credentials}[env]", f"{credentials}[env].fields[field].valueFrom"
    by_field = (
        f"{credentials}.filter(env, has({entry}.fields)).map(env, {entry}.fields"
        f".filter(field, has({entry}.fields[field].valueFrom) && has({source}.{reference}))"
        f".map(field, {source}.{reference}.name)).flatten()"
    )
    if reference == "configMapKeyRef":
        return f"{by_field}.distinct()"
    whole = f"{credentials}.filter(env, has({entry}.secretRef)).map(env, {entry}.secretRef.name)"
    return f"({whole} + {by_field}).distinct()"


_FEW_SECRETS = (
    f"{objects_named('self', 'secretKeyRef')}.size() <= {MAX_REFERENCES}",
    f"a Resource may name {MAX_REFERENCES} different Secrets; keep more fields in one Secret",
)
_FEW_CONFIG_MAPS = (
    f"{objects_named('self', 'configMapKeyRef')}.size() <= {MAX_REFERENCES}",
    f"a Resource may name {MAX_REFERENCES} different ConfigMaps; keep more fields in one ConfigMap",
)
_IMMUTABLE_TYPE = (
    "self == oldSelf",
    "type can't be changed, because the type of an output Secret can't; create a new Resource",
)
_ID, _OLD_ID = (f"(has({s}.tracardi) && has({s}.tracardi.id) ? {s}.tracardi.id : '')" for s in ("self", "oldSelf"))
_IMMUTABLE_ID = (
    f"{_ID} == {_OLD_ID}",
    "tracardi.id can't be added, changed or removed, because Tracardi knows the resource by it; create a new Resource",
)
_SET: JsonDict = {"x-kubernetes-list-type": "set"}


class Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


class RequiredKeyRef(Model):
    """A key of a Secret or ConfigMap in the same namespace."""

    name: ObjectName
    key: DataKey


class KeyRef(RequiredKeyRef):
    """A key of a Secret or ConfigMap in the same namespace."""

    optional: bool | None = None
    """True: the field counts as not given when the object or the key is missing."""


ONE_REFERENCE = (
    "has(self.secretKeyRef) != has(self.configMapKeyRef)",
    "set exactly one of secretKeyRef and configMapKeyRef",
)


class ValueFrom(Model, json_schema_extra=validations(ONE_REFERENCE)):
    """Where a field's value is read from: exactly one of `secretKeyRef` and `configMapKeyRef`."""

    secret_key_ref: KeyRef | None = None
    config_map_key_ref: KeyRef | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "ValueFrom":
        if (self.secret_key_ref is None) == (self.config_map_key_ref is None):
            raise ValueError("exactly one of secretKeyRef and configMapKeyRef must be set")
        return self


class FieldSource(
    Model,
    json_schema_extra=validations(
        (
            "has(self.value) != has(self.valueFrom)",
            "set exactly one of value (a literal that is not sensitive) and valueFrom (a key of a Secret or ConfigMap)",
        )
    ),
):
    """Where one field's value comes from: exactly one of `value` and `valueFrom`."""

    value: Annotated[StrictInt | StrictStr | None, Field(json_schema_extra={"maxLength": 4096})] = None
    """A literal. Refused for a field that the type calls sensitive."""
    value_from: ValueFrom | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "FieldSource":
        if (self.value is None) == (self.value_from is None):
            raise ValueError("exactly one of value and valueFrom must be set")
        return self


class SecretRef(Model):
    """A whole Secret in the namespace of the Resource: each field of the type under its own name as the key."""

    name: ObjectName
    optional: bool | None = None
    """True: the Secret may be missing."""


class EnvironmentCredentials(
    Model,
    json_schema_extra=validations(
        (
            "has(self.secretRef) || (has(self.fields) && size(self.fields) > 0)",
            "set secretRef (a whole Secret), fields (field by field), or both (fields win)",
        )
    ),
):
    """The credentials of one environment: `secretRef`, `fields` or both."""

    secret_ref: SecretRef | None = None
    fields: Annotated[dict[FieldName, FieldSource], Field(max_length=MAX_FIELDS)] | None = None
    """The type's fields by name. They win over the keys of `secretRef`."""

    @model_validator(mode="after")
    def _something(self) -> "EnvironmentCredentials":
        if self.secret_ref is None and not self.fields:
            raise ValueError("one of secretRef and fields must be set")
        return self


class OutputEnvironment(Model):
    """The output Secret of one environment."""

    name: ObjectName | None = None
    """Default: `<name of the Resource>-<environment>-resolved`."""
    labels: Annotated[dict[MetadataKey, LabelValue], Field(max_length=32)] | None = None
    """Keys with a domain are allowed only for the domains that the installation lists."""
    annotations: Annotated[dict[MetadataKey, AnnotationValue], Field(max_length=32)] | None = None
    """Keys with a domain are allowed only for the domains that the installation lists."""


class Output(Model):
    """What is published of the Resource, and how."""

    environments: dict[Environment, OutputEnvironment] | None = None
    """Own names, labels and annotations, for authors who may create Secrets in the namespace."""
    binding: Environment | None = None
    """The environment whose output `status.binding` names; without it production if there is one, else test."""
    on_invalid: Literal["KeepLast", "Withdraw"] | None = None
    """What happens to an output whose input has become bad: it stays (the default) or is removed."""


def _joined(items: Iterable[str] | None) -> int:
    return len(",".join(items or ()))


class TracardiSettings(
    Model,
    json_schema_extra=validations(
        *(
            (
                f"!has(self.{name}) || self.{name}.join(',').size() <= {MAX_COLUMN}",
                f"{name}, joined by commas, may have {MAX_COLUMN} characters, as Tracardi stores them; use fewer",
            )
            for name in ("tags", "groups")
        )
    ),
):
    """How the Resource appears in Tracardi.

    Limits: the columns of its table (tracardi: service/storage/mysql/schema).
    """

    id: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9_.-]*$")] | None = None
    """Immutable. Default: the uid of the Resource."""
    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """Default: the name of the Resource."""
    enabled: bool | None = None
    tags: Annotated[list[Tag], Field(max_length=16, json_schema_extra=_SET)] | None = None
    """Tracardi finds a resource for a plugin by these. Default: those of the type."""
    groups: Annotated[list[Tag], Field(max_length=16, json_schema_extra=_SET)] | None = None
    icon: Annotated[str, Field(min_length=1, max_length=MAX_COLUMN)] | None = None
    destination: Annotated[str, Field(min_length=2, max_length=4096)] | None = None
    """A JSON object, as text: makes the resource selectable as a destination; handed to Tracardi as it is.

    Text, because a free object could be nested so deeply that no client can read the list that it is in.
    """

    @model_validator(mode="after")
    def _is_an_object(self) -> "TracardiSettings":
        if json_object(self.destination or "{}") is None:
            raise ValueError("destination must be a JSON object, as text")
        return self

    @model_validator(mode="after")
    def _fits_the_columns(self) -> "TracardiSettings":
        if max(_joined(self.tags), _joined(self.groups)) > MAX_COLUMN:
            raise ValueError(f"tags, and groups, may have {MAX_COLUMN} characters when joined by commas")
        return self


class ResourceSpec(Model, json_schema_extra=validations(_IMMUTABLE_ID)):
    """A connection to an outside service: its type and where its credentials are."""

    type: Annotated[
        str,
        Field(
            min_length=1,
            max_length=48,
            pattern=r"^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$",
            json_schema_extra=validations(_IMMUTABLE_TYPE),
        ),
    ]
    """The service type, immutable; `tracardi-operator types` lists them."""
    suspend: bool | None = None
    """True: nothing is read or published until it is taken away; what is published stays."""
    description: Annotated[str, Field(max_length=MAX_COLUMN)] | None = None
    credentials: Annotated[
        dict[Environment, EnvironmentCredentials],
        Field(min_length=1, json_schema_extra=validations(_FEW_SECRETS, _FEW_CONFIG_MAPS)),
    ]
    """By environment, `production` and `test`. References never leave the namespace."""
    output: Output | None = None
    allowed_namespaces: Annotated[list[NamespaceName], Field(max_length=64, json_schema_extra=_SET)] | None = None
    """Namespaces whose consumers may take from this Resource: the producer's half of the consent."""
    tracardi: TracardiSettings | None = None

    @model_validator(mode="after")
    def _few_references(self) -> "ResourceSpec":
        if any(len(names) > MAX_REFERENCES for names in self._objects_named()):
            raise ValueError(f"at most {MAX_REFERENCES} different Secrets and {MAX_REFERENCES} different ConfigMaps")
        return self

    def _objects_named(self) -> tuple[set[str], set[str]]:
        """The names of the Secrets and of the ConfigMaps."""
        environments = self.credentials.values()
        sources = [s.value_from for e in environments for s in (e.fields or {}).values() if s.value_from]
        secrets = {e.secret_ref.name for e in environments if e.secret_ref}
        secrets |= {s.secret_key_ref.name for s in sources if s.secret_key_ref}
        return secrets, {s.config_map_key_ref.name for s in sources if s.config_map_key_ref}
