"""The format `env`: a file of variables, one on each line, that a shell may source.

    RESOURCE_REDIS_MAIN_URL='redis.cache.svc:6379'

Every value is quoted, so that a reader who knows no quotes fails on the first day and not with the first space.
What is let through is what POSIX shells, python-dotenv, Node, systemd and Docker Compose read alike:

- Within single quotes all stands for itself, save that python-dotenv takes a backslash before a quote or another
  backslash for an escape, and replaces `${NAME}` even there.
- Within double quotes none of `" $ ` and the backslash may stand, each of which is an escape or an expansion to some.
- A value never holds a line break or another control character, so no part of it is ever a line of its own.

The prefix keeps the variables apart from those that programs act on (LD_PRELOAD, HTTP_PROXY, …) and that Kubernetes
sets for Services (REDIS_PORT): whoever may name a Resource must not be able to set these.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from tracardi_operator.api.resource import Environment
from tracardi_operator.publish.bundle.rendered import Naming, NotExpressible, Rendered, collect
from tracardi_operator.publish.entry import Entry, Values
from tracardi_operator.publish.secret import as_text

_PREFIX: Final = "RESOURCE"
_NO_NAME: Final = re.compile(r"[^A-Z0-9]", re.ASCII)
_WITHIN_SINGLE: Final = re.compile(r"(?:[^'\\]|\\[^'\\])*")
_WITHIN_DOUBLE: Final = re.compile(r"[^\"$`\\]*")
_EXPANSION: Final = "${"


def render(eldest_first: Sequence[Entry], environment: Environment) -> Rendered:
    naming = Naming(
        "variable",
        names=lambda entry: {_variable(entry.name, field) for field in entry.credentials[environment]},
        express=lambda entry: _assignments(entry.name, entry.credentials[environment]),
    )
    collected = collect(eldest_first, naming)
    lines = (f"{name}={quoted}\n" for name, quoted in sorted(collected.content.items()))
    return collected.rendered("".join(lines))


def _assignments(resource: str, values: Values) -> Mapping[str, str]:
    """Raises NotExpressible."""
    assignments = {_variable(resource, field): _quoted(field, as_text(value)) for field, value in values.items()}
    if len(assignments) < len(values):
        raise NotExpressible("two of its fields would have one variable; use the format json")
    return assignments


def _variable(resource: str, field: str) -> str:
    return "_".join((_PREFIX, *(_NO_NAME.sub("_", part.upper()) for part in (resource, field))))


def _quoted(field: str, text: str) -> str:
    """Raises NotExpressible."""
    if not text.isprintable():
        raise NotExpressible(f"{field!r} holds line breaks or other invisible characters; use the format json")
    if _EXPANSION not in text:
        for quote, within in (("'", _WITHIN_SINGLE), ('"', _WITHIN_DOUBLE)):
            if within.fullmatch(text):
                return f"{quote}{text}{quote}"
    raise NotExpressible(
        f"{field!r} holds quotes, backslashes or ${{ in a way that readers of variables files do not agree on; "
        "use the format json"
    )
