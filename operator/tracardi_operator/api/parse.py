"""Reading a spec: the model, or what is wrong with it in words that never quote what was found."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tracardi_operator.api.problems import Problem, Reason
from tracardi_operator.api.resource import ResourceSpec

_WORDS = {
    "missing": "is required",
    "string_type": "must be a string",
    "int_type": "must be an integer",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}
"""Own words for the pydantic error types whose text would quote the input or speak of Python."""


def parse_spec(raw: Mapping[str, Any]) -> tuple[ResourceSpec | None, list[Problem]]:
    """The spec, or an `InvalidSpec` problem for each thing that is wrong with it."""
    try:
        return ResourceSpec.model_validate(raw), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=True)
        return None, [Problem(Reason.INVALID_SPEC, message) for message in dict.fromkeys(map(_message, details))]


def _message(error: ErrorDetails) -> str:
    path = ".".join(["spec", *(str(part) for part in error["loc"] if not _is_internal(part))])
    return f"{path} {_words(error)}"


def _is_internal(part: int | str) -> bool:
    """Union members and the key marker are pydantic's own parts of a path."""
    return isinstance(part, str) and part in ("[key]", "int", "str")


def _words(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "literal_error":
            return f"must be one of {context['expected']}"
        case "string_pattern_mismatch":
            return f"must match {context['pattern']}"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "too_long":
            return f"must have at most {context['max_length']} entries"
        case "value_error":
            return f"is wrong: {context['error']}"
        case known:
            return _WORDS.get(known, "has the wrong form")
