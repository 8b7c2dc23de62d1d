"""Reading a Resource: the model, or what is wrong with it in the terms of Kubernetes. Pure.

pydantic's own texts are not used: they quote the input, and speak of Python.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tracardi_operator.api.hints import did_you_mean
from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import Model, ResourceSpec

Path = tuple[str | int, ...]
Context = Mapping[str, Any]


class Manifest(Model):
    """A whole Resource."""

    api_version: str
    kind: str
    metadata: dict[str, object]
    spec: ResourceSpec
    status: object = None


def parse_spec(content: Mapping[str, object]) -> tuple[ResourceSpec | None, tuple[Problem, ...]]:
    """The spec, or all that makes it unusable.

    What is unknown is ignored: an older operator may meet a newer object.
    """
    try:
        return ResourceSpec.model_validate(content), ()
    except ValidationError as error:
        return None, _problems(error, ("spec",))


def parse_manifest(content: Mapping[str, object]) -> tuple[ResourceSpec | None, tuple[Problem, ...]]:
    """The spec, if the operator could use it, and all that the API server would refuse or drop.

    The operator ignores a field that it does not know; whoever wrote it meant something by it, so here it is an error.
    """
    try:
        return Manifest.model_validate(content, strict=True, extra="forbid", by_alias=True, by_name=False).spec, ()
    except ValidationError as error:
        problems = _problems(error)
    spec = content.get("spec")
    return parse_spec(spec)[0] if isinstance(spec, dict) else None, problems


def _problems(error: ValidationError, root: Path = ()) -> tuple[Problem, ...]:
    details = error.errors(include_input=False, include_url=False)
    return tuple(dict.fromkeys(_problem(detail, root) for detail in details))


def _problem(error: ErrorDetails, root: Path) -> Problem:
    path, words = (*root, *_path(error["loc"])), _words(error)
    environment, field = _place(path)
    return Problem(Reason.INVALID_SPEC, f"{_dotted(path)} {words}", environment=environment, field=field)


_VALUE_BRANCHES = ("value", "int"), ("value", "str")


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


def _dotted(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" for part in path).removeprefix(".")


_NAME = re.compile(r"[A-Za-z0-9._/-]{1,63}")


def _shown(name: str | int) -> str:
    """A name that the file holds. `{token:abc}`, without the space, is the name `token:abc`: it is not shown."""
    return str(name) if _NAME.fullmatch(str(name)) else "(not a name)"


def _words(error: ErrorDetails) -> str:
    if error["loc"][-2:] in _VALUE_BRANCHES:
        return "must be text or a whole number; put it in quotes"
    describe = _DESCRIPTIONS.get(error["type"], _always("is not valid"))
    return describe(error["loc"], error.get("ctx", {}))


def _unknown(loc: Path, _context: Context) -> str:
    if _shown(loc[-1]) != loc[-1]:
        return "is not a field; after the colon of a field comes a space"
    return f"is not a known field{did_you_mean(str(loc[-1]), _vocabulary())}"


def _vocabulary() -> set[str]:
    return {str(field.alias) for model in Model.__subclasses__() for field in model.model_fields.values()}


def _not_text(loc: Path, _context: Context) -> str:
    return "must be a name; put it in quotes" if loc[-1] == "[key]" else "must be text; put it in quotes"


def _always(words: str) -> Callable[[Path, Context], str]:
    return lambda _loc, _context: words


def _limit(words: str) -> Callable[[Path, Context], str]:
    return lambda _loc, context: words.format(**context)


_OBJECT = _always("must be an object, with fields of its own")

_DESCRIPTIONS: dict[str, Callable[[Path, Context], str]] = {
    "extra_forbidden": _unknown,
    "missing": _always("must be set"),
    "string_type": _not_text,
    "string_too_short": _always("must not be empty"),
    "string_too_long": _limit("may have at most {max_length} characters"),
    "string_pattern_mismatch": _limit("must match {pattern}"),
    "literal_error": _limit("must be {expected}"),
    "bool_type": _always("must be true or false, without quotes"),
    "model_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": _always("must be a list"),
    "too_short": _always("must not be empty"),
    "too_long": _limit("may have at most {max_length} entries"),
    "value_error": _limit("is contradictory: {error}"),
}
"""What is said of each type of pydantic's errors."""
