"""Reading our kinds: the model, or what is wrong with an object in the terms of Kubernetes. Pure.

pydantic's own texts are not used: they quote the input, and speak of Python.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from tracardi_operator.api.consumer import ResourceConsumerSpec, TracardiTarget
from tracardi_operator.api.hints import did_you_mean
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import DataKey, LabelValue, Model, NamespaceName, ObjectName, ResourceSpec, Tag
from tracardi_operator.api.resource_type import BindingName, Fault, ResourceTypeSpec, TypeName, Url

Path = tuple[str | int, ...]
Describe = Callable[[ErrorDetails], str]
RightPlace = Callable[[Path], str]
"""Where a field belongs that stands a level too high or too low; empty if nobody knows."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with an object itself, and the path of the field that it is about."""

    path: Path
    problem: Problem


def parse_spec(content: Mapping[str, object]) -> tuple[ResourceSpec | None, tuple[Problem, ...]]:
    """The spec, or all that makes it unusable.

    What is unknown is ignored: an older operator may meet a newer object.
    """
    try:
        return ResourceSpec.model_validate(content), ()
    except ValidationError as error:
        return None, tuple(found.problem for found in flaws(error, ("spec",)))


def parse_type_spec(content: Mapping[str, object]) -> tuple[ResourceTypeSpec | None, tuple[Fault, ...]]:
    """The spec of a ResourceType, or all that makes it unusable. What is unknown is ignored here too."""
    try:
        return ResourceTypeSpec.model_validate(content), ()
    except ValidationError as error:
        return None, faults(error, ("spec",))


def parse_consumer_spec(content: Mapping[str, object]) -> tuple[ResourceConsumerSpec | None, tuple[Problem, ...]]:
    """The spec of a ResourceConsumer, or all that makes it unusable. What is unknown is ignored here too."""
    try:
        return ResourceConsumerSpec.model_validate(content), ()
    except ValidationError as error:
        return None, tuple(found.problem for found in flaws(error, ("spec",)))


def faults(error: ValidationError, root: Path = ()) -> tuple[Fault, ...]:
    """What pydantic found in a ResourceType, in our words."""
    details = error.errors(include_url=False)
    return tuple(dict.fromkeys(Fault(_shown_path((*root, *_path(d["loc"]))), _words(d)) for d in details))


def flaws(error: ValidationError, root: Path = ()) -> tuple[Flaw, ...]:
    """What pydantic found, in our words."""
    details = error.errors(include_url=False)
    misplaced = {_path(detail["loc"]) for detail in details if _is_misplaced(detail["loc"])}
    told = (detail for detail in details if not any(_is_within(detail["loc"], path) for path in misplaced))
    right_place = _in_consumer if "Consumer" in error.title else _in_resource
    return tuple(dict.fromkeys(flaw((*root, *_path(detail["loc"])), _words(detail, right_place)) for detail in told))


def _is_misplaced(loc: Path) -> bool:
    """What belongs into an environment stands where the environments should."""
    return loc[-3:-2] == ("credentials",) and loc[-2] in ("secretRef", "fields") and loc[-1] == "[key]"


def _is_within(loc: Path, path: Path) -> bool:
    return loc[-1] != "[key]" and loc[: len(path)] == path


def flaw(path: Path, words: str) -> Flaw:
    """`words` follow the path: "must be set"."""
    environment, field = _place(path)
    problem = Problem(Reason.INVALID_SPEC, f"{_dotted(path)} {words}", environment=environment, field=field)
    return Flaw(path, problem)


_VALUES = "value", "default", "example"
_VALUE_BRANCHES = {(name, branch) for name in _VALUES for branch in ("int", "str")}
"""Where pydantic tells of each member of the union of text and whole numbers."""


def _path(loc: Path) -> Path:
    """Without what pydantic adds for a member of a union and for a key."""
    return loc[:-1] if loc[-2:] in _VALUE_BRANCHES or loc[-1:] == ("[key]",) else loc


def _place(path: Path) -> tuple[str | None, str | None]:
    """The environment and the field that the path leads through."""
    match path:
        case ("spec", "credentials", environment, "fields", field, *_):
            return _shown(environment), _shown(field)
        case ("spec", "credentials", environment, *_) | ("spec", "output", "environments", environment, *_):
            return _shown(environment), None
    return None, None


def _shown_path(path: Path) -> Path:
    return tuple(part if isinstance(part, int) else _shown(part) for part in path)


def _dotted(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" for part in path).removeprefix(".")


_NAME = re.compile(r"[A-Za-z0-9._/-]{1,63}")


def _shown(name: str | int) -> str:
    """A name that the file holds. `{token:abc}`, without the space, is the name `token:abc`: it is not shown."""
    return str(name) if _NAME.fullmatch(str(name)) else "(not a name)"


def _words(error: ErrorDetails, right_place: RightPlace = lambda _: "") -> str:
    """The input is asked for its shape alone, and never shown."""
    if error["type"] == "extra_forbidden":
        return _unknown(error, right_place)
    if error["loc"][-2:] in _VALUE_BRANCHES:
        return _ONE_TEXT if isinstance(error["input"], list) else "must be text or a whole number; put it in quotes"
    describe = _DESCRIPTIONS.get(error["type"], _always("is not valid"))
    return describe(error)


_ONE_TEXT = "is a list; write one text, with commas between"


def _unknown(error: ErrorDetails, right_place: RightPlace) -> str:
    loc = error["loc"]
    if _shown(loc[-1]) != loc[-1]:
        return "is not a field; after the colon of a field comes a space"
    if place := right_place(loc):
        return place
    vocabulary = _vocabulary()
    if loc[-1] in vocabulary:
        return "is a field, but not of this object; look at its indentation"
    return f"is not a known field{did_you_mean(str(loc[-1]), vocabulary)}"


def _in_resource(loc: Path) -> str:
    match loc:
        case (*_, "credentials", _, "fields", field, ("secretKeyRef" | "configMapKeyRef") as reference):
            return f"belongs under valueFrom: {_shown(field)}: {_from_key(reference)}"
        case (*_, "credentials", _, "fields", field, "name" | "key" | "optional" | "secretRef"):
            return f"does not belong here; a field takes one key of a Secret: {_shown(field)}: {_from_key()}"
        case (*_, "credentials", _, "fields", field, "valueFrom", "name" | "key" | "optional"):
            return f"belongs under secretKeyRef or configMapKeyRef: {_shown(field)}: {_from_key()}"
        case (*_, "credentials", _, "valueFrom" | "secretKeyRef" | "configMapKeyRef"):
            return f"belongs under the name of a field: fields: {{<field>: {_from_key()}}}"
        case (*_, "spec", ("production" | "test") as environment):
            return f"belongs under credentials: credentials: {{{environment}: …}}"
        case (*_, "spec", ("secretRef" | "fields") as name):
            return f"belongs under credentials, in production or test: credentials: {{production: {{{name}: …}}}}"
    return ""


def _in_consumer(loc: Path) -> str:
    match loc:
        case (*_, "spec", ("namespace" | "selector") as name):
            return f"belongs under from: {_from(name)}"
        case (*_, "spec", ("format" | "environment" | "secretName" | "key") as name):
            return f"belongs under bundle: bundle: {{{name}: …}}"
        case (*_, "spec", name) if str(name) in _ALIASES_OF_TRACARDI:
            return f"belongs under tracardi: tracardi: {{{name}: …}}"
        case (*_, "from", int(), "selector", label):
            return f"belongs under matchLabels: selector: {{matchLabels: {{{label}: …}}}}"
        case (*_, "from", int(), ("matchLabels" | "matchExpressions") as name):
            return f"belongs under selector: selector: {{{name}: …}}"
        case (*_, "tls", ("secretKeyRef" | "configMapKeyRef") as name):
            return f"belongs under ca: tls: {{ca: {{{name}: {{name: …, key: …}}}}}}"
    return ""


_ALIASES_OF_TRACARDI = {str(field.alias) for field in TracardiTarget.model_fields.values()}


def _from(*more: str) -> str:
    entry = dict.fromkeys(("namespace", *more), "…")
    return f"from: [{{{', '.join(f'{name}: {value}' for name, value in entry.items())}}}]"


def _from_key(reference: str = "secretKeyRef") -> str:
    return f"{{valueFrom: {{{reference}: {{name: …, key: …}}}}}}"


def _literal(error: ErrorDetails) -> str:
    if _is_misplaced(error["loc"]):
        name = error["loc"][-2]
        return (
            f"belongs into an environment; put it under production: or test: credentials: {{production: {{{name}: …}}}}"
        )
    return f"must be {error['ctx']['expected']}"


def _not_an_object(error: ErrorDetails) -> str:
    match error["loc"], error["input"]:
        case (*_, "credentials", _, "fields", field), list():
            return f"{_ONE_TEXT}: {_shown(field)}: {{value: …}}"
        case (*_, "credentials", _, "fields", field), str() | int() | float() | None:
            return f"must say where its value is: {_shown(field)}: {{value: …}}, or {_shown(field)}: {_from_key()}"
        case (*_, ("secretRef" | "secretKeyRef" | "configMapKeyRef") as reference), str():
            key = "" if reference == "secretRef" else ", key: …"
            return f"must be an object, with fields of its own: {reference}: {{name: …{key}}}"
        case (*_, "tracardi", "login"), str():
            return "must be an object, with fields of its own: login: {name: …}"
        case (*_, "from", int()), str():
            return f"must be an object, with fields of its own: {_from()}"
    return "must be an object, with fields of its own"


def _not_a_list(error: ErrorDetails) -> str:
    return f"must be a list: {_from()}" if error["loc"][-2:] == ("spec", "from") else "must be a list"


def _vocabulary() -> set[str]:
    return {str(field.alias) for model in Model.__subclasses__() for field in model.model_fields.values()}


def _not_text(error: ErrorDetails) -> str:
    return "must be a name; put it in quotes" if error["loc"][-1] == "[key]" else "must be text; put it in quotes"


def _always(words: str) -> Describe:
    return lambda _error: words


def _limit(words: str) -> Describe:
    return lambda error: words.format(**error["ctx"])


def _pattern(annotated: Any) -> str:
    """The one that stands in the annotation of a type or a field."""
    metadata = annotated.metadata if isinstance(annotated, FieldInfo) else get_args(annotated)[1].metadata
    return str(next(constraint.pattern for constraint in metadata if hasattr(constraint, "pattern")))


QUALIFIED_KEY = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
)
"""Of a label or an annotation (apimachinery: `validation.IsQualifiedName`)."""
NOT_A_KEY = (
    "is not a legal key of a label or annotation: at most 63 letters, digits, -, _ and ., "
    "which a DNS name and a slash may stand before"
)
_FORMS = {
    QUALIFIED_KEY: NOT_A_KEY,
    _pattern(ObjectName): "must be a DNS name: letters in lower case, digits, - and ., a letter or digit at each end "
    "and beside each dot",
    _pattern(NamespaceName): "must be the name of a namespace: letters in lower case, digits and -, "
    "a letter or digit at each end",
    _pattern(DataKey): "must be a key of a Secret or ConfigMap: letters, digits, -, _ and .",
    _pattern(LabelValue): "must be a label's value: letters, digits, -, _ and ., a letter or digit at each end",
    _pattern(TypeName): "must be the name of a type: letters in lower case, digits and -, "
    "a letter or digit at each end",
    _pattern(BindingName): "must be letters in lower case, digits, - and ., a letter or digit at each end",
    _pattern(Url): "must be an address that begins with https:// or http://",
    _pattern(Tag): "must not contain a comma",
    _pattern(
        TracardiTarget.model_fields["url"]
    ): "must be an address that begins with https:// or http://, then a host "
    "and perhaps a port and a path: no user name, password, query or blank",
    _pattern(ResourceSpec.model_fields["type"]): "must be the name of a type: letters in lower case, digits, - and _",
}


def _form(error: ErrorDetails) -> str:
    pattern = error["ctx"]["pattern"]
    return _FORMS.get(pattern, f"must match {pattern}")


_DESCRIPTIONS: dict[str, Describe] = {
    "missing": _always("must be set"),
    "string_type": _not_text,
    "string_too_short": _always("must not be empty"),
    "string_too_long": _limit("may have at most {max_length} characters"),
    "string_pattern_mismatch": _form,
    "literal_error": _literal,
    "int_type": _always("must be a whole number"),
    "greater_than_equal": _limit("must be {ge} or more"),
    "less_than_equal": _limit("must be {le} or less"),
    "bool_type": _always("must be true or false, without quotes"),
    "model_type": _not_an_object,
    "dict_type": _not_an_object,
    "list_type": _not_a_list,
    "too_short": _always("must not be empty"),
    "too_long": _limit("may have at most {max_length} entries"),
    "value_error": _limit("is contradictory: {error}"),
}
"""What is said of each type of pydantic's errors."""
